"""Repairing: what is learned from, what the result knows, and that no verdict counts it."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import numpy as np
import pytest
from PIL import Image

import seatrial as sea
from seatrial.errors import ModelError, ObserverWarning, PlanError, StoreError
from seatrial.events import Trained

CALLS: list[dict] = []


class Table:
    """A model that knows some answers by heart."""

    def __init__(self, answers, model):
        self.answers, self.model = answers, model

    def __call__(self, inputs):
        return [
            self.answers.get(text, said)
            for text, said in zip(inputs, self.model(inputs), strict=True)
        ]

    def save(self, path):
        Path(path).write_text(json.dumps(self.answers))

    def explain(self, text):
        return f"{text} by heart"


def load(path, /, *, model):
    return Table(json.loads(Path(path).read_text()), model)


def memorise(*, crash=False, grow=False):
    def adapt(model, examples, /, *, seed, work):
        CALLS.append({"examples": examples, "work": work, "seed": seed})
        if grow:
            model.known = "?"
        if work.directory is not None:
            note = work.directory / "step"
            CALLS[-1]["found"] = note.exists()
            note.write_text("1")
        work.progress(1, 2, loss=0.5)
        if crash:
            msg = "out of memory"
            raise ValueError(msg)
        found = {
            one.input: getattr(one, "chosen", None) or getattr(one, "case", one).target
            for one in examples
        }
        return Table(found, model)

    return adapt


def adapter(reads="cases", **more):
    return sea.Adapter(
        name="local.memorise",
        summary="Remember.",
        factory=memorise,
        loader=load,
        reads=reads,
        **more,
    )


def right():
    return lambda targets, answers: [float(t == a) for t, a in zip(targets, answers, strict=True)]


accuracy = sea.Metric(name="local.right", summary="Right.", per_case=True, factory=right)


class Bot:
    known = "x"
    identity = "bot 1"

    def __call__(self, inputs):
        return [text.replace("q", "a") if int(text[1:]) % 4 == 0 else self.known for text in inputs]


def cases(count=80, each=2):
    return [sea.Case(f"c{n}", f"q{n}", f"a{n}", cluster=f"site {n // each}") for n in range(count)]


SPEC = sea.Specification(
    "t", priorities=[sea.Priority("right", metric=accuracy(), require={"at_least": 0.9})], seed=3
)


@pytest.fixture
def report():
    CALLS.clear()
    return sea.run(SPEC, model=Bot(), cases=cases())


@pytest.mark.parametrize(
    ("reads", "kind"),
    [("cases", sea.Case), ("outcomes", sea.Outcome), ("preferences", sea.Preference)],
)
def test_it_learns_from_one_part_of_the_clusters(report, reads, kind):
    fixed = sea.repair(adapter(reads), report=report)
    examples = CALLS[0]["examples"]
    assert examples
    assert all(isinstance(one, kind) for one in examples)
    assert len(fixed.learned_from) == 30  # whole clusters, also those in which nothing was wrong
    seen = {one.input for one in examples}
    for case in cases():
        assert case.cluster in fixed.learned_from or case.input not in seen


def test_it_has_the_split_of_explain(report):
    seen = []

    def look():
        return lambda model, outcomes, /, *, seed: seen.append(outcomes) or sea.Explanation("x")

    sea.explain(sea.Explainer(name="local.look", summary="L.", factory=look), report=report)
    fixed = sea.repair(adapter("outcomes"), report=report)
    assert CALLS[0]["examples"] == seen[0]
    assert set(fixed.learned_from) == {one.case.cluster for one in seen[0]}
    other = sea.repair(adapter(), report=report, seed=1)
    assert other.learned_from != fixed.learned_from


def test_the_test_part_may_be_given(report):
    held = [one for one in report.outcomes() if one.case.cluster < "site 3"]
    fixed = sea.repair(adapter(), report=report, held_out=held)
    assert set(fixed.learned_from) == {c.cluster for c in cases()} - {o.case.cluster for o in held}
    split = sea.Split.of(cases(), seed=5, held_out=0.5)
    assert len(split.training) == len(split.test) == 40
    assert not split.clusters & {case.cluster for case in split.test}


def test_no_verdict_counts_what_was_learned_from(report, tmp_path):
    fixed = sea.repair(adapter(), report=report)
    after = sea.run(SPEC, model=fixed, cases=cases(), to=tmp_path / "after")
    assert set(after.learned_from) == set(fixed.learned_from)
    (verdict,) = sea.judge(SPEC, after).verdicts
    assert (verdict.outcome, verdict.cases_used) == ("fail", 20)
    assert verdict.estimate == pytest.approx(0.25, abs=0.1)
    (again,) = sea.judge(SPEC, sea.Report.load(tmp_path / "after")).verdicts
    assert again.cases_used == 20


def test_an_observer_that_raises_is_told_and_not_obeyed(report):
    def broken(event):
        raise SystemExit(event)

    with pytest.warns(ObserverWarning, match="broken raised SystemExit.*the work goes on"):
        fixed = sea.repair(adapter(), report=report, observers=[broken])
    assert fixed.learned_from


def test_a_repaired_model_is_judged_in_place_of_the_specifications(tmp_path):
    spec = attrs.evolve(SPEC, model=Bot(), cases=cases())
    before = sea.run(spec, to=tmp_path / "before")
    fixed = sea.repair(adapter(), report=before)
    after = sea.run(spec, model=fixed, to=tmp_path / "after")
    for report in (after, sea.Report.load(tmp_path / "after")):
        judgement = sea.judge(spec, report)
        assert judgement.model == fixed.identity
        assert judgement.notes == (
            "60 cases that the repaired model learned from are left out",
            f"the model is not the specification's: {fixed.identity}, in place of bot 1",
            "the model is a repair of bot 1",
        )
    assert sea.judge(spec, before).notes == ()


@pytest.mark.parametrize(
    "given",
    [
        lambda report: report.preferences(),
        lambda report: list(cases()),
        lambda report: list(report.outcomes()),
        lambda report: [sea.Preference(one.input, one.target, "x") for one in cases()],
        lambda report: [
            sea.Case(f"copy {n}", one.input, one.target) for n, one in enumerate(cases())
        ],
        lambda report: [sea.Case(one.id, one.input + " ", one.target) for one in cases()],
    ],
)
def test_a_model_that_learned_from_every_case_passes_nothing(report, given):
    fixed = sea.repair(adapter(), model=Bot(), cases=given(report))
    after = sea.run(SPEC, model=fixed, cases=cases())
    (verdict,) = sea.judge(SPEC, after).verdicts
    assert verdict.outcome != "pass"
    assert "learned from every case" in verdict.note


def test_preferences_of_a_report_are_chosen_by_all_of_it(report):
    """What is left would be the cases that were right before: a verdict on them says nothing."""
    alone = sea.run(SPEC, model=Bot(), cases=cases(each=1))
    fixed = sea.repair(adapter(), model=Bot(), cases=alone.preferences())
    assert len(fixed.case_ids) == 60
    assert len(fixed.learned_from) == 80


def test_a_comparison_leaves_the_same_cases_out_of_both_runs(report):
    fixed = sea.repair(adapter(), report=report)
    after = sea.run(SPEC, model=fixed, cases=cases())
    found = sea.compare(report, after, specification=SPEC)
    assert {one.cases for one in found.changes} == {20}
    assert all(one.change == 0 for one in (*found.changes, *found.priorities))
    assert any("learned from" in note for note in found.notes)


def test_a_second_repair_remembers_the_first(report):
    first = sea.repair(adapter(), model=Bot(), cases=cases()[:10])
    second = sea.repair(adapter(), model=first, cases=cases()[70:])
    assert set(second.learned_from) == {one.cluster for one in cases()[:10] + cases()[70:]}


def test_an_adapter_says_which_examples_it_used():
    def some():
        def adapt(model, examples, /, *, seed, work):
            made = Table({}, model)
            made.trained_on = tuple(one.id for one in examples[:3])
            return made

        return adapt

    choosy = attrs.evolve(adapter(), factory=some)
    fixed = sea.repair(choosy, model=Bot(), cases=cases())
    assert fixed.case_ids == ("c0", "c1", "c2")
    assert fixed.learned_from == ("site 0", "site 1")
    again = sea.repair(adapter(), model=fixed, cases=cases()[10:20])
    assert len(again.case_ids) == 13


class Stating:
    def __init__(self, ids):
        self._ids = ids

    @property
    def trained_on(self):
        return self._ids

    def __call__(self, texts):
        return texts


def test_what_an_adapter_says_it_used_is_what_it_was_given():
    def stating(*ids):
        return attrs.evolve(
            adapter(), factory=lambda: lambda model, examples, /, *, seed, work: Stating(ids)
        )

    fixed = sea.repair(stating("c1"), model=Bot(), cases=cases())
    assert fixed.case_ids == ("c1",)
    with pytest.raises(PlanError, match="must be ids of the cases that it was given, not 'c999'"):
        sea.repair(stating("c1", "c999"), model=Bot(), cases=cases())


def test_perturbed_cases_belong_to_the_cluster_of_their_case():
    def shout():
        return lambda text, /, *, seed: text + "!"

    loud = sea.Perturbation(name="local.loud", summary="S.", modality="text", factory=shout)
    plain = [sea.Case("a", "q"), sea.Case("b", "r", cluster="s")]
    found = sea.perturbed(sea.Plan(perturbations=[loud()]), plain)
    assert {one.cluster for one in found} == {"a", "s"}


@pytest.mark.parametrize("takes_assets", [False, True])
def test_assets_are_opened_unless_the_adapter_takes_them(tmp_path, takes_assets):
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    Image.fromarray(pixels).save(tmp_path / "one.png")
    kept = sea.Asset(tmp_path / "one.png", "image")
    case = sea.Case("one", {"left": kept}, "dark")
    seen = []

    def learn():
        def adapt(model, examples, /, *, seed, work):
            seen.extend(examples)
            return lambda inputs: ["dark"] * len(inputs)

        return adapt

    use = sea.Adapter(
        name="local.learn", summary="Learn.", factory=learn, takes_assets=takes_assets
    )
    outcome = sea.Outcome(case=case, right=False, input=case.input, prediction=None)
    preference = sea.Preference(case.input, "dark", "light")
    for examples in ([case], [outcome], [preference]):
        sea.repair(use, model=lambda inputs: ["light"] * len(inputs), cases=examples, seed=1)
    given = [one.input["left"] for one in seen] + [seen[1].case.input["left"]]
    assert len(given) == 4
    if takes_assets:
        assert given == [kept] * 4
    else:
        assert all(np.array_equal(one, pixels) for one in given)


def test_it_is_a_model_and_knows_how_it_was_made(report):
    fixed = sea.repair(adapter(), report=report, seed=5)
    assert fixed(["q81"]) == ["x"]
    assert fixed.explain("q") == "q by heart"
    assert not hasattr(fixed, "generate")
    assert (fixed.seed, fixed.adapter.label) == (5, "local.memorise")
    assert fixed.original_identity == "bot 1"
    assert "bot 1" in fixed.identity
    assert fixed.identity != sea.repair(adapter(), report=report, seed=6).identity
    assert "30 clusters" in repr(fixed)


def test_an_adapter_that_changes_the_original_is_refused(report):
    with pytest.raises(ModelError, match=r"local.memorise.* changed the original model"):
        sea.repair(adapter()(grow=True), report=report)


def test_it_saves_and_loads_and_refuses_another_original(report, tmp_path):
    fixed = sea.repair(adapter(), report=report)
    fixed.save(tmp_path / "fixed")
    texts = [case.input for case in cases()]
    again = sea.Repaired.load(tmp_path / "fixed", model=Bot(), adapter=adapter())
    assert again(texts) == fixed(texts)
    assert (again.identity, again.learned) == (fixed.identity, fixed.learned)
    with pytest.raises(ModelError, match="not the original"):
        sea.Repaired.load(tmp_path / "fixed", adapter=adapter())
    other = Bot()
    other.identity = "bot 2"
    with pytest.raises(ModelError, match="'bot 1', and the model given is 'bot 2'"):
        sea.Repaired.load(tmp_path / "fixed", model=other, adapter=adapter())
    other = Bot()
    other.known = "y"
    with pytest.raises(ModelError, match="answers otherwise"):
        sea.Repaired.load(tmp_path / "fixed", model=other, adapter=adapter())
    with pytest.raises(StoreError, match="already exists"):
        fixed.save(tmp_path / "fixed")


def test_a_model_without_identity_is_known_by_its_answers(tmp_path):
    fixed = sea.repair(adapter(), model=lambda texts: ["x" for _ in texts], cases=cases())
    assert fixed.identity is None
    fixed.save(tmp_path / "fixed")
    same = sea.Repaired.load(
        tmp_path / "fixed", model=lambda texts: ["x"] * len(texts), adapter=adapter()
    )
    assert same(["q1"]) == ["a1"]
    with pytest.raises(ModelError, match="answers otherwise"):
        sea.Repaired.load(
            tmp_path / "fixed", model=lambda texts: ["z"] * len(texts), adapter=adapter()
        )


def test_a_repair_goes_on_in_its_directory(report, tmp_path):
    told = []
    to = tmp_path / "fixed"
    with pytest.raises(sea.errors.SeatrialError, match="out of memory"):
        sea.repair(adapter()(crash=True), report=report, to=to, observers=[told.append])
    assert told == [Trained(1, 2, {"loss": 0.5})]
    with pytest.raises(StoreError, match="another model, adapter, seed or examples"):
        sea.repair(adapter()(crash=True), report=report, to=to, seed=1)
    CALLS.clear()
    with pytest.raises(sea.errors.SeatrialError, match="out of memory"):
        sea.repair(adapter()(crash=True), report=report, to=to)
    assert CALLS[0]["found"] is True
    CALLS.clear()
    first = sea.repair(adapter(), report=report, to=tmp_path / "other")
    again = sea.repair(adapter(), report=report, to=tmp_path / "other")
    assert len(CALLS) == 1
    assert again.identity == first.identity
    assert again(["q1"]) == first(["q1"])
    assert not (tmp_path / "other" / "work").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "pass either report= or cases="),
        ({"cases": []}, "there are none in the training part"),
        ({"cases": [3]}, "cases, outcomes or preferences, got 3"),
    ],
)
def test_nothing_to_learn_from_is_said(arguments, says):
    with pytest.raises(PlanError, match=says):
        sea.repair(adapter(), model=Bot(), **arguments)


def test_a_report_without_failures_has_no_preferences_to_learn_from():
    fine = sea.run(SPEC, model=lambda texts: [t.replace("q", "a") for t in texts], cases=cases())
    with pytest.raises(PlanError, match="learns from preferences, and there are none"):
        sea.repair(adapter("preferences"), report=fine)
