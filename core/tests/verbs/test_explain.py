"""The verb `explain`: who sees what, what is graded, and how it is told."""

from __future__ import annotations

import json
import math

import attrs
import pytest
from explain_stand_ins import at_random, by_word, children, explainer, outcomes
from trial_stand_ins import orders, plan, shout, swap

import seatrial as sea
from seatrial.errors import AuditError, ModelError, PlanError, TrialError
from seatrial.explaining._kept import kept
from seatrial.verbs._run import run


def test_a_planted_failure_is_predicted_better_than_by_what_does_not_read_words():
    use, _ = explainer(by_word)
    found = sea.explain(use, outcomes=outcomes(800, fails=children))
    assert found.auroc > 0.75
    assert found.interval[0] < found.auroc < found.interval[1]
    assert set(found.baselines) == {"answer", "length", "bag-of-words", "all together"}
    grade = found.grade
    for name in ("answer", "length"):
        assert grade.baselines[name].gain.p_holm < 0.01
    assert "better-than-chance" in {one.name for one in found.findings}
    assert grade.training.outcomes == 600
    assert grade.test.outcomes == 200
    assert math.isclose(grade.calibration.base_rate, 0.5, abs_tol=0.1)


def test_the_explainer_never_sees_what_it_is_graded_on_nor_a_target():
    asked = []

    def predict(cases):
        asked.extend(cases)
        return by_word(cases)

    use, seen = explainer(predict)
    given = outcomes(fails=children, cluster=lambda number: f"patient {number // 3}")
    sea.explain(use, outcomes=given)
    ((_, training, _),) = seen
    assert {one.cluster for one in asked}.isdisjoint({one.case.cluster for one in training})
    assert len(asked) + len(training) == len(given)
    assert all(case.target is None for case in asked)


def test_every_explainer_gets_the_same_split_and_another_seed_another():
    splits = []
    for name, seed in (("stand.one", 0), ("stand.two", 0), ("stand.one", 1)):
        use, seen = explainer(by_word, name)
        sea.explain(use, outcomes=outcomes(fails=children), seed=seed)
        splits.append([one.case.id for one in seen[0][1]])
    assert splits[0] == splits[1] != splits[2]


def test_an_explanation_is_kept_beside_its_run_until_that_measures_more(tmp_path):
    fails = {case.input for case in orders(60)[::2]}

    def model(texts):
        return ["other" if text in fails else "refund" for text in texts]

    model.identity = "half"
    asked = plan(severities=(1,))
    report = run(asked, model, orders(60), to=tmp_path / "run")
    use, _ = explainer(by_word)
    found = sea.explain(use, report=report)
    sea.explain(use, report=run(asked, model, orders(60)))  # in memory: kept nowhere
    sea.explain(use, outcomes=tuple(report.outcomes()))
    (path,) = (tmp_path / "run" / "results").glob("explanation-*.json")
    assert sea.Explanation.load(path, explainer=use).as_dict() == {
        **found.as_dict(),
        "details": {"predictor": "not saved"},
    }
    (one,) = kept(tmp_path / "run")
    assert one.grade == found.grade
    assert found.grade is not None
    run(asked, model, orders(70), to=tmp_path / "run")
    assert kept(tmp_path / "run") == ()


def test_other_outcomes_can_be_held_out_unless_they_share_a_cluster():
    use, seen = explainer(by_word)
    given = outcomes(fails=children)
    found = sea.explain(use, outcomes=given[:160], held_out=given[160:])
    assert found.grade.test.outcomes == 80
    assert seen[0][1] == tuple(given[:160])
    with pytest.raises(PlanError, match=r"in both the training and the test part: 'q158', 'q159'"):
        sea.explain(use, outcomes=given[:160], held_out=given[158:])
    with pytest.raises(PlanError, match=r"'q000', 'q001', 'q002' and 157 more"):
        sea.explain(use, outcomes=given[:160], held_out=given)


@pytest.mark.parametrize(
    ("count", "wrong", "said"),
    [
        (50, 0, "nothing to explain: 0 of 50 outcomes are wrong"),
        (50, 50, "nothing to explain: 50 of 50 outcomes are wrong"),
        (1, 1, "nothing to explain: 1 of 1 outcomes are wrong"),
        (50, 7, "too few to explain: 7 of 50 outcomes are wrong"),
        (50, 43, "too few to explain: 43 of 50 outcomes are wrong"),
    ],
)
def test_with_too_few_of_either_nothing_is_learned_and_it_says_how_many(count, wrong, said):
    use, seen = explainer(by_word)
    given = [attrs.evolve(one, right=number >= wrong) for number, one in enumerate(outcomes(count))]
    found = sea.explain(use, outcomes=given)
    assert found.summary.startswith(said)
    assert found.details == {"outcomes": count, "wrong": wrong}
    assert (found.auroc, found.interval, found.baselines, seen) == (None, None, {}, [])
    assert str(found) == found.summary


