"""What a report tells, and what is made of it."""

from __future__ import annotations

import json

import attrs
import pytest
from trial_stand_ins import Counting, bot, even, orders, plan, rows, same, shout, swap

import seatrial as sea
from seatrial.errors import ModelError, PlanError, StoreError, UnknownComponentError
from seatrial.runs._report import Report
from seatrial.verbs._run import run


def fragile(texts):
    """Knows "money" only as it is spelt."""
    return bot(texts)


fragile.identity = "fragile 1"


@pytest.fixture
def report():
    return run(plan(swap(), shout(), metrics=(same, even)), fragile, orders(40))


def by_hand(severity):
    changed = sea.perturbed(plan(swap(), severities=(severity,)), orders(40))
    return [float("money" in case.input) for case in changed]


def test_cells_are_the_means_of_their_records(report):
    cells = {(cell.perturbation, cell.severity): cell for cell in report.cells}
    assert list(cells) == [
        ("clean", 0),
        *(("stand.swap", k) for k in (1, 2, 3)),
        ("stand.shout", 1),
    ]
    for severity in (1, 2, 3):
        cell, wanted = cells["stand.swap", severity], by_hand(severity)
        assert cell.scores["stand.same"] == pytest.approx(sum(wanted) / 40)
        mine = [
            r for r in report.records() if (r.perturbation, r.severity) == ("stand.swap", severity)
        ]
        assert cell.distance == pytest.approx(sum(r.distance for r in mine) / 40)
        assert (cell.cases, cell.accounting.planned) == (40, 40)
    assert cells["stand.shout", 1].scores["stand.same"] == 0
    assert cells["clean", 0].distance is None


def test_a_cell_of_a_run_that_is_not_finished_counts_the_cases_that_were_measured():
    found = run(plan(), fragile, orders(40), stop=lambda progress: progress.done >= 32)
    measured = {(one.perturbation, one.severity): set() for one in found.cells}
    for one in found.records():
        measured[one.perturbation, one.severity].add(one.case_id)
    assert [one.cases for one in found.cells] == [len(some) for some in measured.values()]
    assert {one.accounting.planned for one in found.cells} == {40}
    assert min(one.cases for one in found.cells) < 40


def test_a_saved_report_is_the_same_when_it_is_loaded(report, tmp_path):
    report.save(tmp_path / "saved")
    loaded = Report.load(tmp_path / "saved")
    assert loaded.as_dict() == report.as_dict()
    assert rows(loaded) == rows(report)
    summary = json.loads((tmp_path / "saved" / "report.json").read_text(encoding="utf-8"))
    assert summary["accounting"]["planned"] == 200


def test_a_report_is_not_saved_over_another(report, tmp_path):
    report.save(tmp_path / "saved")
    with pytest.raises(StoreError, match="already holds a run"):
        report.save(tmp_path / "saved")


def test_a_run_goes_on_from_a_saved_report(tmp_path):
    run(plan(severities=(1,)), bot, orders(10)).save(tmp_path / "saved")
    seen = []
    run(plan(severities=(1, 2)), bot, orders(10), to=tmp_path / "saved", observers=[seen.append])
    assert (seen[0].kept, seen[-1].measured) == (20, 10)


def test_a_loaded_report_asks_the_registry_for_what_it_does_not_hold(report, tmp_path):
    report.save(tmp_path / "saved")
    loaded = Report.load(tmp_path / "saved", registry=sea.Registry())
    with pytest.raises(UnknownComponentError):
        loaded.perturbation_use("stand.swap")
    assert loaded.model is None
    assert loaded.identity == "fragile 1"


def test_outcomes_hold_the_very_input_that_was_answered(report):
    for outcome in report.outcomes():
        assert outcome.right == ("money" in outcome.input)
        assert outcome.right == (outcome.prediction.value == outcome.case.target)
    assert sum(1 for _ in report.outcomes()) == 200


def test_a_preference_puts_the_target_before_each_wrong_answer(report):
    wrong = [outcome for outcome in report.outcomes() if not outcome.right]
    found = report.preferences()
    assert [one.input for one in found] == [outcome.input for outcome in wrong]
    assert {(one.chosen, one.rejected) for one in found} == {("refund", "other")}


