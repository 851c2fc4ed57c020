"""Audits that a plan names look before a run, and what they find stops it or is told."""

from __future__ import annotations

import pickle
import warnings

import pytest
from attrs import evolve
from trial_stand_ins import bot, orders, same

import seatrial as sea
from seatrial._files import dump_plan, dump_specification, load_plan
from seatrial.auditing._audits import audited
from seatrial.errors import (
    AuditError,
    AuditWarning,
    FileError,
    ModelError,
    ParameterError,
    PlanError,
    TrialError,
)

asked = []


def leaky(level="error"):
    def check(plan, model, cases, /):
        asked.append((plan, model, tuple(cases)))
        yield sea.Finding(
            "leak",
            f"{len(cases)} cases leak",
            level=level,
            cases=[case.id for case in cases],
            effect=1.0,
            fix="mend it",
        )

    return check


def counting():
    def check(plan, model, outcomes, /):
        wrong = [outcome.case.id for outcome in outcomes if not outcome.right]
        yield sea.Finding("wrong", f"{len(wrong)} are wrong", cases=wrong)

    return check


leak = sea.Audit(name="stand.leak", summary="Find a leak.", factory=leaky)
count = sea.Audit(name="stand.count", summary="Count.", factory=counting, reads="outcomes")
needy = sea.Audit(name="stand.needy", summary="Need.", factory=leaky, needs=("activations",))


class Plugin:
    @sea.hookimpl
    def seatrial_audits(self):
        return (leak, count, needy)

    @sea.hookimpl
    def seatrial_metrics(self):
        return (evolve(same, name="stand.same"),)


@pytest.fixture
def registry():
    found = sea.Registry()
    found.register(Plugin(), "stand")
    return found


def plan(**more):
    return sea.Plan(metrics=[same()], **more)


def refuses(inputs):
    msg = "the model was asked"
    raise AssertionError(msg)


def test_an_error_stops_the_run_before_the_model_is_asked(tmp_path):
    with pytest.raises(AuditError) as caught:
        sea.run(plan(audits=[leak]), refuses, orders(8))
    (finding,) = caught.value.findings
    assert finding.name == "leak"
    text = str(caught.value)
    assert "leak: 8 cases leak" in text
    assert "and 5 more" in text
    assert "fix: mend it" in text
    assert 'allow=("leak",), or --allow leak' in text
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.findings, str(again)) == (caught.value.findings, text)


@pytest.mark.parametrize("name", ["leak", "stand.leak"])
def test_an_error_is_allowed_by_its_name_or_its_audit(name, tmp_path):
    for allowing in ({"allow": [name]}, {"allow": name}):
        with pytest.warns(AuditWarning, match="8 cases leak"):
            report = sea.run(plan(audits=[leak]), bot, orders(8), **allowing)
        assert [one.name for one in report.findings] == ["leak"]
    with pytest.warns(AuditWarning):
        sea.run(plan(audits=[leak], allow=[name]), bot, orders(8))
    with pytest.raises(AuditError):
        sea.run(plan(audits=[leak]), bot, orders(8), allow=["another"])
    with pytest.raises(AuditError, match="is named 'leek', which is allowed; did you mean leak"):
        sea.run(plan(audits=[leak]), bot, orders(8), allow=["leek"])


def test_what_was_found_is_kept_with_the_run(tmp_path):
    model = identified(bot)
    with pytest.warns(AuditWarning):
        sea.run(plan(audits=[leak(level="warning")]), model, orders(8), to=tmp_path / "run")
    report = sea.Report.load(tmp_path / "run")
    (finding,) = report.findings
    assert (finding.level, finding.effect, len(finding.cases)) == ("warning", 1.0, 8)
    assert report.as_dict()["findings"][0]["fix"] == "mend it"
    assert "warning by audit: leak: 8 cases leak" in str(report)


def identified(function):
    def model(inputs):
        return function(inputs)

    model.identity = "bot-1"
    return model


def test_notes_are_kept_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = sea.run(plan(audits=[leak(level="note")]), bot, orders(8))
    assert report.findings[0].level == "note"


def test_what_is_not_named_does_not_look(registry):
    asked.clear()
    sea.run(plan(), bot, orders(4), registry=registry)
    assert asked == []


def test_an_audit_sees_the_plan_the_model_and_the_cases():
    asked.clear()
    one = plan(audits=[leak(level="note")])
    sea.run(one, bot, orders(4))
    ((seen, model, cases),) = asked
    assert (seen, model, len(cases)) == (one, bot, 4)


def test_outcomes_cannot_be_audited_before_a_run():
    with pytest.raises(PlanError, match="before a run there are none"):
        plan(audits=[count])
    with pytest.raises(PlanError, match="only cases: audit a finished run"):
        sea.audit(plan(), bot, orders(4), audits=[count])


