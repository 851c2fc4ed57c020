"""Whether the words of an explanation let a reader predict failures: a model, or a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from seatrial import Explanation, Outcome, derive
from seatrial.errors import ModelError, PlanError
from seatrial.statistics import Interval, auroc, auroc_drop, proportion

from ._conditions import said_without_ids
from ._grading import SURE
from ._plain import bounded, plainly, table
from ._rendering import read
from ._verbal import WORDS, odds_of_failure

__all__ = ["Reading", "Simulation", "graded", "simulated", "words_of"]

ASK: Final = """A model answers inputs, some right and some wrong.{known}

Here is a new input:

{text}

Will its answer be {one} or {other}?
Its answer will be"""

KNOWN: Final = " This is known about it:\n\n{words}"
GRADES: Final = frozenset(
    {
        "adds-to-baselines",
        "better-than-baselines",
        "better-than-chance",
        "miscalibrated",
        "not-better-than-baselines",
        "not-better-than-chance",
        "worse-than-chance",
        "not-graded",
        "worse-than-baselines",
        "edits-towards-failure",
        "edits-towards-success",
        "erasure",
        "steering",
    }
)
"""Findings that tell how good an explanation is, and nothing about which inputs fail."""

Floats = npt.NDArray[np.float64]


@frozen(kw_only=True)
class Reading:
    """How well one reader predicted failures; `unanswered` cases are even odds, and missed."""

    auroc: Interval
    accuracy: Interval
    unanswered: int


@frozen(kw_only=True)
class Simulation:
    """Tells how well readers predict failures with an explanation's words, and without.

    `explained` is the reader with the explanation. `controls` are the same reader (or another
    person) with "no-explanation", or with its words in "shuffled" order, which state nothing.
    `gains` are the AUROC of `explained` minus that of each control, on the same cases.
    """

    cases: int
    wrong: int
    explained: Reading
    controls: Mapping[str, Reading] = field(factory=dict)
    gains: Mapping[str, Interval] = field(factory=dict)

    def table(self) -> str:
        """Set it out as text: one row for each reading."""
        readings = {"explained": self.explained, **self.controls}
        rows = [
            [
                name,
                bounded(one.auroc),
                bounded(self.gains.get(name), signed=True),
                bounded(one.accuracy),
                str(one.unanswered),
            ]
            for name, one in readings.items()
        ]
        title = f"simulatability on {self.cases} cases ({self.wrong} wrong)"
        columns = ("reader", "AUROC", "gain by the words", "accuracy", "unanswered")
        return table(title, columns, rows)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return plainly(self)

    __str__ = table


def words_of(explanation: Explanation) -> list[str]:
    """Give what an explanation says, a sentence or two each.

    How well it was graded is left out, and so are the ids of examples.
    """
    said = [said_without_ids(one) for one in explanation.findings if one.name not in GRADES]
    return [explanation.summary, *said]


def simulated(
    explanation: Explanation,
    outcomes: Sequence[Outcome],
    /,
    *,
    reader: Any,
    controls: Sequence[str] = ("no-explanation", "shuffled"),
    confidence: float = SURE,
    seed: int = 0,
) -> Simulation:
    """Let a model that is given nothing but an explanation's words predict right and wrong.

    The reader sees the words and one input at a time, and neither the answer nor the target. It
    says "right" or "wrong" by its `choices` (the log-odds are averaged over both orders of the
    words), or writes with `generate`. It is asked again for each control: with no explanation, and
    with the words of the explanation in shuffled order. Give outcomes that the explainer was not
    trained on, with failures and successes; `confidence` is one-sided at each end.
    """
    if unknown := sorted(set(controls) - {"no-explanation", "shuffled"}):
        msg = f"controls are 'no-explanation' and 'shuffled', not {unknown[0]!r}"
        raise PlanError(msg)
    if not (hasattr(reader, "choices") or hasattr(reader, "generate")):
        msg = f"a reader must have choices or generate, and {type(reader).__name__} has neither"
        raise ModelError(msg)
    said = words_of(explanation)
    known = {"explained": said, "no-explanation": [], "shuffled": _shuffled(said, seed)}
    scores = {one: _read(reader, known[one], outcomes) for one in ("explained", *controls)}
    return graded(outcomes, scores, confidence)


def graded(
    outcomes: Sequence[Outcome], scores: Mapping[str, Floats], confidence: float
) -> Simulation:
    """Grade readings: above 0 is "wrong", 0 is no opinion; the first had the explanation."""
    failed = np.array([not one.right for one in outcomes], dtype=bool)
    clusters = [one.case.cluster or one.case.id for one in outcomes]
    if failed.all() or not failed.any():
        msg = (
            f"{failed.sum()} of {len(failed)} outcomes are failures: simulatability needs failures "
            "and successes"
        )
        raise PlanError(msg)

    def one(given: Floats) -> Reading:
        hits = np.where(given == 0, 0.0, (given > 0) == failed)
        return Reading(
            auroc=auroc(failed, given, clusters, confidence),
            accuracy=proportion(hits, clusters, confidence),
            unanswered=int((given == 0).sum()),
        )

    (_, explained), *others = scores.items()
    return Simulation(
        cases=len(failed),
        wrong=int(failed.sum()),
        explained=one(explained),
        controls={name: one(given) for name, given in others},
        gains={
            name: auroc_drop(failed, explained, given, clusters, confidence)
            for name, given in others
        },
    )


def _read(reader: Any, known: Sequence[str], outcomes: Sequence[Outcome]) -> Floats:
    about = KNOWN.format(words="\n".join(f"- {one}" for one in known)) if known else ""
    orders = (WORDS, WORDS[::-1])
    prompts = [
        ASK.format(known=about, text=read(one.input).named, one=order[0], other=order[1])
        for one in outcomes
        for order in orders
    ]
    found: Floats = odds_of_failure(reader, prompts).reshape(-1, len(orders)).mean(axis=1)
    return found


def _shuffled(said: Sequence[str], seed: int) -> list[str]:
    """Deal all words out anew: as many sentences as long, of the same words, that state nothing."""
    words = [word for one in said for word in one.split()]
    Random(derive(seed, "shuffled")).shuffle(words)
    rest = iter(words)
    return [" ".join(next(rest) for _ in one.split()) for one in said]