@pytest.mark.parametrize("relation", ["must-refuse", "must-abstain"])
def test_no_preference_comes_from_a_question_that_has_no_right_answer_any_more(relation):
    vague = attrs.evolve(shout().component, name="stand.vague", relation=relation)
    found = run(plan(swap(), vague(), metrics=(same,)), fragile, orders(40))
    assert found.without_answer == {"stand.vague"}
    wrong = [one for one in found.outcomes() if not one.right and one.perturbation == "stand.swap"]
    assert wrong
    assert [one.input for one in found.preferences()] == [one.input for one in wrong]
    assert any(not one.right for one in found.outcomes() if one.perturbation == "stand.vague")


def test_outcomes_need_a_metric_that_scores_case_by_case():
    whole = run(plan(metrics=(even,)), bot, orders(5))
    with pytest.raises(PlanError, match="not scored with any metric that scores case by case"):
        list(whole.outcomes())
    with pytest.raises(PlanError, match=r"stand\.even scores no single answer"):
        list(whole.outcomes("stand.even"))


def test_a_comparison_lists_what_got_worse_first():
    def deaf(texts):
        return ["refund" if "return" in text or "MONEY" in text else "other" for text in texts]

    before, after = (run(plan(swap(), shout()), model, orders(40)) for model in (bot, deaf))
    found = sea.compare(before, after)
    changes = [change.change for change in found.changes]
    assert changes == sorted(changes)
    capitals = found.changes[-1]
    assert (capitals.perturbation, capitals.before, capitals.after) == ("stand.shout", 0.0, 1.0)
    assert len(capitals.won) == 40
    assert not capitals.lost
    unseen = 1 - 0.05 ** (1 / 40)
    assert capitals.interval == pytest.approx((1 - 2 * unseen, 1.0))
    for change in found.changes[:-1]:
        assert change.change == pytest.approx(change.after - change.before)
        assert (len(change.won) - len(change.lost)) / 40 == pytest.approx(change.change)
    assert "stand.shout" in str(found)
    assert "stand.shout" in found._repr_html_()


def test_reports_that_share_nothing_cannot_be_compared():
    one = run(plan(), bot, orders(5))
    with pytest.raises(PlanError, match="share no metric"):
        sea.compare(one, run(plan(metrics=(even,)), bot, orders(5)))
    with pytest.raises(PlanError, match="no case in common"):
        sea.compare(one, run(plan(), bot, [sea.Case("z", "z", "other")]))


def test_the_table_is_text_in_a_terminal_and_escaped_in_a_notebook():
    odd = attrs.evolve(shout, name="stand.odd", factory=lambda mark: lambda text, /, *, seed: mark)
    found = run(plan(odd(mark="<script>")), bot, orders(3))
    assert "stand.odd(mark='<script>')" in str(found)
    assert "<script>" not in found._repr_html_()
    assert "planned 6 = scored 6" in str(found)


# The other verbs, with components of a few lines.


def layer_probe(layers=(1,)):
    def explain(model, outcomes, /, *, seed):
        wrong = {outcome.case.id for outcome in outcomes if not outcome.right}
        assert model is None or model.activations
        return sea.Explanation(
            f"{len(wrong)} cases fail",
            predictor=lambda cases: [float(c.id in wrong) for c in cases],
        )

    return explain


def preferring():
    def adapt(model, cases, /, *, seed, work):
        better = {one.rejected: one.chosen for one in cases}

        def fixed(texts):
            return [better.get(answer, answer) for answer in model(texts)]

        fixed.identity = "fixed 1"
        return fixed

    return adapt


probe = sea.Explainer(name="stand.probe", summary="Look inside.", factory=layer_probe)
tuning = sea.Adapter(
    name="stand.tuning", summary="Prefer.", factory=preferring, reads="preferences"
)


def test_explain_learns_from_a_report_and_predicts(report):
    why = sea.explain(probe(layers=(5, 10)), report=report)
    assert why.summary == "30 cases fail"  # the other ten are what it is graded on
    assert sum(why.predict(orders(40))) == 30
    assert sea.explain(probe, outcomes=list(report.outcomes())).summary == why.summary
    with pytest.raises(PlanError, match="needs a report, or outcomes"):
        sea.explain(probe())


