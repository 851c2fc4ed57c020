"""Explainers that look inside the model, and pass every check."""

from __future__ import annotations

from seatrial import Explainer


def means_inside(layer=2):
    """Predict failure where the model thinks as it did when it failed."""
    import numpy as np

    from seatrial import Explanation

    def explain(model, outcomes, *, seed):
        wrong = np.array([not outcome.right for outcome in outcomes])
        if wrong.all() or not wrong.any():
            return Explanation(f"{wrong.sum()} of {len(wrong)} failed")
        vectors = thoughts(model, [outcome.input for outcome in outcomes])
        ends = vectors[wrong].mean(axis=0), vectors[~wrong].mean(axis=0)
        direction, middle = ends[0] - ends[1], (ends[0] + ends[1]) / 2

        def predict(cases):
            found = thoughts(model, [case.input for case in cases])
            return (1 / (1 + np.exp(-(found - middle) @ direction))).tolist()

        return Explanation(f"{wrong.sum()} failed, thinking alike", predictor=predict)

    def thoughts(model, inputs):
        return model.activations(inputs, layers=(layer,)).at(layer, "last")

    return explain


def doubts():
    """Predict failure where the model voices doubt."""
    from seatrial import Explanation

    def explain(model, outcomes, *, seed):
        failed = sum(not outcome.right for outcome in outcomes)
        if not failed:
            return Explanation("none failed")

        def predict(cases):
            said = model.generate([case.input for case in cases])
            return [float("not sure" in one.text) for one in said]

        return Explanation(f"{failed} failed, some in doubt", predictor=predict)

    return explain


insight = Explainer(
    name="inside.insight",
    summary="Compare what the model thinks.",
    factory="sample_plugins.inside:means_inside",
    needs=("activations",),
)
doubt = Explainer(
    name="inside.doubt",
    summary="Hear the model doubt.",
    factory="sample_plugins.inside:doubts",
    needs=("generate",),
)
