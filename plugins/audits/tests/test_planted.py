"""Every fault planted in real data is found at twenty seeds, and none is found without it."""

from __future__ import annotations

import numpy as np
import pytest
import seatrial_audits as audits
from attrs import evolve

import seatrial as sea

SEEDS = range(20)
PLAN = sea.Plan()


def look(audit, material, model=None):
    """Run one audit by itself: the verb would look at more."""
    return list(audit.build()(PLAN, model, material))


def named(findings, name):
    found = [one for one in findings if one.name == name]
    assert len(found) == 1, [one.name for one in findings]
    return found[0]


def rng_of(seed):
    return np.random.default_rng([seed, 3])


def some(rng, things, fraction):
    """Draw some things, at least one."""
    chosen = rng.permutation(len(things))[: max(1, round(fraction * len(things)))]
    return [things[at] for at in chosen.tolist()]


def part_changed(case, name, text):
    return evolve(case, input={**case.input, name: text})


def other_answer(case, classes=("yes", "no")):
    options = case.input.get("options", classes)
    return next(option for option in options if option != case.target)


@pytest.mark.parametrize("name", ["piqa", "boolq", "siqa", "clinical"])
def test_nothing_worse_than_a_note_is_found_in_clean_data(name, drawn, judged):
    for seed in SEEDS:
        outcomes, model = judged(drawn(name, seed), seed)
        found = sea.audit(outcomes, model, audits=audits.seatrial_audits())
        assert [one for one in found if one.level != "note"] == [], seed


def test_contradictory_duplicates_are_found(drawn):
    for seed in SEEDS:
        cases = drawn("boolq", seed)
        twins = [
            evolve(
                part_changed(case, "question", f"  {case.input['question'].upper()} "),
                id=f"{case.id}-again",
                target=other_answer(case),
            )
            for case in some(rng_of(seed), cases, 0.02)
        ]
        found = named(
            look(audits.contradictory_duplicates, [*cases, *twins]),
            found_as := "contradictory-duplicates",
        )
        expected = {name for one in twins for name in (one.id, one.id.removesuffix("-again"))}
        assert set(found.cases) == expected, found_as
        assert found.level == "error"
        assert found.effect == pytest.approx(12 / 306)


def test_inputs_judged_both_ways_are_found(drawn, judged):
    for seed in SEEDS:
        outcomes, _ = judged(drawn("siqa", seed), seed)
        again = [evolve(one, right=not one.right) for one in some(rng_of(seed), outcomes, 0.02)]
        again = [evolve(one, case=evolve(one.case, id=f"{one.case.id}-again")) for one in again]
        found = named(
            look(audits.contradictory_outcomes, [*outcomes, *again]), "contradictory-outcomes"
        )
        assert {one.case.id for one in again} < set(found.cases)
        assert found.level == "error"


def split_in_two(cases, rng, fraction=0.25):
    return [
        evolve(case, groups={"split": "test" if rng.random() < fraction else "train"})
        for case in cases
    ]


def test_duplicates_across_splits_are_found(drawn):
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = split_in_two(drawn("piqa", seed), rng)
        train = [case for case in cases if case.groups["split"] == "train"]
        copies = [
            evolve(
                evolve(case, input={**case.input, "options": case.input["options"][::-1]}),
                id=f"{case.id}-copy",
                groups={"split": "test"},
            )
            for case in some(rng, train, 0.03)
        ]
        found = named(look(audits.split_leak, [*cases, *copies]), "duplicates-across-splits")
        assert {one.id for one in copies} < set(found.cases)
        assert found.level == "error"
        assert not [one for one in look(audits.split_leak, cases) if one.level != "note"]


def test_passages_across_splits_and_clusters_are_found(boolq_with_shared_passages):
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = split_in_two(some(rng, boolq_with_shared_passages, 0.4), rng)
        found = look(audits.split_leak, cases)
        assert named(found, "passages-across-splits").level == "error"
        assert named(found, "passages-across-clusters").level == "warning"
        clustered = [evolve(case, cluster=case.input["passage"][:99]) for case in cases]
        assert named(look(audits.split_leak, clustered), "clusters-across-splits").level == "error"


