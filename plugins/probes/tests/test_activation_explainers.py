"""Probes as explainers: what they say about a model of which every failure has one known cause."""

from __future__ import annotations

import json

import numpy as np
import pytest
from attrs import evolve
from seatrial_probes import _activation_explainers as explainers
from seatrial_probes import (
    attention,
    lda,
    logistic,
    mass_mean,
    mean_difference,
    mlp,
    proxy,
)
from sklearn.metrics import roc_auc_score

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, PlanError

LINEAR = (logistic, mean_difference, lda, mass_mean)
POOLED = {"poolings": ("last", "mean")}


def explained_by(factory, explained, outcomes, /, seed=0, **options):
    return factory.build({**POOLED, **options})(explained, outcomes, seed=seed)


@pytest.mark.parametrize("explainer", LINEAR, ids=lambda one: one.name)
def test_linear_probes_predict_a_planted_failure(explainer, residual_model, trapped):
    graded = sea.explain(explainer(**POOLED), outcomes=trapped(240), model=residual_model, seed=2)
    assert graded.auroc > 0.95
    assert graded.details["searched"]["p"] < 0.01
    assert "a search of this size rarely reaches" in graded.summary


@pytest.mark.parametrize("explainer", LINEAR, ids=lambda one: one.name)
def test_the_direction_is_in_the_models_own_space(explainer, residual_model, trapped):
    outcomes = trapped()
    found = explained_by(explainer, residual_model, outcomes)
    direction, calibration = found.details["direction"], found.details["calibration"]
    seen = residual_model.activations(
        [one.input for one in outcomes],
        layers=(direction["layer"],),
        poolings=(direction["pooling"],),
    ).at(direction["layer"], direction["pooling"])
    logits = seen @ np.array(direction["weights"]) + direction["intercept"]
    probabilities = 1 / (1 + np.exp(-(calibration["slope"] * logits + calibration["intercept"])))
    np.testing.assert_allclose(
        found.predict([one.case for one in outcomes]), probabilities, rtol=1e-6
    )
    json.dumps([*direction["weights"], direction["intercept"]])


def test_the_direction_points_along_the_cause(residual_model, trapped):
    found = explained_by(logistic, residual_model, trapped(300), poolings=("last",), layers=(2,))
    weights = np.array(found.details["direction"]["weights"])
    cause = residual_model.cause.numpy()
    assert weights @ cause / np.linalg.norm(weights) > 0.7


def test_everything_searched_is_counted_and_told(residual_model, trapped):
    found = explained_by(logistic, residual_model, trapped(), C=(0.01, 1.0))
    assert found.details["searched"]["settings"] == 4 * 2 * 2
    assert len(found.details["curve"]) == 4 * 2
    selected = found.details["selected"]
    assert selected["C"] in (0.01, 1.0)
    assert (selected["layer"], selected["pooling"]) in {
        (one["layer"], one["pooling"]) for one in found.details["curve"]
    }


def test_one_strength_may_be_given(residual_model, trapped):
    found = explained_by(logistic, residual_model, trapped(), C=0.1, layers=[1])
    assert found.details["selected"]["C"] == 0.1
    assert found.details["searched"]["settings"] == 2


@pytest.mark.parametrize("explainer", [logistic, lda], ids=lambda one: one.name)
def test_findings_name_the_cases_at_either_end(explainer, residual_model, trapped):
    outcomes = trapped()
    fragile, safe = explained_by(explainer, residual_model, outcomes).findings
    failed = {one.case.id: not one.right for one in outcomes}
    assert all(failed[one] for one in fragile.cases)
    assert not any(failed[one] for one in safe.cases)
    assert fragile.effect > 0 > safe.effect
    assert f"{len(fragile.cases)} failed" in fragile.summary


@pytest.mark.parametrize("explainer", [*LINEAR, attention, mlp], ids=lambda one: one.name)
def test_the_same_seed_gives_the_same_explanation(explainer, residual_model, trapped):
    outcomes, options = trapped(80), {"epochs": 3} if explainer is attention else {}
    options = {**options, **({"poolings": ("mean",)} if explainer is attention else {})}
    one, other = (explained_by(explainer, residual_model, outcomes, 4, **options) for _ in range(2))
    assert one == other
    cases = [each.case for each in outcomes]
    assert one.predict(cases) == other.predict(cases)