def test_many_outcomes_of_few_clusters_are_few():
    use, _ = explainer(by_word)
    given = outcomes(240, fails=children, cluster=lambda number: f"patient {number % 12}")
    assert sea.explain(use, outcomes=given).summary.startswith("too few to explain: ")


def test_without_a_predictor_only_the_baselines_are_graded():
    use, _ = explainer(None)
    found = sea.explain(use, outcomes=outcomes(fails=children))
    assert (found.auroc, found.interval) == (None, None)
    assert found.baselines["bag-of-words"] > 0.6
    assert found.findings[-1].name == "not-graded"
    assert "cannot be graded" in str(found)
    with pytest.raises(ModelError, match="this explanation predicts nothing"):
        found.predict([])


@pytest.mark.parametrize(
    ("predict", "said"),
    [
        (lambda cases: [0.5], r"predicts an array of shape \(1,\) for 60 cases"),
        (lambda cases: [80.0] * len(cases), "from 0 to 1, and predicts 80.0 for 'q"),
        (lambda cases: [float("nan")] * len(cases), "predicts nan for 'q"),
        (
            lambda cases: [case.target[0] for case in cases],
            "the predictor of stand.explainer: ",
        ),
    ],
)
def test_predictions_that_cannot_be_graded_name_the_explainer(predict, said):
    use, _ = explainer(predict)
    with pytest.raises(TrialError, match=said):
        sea.explain(use, outcomes=outcomes(fails=children))


def test_an_explainer_that_fails_or_gives_something_else_is_named():
    broken = sea.Explainer(
        name="stand.broken", summary="Break.", factory=lambda: lambda m, o, /, *, seed: 1 / 0
    )
    with pytest.raises(TrialError, match=r"stand\.broken: ZeroDivisionError"):
        sea.explain(broken, outcomes=outcomes(fails=children))
    text = attrs.evolve(broken, factory=lambda: lambda m, o, /, *, seed: "because")
    with pytest.raises(PlanError, match=r"stand\.broken must give an Explanation, got str"):
        sea.explain(text, outcomes=outcomes(fails=children))


def test_noise_is_not_called_better_than_chance():
    use, _ = explainer(at_random)
    found = sea.explain(use, outcomes=outcomes(400))
    names = {one.name for one in found.findings}
    assert "not-better-than-chance" in names
    assert "not-better-than-baselines" in names
    (said,) = (one for one in found.findings if one.name == "not-better-than-chance")
    assert f"{found.grade.detectable:.3f}" in said.summary


def test_what_predicts_failures_the_wrong_way_round_is_called_worse_than_chance():
    use, _ = explainer(lambda cases: [1 - one for one in by_word(cases)])
    found = sea.explain(use, outcomes=outcomes(800, fails=children))
    names = {one.name for one in found.findings}
    assert "worse-than-chance" in names
    assert not names & {"better-than-chance", "not-better-than-chance"}


def test_what_the_explainer_says_of_its_search_is_kept_and_told():
    use, _ = explainer(by_word, searched={"settings": 30, "best": 0.7, "p": 0.02})
    found = sea.explain(use, outcomes=outcomes(fails=children))
    assert found.details["searched"]["p"] == 0.02
    assert "the best of 30 settings reached 0.700 on validation (p = 0.02, search included)" in str(
        found
    )


def test_a_graded_explanation_is_told_in_a_table_and_as_plain_data():
    use, _ = explainer(by_word)
    found = sea.explain(use, outcomes=outcomes(800, fails=children))
    told = str(found).splitlines()
    assert told[0].startswith("stand.explainer: AUROC of failure on 200 held-out outcomes (")
    assert told[3].split()[:2] == ["stand.explainer", f"{found.auroc:.3f}"]
    assert [line.split("  ")[0] for line in told if " * " in line[:15]] == ["all together *"]
    assert any(line.startswith("calibration: error 0.") for line in told)
    assert "no such baseline here: entropy (none has probabilities)" in str(found)
    assert "position (the inputs have no options)" in str(found)
    assert "<table>" in found._repr_html_()
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert plain["grade"]["auroc"] == plain["auroc"] == found.auroc
    assert [one["name"] for one in plain["findings"]] == [one.name for one in found.findings]


