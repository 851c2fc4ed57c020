"""The benchmark in one call, with models whose failures have a known cause."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from attrs import evolve
from seatrial_probes import bag_of_words, logistic, surface, why_it_failed
from seatrial_probes._result import WhyItFailed
from seatrial_probes._shared import Shared

from seatrial import Case, Explainer, Explanation, Prediction, derive
from seatrial.errors import ModelError, PlanError, StoreError
from seatrial.statistics import auroc

WORDS = ("apple", "river", "stone", "cloud", "lamp", "horse", "paper", "music")


def cases(count=400):
    return [
        Case(
            f"q{n}",
            {
                "question": f"Is the {WORDS[n % 8]} near {WORDS[n // 8 % 8]} number {n}?",
                "options": ("yes", "no"),
            },
            "yes" if derive(0, n) % 2 else "no",
            groups={"set": "made-up"},
            cluster=f"c{n // 2}",
        )
        for n in range(count)
    ]


class Thinker:
    """Fails by a cause that only its third layer shows, and counts what it is asked."""

    identity = "thinker-1"

    def __init__(self, all_cases, fraction=0.4):
        self.targets = {case.input["question"]: case.target for case in all_cases}
        self.fraction, self.asked, self.extractions = fraction, 0, []

    def _mind(self, question):
        generator = np.random.default_rng(derive(0, question))
        fails = generator.random() < self.fraction
        table = generator.normal(size=(4, 12)).astype(np.float32)
        table[2] += 1.2 * fails
        return fails, table

    def __call__(self, inputs):
        self.asked += len(inputs)
        answers = []
        for given in inputs:
            target = self.targets[given["question"]]
            fails, _ = self._mind(given["question"])
            answers.append(Prediction({"yes": "no", "no": "yes"}[target] if fails else target))
        return answers

    def activations(self, inputs, *, layers=None, poolings=("last",), tokens=(), cache=None):
        self.extractions.append((len(inputs), layers, tuple(poolings)))
        kept = tuple(layers or (1, 2, 3, 4))
        if set(kept) - {1, 2, 3, 4}:
            msg = f"there is no layer {kept}"
            raise ModelError(msg)
        tables = np.array([self._mind(one["question"])[1] for one in inputs])
        return SimpleNamespace(
            layers=kept, poolings=poolings, predictions=None, at=lambda k, _: tables[:, k - 1]
        )


class Silent(Thinker):
    """The same without activations."""

    activations = property()


TEXTS = (bag_of_words(), surface())


@pytest.fixture(scope="module")
def found():
    model = Thinker(cases())
    return why_it_failed(model, cases(), k=100, explainers=[bag_of_words()], seed=2), model


def test_the_table_has_every_explainer_and_every_baseline_on_the_same_outcomes(found):
    result, _ = found
    explainers = [row for row in result.rows if row.kind == "explainer"]
    baselines = [row for row in result.rows if row.kind == "baseline"]
    assert [row.name for row in explainers] == ["probes.bag-of-words"]
    assert {"answer", "length", "bag-of-words"} <= {row.name for row in baselines}
    assert result.best_baseline in [row.name for row in baselines]
    best = next(row for row in baselines if row.name == result.best_baseline)
    assert explainers[0].gain == pytest.approx(explainers[0].auroc - best.auroc)
    assert explainers[0].interval[0] < explainers[0].auroc < explainers[0].interval[1]


def test_there_are_k_of_each_and_half_of_them_are_not_selected_or_tested_on(found):
    result, _ = found
    assert result.split["learning"]["outcomes"] + result.split["test"]["outcomes"] == 200
    assert result.split["learning"]["wrong"] + result.split["test"]["wrong"] == 100
    assert result.split["test"]["outcomes"] == pytest.approx(50, abs=2)
    assert result.split["test"]["wrong"] == pytest.approx(25, abs=2)
    assert result.judged["right"] >= 100 <= result.judged["wrong"]


def test_no_more_is_judged_than_it_takes(found):
    result, model = found
    assert result.judged["cases"] < 330, "about 250 cases hold 100 failures"
    assert result.judged["errored"] == 0
    assert model.asked == result.judged["cases"]


def test_the_curve_shows_where_the_cause_is(found):
    result, _ = found
    assert [point.layer for point in result.curve] == [1, 2, 3, 4]
    third = result.curve[2]
    assert third.auroc > 0.9
    assert third.interval[0] > 0.5
    assert all(
        one.interval[0] < 0.5 < one.interval[1] for one in (result.curve[0], result.curve[3])
    )
    assert third.validation > 0.85


def test_the_curve_is_as_scikit_learn_has_it_with_intervals_at_999_in_1000():
    from seatrial_probes._curve import layer_curve
    from seatrial_probes._validation import Learning

    generator = np.random.default_rng(0)
    outcomes = []
    for n, case in enumerate(cases(300)):
        one = SimpleNamespace(case=case, input=case.input, right=bool(n % 2))
        outcomes.append(one)
    tables = generator.normal(size=(300, 5)).astype(np.float32)
    tables[::2, 0] += 1.0
    acts = SimpleNamespace(layers=(7,), at=lambda *_: tables)
    (point,) = layer_curve(acts, "last", outcomes[:200], outcomes[200:], seed=1)
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    known, unseen = tables[:200], tables[200:]
    scaler = StandardScaler().fit(known)
    learning = Learning.of(outcomes[:200], 0)
    peer = LogisticRegression(C=point.C).fit(scaler.transform(known), learning.failed)
    failed = [not one.right for one in outcomes[200:]]
    clusters = [one.case.cluster for one in outcomes[200:]]
    expected = auroc(failed, peer.decision_function(scaler.transform(unseen)), clusters, 0.9995)
    assert point.auroc == pytest.approx(expected.estimate, abs=0.004)
    assert point.interval == pytest.approx((expected.low, expected.high), abs=0.006)


def test_activations_are_extracted_once_for_all():
    model = Thinker(cases())
    reads = []

    class Reading:
        def __call__(self, subject, outcomes, /, *, seed):
            found = subject.activations([one.input for one in outcomes], poolings=("mean",))
            reads.append(found.at(3, "mean").shape)

            def predictor(some):
                there = subject.activations([one.input for one in some], poolings=("mean",))
                return [float(v) for v in 1 / (1 + np.exp(-there.at(3, "mean").mean(axis=1)))]

            return Explanation("reads layer 3", predictor=predictor)

    reader = Explainer(
        name="made.reader", summary="Reads layer 3.", factory=Reading, needs=("activations",)
    )
    result = why_it_failed(
        model, cases(), k=100, explainers=[reader, bag_of_words], poolings=("last", "mean")
    )
    assert model.extractions == [(200, None, ("last", "mean"))]
    assert reads == [(result.split["learning"]["outcomes"], 12)]
    assert result.rows[0].name == "made.reader"
    assert result.rows[0].auroc > 0.8
    assert result.rows[0].p < 0.05


def test_what_goes_beyond_the_shared_activations_is_asked_of_the_model():
    model = Thinker(cases())
    inputs = [case.input for case in cases(10)]
    shared = Shared(model, inputs, (2, 3), ("last",))
    some = shared.activations(inputs[3:5])
    assert (len(some), some.layers) == (2, (2, 3))
    assert some.at(3, "last") == pytest.approx(model.activations(inputs).at(3, "last")[3:5])
    model.extractions.clear()
    shared.activations(inputs[:2], poolings=("mean",))
    shared.activations([cases(12)[11].input])
    shared.activations(inputs[:1], layers=(4,))
    assert model.extractions == [
        (2, (2, 3), ("mean",)),
        (1, (2, 3), ("last",)),
        (1, (4,), ("last",)),
    ]
    assert not hasattr(Shared(Silent([]), inputs, None, ("last",)), "activations")


def test_a_model_without_activations_gets_the_explainers_of_texts_and_no_curve():
    result = why_it_failed(Silent(cases()), cases(), k=60)
    assert {row.name for row in result.rows if row.kind == "explainer"} == {
        "probes.bag-of-words",
        "probes.surface",
    }
    assert (result.curve, result.pooling) == ((), None)
    with pytest.raises(PlanError, match="no curve to draw"):
        result.figure()


def test_a_model_without_activations_cannot_be_probed():
    with pytest.raises(ModelError, match="activations"):
        why_it_failed(Silent(cases()), cases(), k=60, explainers=[logistic])


@pytest.mark.parametrize(
    ("fraction", "says"),
    [
        (0.0, "400 right and 0 wrong answers in all 400 cases, and k=60 asks for 60 of each; at"),
        (1.0, "0 right and 400 wrong"),
        (0.12, "k=[45][0-9] would do"),
    ],
)
def test_fewer_than_k_says_how_many_there_are_and_what_would_do(fraction, says):
    with pytest.raises(PlanError, match=says):
        why_it_failed(Silent(cases(), fraction), cases(), k=60, explainers=TEXTS)


def test_a_model_that_raises_is_quoted():
    def broken(inputs):
        if any(not one["question"].endswith("0?") for one in inputs):
            msg = "out of memory"
            raise RuntimeError(msg)
        return ["yes" for _ in inputs]

    with pytest.raises(PlanError, match=r"\d+ errors \(.*out of memory"):
        why_it_failed(broken, cases(), k=60, explainers=TEXTS)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"k": 5}, "k must be at least"),
        ({"poolings": ()}, "at least"),
        ({"explainers": ()}, "name"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(wrong, says):
    with pytest.raises(PlanError, match=says):
        why_it_failed(Silent(cases()), cases(), **{"k": 60, "explainers": TEXTS, **wrong})


def test_the_model_is_no_import_string():
    with pytest.raises(ModelError, match="takes the model itself"):
        why_it_failed("module:name", cases(), k=60)


def test_a_layer_that_does_not_exist_is_the_models_to_refuse():
    with pytest.raises(ModelError, match="there is no layer"):
        why_it_failed(Thinker(cases()), cases(), k=60, explainers=TEXTS, layers=(9,))


def test_the_same_call_goes_on_in_its_folder_and_gives_the_same(tmp_path):
    model = Thinker(cases())
    first = why_it_failed(model, cases(), k=80, explainers=TEXTS, to=tmp_path / "x")
    asked = model.asked
    again = why_it_failed(model, cases(), k=80, explainers=TEXTS, to=tmp_path / "x")
    assert model.asked == asked
    assert again == first
    unsaved = why_it_failed(Thinker(cases()), cases()[::-1], k=80, explainers=TEXTS)
    assert unsaved == first, "neither the folder nor the order of the cases matters"


def test_a_result_survives_its_file(found, tmp_path):
    result, _ = found
    result.save(tmp_path)
    back = WhyItFailed.load(tmp_path)
    assert back == result
    assert back.as_dict() == result.as_dict() == json.loads(json.dumps(result.as_dict()))
    assert (tmp_path / "figure.svg").read_text() == result.figure()
    assert (tmp_path / "table.md").read_text().startswith("| made-up | AUROC |")
    with pytest.raises(StoreError, match="cannot read"):
        WhyItFailed.load(tmp_path / "elsewhere")
    (tmp_path / "why-it-failed.json").write_text('{"format": 9}')
    with pytest.raises(StoreError, match="no result"):
        WhyItFailed.load(tmp_path)


def test_the_table_reads_as_markdown(found):
    result, _ = found
    lines = str(evolve(result, task="a task")).splitlines()
    assert lines[0].startswith("| a task | AUROC | interval | gain over ")
    assert sum(line.startswith("| probes.bag-of-words |") for line in lines) == 1
    assert {line.count("|") for line in lines[: len(result.rows) + 2]} == {6}
    assert "with a power of" in lines[-1]
