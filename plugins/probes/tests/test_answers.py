"""The explainer that reads recorded answers, and the conditions that findings are made of."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_probes import answers, bag_of_words
from seatrial_probes._conditions import Condition, contrasts, findings_of
from seatrial_probes._given_answers import confidence
from seatrial_probes._validation import Learning
from sklearn.metrics import roc_auc_score

import seatrial as sea
from seatrial import Case, Outcome, Prediction
from seatrial.errors import PlanError


def answered(number, given, answer, *, right, probability=None, cluster=None):
    probabilities = None if probability is None else {"yes": probability, "no": 1 - probability}
    return Outcome(
        case=Case(f"case-{number}", given, cluster=cluster),
        input=given,
        prediction=Prediction(answer, probabilities=probabilities),
        right=right,
    )


@pytest.fixture
def hinging(texts):
    """A word decides which answer is right, and the answers are drawn: neither alone tells."""

    def make(count, seed):
        drawn = np.random.default_rng(seed)
        made = []
        for number, text in enumerate(texts(count, seed)):
            true = "yes" if any(who in text for who in ("children", "students", "nurses")) else "no"
            answer = drawn.choice(["yes", "no"])
            right = (answer == true) == (drawn.random() < 0.9)
            made.append(answered(number, text, str(answer), right=bool(right)))
        return made

    return make


def graded(use, training, test):
    found = use.build()(None, training, seed=3)
    given = [one.case for one in test], [one.prediction for one in test]
    return found, roc_auc_score([not one.right for one in test], found.predict(*given))


def test_what_a_word_means_hangs_on_the_answer(hinging):
    training, test = hinging(600, 1), hinging(400, 2)
    # Who knows the rule gets .90; neither the words nor the answer alone say anything.
    assert graded(answers(), training, test)[1] > 0.8
    assert graded(bag_of_words(), training, test)[1] < 0.6


def test_the_margin_that_is_low_is_a_finding_with_its_next_step(texts):
    drawn = np.random.default_rng(0)
    probabilities = drawn.uniform(0.5, 1, size=800)
    outcomes = [
        answered(n, text, "yes", right=bool(drawn.random() < p), probability=float(p))
        for n, (text, p) in enumerate(zip(texts(800), probabilities, strict=True))
    ]
    found, area = graded(answers(), outcomes[:500], outcomes[500:])
    # The probabilities are true: the best possible AUROC is that of 1 - p itself.
    best = roc_auc_score([not one.right for one in outcomes[500:]], 1 - probabilities[500:])
    assert area > best - 0.05
    (finding,) = [one for one in found.findings if "margin" in str(one.condition)]
    assert "abstain" in finding.fix
    lowest = 2 * probabilities[:500] - 1 <= np.quantile(2 * probabilities[:500] - 1, 0.25)
    wrong = np.array([not one.right for one in outcomes[:500]])
    assert finding.count == lowest.sum()
    assert finding.rate == pytest.approx(wrong[lowest].mean())
    assert finding.difference == pytest.approx(wrong[lowest].mean() - wrong[~lowest].mean())
    low, high = finding.interval
    assert 0 < low < finding.difference < high
    assert len(finding.examples) == 2


def test_answers_that_say_nothing_predict_nothing(texts):
    drawn = np.random.default_rng(5)
    outcomes = [
        answered(n, text, drawn.choice(["yes", "no"]), right=bool(drawn.random() < 0.5))
        for n, text in enumerate(texts(600, 7))
    ]
    found, area = graded(answers(), outcomes[:300], outcomes[300:])
    assert abs(area - 0.5) < 3 * 0.034
    assert found.findings == ()


def test_explain_reads_the_recorded_answers_and_no_model(hinging):
    outcomes = hinging(500, 4)
    found = sea.explain(answers(), outcomes=outcomes)
    assert found.auroc is not None
    assert found.auroc > 0.75
    assert found.auroc > found.baselines["all together"]


def test_pictures_are_explained_by_answer_and_confidence_alone():
    drawn = np.random.default_rng(9)
    outcomes = []
    for number in range(300):
        answer = str(drawn.choice(["cat", "dog"]))
        right = bool(drawn.random() < (0.9 if answer == "cat" else 0.3))
        picture = drawn.integers(0, 255, (4, 4, 3), dtype=np.uint8)
        outcomes.append(answered(number, picture, answer, right=right))
    found, area = graded(answers(), outcomes[:200], outcomes[200:])
    assert area > 0.7
    assert "answered 'dog'" in found.findings[0].summary
    assert not any("words" in name for name in found.details["views"])


def test_options_are_named_by_place_unless_all_say_the_same():
    def asked(number, options, place, right):
        given = {"question": f"What is {number}?", "options": options}
        case = Case(f"case-{number}", given)
        answer = Prediction(options[place])
        return Outcome(case=case, input=given, prediction=answer, right=right)

    varied = [asked(n, (f"first {n}", f"second {n}"), n % 2, right=n % 2 == 0) for n in range(120)]
    found = answers().build()(None, varied, seed=0)
    assert found.findings[0].condition == "answered 'option 2'"
    alike = [asked(n, ("Yes", "No"), n % 2, right=n % 2 == 0) for n in range(120)]
    found = answers().build()(None, alike, seed=0)
    assert found.findings[0].condition == "answered 'No'"


def test_confidence_reads_what_there_is():
    table = confidence(
        [
            Prediction("a", probabilities={"a": 0.8, "b": 0.2}),
            Prediction("a", details={"margin": 2.5}),
            Prediction("a", probabilities={"a": 0.0, "b": 0.0}),
            "a",
        ]
    )
    assert table[0] == pytest.approx([0.6, np.log(4), -0.8 * np.log(0.8) - 0.2 * np.log(0.2), 0.8])
    assert table[1, 0] == 2.5
    assert np.isnan(table[1, 1:]).all()
    assert np.isnan(table[2:]).all()


def test_log_likelihoods_are_no_probabilities():
    with pytest.raises(PlanError, match="softmax"):
        confidence([Prediction("a", probabilities={"a": -3.2, "b": -4.1})])


def learning(failed, clusters=None):
    outcomes = [
        answered(n, "text", "yes", right=not one, cluster=None if clusters is None else clusters[n])
        for n, one in enumerate(failed)
    ]
    return Learning.of(outcomes, 0)


def test_intervals_of_conditions_cover_together_under_the_null():
    """Of 20 conditions that mean nothing, some is shown in at most 5 % of experiments."""
    drawn = np.random.default_rng(11)
    shown = 0
    runs = 300
    for _ in range(runs):
        clusters = np.repeat(np.arange(60), 5)
        # Failure and conditions both go by cluster: the hardest null.
        failed = drawn.random(60)[clusters] < 0.4
        holds = (drawn.random((60, 20)) < 0.5)[clusters]
        known = contrasts(holds, learning(failed, [str(one) for one in clusters]))
        shown += bool(known.shown.any())
    assert shown / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_conditions_that_are_rare_or_hold_everywhere_are_not_shown():
    failed = np.arange(200) < 100
    rare, always = np.arange(200) < 10, np.ones(200, dtype=bool)
    conditions = [Condition("rare", rare), Condition("always", always)]
    assert findings_of(conditions, learning(failed)) == []


def test_no_more_than_ten_findings_failure_first():
    failed = np.arange(400) < 200
    conditions = [Condition(f"number {n}", failed if n % 2 else ~failed) for n in range(30)]
    found = findings_of(conditions, learning(failed))
    assert len(found) == 10
    assert {one.name for one in found} == {"comes-with-failure"}
    assert found[0].difference == 1.0
    low, high = found[0].interval
    assert 0 < low < high == 1