def test_it_is_the_same_twice_to_the_last_bit():
    use, _ = explainer(by_word)
    first, again = (sea.explain(use, outcomes=outcomes(fails=children)) for _ in range(2))
    assert first == again


def test_the_confidence_sets_the_intervals():
    use, _ = explainer(by_word)
    widths = []
    for confidence in (0.9, 0.9995):
        found = sea.explain(use, outcomes=outcomes(fails=children), confidence=confidence)
        widths.append(found.interval[1] - found.interval[0])
    assert widths[0] < widths[1]
    with pytest.raises(PlanError, match="confidence must be"):
        sea.explain(use, outcomes=outcomes(fails=children), confidence=99)


def test_a_report_with_perturbations_is_explained_by_what_the_model_saw():
    """Swapped letters break "money"; the predictor must get the perturbed text, whole clusters."""
    asked = []

    def predict(cases):
        asked.extend(cases)
        return [float("money" not in case.input) for case in cases]

    use, seen = explainer(predict)
    measured = run(
        plan(swap(), shout()),
        lambda texts: ["refund" if "money" in t else "other" for t in texts],
        orders(80),
    )
    found = sea.explain(use, report=measured)
    assert found.auroc == 1.0
    assert len({case.id for case in asked}) == 20
    assert len(asked) == 20 * 5  # clean, three severities, and capitals
    assert {case.id for case in asked}.isdisjoint(one.case.id for one in seen[0][1])
    assert found.baselines["perturbation"] > 0.7


def test_audits_look_first_and_stop_at_what_is_not_allowed():
    told = []

    def auditing():
        def check(plan, model, given, /):
            told.append((model, len(given)))
            yield sea.Finding("leak", "Answers stand in prompts.", level="error")

        return check

    audit = sea.Audit(name="stand.audit", summary="Look.", factory=auditing, reads="outcomes")
    use, seen = explainer(by_word)
    with pytest.raises(AuditError, match="leak"):
        sea.explain(use, outcomes=outcomes(fails=children), audits=[audit])
    assert (told, seen) == ([(None, 240)], [])
    with pytest.warns(sea.errors.AuditWarning, match="leak"):
        found = sea.explain(use, outcomes=outcomes(fails=children), audits=[audit], allow=["leak"])
    assert found.auroc


def test_a_predictor_may_read_what_the_model_answered():
    def watch():
        def explain(model, outcomes, /, *, seed):
            return sea.Explanation(
                "by answer",
                predictor=lambda cases, answers: [float(one.value == "no") for one in answers],
                reads_answers=True,
            )

        return explain

    use = sea.Explainer(name="stand.watch", summary="Watch.", factory=watch)
    found = sea.explain(use, outcomes=outcomes(fails=children))
    cases = [sea.Case("a", "?"), sea.Case("b", "?")]
    assert list(found.predict(cases, [sea.Prediction("no"), sea.Prediction("yes")])) == [1, 0]
    with pytest.raises(ModelError, match="pass one answer for each case"):
        found.predict(cases)


def rate_of(state):
    return lambda cases: [state["rate"] if state["word"] in case.input else 0.1 for case in cases]


def savable():
    def explain(model, outcomes, /, *, seed):
        state = {"word": "child", "rate": 0.9}
        finding = sea.Finding(
            "word", "It fails on child.", condition="child", count=3, interval=(0.1, 0.2)
        )
        return sea.Explanation("by word", [finding], predictor=rate_of(state), state=state)

    return explain


def test_an_explanation_saves_and_loads(tmp_path):
    use = sea.Explainer(name="stand.word", summary="W.", factory=savable, restore=rate_of)
    found = sea.explain(use, outcomes=outcomes(fails=children))
    found.save(tmp_path / "why.json")
    again = sea.Explanation.load(tmp_path / "why.json", explainer=use)
    cases = [sea.Case("a", "a child"), sea.Case("b", "a man")]
    assert list(again.predict(cases)) == list(found.predict(cases)) == [0.9, 0.1]
    assert again.findings == found.findings
    assert again.as_dict() == found.as_dict()
    assert again.grade == found.grade
    assert str(again) == str(found)
    without = sea.Explanation.load(tmp_path / "why.json")
    with pytest.raises(ModelError, match="loaded without its predictor"):
        without.predict(cases)


def test_several_explainers_are_trained_and_graded_on_one_split():
    one, first = explainer(by_word)
    other, second = explainer(at_random)
    found = sea.explain([one, other], outcomes=outcomes(400, fails=children))
    assert first[0][1] == second[0][1]
    assert found[0].baselines == found[1].baselines
    assert found[0].auroc == sea.explain(one, outcomes=outcomes(400, fails=children)).auroc
