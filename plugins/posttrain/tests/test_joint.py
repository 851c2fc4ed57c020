"""Documents and instructions in one stream: masks, packing, chunks and proportions."""

from __future__ import annotations

import math

import pytest
import seatrial_posttrain as posttrain
import torch
from seatrial_posttrain._copies import copied
from seatrial_posttrain._mixture import mixed, proportions
from seatrial_posttrain._packing import packed, row_loss
from seatrial_posttrain._samples import CHAT, saved
from seatrial_posttrain._sequences import Sequenced, sequences_of
from seatrial_transformers import causal_lm

import seatrial as sea
from seatrial.errors import ParameterError, PlanError
from seatrial.testing import check

FAST = {"learning_rate": 3e-3, "batch_size": 2, "row_tokens": 96}
TALK = [
    {"role": "user", "content": "May I drive?"},
    {"role": "assistant", "content": "No."},
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "You are tired."},
]


def cases():
    documents = [
        sea.Case(f"d{n}", f"profit of the year {n} rose by {n} percent", None, {"area": "finance"})
        for n in range(6)
    ]
    asked = [
        sea.Case(f"i{n}", f"what is {n} and {n}?", f"it is {2 * n}", {"area": "general"})
        for n in range(6)
    ]
    return [*documents, *asked, sea.Case("talk", TALK, None, {"area": "general"})]


@pytest.fixture
def sequences(model):
    return [
        one for case in cases() for one in sequences_of(model.trainable, case, group=None, most=96)
    ]


@pytest.mark.slow
def test_it_keeps_what_every_adapter_must_keep():
    assert [one for one in check(posttrain.joint()) if one.outcome != "passed"] == []


def test_of_a_document_all_is_trained_on_and_of_an_instruction_the_answer(model):
    document, asked, talk = (
        sequences_of(model.trainable, case, group="area", most=96)[0]
        for case in (cases()[0], cases()[6], cases()[-1])
    )
    told = []
    for one in (document, asked, talk):
        trained = [token for token, scored in zip(one.ids, one.scored, strict=True) if scored]
        told.append(model.tokenizer.decode(trained))
    assert told == [
        "profit of the year 0 rose by 0 percent<|end|>",
        "it is 0<|end|>",
        "No.<|end|>You are tired.<|end|>",
    ]
    assert [one.part for one in (document, asked, talk)] == [
        "cpt/finance",
        "it/general",
        "it/general",
    ]
    whole = model.tokenizer.apply_chat_template(TALK, tokenize=False)
    assert model.tokenizer.decode(talk.ids) == whole


def test_a_turn_ends_with_the_token_that_ends_it(tmp_path):
    chat = CHAT.replace("<|end|>{% endfor", "<|end|>\n{% endfor")  # as SmolLM2's has it
    model = causal_lm(saved(tmp_path / "m", chat=chat))
    ids, mask = model.trainable.dialogue(TALK)
    trained = [token for token, said in zip(ids, mask, strict=True) if said]
    assert model.tokenizer.decode(trained) == "No.<|end|>You are tired.<|end|>"
    _, (answer,) = model.trainable.encoded("May I drive?", ["No."])
    assert model.tokenizer.decode(answer) == "No.<|end|>"


def test_packed_and_alone_are_the_same_loss_and_gradient(model, sequences):
    rows = packed(sequences, most=96, seed=1)
    assert len(rows) < len(sequences)
    assert sorted(one.ids for row in rows for one in row) == sorted(one.ids for one in sequences)
    assert max(sum(len(one.ids) for one in row) for row in rows) <= 96
    found = []
    for some in (rows, [[one] for one in sequences]):
        copy = copied(model.module).requires_grad_(True)
        loss = sum(row_loss(copy, row) for row in some) / sum(one.targets for one in sequences)
        loss.backward()
        found.append((loss.item(), torch.cat([one.grad.flatten() for one in copy.parameters()])))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-5)
    assert torch.allclose(found[0][1], found[1][1], atol=1e-5)


def test_what_is_trained_on_is_the_loss_of_transformers(model, sequences):
    for one in sequences[:2] + sequences[-1:]:
        labels = [token if scored else -100 for token, scored in zip(one.ids, one.scored)]  # noqa: B905
        with torch.inference_mode():
            peer = model.module(
                input_ids=torch.tensor([one.ids]), labels=torch.tensor([labels])
            ).loss
            ours = row_loss(model.module, [one]) / one.targets
        assert float(ours) == pytest.approx(float(peer), abs=1e-5)


def test_a_long_document_is_chunked_and_no_token_is_lost(model):
    case = sea.Case("d", "a long text " * 40)
    whole = model.trainable.document(case.input)
    chunks = sequences_of(model.trainable, case, group=None, most=50)
    assert all(len(one.ids) <= 50 for one in chunks)
    again = list(chunks[0].ids)
    for one in chunks[1:]:
        assert one.ids[0] == again[-1]
        again += one.ids[1:]
    assert tuple(again) == whole
    assert sum(one.targets for one in chunks) == len(whole) - 1