@pytest.mark.parametrize("side", ["clusters", "splits"])
def test_near_duplicates_are_found(drawn, side):
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = drawn("boolq", seed)
        copies = []
        for case in some(rng, cases, 0.03):
            words = case.input["passage"].split()
            words[rng.integers(len(words))] = "indeed"
            copy = part_changed(case, "passage", " ".join(words))
            copies.append(evolve(copy, id=f"{case.id}-copy"))
        every = [
            evolve(case, groups={"split": "test" if case.id.endswith("copy") else "train"})
            for case in [*cases, *copies]
        ]
        if side == "clusters":
            found = named(look(audits.near_duplicates, [*cases, *copies]), "near-duplicates")
        else:
            found = named(look(audits.near_duplicates, every), "near-duplicates-across-splits")
        long = {one.id for one in copies if len(one.input["passage"].split()) > 40}
        assert long <= set(found.cases)
        assert found.level == ("warning" if side == "clusters" else "error")
        together = [
            evolve(case, cluster=case.id.removesuffix("-copy")) for case in [*cases, *copies]
        ]
        assert look(audits.near_duplicates, together) == []


def letter(case):
    return "ABCD"[case.input["options"].index(case.target)]


GIVEN_AWAY = {
    "its text": (
        "piqa",
        lambda c: part_changed(c, "question", f"{c.input['question']}\nCorrect answer: {c.target}"),
    ),
    "its letter": (
        "siqa",
        lambda c: part_changed(
            c, "question", f"{c.input['question']} The answer is ({letter(c)})."
        ),
    ),
    "a class": (
        "boolq",
        lambda c: part_changed(c, "question", f"{c.input['question']}? Answer: {c.target}"),
    ),
    "a part": ("boolq", lambda c: part_changed(c, "gold", c.target)),
    "a refusal": (
        "clinical",
        lambda c: part_changed(c, "question", f"{c.input['question']} Label: {c.target}"),
    ),
}


@pytest.mark.parametrize("how", GIVEN_AWAY)
def test_the_gold_in_the_prompt_is_found(how, drawn):
    name, give_away = GIVEN_AWAY[how]
    for seed in SEEDS:
        cases = drawn(name, seed)
        chosen = {case.id for case in some(rng_of(seed), cases, 0.1)}
        planted = [give_away(case) if case.id in chosen else case for case in cases]
        found = named(look(audits.gold_in_prompt, planted), "gold-in-prompt")
        assert chosen <= set(found.cases)
        assert found.level == "error"


def test_the_gold_of_open_questions_is_found_after_a_cue(drawn):
    for seed in SEEDS:
        cases = [evolve(case, input=case.input["question"]) for case in drawn("piqa", seed)]
        assert look(audits.gold_in_prompt, cases) == []
        planted = [evolve(one, input=f"{one.input}\nSolution: {one.target}") for one in cases]
        assert named(look(audits.gold_in_prompt, planted), "gold-in-prompt").effect == 1.0


def test_worked_examples_and_quoted_answers_are_not_taken_for_the_gold(drawn):
    shot = "Question: is water wet\nAnswer: yes\n\nQuestion: is fire cold\nAnswer: yes\n\n"
    for seed in SEEDS:
        shown = [
            part_changed(c, "question", shot + c.input["question"]) for c in drawn("boolq", seed)
        ]
        assert look(audits.gold_in_prompt, shown) == []
        quoted = []
        for case in drawn("boolq", seed):  # the answer to a question about a passage stands in it
            words = case.input["passage"].split()
            asked = {"passage": case.input["passage"], "question": "which words?"}
            quoted.append(sea.Case(case.id, asked, " ".join(words[5:8])))
        assert look(audits.gold_in_prompt, quoted) == []


def test_a_right_option_that_alone_stands_in_the_prompt_is_found(drawn):
    for seed in SEEDS:
        cases = [
            part_changed(case, "question", f"{case.target} {case.input['question']}")
            for case in drawn("siqa", seed)
        ]
        assert named(look(audits.gold_in_prompt, cases), "gold-quoted-in-prompt").effect > 0.9


def renumbered(cases):
    return [evolve(case, id=f"q{at}") for at, case in enumerate(cases)]


