"""Checks of explainers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from .._cases import Case, Outcome, Prediction
from .._components import Explainer, Use
from .._seeds import derive
from .._writing import digest
from ..errors import PlanError, TrialError
from ._common import built
from ._inside import Thinking
from ._results import NotExercised, Skipped, expect
from ._samples import SEEDS, Bare, Samples

if TYPE_CHECKING:
    from ..explaining._explanation import Explanation

__all__ = ["CHECKS", "results"]

E = Use[Explainer]

WHO = ("children", "adults", "grown men", "older people", "students", "nurses")
WHAT = ("ibuprofen", "aspirin", "paracetamol", "a cough syrup", "an antihistamine", "zinc")
WHEN = ("after a meal", "before bed", "with coffee", "during a fever", "every morning", "on a trip")
PLANTED = "children"
GRADE = 0.8
LEAST = 0.001
SIDE, LIGHT, DARKER = 18, (100, 200), 0.3
DARK = 70.0
"""The mean below which a picture is one of the planted ones."""


class _Rule(Thinking):
    """A model that answers wrong exactly where a rule says so.

    Which answer is right is random: the answer that it gives tells nothing about failure.
    """

    identity = "seatrial.testing rule 1"
    watched = PLANTED

    def __init__(self, fails: Callable[[Any], bool]) -> None:
        self.fails = fails

    def __call__(self, inputs: Sequence[Any], /) -> list[str]:
        return [self.otherwise(_right(one)) if self.fails(one) else _right(one) for one in inputs]

    def otherwise(self, answer: str) -> str:
        return "no" if answer == "yes" else "yes"


def _key(value: Any) -> str:
    return value if isinstance(value, str) else digest(value.tobytes())


def _right(value: Any) -> str:
    return "yes" if derive(0, "right", _key(value)) % 2 else "no"


def _planted(value: Any) -> bool:
    return PLANTED in value if isinstance(value, str) else bool(value.mean() < DARK)


def _noise(value: Any) -> bool:
    return bool(derive(0, "noise", _key(value)) % 2)


def _drawn(text: str) -> Any:
    """Draw a picture in place of a question: noise, and dark where the planted word stands."""
    import numpy as np

    draw = np.random.default_rng(derive(0, "picture", text))
    picture = draw.integers(*LIGHT, (SIDE, SIDE, 1))
    return (picture * (DARKER if _planted(text) else 1.0)).astype(np.uint8)


def _cases(use: E) -> list[Case]:
    """Make 216 questions (or pictures) in an order that has nothing to do with what they say."""
    texts = [f"May {who} take {what} {when}?" for who in WHO for what in WHAT for when in WHEN]
    inputs = map(_drawn, texts) if use.component.modality == "image" else texts
    cases = [
        Case(f"question-{number:03}", value, _right(value)) for number, value in enumerate(inputs)
    ]
    return sorted(cases, key=lambda case: derive(0, case.id))


def outcomes(fails: Callable[[Any], bool], cases: Sequence[Case]) -> tuple[Outcome, ...]:
    """Measure a model that fails by a rule."""
    answers = _Rule(fails)([case.input for case in cases])
    return tuple(
        Outcome(
            case=case, input=case.input, prediction=Prediction(answer), right=answer == case.target
        )
        for case, answer in zip(cases, answers, strict=True)
    )


def explained(use: E, samples: Samples, fails: Callable[[Any], bool]) -> Any:
    """Explain a model that fails by a rule, or skip where an explainer is for another modality."""
    (explain,) = _built(use)
    model = samples.model(use.component.needs, default=lambda: _Rule(fails))
    return explain(model, outcomes(fails, _seen(use)), seed=SEEDS[0])


def results(use: E, samples: Samples) -> list[str]:
    """Write down an explanation and what it predicts."""
    found = _explanation(explained(use, samples, _planted))
    said = [found.summary, repr(found.findings), repr(found.auroc)]
    return [*said, *(repr(one) for one in _predicted(found, _unseen(use)))]


def _built(use: E) -> list[Any]:
    if use.component.modality not in (None, "text", "image"):
        msg = f"no sample outcomes of modality {use.component.modality!r}"
        raise NotExercised(msg)
    return built(use)


def _explanation(found: Any) -> Explanation:
    from ..explaining._explanation import Explanation  # it loads numpy, and the kit is light

    if not isinstance(found, Explanation):
        msg = "it gives no Explanation"
        raise NotExercised(msg)
    return found


def _seen(use: E) -> list[Case]:
    return _cases(use)[:144]


def _unseen(use: E) -> list[Case]:
    return _cases(use)[144:]


def _predicted(found: Explanation, cases: Sequence[Case]) -> list[float]:
    """Predict the failures of the model that fails on the planted word."""
    if found.predictor is None:
        msg = "its explanation has no predictor"
        raise NotExercised(msg)
    answers = [Prediction(one) for one in _Rule(_planted)([case.input for case in cases])]
    return [float(one) for one in found.predict(cases, answers)]


def check_gives_an_explanation(use: E, samples: Samples) -> None:
    """It gives an `Explanation` with a summary in words and a predictor of failures.

    Return `seatrial.Explanation(summary, findings, ..., predictor=...)`.
    """
    from ..explaining._explanation import Explanation  # it loads numpy, and the kit is light

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
    same = _predicted(one, _unseen(use)) == _predicted(other, _unseen(use))
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


def check_predictions_are_probabilities_of_failure(use: E, samples: Samples) -> None:
    """Its predictor gives one number from 0 to 1 for each case, the probability of failure.

    Turn scores into probabilities, by a logistic function for instance; give as many as there are
    cases.
    """
    probabilities = _predicted(_explanation(explained(use, samples, _planted)), _unseen(use))
    expect(
        len(probabilities) == len(_unseen(use)),
        f"{len(probabilities)} predictions for {len(_unseen(use))} cases",
    )
    outside = [one for one in probabilities if not 0 <= one <= 1]
    expect(not outside, f"it predicts {outside[:1]}, which is no probability of failure")


def check_finds_a_planted_failure(use: E, samples: Samples) -> None:
    """A model that fails on one word (or on dark pictures) is seen through: AUROC above .8.

    `seatrial.explain` grades it, on unseen cases. See whether the predictor looks
    at the input, and gives the probability of failure, not of success.
    """
    from ..verbs._explain import explain

    _built(use)
    needs = use.component.needs
    model = samples.model(needs, default=lambda: _Rule(_planted)) if needs else None
    seen, unseen = outcomes(_planted, _seen(use)), outcomes(_planted, _unseen(use))
    try:
        found = explain(use, outcomes=seen, held_out=unseen, model=model)
    except (PlanError, TrialError) as error:
        msg = f"it cannot be graded: {error}"
        raise NotExercised(msg) from error
    if found.auroc is None:
        msg = "its explanation has no predictor"
        raise NotExercised(msg)
    expect(
        found.auroc > GRADE,
        f"AUROC {found.auroc:.2f} on unseen cases of a model that fails on "
        f"{'dark pictures' if use.component.modality == 'image' else repr(PLANTED)}",
    )


def check_noise_is_not_explained(use: E, samples: Samples) -> None:
    """Failures that have no cause are not predicted well, by its own account.

    Report what was reached on outcomes that were held out from training (its training set is
    always predicted well), and a p-value in which the search is counted.
    """
    found = _explanation(explained(use, samples, _noise))
    p = found.details.get("searched", {}).get("p")
    if found.auroc is None and p is None:
        msg = "it does not grade itself"
        raise Skipped(msg)
    area = found.auroc or 0.0
    expect(area < GRADE, f"it reports AUROC {area:.2f} on random failures")
    expect(p is None or p > LEAST, f"it reports p = {p} on random failures")


def check_predictions_do_not_use_the_target(use: E, samples: Samples) -> None:
    """The predicted failures are the same when the cases come without their targets.

    Predict from the input: whoever knows the right answer need not predict.
    """
    found = _explanation(explained(use, samples, _planted))
    with_target = _predicted(found, _unseen(use))
    try:
        without = _predicted(found, [evolve(case, target=None) for case in _unseen(use)])
    except Exception as error:
        msg = f"cases without targets raise {type(error).__name__}: {error}"
        raise AssertionError(msg) from error
    expect(with_target == without, "predictions change when the targets are taken away")


def check_looks_inside_only_by_its_needs(use: E, samples: Samples) -> None:
    """It works on a model that has the attributes in `needs` and no other, or on none at all.

    Add what it reads to `needs`; an explainer without needs gets None where no model was passed.
    """
    (explain,) = _built(use)
    needs = use.component.needs
    full = samples.model(needs, default=lambda: _Rule(_planted))
    measured = outcomes(_planted, _seen(use))
    _predicted(_explanation(explain(full, measured, seed=SEEDS[0])), _unseen(use))
    bare = Bare(full, needs) if needs else None
    try:
        _predicted(explain(bare, measured, seed=SEEDS[0]), _unseen(use))
    except AttributeError as error:
        msg = f"it declares that it needs {', '.join(needs) or 'nothing'}, but: {error}"
        raise AssertionError(msg) from error


CHECKS: tuple[Callable[[E, Samples], None], ...] = (
    check_gives_an_explanation,
    check_same_seed_same_explanation,
    check_no_failures_are_said_so,
    check_predictions_are_probabilities_of_failure,
    check_finds_a_planted_failure,
    check_noise_is_not_explained,
    check_predictions_do_not_use_the_target,
    check_looks_inside_only_by_its_needs,
)
