"""Checks of explainers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve

from .._cases import Case, Outcome, Prediction
from .._components import Explainer, Use
from .._findings import Explanation
from .._seeds import derive
from ._common import built
from ._results import Skipped, expect
from ._samples import SEEDS, Samples

__all__ = ["CHECKS"]

E = Use[Explainer]

WHO = ("children", "adults", "grown men", "older people", "students", "nurses")
WHAT = ("ibuprofen", "aspirin", "paracetamol", "a cough syrup", "an antihistamine", "zinc")
WHEN = ("after a meal", "before bed", "with coffee", "during a fever", "every morning", "on a trip")
PLANTED = "children"
GRADE = 0.8


class _Rule:
    """A model that answers wrong exactly where a rule says so."""

    def __init__(self, fails: Callable[[str], bool]) -> None:
        self.fails = fails

    def __call__(self, inputs: Sequence[str], /) -> list[str]:
        return ["no" if self.fails(text) else "yes" for text in inputs]


def _planted(text: str) -> bool:
    return PLANTED in text


def _noise(text: str) -> bool:
    return bool(derive(0, "noise", text) % 2)


def _cases() -> list[Case]:
    """Make 216 questions in an order that has nothing to do with what they say."""
    cases = [
        Case(f"question-{number:03}", f"May {who} take {what} {when}?", "yes")
        for number, (who, what, when) in enumerate(
            (a, b, c) for a in WHO for b in WHAT for c in WHEN
        )
    ]
    return sorted(cases, key=lambda case: derive(0, case.id))


def outcomes(fails: Callable[[str], bool], cases: Sequence[Case]) -> tuple[Outcome, ...]:
    """Measure a model that fails by a rule."""
    return tuple(
        Outcome(
            case=case,
            input=case.input,
            prediction=Prediction("no" if fails(case.input) else "yes"),
            right=not fails(case.input),
        )
        for case in cases
    )


def explained(
    use: E, samples: Samples, fails: Callable[[str], bool], count: int | None = 144
) -> Any:
    """Explain a model that fails by a rule, or skip where an explainer is for another modality."""
    if use.component.modality not in (None, "text"):
        msg = f"no sample outcomes of modality {use.component.modality!r}"
        raise Skipped(msg)
    (explain,) = built(use)
    model = samples.model(use.component.needs, default=lambda: _Rule(fails))
    return explain(model, outcomes(fails, _cases()[:count]), seed=SEEDS[0])


def _explanation(found: Any) -> Explanation:
    if not isinstance(found, Explanation):
        msg = "it gives no Explanation"
        raise Skipped(msg)
    return found


def _unseen() -> list[Case]:
    return _cases()[144:]


def _predicted(found: Explanation, cases: Sequence[Case]) -> list[float]:
    if found.predictor is None:
        msg = "its explanation has no predictor"
        raise Skipped(msg)
    return [float(one) for one in found.predict(cases)]


def check_gives_an_explanation(use: E, samples: Samples) -> None:
    """It gives an `Explanation` with a summary in words and a predictor of failures.

    Return `seatrial.Explanation(summary, findings, ..., predictor=...)`.
    """
    found = explained(use, samples, _planted)
    expect(isinstance(found, Explanation), f"it gives {found!r:.80}, not an Explanation")
    expect(found.summary.strip(), "its explanation has no summary")
    expect(found.predictor is not None, "its explanation has no predictor")


def check_same_seed_same_explanation(use: E, samples: Samples) -> None:
    """The same outcomes and seed give the same explanation and the same predictions.

    Draw only from the seed.
    """
    one, other = (_explanation(explained(use, samples, _planted)) for _ in range(2))
    expect(one == other, f"two explanations differ: {one} and {other}")
    same = _predicted(one, _unseen()) == _predicted(other, _unseen())
    expect(same, "two explanations predict different failures")


def check_no_failures_are_said_so(use: E, samples: Samples) -> None:
    """Where nothing failed, the explanation says so, finds nothing and is not graded.

    Look at whether there are both right and wrong outcomes before you learn from them.
    """
    _explanation(explained(use, samples, _planted))
    try:
        found = explained(use, samples, lambda _: False)
    except Exception as error:
        msg = f"outcomes without a failure raise {type(error).__name__}: {error}"
        raise AssertionError(msg) from error
    found = _explanation(found)
    expect(found.summary.strip(), "without a failure its explanation has no summary")
    wrong = [finding.name for finding in found.findings if finding.level != "note"]
    expect(not wrong, f"without a failure it finds {', '.join(wrong)}")
    expect(found.auroc is None, f"without a failure it reports an AUROC, {found.auroc}")


def check_finds_a_planted_failure(use: E, samples: Samples) -> None:
    """A model that fails on one word is seen through: AUROC above .8 on unseen cases.

    See whether the predictor looks at the input, and returns the chance of failure, not of success.
    """
    chances = _predicted(_explanation(explained(use, samples, _planted)), _unseen())
    expect(len(chances) == len(_unseen()), f"{len(chances)} predictions for {len(_unseen())} cases")
    wrong = [p for p, case in zip(chances, _unseen(), strict=True) if _planted(case.input)]
    right = [p for p, case in zip(chances, _unseen(), strict=True) if not _planted(case.input)]
    wins = sum((p > q) + (p == q) / 2 for p in wrong for q in right)
    auroc = wins / (len(wrong) * len(right))
    expect(auroc > GRADE, f"AUROC {auroc:.2f} on unseen cases of a model that fails on {PLANTED!r}")


def check_noise_is_not_explained(use: E, samples: Samples) -> None:
    """Failures that have no cause are not predicted well, by its own account.

    Grade on outcomes that were kept from learning: what was learnt by heart is always predicted.
    """
    found = _explanation(explained(use, samples, _noise))
    if found.auroc is None:
        msg = "it does not grade itself"
        raise Skipped(msg)
    expect(found.auroc < GRADE, f"it reports AUROC {found.auroc:.2f} on failures drawn by lot")


def check_predictions_do_not_use_the_target(use: E, samples: Samples) -> None:
    """The predicted failures are the same when the cases come without their targets.

    Predict from the input: whoever knows the right answer need not predict.
    """
    found = _explanation(explained(use, samples, _planted))
    with_target = _predicted(found, _unseen())
    try:
        without = _predicted(found, [evolve(case, target=None) for case in _unseen()])
    except Exception as error:
        msg = f"cases without targets raise {type(error).__name__}: {error}"
        raise AssertionError(msg) from error
    expect(with_target == without, "predictions change when the targets are taken away")


CHECKS: tuple[Callable[[E, Samples], None], ...] = (
    check_gives_an_explanation,
    check_same_seed_same_explanation,
    check_no_failures_are_said_so,
    check_finds_a_planted_failure,
    check_noise_is_not_explained,
    check_predictions_do_not_use_the_target,
)
