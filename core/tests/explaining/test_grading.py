"""Grades: closed forms, other libraries, and how often chance alone gets a good one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from seatrial.errors import PlanError
from seatrial.explaining._added_value import adds
from seatrial.explaining._baselines import Fitted
from seatrial.explaining._grade import Exam
from seatrial.statistics import auroc, auroc_drop, detectable_auroc, holm


def exam(wrong, baselines=None, *, clusters=None, confidence=0.95):
    return Exam(
        wrong=np.asarray(wrong),
        clusters=list(map(str, range(len(wrong)) if clusters is None else clusters)),
        baselines={
            name: Fitted(np.asarray(scores, dtype=float), cross_validated)
            for name, (scores, cross_validated) in (baselines or {}).items()
        },
        base_rate=0.5,
        confidence=confidence,
        seed=0,
    )


def drawn(seed, n=300):
    draw = np.random.default_rng(seed)
    wrong = draw.random(n) < 0.4
    return draw, wrong, expit(draw.normal(size=n) + wrong)


def test_the_grade_is_that_of_the_public_statistics():
    draw, wrong, probabilities = drawn(0)
    scores = {
        "one": draw.normal(size=300) + 0.7 * wrong,
        "two": draw.normal(size=300) + 0.5 * wrong,
    }
    clusters = np.arange(300) // 2
    grade = exam(wrong, {name: (s, 0.6) for name, s in scores.items()}, clusters=clusters).grade(
        probabilities
    )
    known = auroc(wrong, probabilities, clusters.astype(str), 0.95)
    assert (grade.auroc, *grade.interval) == (known.estimate, *known.ends)
    for name, mine in scores.items():
        gain = grade.baselines[name].gain
        known = auroc_drop(wrong, probabilities, mine, clusters.astype(str), 0.95)
        assert (gain.estimate, *gain.interval) == (known.estimate, *known.ends)
        at_p = auroc_drop(wrong, probabilities, mine, clusters.astype(str), 1 - gain.p)
        assert at_p.low == pytest.approx(0, abs=1e-5)
    p_values = [grade.baselines[name].gain.p for name in scores]
    assert [grade.baselines[name].gain.p_holm for name in scores] == holm(p_values)


def test_the_auroc_and_brier_score_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    _, wrong, probabilities = drawn(1)
    grade = exam(wrong).grade(probabilities)
    assert grade.auroc == pytest.approx(metrics.roc_auc_score(wrong, probabilities))
    assert grade.calibration.brier == pytest.approx(metrics.brier_score_loss(wrong, probabilities))
    assert grade.calibration.brier_of_base_rate == pytest.approx(0.25)


def test_the_p_value_is_near_that_of_mann_and_whitney():
    from scipy.stats import mannwhitneyu

    for seed in range(5):
        draw, wrong, _ = drawn(seed)
        probabilities = expit(draw.normal(size=300) + 0.25 * wrong)
        known = mannwhitneyu(
            probabilities[wrong], probabilities[~wrong], alternative="greater"
        ).pvalue
        found = exam(wrong).grade(probabilities).p
        if known < 0.4:
            assert found == pytest.approx(known, rel=0.35)


def test_the_best_baseline_is_chosen_by_cross_validation_and_not_by_the_test():
    draw, wrong, probabilities = drawn(2)
    grade = exam(wrong, {"lucky": (wrong + 0.0, 0.55), "steady": (draw.random(300), 0.6)}).grade(
        probabilities
    )
    assert grade.best_baseline == "steady"
    assert grade.baselines["lucky"].auroc == 1


def test_the_reliability_table_adds_up():
    _, wrong, probabilities = drawn(3)
    rows = exam(wrong).grade(probabilities).calibration.table
    assert sum(row["outcomes"] for row in rows) == 300
    assert sum(row["outcomes"] * row["failed"] for row in rows) == pytest.approx(wrong.sum())
    assert sum(row["outcomes"] * row["predicted"] for row in rows) == pytest.approx(
        probabilities.sum()
    )
    assert all(row["from"] <= row["predicted"] <= row["to"] for row in rows)


def test_the_detectable_auroc_of_the_paper():
    """500 and 500 at a two-sided 99.9 % must show .56 (z = 3.29, SE = .0183)."""
    assert detectable_auroc(500, 500, 0.9995, power=0.5) == pytest.approx(0.56, abs=2e-3)
    assert detectable_auroc(500, 500, 0.95, power=0.5) == pytest.approx(0.530, abs=1e-3)
    assert detectable_auroc(5, 5, 0.95) > detectable_auroc(50, 50, 0.95) > 0.5


@pytest.mark.parametrize(("positive", "power"), [(1, 0.8), (20, 0.0), (20, 1.0)])
def test_what_nothing_could_detect_is_refused(positive, power):
    with pytest.raises(PlanError, match="at least two cases of each kind"):
        detectable_auroc(positive, 20, 0.95, power=power)


def test_what_is_detectable_is_detected_as_often_as_is_said():
    """Binormal scores with the detectable AUROC are found above chance with a power of .8."""
    from scipy.special import ndtri

    target = detectable_auroc(60, 90, 0.95)
    shift = np.sqrt(2) * ndtri(target)
    wrong = np.arange(150) < 60
    draw = np.random.default_rng(4)
    lows = [auroc(wrong, draw.normal(size=150) + shift * wrong, None, 0.95).low for _ in range(400)]
    assert np.mean(np.array(lows) > 0.5) == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize("per_cluster", [1, 4])
def test_chance_is_called_better_than_chance_or_baselines_no_oftener_than_stated(
    per_cluster, monkeypatch
):
    """200 repeats: at 5 %, 19 false alarms are three standard errors above."""
    monkeypatch.setattr("seatrial.explaining._grade.calibration_of", lambda *_: None)
    alarms = {"chance": 0, "gain": 0, "adds": 0}
    for seed in range(200):
        draw = np.random.default_rng(seed)
        of = np.repeat(np.arange(120 // per_cluster), per_cluster)
        own, shared = draw.normal(size=(2, len(of))), draw.normal(size=(2, of.max() + 1))
        leaning = own[0] + 2 * shared[0][of]
        wrong = leaning > 0.3
        guess = own[1] + 2 * shared[1][of]
        grade = exam(wrong, {"lot": (draw.normal(size=len(of)), 0.5)}, clusters=of).grade(
            expit(guess)
        )
        alarms["chance"] += grade.p <= 0.05
        alarms["gain"] += grade.baselines["lot"].gain.p <= 0.05
        alarms["adds"] += bool(grade.added) and grade.added.p <= 0.05
    assert max(alarms.values()) <= 19, alarms


def test_a_noisy_copy_of_a_baseline_adds_nothing_and_a_second_cause_does():
    false, true = 0, 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        known, other = draw.standard_cauchy(200), draw.normal(size=200)
        clusters = [str(number) for number in range(200)]
        copy = known + draw.normal(size=200)
        false += adds(draw.random(200) < expit(known), known, copy, clusters, seed).p <= 0.05
        wrong = draw.random(200) < expit(known + other)
        true += adds(wrong, known, other, clusters, seed).p <= 0.05
    assert false <= 19  # three standard errors above 5 % of 200
    assert true > 180


def test_adding_survives_separation_and_constant_scores():
    wrong = np.arange(60) < 20
    clusters = [str(number) for number in range(60)]
    perfect, flat = wrong + np.linspace(0, 0.1, 60), np.zeros(60)
    assert adds(wrong, flat, perfect, clusters, 0).p < 1e-6
    assert adds(wrong, flat, perfect, clusters, 0).auroc == 1
    for other in (perfect, np.exp(perfect), flat):
        assert adds(wrong, perfect, other, clusters, 0).p > 0.3
