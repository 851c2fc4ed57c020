"""Whether edits that an explanation chooses turn more answers than random edits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Case, Explanation, Outcome, derive
from seatrial.errors import ParameterError, PlanError
from seatrial.statistics import Interval, mcnemar, paired_drop, proportion

from ._edits import EDITS, Proposer, as_case, part_of
from ._grading import SURE, Judged, Right, judged
from ._plain import bounded, plainly, table
from ._rendering import shortened

__all__ = ["Counterfactuals", "Edited", "counterfactuals"]

TOWARDS: Final = ("failure", "success")
EXAMPLES: Final = 5
SHOWN: Final = 160

Floats = npt.NDArray[np.float64]


@frozen
class Edited:
    """One case with the edit that the explanation chose, and whether the answer turned."""

    case: str
    before: str
    after: str
    turned: bool


@frozen(kw_only=True)
class Counterfactuals:
    """Tells how often answers turn by edits that an explanation chose, and by random edits.

    All `cases` were answered right and are pushed towards failure, or wrong and towards success.
    `difference` is the chosen rate minus the random one, on the same cases; `p` is McNemar's,
    None where cases share a cluster. `expected` is how much the predicted probability of failure
    rose (or fell) by the edits that were chosen, on average. `unedited` cases had fewer than two
    candidates to choose from, and are not counted.
    """

    towards: str
    cases: int
    unedited: int
    chosen: Interval
    random: Interval
    difference: Interval
    p: float | None
    expected: float
    examples: tuple[Edited, ...]

    def table(self) -> str:
        """Set it out as text, with examples."""
        rows = [
            ["chosen by the explanation", bounded(self.chosen)],
            ["random", bounded(self.random)],
            ["difference", bounded(self.difference, signed=True)],
        ]
        notes = [f"McNemar p = {self.p:.3g}"] if self.p is not None else []
        notes += [f"{'turned' if one.turned else 'held'}: {one.after}" for one in self.examples]
        title = f"edits towards {self.towards}, {self.cases} cases ({self.unedited} left out)"
        return table(title, ("edits", "answers turned"), rows, *notes)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return plainly(self)

    __str__ = table


def counterfactuals(
    model: Any,
    outcomes: Sequence[Outcome],
    explanation: Explanation,
    /,
    *,
    towards: str = "failure",
    edits: Sequence[Any] = tuple(EDITS),
    size: int = 1,
    candidates: int = 16,
    on: str | None = None,
    right: Right | None = None,
    confidence: float = SURE,
    seed: int = 0,
) -> Counterfactuals:
    """Let an explanation choose among random edits of each input, and see whether answers turn.

    For each case that was answered right (or wrong, `towards` "success"), `candidates` edits are
    drawn, each of `size` steps: leaving a word out, swapping two, putting in or replacing one by a
    word that the outcomes use, a synonym, or any perturbations of texts given in `edits`. The model
    answers the one that raises (lowers) the predicted probability of failure most, and one drawn at
    random from the same candidates, so only the explanation makes the difference. An edit can
    change what the right answer is: that happens to both, and the target stays. `on` names the part
    of the input to edit. Give outcomes that the explainer was not trained on. `right` tells from a
    target and a prediction whether it is right; `confidence` is one-sided. Raises `PlanError` where
    there is no case to turn, and for inputs that are no texts.
    """
    _check(towards, size, candidates, edits)
    known = judged(outcomes, right)
    start = known.failed if towards == "success" else ~known.failed
    proposer = Proposer.of(edits, known.outcomes, size, on)
    turning = known.only(start)
    drawn = [proposer.proposed(one, candidates, seed) for one in turning.outcomes]
    enough = np.array([len(each) > 1 for each in drawn], dtype=bool)
    turning, drawn = turning.only(enough), [each for each in drawn if len(each) > 1]
    if not drawn:
        msg = f"no case can be turned towards {towards}: of {len(outcomes)} outcomes, {start.sum()}"
        msg += (
            f" were answered {'wrong' if towards == 'success' else 'right'}, and none is editable"
        )
        raise PlanError(msg)
    sign = 1.0 if towards == "failure" else -1.0
    best, rises = _chosen(explanation, turning, drawn, sign)
    lots = [
        each[derive(seed, "lot", one.case.id, place) % len(each)]
        for place, (one, each) in enumerate(zip(turning.outcomes, drawn, strict=True))
    ]
    turned = _turned(turning, model, best, towards)
    random = _turned(turning, model, lots, towards)
    return Counterfactuals(
        towards=towards,
        cases=len(drawn),
        unedited=int((~enough).sum()),
        chosen=proportion(turned, turning.clusters, confidence),
        random=proportion(random, turning.clusters, confidence),
        difference=paired_drop(
            turned, random, turning.clusters, confidence, seed=derive(seed, "interval")
        ),
        p=_p(turned, random) if turning.independent else None,
        expected=float(rises.mean()),
        examples=_examples(turning, best, turned, on),
    )


def _check(towards: str, size: int, candidates: int, edits: Sequence[Any]) -> None:
    if towards not in TOWARDS:
        msg = f"towards must be one of {', '.join(TOWARDS)}, not {towards!r}"
        raise ParameterError(msg)
    if size < 1 or candidates < 2 or not edits:  # noqa: PLR2004 - two to choose from
        msg = "counterfactuals need at least one edit, of size 1, and 2 candidates"
        raise ParameterError(msg)


def _chosen(
    explanation: Explanation, turning: Judged, drawn: list[list[Any]], sign: float
) -> tuple[list[Any], Floats]:
    """Choose by the prediction; of candidates that are predicted alike, the first drawn."""
    asked: list[Case] = []
    for one, each in zip(turning.outcomes, drawn, strict=True):
        asked += [as_case(one, given) for given in (one.input, *each)]
    said = iter(explanation.predict(asked))
    best, rises = [], []
    for each in drawn:
        before = next(said)
        moves = [sign * (next(said) - before) for _ in each]
        best.append(each[int(np.argmax(moves))])
        rises.append(max(moves))
    return best, np.array(rises)


def _turned(turning: Judged, model: Any, inputs: list[Any], towards: str) -> Floats:
    rights = turning.rights(model, inputs)
    return (rights if towards == "success" else ~rights).astype(float)


def _p(turned: Floats, random: Floats) -> float:
    only = int((turned > random).sum()), int((turned < random).sum())
    return mcnemar(*only)


def _examples(
    turning: Judged, best: list[Any], turned: Floats, on: str | None
) -> tuple[Edited, ...]:
    """Show some edits, those that turned the answer first."""
    order = np.argsort(-turned, kind="stable")[:EXAMPLES]
    return tuple(
        Edited(
            turning.outcomes[place].case.id,
            shortened(part_of(turning.outcomes[place].input, on).text, SHOWN),
            shortened(part_of(best[place], on).text, SHOWN),
            bool(turned[place]),
        )
        for place in order
    )
