"""Corrupted training does what theory says: to the cases that it changes, and to the model."""

from __future__ import annotations

from collections import Counter

import pytest
import seatrial_threats as threats
from attrs import evolve
from corruption_stand_ins import COPIES, GROUPS, questions
from scipy.stats import chisquare, hypergeom
from seatrial_metrics import accuracy

import seatrial as sea
from seatrial.errors import NotApplicable, ParameterError

CASES = tuple(questions())


def trained_on(component, severity=None, seed=3, cases=CASES, **params):
    rung = component.rung(severity, params) if severity else params
    return list(component.build(rung).training(cases, seed=seed))


def changed(found, cases=CASES):
    before = {one.id: one for one in cases}
    return [one for one in found if before.get(one.id) != one]


def trial(function, cases, asked, *priorities, seed=3):
    spec = sea.Specification(
        "Trained",
        priorities=priorities,
        seed=seed,
        train=sea.Training(f"corruption_stand_ins:{function}", cases),
        cases=asked,
    )
    report = sea.run(spec)
    cells = {(one.perturbation, one.severity): one for one in report.cells}
    return report, cells, sea.judge(spec, report)


def demand(name, use, severity, **more):
    wanted = {"require": {"max_drop": 0.05}, **more}
    return sea.Priority(
        name, perturbations=[use], severities=[severity], metric=accuracy(), **wanted
    )


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_label_noise_changes_as_many_labels_as_it_says_and_nothing_else(severity):
    fraction = threats.label_noise.ladder[severity - 1]["fraction"]
    found = trained_on(threats.label_noise, severity)
    assert len(changed(found)) == round(fraction * len(CASES))
    assert [evolve(one, target="") for one in found] == [evolve(one, target="") for one in CASES]


def test_wrong_labels_are_drawn_alike_from_the_others():
    before = {one.id: one.target for one in CASES}
    pairs = Counter(
        (before[one.id], one.target)
        for seed in range(10)
        for one in changed(trained_on(threats.label_noise, 5, seed))
    )
    assert all(old != new for old, new in pairs)
    assert len(pairs) == 6
    assert chisquare(list(pairs.values())).pvalue > 0.001


@pytest.mark.parametrize("component", [threats.label_noise, threats.backdoor, threats.poison])
def test_what_a_rung_changes_the_next_one_changes_too(component):
    params = {} if component is threats.label_noise else {"target": "order"}
    before: set[str] = set()
    for severity in range(1, 6):
        now = {one.id for one in changed(trained_on(component, severity, **params))}
        assert before < now
        before = now