def test_noise_is_said_to_be_noise(residual_model, trapped):
    lots = np.random.default_rng(0).random(160) < 0.5
    outcomes = [evolve(one, right=bool(lot)) for one, lot in zip(trapped(), lots, strict=True)]
    found = explained_by(logistic, residual_model, outcomes)
    assert found.details["searched"]["p"] > 0.05
    assert "nothing was found" in found.summary


def test_the_attention_probe_predicts_and_names_the_token(residual_model, trapped):
    found = explained_by(
        attention, residual_model, trapped(240), layers=(1,), poolings=("mean",), epochs=60
    )
    unseen = trapped(100, seed=9)
    failed = [not one.right for one in unseen]
    assert roc_auc_score(failed, found.predict([one.case for one in unseen])) > 0.95
    weighing = [one for one in found.findings if one.name.startswith("what weighs in")]
    assert len(weighing) == 3
    assert all("of attention" in one.summary for one in weighing)
    assert found.details["searched"]["settings"] > 10
    assert "direction" not in found.details


class Worded:
    """A tokenizer of words."""

    def __init__(self):
        self.known = []

    def __call__(self, text, *, add_special_tokens):
        words = text.split()
        self.known += words
        return {"input_ids": [self.known.index(word) for word in words]}

    def decode(self, ids):
        return self.known[ids[0]]


def test_tokens_are_named_by_their_text_where_the_model_tells_it(residual_model, trapped):
    residual_model.tokenizer = Worded()
    found = explained_by(
        attention, residual_model, trapped(120), layers=(1,), poolings=("mean",), epochs=10
    )
    weighing = [one.summary for one in found.findings if one.name.startswith("what weighs in")]
    assert any("'now' adds" in one or "'stone' adds" in one for one in weighing)


def test_the_network_predicts_too(residual_model, trapped):
    found = explained_by(mlp, residual_model, trapped(240), hidden=16)
    unseen = trapped(100, seed=9)
    failed = [not one.right for one in unseen]
    assert roc_auc_score(failed, found.predict([one.case for one in unseen])) > 0.9
    assert found.details["selected"]["epoch"] >= 1


def test_a_proxy_predicts_from_another_models_activations(residual_model, trapped):
    answers = lambda inputs: ["good" if "sunny" in one else "bad" for one in inputs]
    found = explained_by(proxy, answers, trapped(240), model=residual_model)
    unseen = trapped(100, seed=9)
    failed = [not one.right for one in unseen]
    assert roc_auc_score(failed, found.predict([one.case for one in unseen])) > 0.9
    assert found.details["selected"]["answers"] == ("bad", "good")
    assert "the answer given" in found.summary


def test_a_proxy_uses_the_answer_that_was_given(residual_model, trapped):
    """Failure is in the answer alone: neither the inputs nor the proxy's activations tell."""
    lots = np.random.default_rng(1).random(200) < 0.5
    outcomes = [
        evolve(one, right=bool(lot), prediction=sea.Prediction("yes" if lot else "no"))
        for one, lot in zip(trapped(200), lots, strict=True)
    ]
    answers = {one.input: one.prediction.value for one in outcomes}
    model = lambda inputs: [answers[one] for one in inputs]
    with_them = explained_by(proxy, model, outcomes, model=residual_model)
    without = explained_by(proxy, model, outcomes, model=residual_model, answer=False)
    assert with_them.details["selected"]["cross_validated"] > 0.95
    assert without.details["selected"]["cross_validated"] < 0.65
    assert "the answer given not known" in without.summary


def test_a_proxy_without_the_model_leaves_answers_out(residual_model, trapped):
    outcomes = trapped()
    found = explained_by(proxy, None, outcomes, model=residual_model, words=0)
    assert found.details["selected"]["answers"] == ()
    assert found.details["selected"]["words"] == 0
    assert len(found.predict([one.case for one in outcomes[:3]])) == 3


