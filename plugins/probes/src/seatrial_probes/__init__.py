"""Explainers: which unseen cases a model will fail on, and why.

Importing this module loads neither numpy nor scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial import Explainer, hookimpl

if TYPE_CHECKING:
    from ._autoencoder import load_autoencoder
    from ._causal_tests import causal_tests
    from ._counterfactual import counterfactuals
    from ._erasure import erased
    from ._figure import figure
    from ._leace import LeaceFitter, leace
    from ._partial import partial_scoring
    from ._sheets import read_sheet, sheet
    from ._simulatability import simulated
    from ._steering import steer
    from ._tasks import task_cases, task_prompt
    from ._why_it_failed import why_it_failed

__all__ = [
    "LeaceFitter",
    "answers",
    "appearance",
    "attention",
    "bag_of_words",
    "causal_tests",
    "chain_of_thought",
    "counterfactuals",
    "embeddings",
    "erased",
    "figure",
    "lda",
    "leace",
    "load_autoencoder",
    "logistic",
    "mass_mean",
    "mean_difference",
    "mlp",
    "partial_scoring",
    "proxy",
    "read_sheet",
    "regions",
    "sae",
    "sheet",
    "simulated",
    "steer",
    "surface",
    "task_cases",
    "task_prompt",
    "verbal",
    "why_it_failed",
]

_LATER = {
    "LeaceFitter": "_leace",
    "causal_tests": "_causal_tests",
    "counterfactuals": "_counterfactual",
    "erased": "_erasure",
    "figure": "_figure",
    "leace": "_leace",
    "load_autoencoder": "_autoencoder",
    "partial_scoring": "_partial",
    "read_sheet": "_sheets",
    "sheet": "_sheets",
    "simulated": "_simulatability",
    "steer": "_steering",
    "task_cases": "_tasks",
    "task_prompt": "_tasks",
    "why_it_failed": "_why_it_failed",
}

_EDIT = {"edit": "seatrial_probes._tested:edit"}
_INSIDE = {
    "steer": "seatrial_probes._tested:steering",
    "erase": "seatrial_probes._tested:erase",
    **_EDIT,
}
_SHEET = "seatrial_probes._sheets:sheet"

logistic = Explainer(
    name="probes.logistic",
    summary="Logistic regression on the activations of the best layer.",
    factory="seatrial_probes._activation_explainers:logistic",
    needs=("activations",),
    causal=_INSIDE,
    sheet=_SHEET,
)

mean_difference = Explainer(
    name="probes.mean-difference",
    summary="Direction from the mean of successes to the mean of failures.",
    factory="seatrial_probes._activation_explainers:mean_difference",
    needs=("activations",),
    causal=_INSIDE,
    sheet=_SHEET,
)

lda = Explainer(
    name="probes.lda",
    summary="Linear discriminant with a shrunken covariance.",
    factory="seatrial_probes._activation_explainers:lda",
    needs=("activations",),
    causal=_INSIDE,
    sheet=_SHEET,
)

mass_mean = Explainer(
    name="probes.mass-mean",
    summary="Difference of means, tilted by the covariance of activations.",
    factory="seatrial_probes._activation_explainers:mass_mean",
    needs=("activations",),
    causal=_INSIDE,
    sheet=_SHEET,
)

attention = Explainer(
    name="probes.attention",
    summary="Learned attention over the tokens of the prompt.",
    factory="seatrial_probes._activation_explainers:attention",
    needs=("activations",),
    causal=_EDIT,
    sheet=_SHEET,
)

mlp = Explainer(
    name="probes.mlp",
    summary="A small neural network on the activations of the best layer.",
    factory="seatrial_probes._activation_explainers:mlp",
    needs=("activations",),
    causal=_EDIT,
    sheet=_SHEET,
)

proxy = Explainer(
    name="probes.proxy",
    summary="Probes on another model's activations, for models behind an API.",
    factory="seatrial_probes._activation_explainers:proxy",
    samples="seatrial_probes._samples:proxy",
    causal=_EDIT,
    sheet=_SHEET,
)

sae = Explainer(
    name="probes.sae",
    summary="A few latents of a sparse autoencoder, named by their examples.",
    factory="seatrial_probes._sae:sae",
    needs=("activations",),
    causal=_EDIT,
    sheet=_SHEET,
)

bag_of_words = Explainer(
    name="probes.bag-of-words",
    summary="Words and word pairs that come with failure or success.",
    factory="seatrial_probes._text:bag_of_words",
    modality="text",
    causal=_EDIT,
    sheet=_SHEET,
)

surface = Explainer(
    name="probes.surface",
    summary="Surface features: length, digits, negation, overlap of options.",
    factory="seatrial_probes._text:surface",
    modality="text",
    expected_failures={
        "check_finds_a_planted_failure": "the planted word looks like any other: it reads no words"
    },
    causal=_EDIT,
    sheet=_SHEET,
)

appearance = Explainer(
    name="probes.appearance",
    summary="How pictures look: brightness, contrast, sharpness, size and others.",
    factory="seatrial_probes._appearance:appearance",
    modality="image",
    sheet=_SHEET,
)

regions = Explainer(
    name="probes.regions",
    summary="Which regions of a picture the answer hangs on: occlusion or Grad-CAM.",
    factory="seatrial_probes._regions:regions",
    modality="image",
    needs=("probes.__call__",),  # any model has it: the run's own is handed on to be asked again
    sheet=_SHEET,
)

answers = Explainer(
    name="probes.answers",
    summary="The answer given, how sure the model was, and the words, together.",
    factory="seatrial_probes._answers:answers",
    sheet=_SHEET,
)

embeddings = Explainer(
    name="probes.embeddings",
    summary="Logistic regression on the vectors of a frozen text encoder.",
    factory="seatrial_probes._embeddings:embeddings",
    modality="text",
    causal=_EDIT,
    sheet=_SHEET,
)

verbal = Explainer(
    name="probes.verbal",
    summary="A language model writes hypotheses; a second call predicts from them.",
    factory="seatrial_probes._verbal:verbal",
    modality="text",
    needs=("generate",),
    expected_failures={"check_finds_a_planted_failure": "the sample model writes no hypotheses"},
    causal=_EDIT,
    sheet=_SHEET,
)

chain_of_thought = Explainer(
    name="probes.chain-of-thought",
    summary="Features of the chain of thought: length, doubt, changes of mind.",
    factory="seatrial_probes._chain:chain_of_thought",
    modality="text",
    needs=("generate",),
    sheet=_SHEET,
)


@hookimpl
def seatrial_explainers() -> tuple[Explainer, ...]:
    """Declare them all."""
    return (
        logistic,
        mean_difference,
        lda,
        mass_mean,
        attention,
        mlp,
        proxy,
        sae,
        bag_of_words,
        surface,
        appearance,
        regions,
        answers,
        embeddings,
        verbal,
        chain_of_thought,
    )


def __getattr__(name: str) -> Any:
    """Hand on the benchmark and the causal tests, which are imported when they are first used."""
    if name not in _LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f".{_LATER[name]}", __name__), name)