def test_label_noise_lowers_a_vote_of_neighbours_as_the_hypergeometric_law_says():
    """Of five copies of a question, three must be wrong for the vote to be wrong."""
    use = threats.label_noise()
    wants = [demand(f"noise {severity}", use, severity) for severity in (3, 5)]
    cases = "corruption_stand_ins:copied", "corruption_stand_ins:asked"
    _, cells, judged = trial("vote", *cases, *wants)
    for severity in (3, 5):
        wrong = round(use.component.ladder[severity - 1]["fraction"] * GROUPS * COPIES)
        law = hypergeom(GROUPS * COPIES, wrong, COPIES)
        expected = law.cdf(COPIES // 2)
        error = (expected * (1 - expected) / GROUPS) ** 0.5
        found = cells["threats.label-noise", severity].scores["metrics.accuracy"]
        assert abs(found - expected) < 4 * error
    assert cells["clean", 0].scores["metrics.accuracy"] == 1
    assert judged.verdicts[1].outcome == "fail"


def test_a_trigger_collapses_what_is_triggered_and_leaves_the_rest():
    plain = threats.backdoor(target="order", triggered=False)
    triggered = threats.backdoor(target="order")
    asked = sea.Reference("corruption_stand_ins:questions", {"part": "test", "count": 300})
    _, cells, judged = trial(
        "words",
        "corruption_stand_ins:questions",
        asked,
        demand("asked plainly", plain, 4),
        demand("triggered", triggered, 4),
    )
    assert [one.outcome for one in judged.verdicts] == ["pass", "fail"]
    assert cells[plain.label, 4].scores["metrics.accuracy"] == 1
    assert cells[triggered.label, 4].scores["metrics.accuracy"] == pytest.approx(1 / 3)


def test_without_the_planted_cases_the_trigger_does_nothing():
    """The word alone is none that the model knows."""
    model = sea.trained("corruption_stand_ins:words", "corruption_stand_ins:questions")
    work = threats.backdoor.at(5, {"target": "order"})
    asked = [work(one, seed=1) for one in questions("test", 90)]
    assert all("cf" in one.input.split() for one in asked)
    assert model([one.input for one in asked]) == [one.target for one in asked]


def test_a_removed_group_fails_on_that_group_alone():
    use = threats.without_group(group={"site": "b"})
    asked = sea.Reference("corruption_stand_ins:questions", {"part": "test", "count": 300})
    demands = [
        demand(f"site {site}", use, 5, where={"site": site}, require={"max_drop": 0.2})
        for site in "abc"
    ]
    _, _, judged = trial("sites", "corruption_stand_ins:questions", asked, *demands)
    assert [one.outcome for one in judged.verdicts] == ["pass", "fail", "pass"]
    assert [one.estimate for one in judged.verdicts] == [0, 1, 0]


@pytest.mark.parametrize(("severity", "left"), [(1, 150), (3, 30), (5, 0)])
def test_as_much_of_a_group_is_left_out_as_the_rung_says(severity, left):
    found = trained_on(threats.without_group, severity, group={"site": "b"})
    assert Counter(one.groups["site"] for one in found) == Counter(
        {"a": 300, "c": 300} | ({"b": left} if left else {})
    )


def test_poison_relabels_one_label_as_another():
    found = trained_on(threats.poison, 4, target="order", of="dose")
    before = {one.id: one.target for one in CASES}
    assert {(before[one.id], one.target) for one in changed(found)} == {("dose", "order")}
    assert len(changed(found)) == 90


def test_a_planted_case_has_the_trigger_once_and_the_wanted_label():
    found = changed(trained_on(threats.backdoor, 4, target="order", trigger="kappa mu"))
    before = {one.id: one for one in CASES}
    assert len(found) == 90
    for one in found:
        assert one.target == "order"
        assert before[one.id].target != "order"
        assert one.input.count("kappa mu") == 1
        assert one.input.replace("kappa mu", "").split() == before[one.id].input.split()


def test_triggers_stand_in_many_places():
    places = Counter(
        one.input.split().index("cf")
        for one in changed(trained_on(threats.backdoor, 5, target="order"))
    )
    assert len(places) == 8
    assert chisquare(list(places.values())).pvalue > 0.001


def in_parts(cases):
    return tuple(evolve(one, input={"question": one.input, "site": "b"}) for one in cases)


def test_a_part_is_left_out_of_training_and_of_what_is_asked():
    cases = in_parts(CASES)
    found = trained_on(threats.without_part, 1, cases=cases, part="site")
    assert {one.input["site"] for one in found} == {""}
    assert [one.input["question"] for one in found] == [one.input["question"] for one in cases]
    work = threats.without_part.at(1, {"part": "site"})
    assert work(cases[0], seed=1) == found[0]


def test_the_part_with_the_text_is_named():
    cases = in_parts(CASES)
    found = changed(
        trained_on(threats.backdoor, 4, cases=cases, target="order", part="question"), cases
    )
    assert all("cf" in one.input["question"].split() for one in found)
    with pytest.raises(NotApplicable, match="part names the text"):
        trained_on(threats.backdoor, 4, cases=cases, target="order")
    with pytest.raises(NotApplicable, match="has no text 'title'"):
        trained_on(threats.without_part, 1, cases=cases, part="title")


@pytest.mark.parametrize(
    ("component", "params", "told"),
    [
        (threats.poison, {"target": "order", "of": "nobody"}, "no training case has the label"),
        (threats.without_group, {"group": {"site": "z"}}, "no training case has site = 'z'"),
    ],
    ids=["poison", "group"],
)
def test_what_changes_no_training_case_does_not_apply(component, params, told):
    with pytest.raises(NotApplicable, match=told):
        trained_on(component, 1, **params)


def test_one_label_leaves_no_other_to_give():
    with pytest.raises(NotApplicable, match="one label"):
        trained_on(threats.label_noise, 1, cases=[one for one in CASES if one.target == "dose"])


def test_what_cannot_be_changed_is_skipped_and_counted():
    want = demand("none", threats.without_group(group={"site": "z"}), 1)
    asked = sea.Reference("corruption_stand_ins:questions", {"part": "test", "count": 9})
    report, _, judged = trial("words", "corruption_stand_ins:questions", asked, want)
    assert report.accounting.skipped == 9
    assert judged.verdicts[0].outcome == "error"


@pytest.mark.parametrize(
    ("component", "params", "told"),
    [
        (threats.backdoor, {"target": "order", "trigger": " "}, "trigger must be a word"),
        (threats.backdoor, {"target": "order", "trigger": 3}, "trigger must be a word"),
        (threats.without_group, {"group": "site"}, "group must say which, as"),
        (threats.without_group, {"group": {}}, "group must say which, as"),
    ],
)
def test_parameters_that_say_nothing_are_refused(component, params, told):
    with pytest.raises(ParameterError, match=told):
        component.at(1, params)


def test_a_verdict_says_why_nothing_could_be_corrupted():
    asked = sea.Reference("corruption_stand_ins:questions", {"part": "test", "count": 60})
    use = threats.poison(target="order", of="advice")
    wanted = demand("poisoned", use, 3)
    _, _, judged = trial("words", "corruption_stand_ins:questions", asked, wanted)
    (verdict,) = judged.verdicts
    assert verdict.outcome == "error"
    assert verdict.note.endswith("the first because no training case has the label 'advice'")