def test_a_proxy_may_be_a_factory(residual_model, trapped):
    found = explained_by(proxy, None, trapped(), model=lambda: residual_model)
    assert found.details["searched"]["p"] < 0.05


@pytest.mark.parametrize("right", [True, False])
def test_all_right_and_all_wrong_are_said_so(right, residual_model, trapped):
    outcomes = [evolve(one, right=right) for one in trapped(20)]
    found = explained_by(logistic, residual_model, outcomes)
    assert ("none of the 20" if right else "all 20 answers are wrong") in found.summary
    assert found.predictor is None


def test_too_few_failures_say_how_many_there_are(residual_model, trapped):
    outcomes = [evolve(one, right=place > 0) for place, one in enumerate(trapped(30))]
    with pytest.raises(PlanError, match="only 1 of 30 answers are wrong"):
        explained_by(logistic, residual_model, outcomes)


class Broken:
    """Changes what another model's activations are."""

    def __init__(self, model, change):
        self.model, self.change = model, change

    def activations(self, inputs, /, **asked):
        found = self.model.activations(inputs, **asked)
        whole = found.at
        found.at = lambda layer, pooling: self.change(whole(layer, pooling).copy())
        return found


def test_activations_that_are_not_finite_name_the_input(residual_model, trapped):
    outcomes = trapped(60)

    def spoilt(table):
        table[7, 3] = np.nan
        return table

    with pytest.raises(ModelError, match=f"layer 1 gave NaN.*{outcomes[7].input[:20]}"):
        explained_by(logistic, Broken(residual_model, spoilt), outcomes)


def test_rows_that_do_not_match_the_inputs_are_refused(residual_model, trapped):
    with pytest.raises(ModelError, match=r"shape \(59, 24\) for 60 inputs"):
        explained_by(logistic, Broken(residual_model, lambda table: table[:-1]), trapped(60))


def test_another_width_at_prediction_is_refused(residual_model, trapped):
    outcomes = trapped(60)
    broken = Broken(residual_model, lambda table: table)
    found = explained_by(logistic, broken, outcomes)
    broken.change = lambda table: table[:, :5]
    with pytest.raises(ModelError, match="activations are 5 wide, but the probe was fitted on 24"):
        found.predict([outcomes[0].case])


def test_a_layer_that_the_model_does_not_give_is_named(residual_model, trapped):
    class Shallow(Broken):
        def activations(self, inputs, /, **asked):
            return self.model.activations(inputs, **{**asked, "layers": (1, 2)})

    with pytest.raises(ModelError, match="the model gives no layer 9; it gives 1, 2"):
        explained_by(logistic, Shallow(residual_model, None), trapped(40), layers=(2, 9))


@pytest.mark.parametrize("bad", [0, -1.0, (), (1.0, 0.0)])
def test_strengths_are_above_zero(bad):
    with pytest.raises(ParameterError, match="C must be one or more numbers above 0"):
        logistic(C=bad).build()


def test_parameters_that_make_no_sense_are_refused():
    for wrong in ({"validation": 1.0}, {"validation": 0}, {"cache": 3}):
        with pytest.raises(ParameterError):
            logistic(**wrong).build()


def test_no_cases_are_no_predictions(residual_model, trapped):
    for factory in (logistic, mlp):
        assert list(explained_by(factory, residual_model, trapped(60)).predict([])) == []


def test_the_cache_is_handed_on(residual_model, trapped, tmp_path):
    asked = []

    class Noted(Broken):
        def activations(self, inputs, /, *, cache=None, **others):
            asked.append(cache)
            return self.model.activations(inputs, **others)

    outcomes = trapped(60)
    found = explained_by(logistic, Noted(residual_model, None), outcomes, cache=tmp_path)
    found.predict([outcomes[0].case])
    assert asked == [tmp_path, tmp_path]


def test_every_factory_that_the_face_names_is_there():
    for one in (*LINEAR, attention, mlp, proxy):
        assert one.load() is getattr(explainers, one.name.partition(".")[2].replace("-", "_"))