def test_the_verb_runs_all_that_can_look(registry):
    found = sea.audit(plan(), bot, orders(4), registry=registry)
    assert [one.name for one in found] == ["leak"]
    report = sea.run(plan(), bot, orders(4))
    for subject in (report, tuple(report.outcomes())):
        found = sea.audit(subject, registry=registry)
        assert [one.name for one in found] == ["leak", "wrong"]
    with pytest.raises(ModelError, match="activations"):
        sea.audit(plan(), bot, orders(4), audits=["stand.needy"], registry=registry)


def test_the_verb_takes_the_parameters_that_the_plan_gives(registry):
    gentle = plan(audits=[leak(level="note")])
    found = sea.audit(gentle, bot, orders(4), registry=registry)
    assert [one.level for one in found] == ["note"]


def test_the_verb_leaves_alone_what_needs_parameters(registry):
    def told(*, word):
        return leaky(word)

    class Told:
        @sea.hookimpl
        def seatrial_audits(self):
            return (sea.Audit(name="told.leak", summary="Find it.", factory=told),)

    registry.register(Told(), "told")
    assert len(sea.audit(plan(), bot, orders(4), registry=registry)) == 1
    given = plan(audits=[registry.get("told.leak")(word="note")])
    found = sea.audit(given, bot, orders(4), registry=registry)
    assert [one.level for one in found] == ["error", "note"]
    with pytest.raises(ParameterError, match="'word'"):
        sea.audit(plan(), bot, orders(4), audits=["told.leak"], registry=registry)


def test_no_model_is_needed_to_look_at_cases(registry):
    asked.clear()
    assert sea.audit(plan(), cases=orders(4), registry=registry)
    assert [model for _, model, _ in asked] == [None]


def test_audits_of_outcomes_stop_too():
    report = sea.run(plan(), bot, orders(4))
    outcomes = tuple(report.outcomes())
    with pytest.raises(AuditError):
        audited([leak], plan(), None, outcomes)
    with pytest.warns(AuditWarning):
        found = audited([count, leak], plan(), None, outcomes, ["leak"])
    assert [one.name for one in found] == ["leak", "wrong"]
    twice = (*outcomes, *outcomes)
    with pytest.warns(AuditWarning, match="4 cases"):
        audited([leak], plan(), None, twice, "leak")


def test_what_is_no_experiment_is_refused():
    with pytest.raises(PlanError, match="no list of outcomes, must be a Plan or a Spec"):
        sea.audit("somewhere")


def test_a_broken_audit_is_named():
    def breaking():
        return lambda plan, model, cases, /: 1 / 0

    broken = sea.Audit(name="stand.broken", summary="Break.", factory=breaking)
    with pytest.raises(TrialError, match=r"stand\.broken: ZeroDivisionError"):
        sea.audit(plan(), bot, orders(4), audits=[broken])
    talking = evolve(broken, factory=lambda: lambda plan, model, cases, /: ["loud"])
    with pytest.raises(PlanError, match="must give findings, got 'loud'"):
        sea.audit(plan(), bot, orders(4), audits=[talking])
    with pytest.raises(ParameterError, match="takes level"):
        sea.run(plan(audits=[leak(depth=2)]), bot, orders(4))


def test_plans_and_specifications_name_audits_in_files(registry, tmp_path):
    priority = sea.Priority(
        "All", metric=evolve(same, name="stand.same")(), require={"at_least": 0}
    )
    uses = (leak(), leak(level="note"))
    spec = sea.Specification("T", priorities=[priority], seed=1, audits=uses, allow=["leak"])
    (tmp_path / "spec.toml").write_text(dump_specification(spec), encoding="utf-8")
    assert sea.load_specification(tmp_path / "spec.toml", registry=registry) == spec
    assert (spec.plan().audits, spec.plan().allow) == (uses, ("leak",))
    one = sea.Plan(audits=uses, allow=["leak"])
    (tmp_path / "plan.toml").write_text(dump_plan(one), encoding="utf-8")
    assert load_plan(tmp_path / "plan.toml", registry=registry) == one


def test_mistakes_in_a_file_are_told_in_their_place(registry, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('format = 1\naudits = ["stand.lek"]\nallow = [3]\n', encoding="utf-8")
    with pytest.raises(FileError) as caught:
        load_plan(path, registry=registry)
    first, second = caught.value.problems
    assert "plan.toml.audits[0]" in first
    assert "did you mean stand.leak?" in first
    assert "plan.toml.allow[0]: must be text" in second
    path.write_text('format = 1\naudits = ["stand.count"]\n', encoding="utf-8")
    with pytest.raises(FileError, match="reads outcomes"):
        load_plan(path, registry=registry)


def test_what_an_audit_reads_is_one_of_two():
    with pytest.raises(ValueError, match="'cases' or 'outcomes'"):
        sea.Audit(name="a.b", summary="S.", factory="json:loads", reads="runs")
    with pytest.raises(PlanError, match="leave out on"):
        plan(audits=[leak(on="question")])
    with pytest.raises(PlanError, match="allow names findings"):
        plan(allow=[3])
