"""What prompts share is computed once, within a call and from call to call, and changes nothing."""

from __future__ import annotations

import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_transformers import causal_lm
from seatrial_transformers._batches import planned
from seatrial_transformers._prefix import PrefixCache, chunk_size, chunks_end
from seatrial_transformers._tree import Span

ABSTRACT = (
    "take two tablets with water; do not drive. The quick brown fox jumps over the lazy dog, "
    "and 12.5 mg of it is enough for one day. put a heavy stone before it. "
)
OTHER = "yes no maybe unclear, " * 8
VARIANTS = ("Is it enough?", "Is ti enough?", "Is it enuogh?", "is it enough")
OPTIONS = ("yes", "no", "maybe unclear")


def prompts(text=ABSTRACT):
    return [f"{text}{question}\nAnswer:" for question in VARIANTS]


def fed(model):
    counts = []
    model.module.register_forward_pre_hook(
        lambda _m, _a, kwargs: counts.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    return counts


def scored(model, some):
    return model.choices(some, [OPTIONS] * len(some))


def test_a_beginning_is_computed_once_for_all_variants_of_a_case(tiny):
    model = causal_lm(tiny, batch_tokens=40, prefix_cache=0)
    counts = fed(model)
    scored(model, prompts() + prompts(OTHER))
    alone = sum(len(model.tokenizer(one)["input_ids"]) for one in prompts() + prompts(OTHER))
    assert sum(counts) < 0.6 * alone


def test_a_beginning_is_kept_for_the_next_call_and_changes_no_bit(tiny):
    model, without = causal_lm(tiny), causal_lm(tiny, prefix_cache=0)
    counts, all_counts = fed(model), fed(without)
    for some in ([one] for one in prompts()):
        assert scored(model, some) == scored(without, some)
    assert sum(counts) < 0.7 * sum(all_counts)
    assert model.generate(prompts(), max_new_tokens=4) == without.generate(
        prompts(), max_new_tokens=4
    )
    assert model.identity == without.identity


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_no_bit_depends_on_what_was_asked_before(tiny, dtype):
    fresh = scored(causal_lm(tiny, dtype=dtype), prompts()[2:])
    used = causal_lm(tiny, dtype=dtype)
    scored(used, prompts(OTHER))
    scored(used, prompts()[:2])
    assert scored(used, prompts()[2:]) == fresh


def test_what_is_kept_stays_within_its_limit(tiny):
    model = causal_lm(tiny, prefix_cache=1)
    scored(model, prompts())
    kept = model._loaded.prefixes
    assert 0 < kept.bytes <= 1 << 20
    small = PrefixCache(300)
    for number in range(9):
        small.put((number,), [(torch.zeros(1, 1, 5, 4), torch.zeros(1, 1, 5, 4))])
        assert small.bytes == 160
    assert small.get((8,)) is not None
    assert small.get((7,)) is None
    nothing = causal_lm(tiny, prefix_cache=0)
    scored(nothing, prompts())
    assert nothing._loaded.prefixes.bytes == 0


def test_weights_or_hooks_that_change_in_place_are_noticed(tiny):
    model, fresh = causal_lm(tiny), causal_lm(tiny)
    before = scored(model, prompts()[:1])
    for one in (model, fresh):
        with torch.no_grad():
            one.module.model.embed_tokens.weight.mul_(0.5)
    assert scored(model, prompts()[1:2]) == scored(fresh, prompts()[1:2])
    assert scored(model, prompts()[:1]) != before
    halved = scored(model, prompts()[:1])
    model.module.model.layers[0].mlp.register_forward_hook(lambda _m, _i, out: out * 3)
    assert scored(model, prompts()[:1]) != halved


def test_an_edited_model_shares_nothing_with_the_one_without_edits(tiny):
    model = causal_lm(tiny)
    plain = scored(model, prompts()[:1])
    edited = model.intervened({1: lambda hidden: hidden * 2})
    changed = edited.choices(prompts()[:1], [OPTIONS])
    assert changed != plain
    assert changed == causal_lm(tiny).intervened(edited.edits).choices(prompts()[:1], [OPTIONS])
    assert scored(model, prompts()[:1]) == plain


def test_threads_share_what_is_kept(tiny):
    model = causal_lm(tiny, prefix_cache=1)
    expected = {text: scored(causal_lm(tiny), [text]) for text in prompts() + prompts(OTHER)}
    found = {}
    threads = [
        threading.Thread(target=lambda text=text: found.update({text: scored(model, [text])}))
        for text in expected
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_in_bfloat16_an_answer_does_not_depend_on_its_neighbours(tiny):
    model = causal_lm(tiny, dtype="bfloat16", chat=False, max_new_tokens=6)
    some = [*prompts(), "The quick", "Answer:"]
    together = scored(model, some), model.generate(some)
    for place, text in enumerate(some):
        other = causal_lm(tiny, dtype="bfloat16", batch_tokens=9, chat=False, max_new_tokens=6)
        assert scored(other, [text]) == together[0][place : place + 1]
        assert other.generate([text]) == together[1][place : place + 1]
    vectors = model.activations(some).at(2, "last")
    (alone,) = model.activations(some[1:2]).at(2, "last")
    assert (vectors[1] == alone).all()


def test_activations_of_prompts_that_begin_alike_are_those_of_each_alone(tiny):
    model = causal_lm(tiny, chat=False, batch_tokens=40)
    some = [*prompts(), "The quick", *prompts(OTHER)]
    poolings = ("last", "mean", "max", "rolling")
    counts = fed(model)
    found = model.activations(some, poolings=poolings, tokens=(1,))
    alone = sum(len(model.tokenizer(one)["input_ids"]) for one in some)
    assert sum(counts) < 0.7 * alone
    for place, text in enumerate(some):
        single = model.activations([text], poolings=poolings, tokens=(1,))
        for pooling in poolings:
            expected = single.at(2, pooling)[0]
            assert found.at(2, pooling)[place] == pytest.approx(expected, abs=1e-4)
        assert found.tokens(1)[place] == pytest.approx(single.tokens(1)[0], abs=1e-4)


def test_chunks_end_at_fixed_places():
    ends = [0]
    while ends[-1] < 5000:
        ends.append(ends[-1] + chunk_size(ends[-1]))
    assert ends[:5] == [0, 16, 32, 64, 96]
    for tokens in range(0, 5000, 7):
        assert chunks_end(tokens) == max(end for end in ends if end <= tokens)


ids = st.lists(st.integers(0, 1), min_size=2, max_size=90).map(tuple)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(ids, max_size=12, unique=True), st.integers(1, 200), st.booleans())
def test_every_question_is_planned_once_and_after_its_own_beginning(sequences, batch, canonical):
    groups = [(Span(one, len(one) - 1),) for one in sequences]
    trees = list(planned(groups, batch, canonical=canonical))
    found = [span.ids for tree in trees for span in tree.spans]
    assert sorted(found) == sorted(sequences)
    for tree in trees:
        assert chunks_end(tree.header) == tree.header
        assert len(tree.tokens) <= batch or len(tree.spans) == 1 or canonical
        for span in tree.spans:
            assert span.ids[: tree.header] == tree.beginning
            assert tree.header < span.start
    if canonical:
        apart = [tree for group in groups for tree in planned([group], batch, canonical=True)]
        assert sorted((t.beginning, tuple(t.tokens)) for t in trees) == sorted(
            (t.beginning, tuple(t.tokens)) for t in apart
        )