def test_targets_in_order_are_found(drawn):
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = drawn("boolq", seed)
        late = sorted(cases, key=lambda case: (case.target == "yes") + rng.normal())
        found = named(look(audits.order_correlation, renumbered(late)), "order-correlation")
        assert found.level == "warning"
        assert max(found.effect, 1 - found.effect) > 0.65
        by_place = sorted(cases, key=lambda case: case.target)
        halves = [list(by_place[: len(by_place) // 2]), list(by_place[len(by_place) // 2 :])]
        blocks = [half[at : at + 25] for at in range(0, 200, 25) for half in halves]
        alternating = [case for block in blocks for case in block]
        assert look(audits.order_correlation, renumbered(alternating))


def test_outcomes_filed_in_buckets_are_found(drawn, judged):
    for seed in SEEDS:
        outcomes, _ = judged(drawn("siqa", seed), seed, right=0.5)
        filed = sorted(outcomes, key=lambda one: not one.right)
        by_list = named(look(audits.outcome_order, filed), "outcome-order")
        numbered = [
            evolve(one, case=evolve(one.case, id=f"item {at}")) for at, one in enumerate(filed)
        ]
        shuffled = some(rng_of(seed), numbered, 1.0)
        by_id = named(look(audits.outcome_order, shuffled), "outcome-order")
        assert by_list.level == by_id.level == "error"
        assert by_list.effect == by_id.effect == 1.0


def test_failures_made_by_flipping_the_gold_are_found(drawn, judged):
    """As in the published splits: two independent draws, one with its gold turned round."""
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = drawn("piqa", seed, count=800)
        right, wrong = some(rng, cases, 0.25), some(rng, cases, 0.25)
        flipped = [evolve(c, id=f"{c.id}-w", target=other_answer(c)) for c in wrong]
        good, _ = judged(right, seed, right=1.1)
        bad, _ = judged(flipped, seed, right=-0.1)
        found = named(look(audits.flipped_outcomes, [*good, *bad]), "flipped-outcomes")
        both = {case.id for case in right} & {case.id for case in wrong}
        assert set(found.cases) == {f"{one}-w" for one in both}
        assert found.effect == 1.0
        told = [evolve(c, groups={"bucket": "right"}) for c in right]
        told += [evolve(c, groups={"bucket": "wrong"}) for c in flipped]
        assert named(look(audits.flipped_gold, told), "flipped-gold").level == "error"


def test_gold_that_differs_from_a_reference_is_found(drawn, judged):
    for seed in SEEDS:
        cases = drawn("piqa", seed)
        check = audits.flipped_gold(reference=cases).build()
        assert list(check(PLAN, None, cases)) == []
        bad = {case.id for case in some(rng_of(seed), cases, 0.05)}
        planted = [evolve(c, target=other_answer(c)) if c.id in bad else c for c in cases]
        assert set(named(check(PLAN, None, planted), "gold-differs-from-reference").cases) == bad
        outcomes, _ = judged(planted, seed)
        sure = audits.flipped_outcomes(reference=cases).build()
        assert {one.name for one in sure(PLAN, None, outcomes)} >= {
            "gold-of-right-differs-from-reference"
        }


def test_labels_that_have_nothing_to_do_with_the_answers_are_found(drawn, judged):
    for seed in SEEDS:
        outcomes, _ = judged(drawn("siqa", seed), seed)
        lot = [
            evolve(one, right=bool(rng_of(seed + at).random() < 0.5))
            for at, one in enumerate(outcomes)
        ]
        assert named(look(audits.flipped_outcomes, lot), "right-is-not-right").level == "error"


def test_scores_that_short_options_lack_are_found(drawn, judged):
    for seed in SEEDS:
        rng = rng_of(seed)
        outcomes, _ = judged(drawn("siqa", seed), seed)
        planted = []
        for one in outcomes:
            scores = list(one.prediction.details["log_likelihoods"])
            for at, option in enumerate(one.input["options"]):
                if len(option.split()) == 1 and rng.random() < 0.9:
                    scores[at] = None
            planted.append(
                evolve(one, prediction=evolve(one.prediction, details={"log_likelihoods": scores}))
            )
        gaps = {o.case.id for o in planted if None in o.prediction.details["log_likelihoods"]}
        found = named(look(audits.missing_scores, planted), "missing-scores")
        assert set(found.cases) == gaps
        assert "the short ones" in found.summary


def test_answers_that_were_cut_off_are_found(drawn, judged):
    for seed in SEEDS:
        outcomes, _ = judged(drawn("boolq", seed), seed)
        cut = {one.case.id for one in some(rng_of(seed), outcomes, 0.05)}
        planted = [
            evolve(
                one,
                prediction=sea.Prediction(
                    "so", details={"finish": "length" if one.case.id in cut else "stop"}
                ),
            )
            for one in outcomes
        ]
        found = named(look(audits.truncated_answers, planted), "truncated-answers")
        assert set(found.cases) == cut
        assert found.level == "warning"


class Narrow:
    """A model with a window, and a tokenizer of words."""

    max_tokens = 180
    prompt = "{passage}\n{question}\nAnswer:"

    class tokenizer:  # noqa: N801 - models call it so
        @staticmethod
        def encode(text):
            return text.split()

    def __call__(self, inputs):
        return ["yes" for _ in inputs]


def test_prompts_that_do_not_fit_the_window_are_found(drawn):
    for seed in SEEDS:
        cases = drawn("boolq", seed)
        words = {
            c.id: len(f"{c.input['passage']} {c.input['question']} Answer:".split()) for c in cases
        }
        found = named(look(audits.truncated_slot, cases, Narrow()), "truncated-slot")
        assert set(found.cases) == {name for name, count in words.items() if count > 180}
        roomy = audits.truncated_slot(window=max(words.values())).build()
        assert list(roomy(PLAN, Narrow(), cases)) == []


def test_another_prompt_than_the_one_judged_is_found(drawn, judged):
    for seed in SEEDS:
        rng = rng_of(seed)
        outcomes, model = judged(drawn("siqa", seed), seed)
        assert look(audits.prompt_mismatch, outcomes, model) == []
        bad = {one.case.id for one in some(rng, outcomes, 0.5)}
        changed = [
            evolve(
                one,
                prediction=sea.Prediction(
                    other_answer(evolve(one.case, target=one.prediction.value))
                ),
            )
            if one.case.id in bad
            else one
            for one in outcomes
        ]
        found = named(look(audits.prompt_mismatch, changed, model), "prompt-mismatch")
        assert set(found.cases) <= bad
        assert found.level == "error"
        moved = [evolve(one, input={**one.input, "question": "?"}) for one in outcomes]
        assert named(look(audits.prompt_mismatch, moved), "other-inputs").effect == 1.0
    model.prompt = "{question}"
    other = audits.prompt_mismatch(prompt="{question} ", asked_again=0).build()
    assert named(other(PLAN, model, outcomes), "other-template").level == "error"


def test_a_prompt_that_tells_the_class_is_found(drawn):
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = [
            part_changed(case, "passage", case.input["passage"] + " Who knows?")
            if case.target == "yes" and rng.random() < 0.7
            else case
            for case in drawn("boolq", seed)
        ]
        found = named(look(audits.prompt_shortcut, cases), "prompt-shortcut")
        assert "question marks" in found.summary
        assert found.level == "warning"


def test_an_option_that_tells_it_is_right_is_found(drawn):
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = []
        for case in drawn("siqa", seed):
            longer = f"{case.target} as quickly as possible"
            if rng.random() < 0.6:
                options = [longer if one == case.target else one for one in case.input["options"]]
                cases.append(evolve(case, input={**case.input, "options": options}, target=longer))
            else:
                cases.append(case)
        found = named(look(audits.option_shortcut, cases), "option-shortcut")
        assert "long" in found.summary or "most words" in found.summary


def test_failures_that_a_length_predicts_are_found(drawn, judged):
    for seed in SEEDS:
        rng = rng_of(seed)
        outcomes, _ = judged(drawn("boolq", seed, 600), seed)
        lengths = np.array([len(one.input["passage"]) for one in outcomes])
        late = lengths.argsort().argsort() / len(lengths)
        planted = [
            evolve(one, right=bool(rng.random() > 0.15 + 0.6 * (place > 0.5)))
            for one, place in zip(outcomes, late, strict=True)
        ]
        assert named(look(audits.failure_shortcut, planted), "failure-shortcut").level == "warning"


def test_what_is_lopsided_is_found(drawn, judged):
    for seed in SEEDS:
        rng = rng_of(seed)
        cases = [c for c in drawn("boolq", seed) if c.target == "yes" or rng.random() < 0.05]
        rare = {case.id for case in cases if case.target == "no"}
        found = named(look(audits.answer_imbalance, cases), "answer-imbalance")
        assert set(found.cases) == rare
        assert found.level == "warning"
        first = [
            evolve(
                c,
                input={
                    **c.input,
                    "options": sorted(c.input["options"], key=lambda o: (o != c.target, o)),
                },
            )
            if rng.random() < 0.5
            else c
            for c in drawn("siqa", seed)
        ]
        assert named(look(audits.answer_imbalance, first), "answer-place").level == "warning"
        outcomes, _ = judged(cases, seed, right=0.96)
        assert (
            named(look(audits.outcome_imbalance, outcomes), "outcome-imbalance").level == "warning"
        )


def test_few_clusters_are_a_note(drawn):
    cases = [evolve(c, cluster=f"article {at % 12}") for at, c in enumerate(drawn("boolq", 0))]
    found = named(look(audits.too_few_clusters, cases), "too-few-clusters")
    assert (found.level, found.effect) == ("note", 12.0)
