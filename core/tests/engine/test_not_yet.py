"""A model that is no model yet gets the one line that is missing, and what is wrong is shown."""

from __future__ import annotations

import warnings

import pytest
from trial_stand_ins import bot, orders, plan, same

import seatrial as sea
from seatrial.errors import ModelError, SeatrialWarning, TrialError
from seatrial.verbs._run import run

ONE = sea.Plan(metrics=[same()], seed=1)
LINE = r"give model=lambda inputs: \[model\(one\) for one in inputs\]"


def per_text(text):
    return "refund" if "money" in text.lower() else "other"


@pytest.mark.parametrize(
    "model", [per_text, lambda text: "refund" if "money" in text else "other", len]
)
def test_a_function_of_one_text_stops_the_run_and_is_told_how_to_take_many(model):
    with pytest.raises(TrialError, match=LINE):
        run(ONE, model, orders(60))
    with pytest.warns(SeatrialWarning, match=LINE):
        run(ONE, model, orders(20))
    assert run(ONE, lambda inputs: [per_text(one) for one in inputs], orders(20)).errors == ()


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({"label": "refund", "score": 0.9}, '[one["label"] for one in pipe(texts)]'),
        ([{"label": "a", "score": 0.9}, {"label": "b", "score": 0.1}], "probabilities={"),
        ([{"generated_text": "hello"}], '[one[0]["generated_text"] for one in pipe(texts)]'),
        ({"sequence": "x", "labels": ["a"], "scores": [0.9]}, '[one["labels"][0] for one in pipe('),
    ],
)
def test_answers_of_a_pipeline_stop_the_run_with_the_line_that_is_missing(answer, line):
    calls = []

    def pipe(texts):
        calls.append(len(texts))
        return [answer for _ in texts]

    with pytest.raises(ModelError) as caught:
        run(ONE, pipe, orders(60))
    assert "transformers pipeline" in str(caught.value)
    assert line in str(caught.value)
    assert len(calls) == 1


def test_the_lines_for_pipelines_make_models():
    def pipe(texts, top_k=1):
        ranked = [{"label": "refund", "score": 0.75}, {"label": "other", "score": 0.25}]
        return [ranked if top_k is None else ranked[0] for _ in texts]

    def lines(texts):
        try:
            run(ONE, lambda inputs: pipe(inputs, *texts), orders(4))
        except ModelError as error:
            return str(error).partition("give model=")[2]

    for line in (lines(()), lines((None,))):
        model = eval(line, {"pipe": pipe, "seatrial": sea})
        assert run(ONE, model, orders(4)).cells[0].scores == {"stand.same": 1.0}
    (found,) = model(["x"])
    assert found.probabilities == {"refund": 0.75, "other": 0.25}


def test_an_estimator_is_told_its_lines_and_they_make_models(tmp_path, monkeypatch):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    linear = pytest.importorskip("sklearn.linear_model")
    pipeline = pytest.importorskip("sklearn.pipeline")
    clf = pipeline.make_pipeline(text.CountVectorizer(), linear.LogisticRegression())
    cases = orders(20)
    clf.fit([one.input for one in cases], ["refund", "other"] * 10)
    with pytest.raises(ModelError, match="Pipeline has predict: give model=") as caught:
        run(ONE, clf, cases)
    lines = str(caught.value).split("model=")[1:]
    for line in (lines[0].partition(", or")[0], lines[1]):
        model = eval(line, {"clf": clf, "seatrial": sea})
        wanted = list(clf.predict([one.input for one in cases]))
        found = [one.prediction.value for one in run(ONE, model, cases).records()]
        assert found == wanted

    (tmp_path / "trained.py").write_text("class Trained:\n    predict = len\nclf = Trained()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModelError, match=r'give model = "trained:clf\.predict"'):
        run(ONE, "trained:clf", cases)


def test_what_is_neither_is_told_what_a_model_is():
    with pytest.raises(ModelError, match="a model must be callable, from a list of inputs to a"):
        run(ONE, 3, orders(3))


# No answer is right


def test_where_no_answer_equals_any_target_one_of_each_is_shown():
    told = "to case 'q000' the model answers 'Refund.', and its target is 'refund'; they differ in"
    with pytest.warns(SeatrialWarning, match=f"no answer equals any target: {told}"):
        run(plan(), lambda texts: ["Refund." for _ in texts], orders(8))
    cases = [sea.Case(str(at), "x", at % 2) for at in range(8)]
    with pytest.warns(SeatrialWarning, match="'1' is a text and 1 is a number"):
        run(ONE, lambda texts: ["1" for _ in texts], cases)


@pytest.mark.parametrize(
    "model",
    [
        bot,
        lambda texts: ["refund" if "order 3" in text else "other" for text in texts],
        lambda texts: [sea.Prediction("no", refused=True) for _ in texts],
    ],
)
def test_where_one_does_or_the_model_refuses_nothing_is_said(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(ONE, model, orders(8))


def test_where_a_metric_finds_something_right_nothing_is_said():
    half = sea.Metric(
        name="stand.half",
        summary="Half right.",
        factory=lambda: lambda targets, answers: [0.5] * len(targets),
        per_case=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(sea.Plan(metrics=[half()], seed=1), lambda texts: ["x" for _ in texts], orders(8))


class Clerk:
    def __init__(self, answer="refund"):
        self.answer = answer

    def __call__(self, texts):
        return [self.answer for _ in texts]


def clerk():
    return Clerk()


def lazily(texts):
    yield from bot(texts)


def silent(texts):
    [bot([one]) for one in texts]


def test_a_class_is_told_to_be_made():
    with pytest.raises(ModelError, match=r"Clerk is a class.*params = \{\} \} makes one"):
        run(ONE, Clerk, orders(4))
    assert run(ONE, list, orders(4)).accounting.scored == 4


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (clerk, "if this function makes the model, give what it returns"),
        (lazily, r"got generator: put list\(...\) around what it returns"),
        (silent, r"got None: does it return anything\?"),
    ],
)
def test_a_function_that_gives_no_list_is_told_what_is_missing(model, told):
    with pytest.warns(SeatrialWarning, match=told) as caught:
        run(ONE, model, orders(20))
    assert "takes one input" not in str(caught[0].message)