def lots():
    return [
        [Sequenced((1,) * size, (True,) * size, part)]
        for part, size, count in (("cpt", 10, 40), ("it", 5, 20))
        for _ in range(count)
    ]


def test_a_mixture_is_by_tokens_or_by_cases():
    by_tokens = proportions(mixed(lots(), {"cpt": 0.25, "it": 0.75}, by="tokens", seed=0))
    assert by_tokens["it"]["tokens"] == 100  # all there is
    assert by_tokens["cpt"]["fraction_of_tokens"] == pytest.approx(0.25, abs=0.03)
    by_cases = proportions(mixed(lots(), {"cpt": 0.5, "it": 0.5}, by="cases", seed=0))
    assert [by_cases[part]["sequences"] for part in ("cpt", "it")] == [20, 20]
    assert len(mixed(lots(), None, by="tokens", seed=0)) == 60
    with pytest.raises(PlanError, match="no case is of the part 'cpt/x'"):
        mixed(lots(), {"cpt/x": 1.0}, by="tokens", seed=0)


def test_it_learns_and_says_what_of(model, tmp_path):
    adapter = posttrain.joint(**FAST, epochs=6, mixture={"cpt": 0.5, "it": 0.5})
    told = []
    fixed = sea.repair(
        adapter, model=model, cases=cases(), to=tmp_path / "fixed", observers=[told.append]
    )
    assert [one.figures for one in told] == [{}, *fixed.training]
    assert fixed.training[-1]["loss"] < fixed.training[0]["loss"] - 0.3
    parts = fixed.manifest["parts"]
    assert set(parts) == {"cpt", "it"}
    assert parts["cpt"]["fraction_of_tokens"] == pytest.approx(0.5, abs=0.1)
    loaded = sea.Repaired.load(tmp_path / "fixed", model=model)
    assert loaded.manifest == fixed.manifest


def test_preferences_go_on_from_what_was_trained_before(model):
    first = sea.repair(posttrain.joint(**FAST), model=model, cases=cases())
    pair = sea.Preference("what?", "it is so", "no idea", case_id="p")
    second = sea.repair(posttrain.dpo(rank=2), model=first, cases=[pair])
    assert second.training[0]["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert set(second.case_ids) == {"p", *(case.id for case in cases())}


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (sea.Case("x", "  "), "case 'x' cannot be learned from: the document is empty"),
        (sea.Case("x", "q" * 90, "yes"), "case 'x' has .* tokens, and a row takes 96"),
        (sea.Case("x", TALK[:1]), "no assistant turn"),
        (sea.Case("x", [{"role": "boss", "content": "a"}]), "the role 'boss'"),
        (sea.Case("x", {"a": "b"}), "must be a document"),
        (sea.Case("x", "a", " "), "an answer must be a text"),
    ],
    ids=["empty", "long", "no-assistant", "role", "mapping", "no-answer"],
)
def test_a_case_that_cannot_be_learned_from_is_refused(model, case, told):
    with pytest.raises(PlanError, match=told):
        sea.repair(posttrain.joint(**FAST), model=model, cases=[case])


def test_a_template_that_rewrites_what_was_said_is_refused(tmp_path):
    last = "{% if not loop.last %}[{{ loop.length }}]{% endif %}"
    model = causal_lm(saved(tmp_path / "m", chat=CHAT.replace("<|end|>", last + "<|end|>")))
    with pytest.raises(PlanError, match="writes the beginning of a conversation otherwise"):
        sea.repair(posttrain.joint(**FAST), model=model, cases=[sea.Case("x", TALK)])


def test_a_row_fits_the_model(model):
    with pytest.raises(PlanError, match="row_tokens is 300, and the model takes 256"):
        sea.repair(posttrain.joint(row_tokens=300), model=model, cases=cases())
    assert sea.repair(posttrain.joint(), model=model, cases=cases()).manifest["row_tokens"] == 256


def test_a_conversation_needs_a_template(tmp_path):
    model = causal_lm(saved(tmp_path / "m", chat=None))
    with pytest.raises(PlanError, match="case 'x' cannot be learned from"):
        sea.repair(posttrain.joint(**FAST), model=model, cases=[sea.Case("x", TALK)])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"mixture": {"cpt": 0.5, "it": 0.4}}, "must be positive and sum to 1"),
        ({"by": "rows"}, "by must be one of tokens, cases"),
        ({"row_tokens": 1}, "row_tokens must be"),
        ({"warmup": 2}, "'warmup' must be"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(model, more, told):
    with pytest.raises(ParameterError, match=told):
        sea.repair(posttrain.joint(**more), model=model, cases=cases())