def test_explain_finds_the_model_through_the_report_and_checks_its_needs(report):
    needy = attrs.evolve(probe, needs=("activations",))
    with pytest.raises(ModelError, match="needs a model with the attribute 'activations'"):
        sea.explain(needy(), report=report)
    deep = Counting("deep 1", answer=lambda texts: ["refund"] * len(texts))
    deep.activations = True
    assert sea.explain(needy(), report=run(plan(), deep, orders(3))).auroc is None
    with pytest.raises(ModelError, match="pass model="):
        sea.explain(needy(), outcomes=[])


def test_repair_gives_a_new_model_and_leaves_the_old_one(report):
    texts = [outcome.input for outcome in report.outcomes()]
    answers = fragile(texts)
    fixed = sea.repair(tuning(), model=fragile, cases=report.preferences())
    assert fragile(texts) == answers
    assert set(fixed(texts)) == {"refund"}


def test_audits_list_errors_first(report):
    def auditing():
        return lambda plan, model, cases, /: [
            sea.Finding("short", "Texts are short.", level="note"),
            sea.Finding("few", f"There are only {len(cases)} cases.", level="error"),
        ]

    audit = sea.Audit(name="stand.audit", summary="Count.", factory=auditing)
    found = sea.audit(plan(), fragile, orders(4), audits=[audit])
    assert [one.name for one in found] == ["few", "short"]


PLUGIN = """
import seatrial as sea
from seatrial import hookimpl
from trial_stand_ins import bot, orders, same, swap

import attrs

keyboard = attrs.evolve(swap, name="pharmacy.keyboard")
accuracy = attrs.evolve(same, name="pharmacy.accuracy")
def cases():
    return orders(60)

@hookimpl
def seatrial_perturbations():
    return (keyboard,)

@hookimpl
def seatrial_metrics():
    return (accuracy,)

class Bot:
    def __init__(self, path):
        self.path, self.activations = path, True
        self.identity = f"bot {path}"
    def __call__(self, texts):
        return bot(texts)
"""

SPECIFICATION = """
format = 1
title = "Pharmacy chatbot"
seed = 7
model = { use = "pharmacy_plugin:Bot", params = { path = "here" } }
cases = { use = "pharmacy_plugin:cases" }

[[priorities]]
name = "Typing errors"
concept = "deployment-stage"
perturbations = ["pharmacy.keyboard"]
severities = [1, 3]
metric = "pharmacy.accuracy"
require = { max_drop = 0.05, confidence = 0.95 }
"""


def test_the_example_of_a_specification_works_as_it_is_printed(tmp_path, monkeypatch):
    (tmp_path / "pharmacy_plugin.py").write_text(PLUGIN, encoding="utf-8")
    information = tmp_path / "pharmacy_plugin-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Name: pharmacy-plugin\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text(
        "[seatrial]\npharmacy = pharmacy_plugin\n", encoding="utf-8"
    )
    (tmp_path / "pharmacy.toml").write_text(SPECIFICATION, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    sea.default_registry.cache_clear()
    logistic_probe = attrs.evolve(probe, needs=("activations",))
    preference_tuning = tuning
    try:
        spec = sea.load_specification("pharmacy.toml")
        before = sea.run(spec, to="runs/before")
        assert sea.judge(spec, before).outcome == "fail"
        why = sea.explain(logistic_probe(layers=(5, 10, 15)), report=before)
        fixed = sea.repair(preference_tuning(), report=before)
        after = sea.run(spec, model=fixed, to="runs/after")
        told = sea.judge(spec, after)
        assert "learned from" in told.notes[0]
        assert told.verdicts[0].cases_used < sea.judge(spec, before).verdicts[0].cases_used
        assert [change.change > 0 for change in sea.compare(before, after).changes[1:]] == [
            True,
            True,
        ]
        assert why.summary.endswith("cases fail")
        with pytest.raises(ModelError, match="what a directory names is not imported"):
            sea.explain(logistic_probe(), report=Report.load("runs/before"))
        loaded = Report.load("runs/before", trust=True)
        assert sea.explain(logistic_probe(), report=loaded).summary == why.summary
        assert len(loaded.preferences()) == len(before.preferences())
        assert sea.judge(spec, loaded).as_dict() == sea.judge(spec, before).as_dict()
    finally:
        sea.default_registry.cache_clear()
