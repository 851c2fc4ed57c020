"""What can be asked of an explanation beyond its grade: is it causal, and can it be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from seatrial import Explanation, Outcome
from seatrial.errors import MetricError, ModelError, ParameterError, PlanError

from ._counterfactual import Counterfactuals, counterfactuals
from ._erasure import Erasure, erased
from ._grading import SURE, Right, judged
from ._plain import bounded, table
from ._simulatability import Simulation, simulated
from ._steering import Steering, direction_of, steer

__all__ = ["Card", "causal_tests"]

TESTS = ("steering", "erasure", "failure", "success", "words")


@frozen(kw_only=True)
class Card:
    """Says of one explanation whether it is faithful, causal and readable, and what is unknown.

    `steering`, `erasure`, `failure` and `success` (counterfactual edits towards either) and `words`
    (simulatability) are None where a test did not apply; `left_out` says why.
    """

    explanation: Explanation
    steering: Steering | None = None
    erasure: Erasure | None = None
    failure: Counterfactuals | None = None
    success: Counterfactuals | None = None
    words: Simulation | None = None
    left_out: Mapping[str, str] = field(factory=dict)

    def table(self) -> str:
        """Set it out as text: one row for each test, and below it what was left out."""
        rows = [["faithful", "AUROC of failure, unseen cases", self._faithful()], *self._causal()]
        if self.words is not None:
            rows.append(
                ["human", "AUROC of a reader of its words", bounded(self.words.explained.auroc)]
            )
            rows += [
                ["human", f"  more than {name}", bounded(gain, signed=True)]
                for name, gain in self.words.gains.items()
            ]
        notes = [f"{name} left out: {why}" for name, why in self.left_out.items()]
        title = f"{self.explanation.summary}"
        return table(title, ("", "test", "result"), rows, *notes)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data: the results by test, and why others were left out."""
        made = {name: getattr(self, name) for name in TESTS}
        return {
            "summary": self.explanation.summary,
            "auroc": self.explanation.auroc,
            "interval": None if self.explanation.interval is None else [*self.explanation.interval],
            "baselines": dict(self.explanation.baselines),
            **{name: None if one is None else one.as_dict() for name, one in made.items()},
            "left_out": dict(self.left_out),
        }

    def _faithful(self) -> str:
        if self.explanation.auroc is None or self.explanation.interval is None:
            return "not graded"
        low, high = self.explanation.interval
        said = f"{self.explanation.auroc:.3f} [{low:.3f}, {high:.3f}]"
        baselines = self.explanation.baselines
        if not baselines:
            return said
        best = max(baselines, key=lambda name: baselines[name])
        return f"{said}; best baseline {baselines[best]:.3f} ({best})"

    def _causal(self) -> list[list[str]]:
        rows: list[list[str]] = []
        if self.steering is not None:
            p = "" if self.steering.p is None else f", p = {self.steering.p:.3f}"
            rows.append(["causal", "accuracy moved by steering", f"{self.steering.effect:+.3f}{p}"])
        if self.erasure is not None:
            lost = bounded(self.erasure.drop, signed=True)
            rows.append(["causal", "accuracy lost by erasure", lost])
        for name, found in (("failure", self.failure), ("success", self.success)):
            if found is not None:
                more = bounded(found.difference, signed=True)
                rows.append(["causal", f"answers turned to {name}, beyond random edits", more])
        return rows

    __str__ = table


def causal_tests(
    explanation: Explanation,
    model: Any,
    outcomes: Sequence[Outcome],
    /,
    *,
    reader: Any = None,
    right: Right | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    confidence: float = SURE,
    seed: int = 0,
) -> Card:
    """Run what applies to an explanation, and give one card.

    Steering and erasure need a direction (that of a linear probe) and a model with `activations`
    and `intervened`; counterfactual edits need a predictor and inputs that are texts; the words
    need a `reader` with `choices` or `generate`. Give outcomes that the explainer was not trained
    on. `options` passes keywords to single tests, as in `{"steering": {"random_directions": 50}}`
    (the tests are steering, erasure, failure, success and words). What cannot be run is
    left out, and the card says why.
    """
    given = {**(options or {})}
    if unknown := sorted(given.keys() - set(TESTS)):
        msg = f"there is no test {unknown[0]!r}: options are for {', '.join(TESTS)}"
        raise ParameterError(msg)
    judged(outcomes, right)
    common = {"confidence": confidence, "seed": seed}
    asked = {**common, "right": right}

    def erase() -> Erasure:
        _, layer, pooling = direction_of(explanation, None, "last")
        more = {"layer": layer, "pooling": pooling, **asked, **given.get("erasure", {})}
        return erased(model, outcomes, **more)

    def turn(towards: str) -> Counterfactuals:
        more = {**asked, **given.get(towards, {})}
        return counterfactuals(model, outcomes, explanation, towards=towards, **more)

    tests: dict[str, Any] = {
        "steering": lambda: steer(
            model, outcomes, explanation, **{**asked, **given.get("steering", {})}
        ),
        "erasure": erase,
        "failure": lambda: turn("failure"),
        "success": lambda: turn("success"),
        "words": lambda: simulated(
            explanation, outcomes, reader=reader, **{**common, **given.get("words", {})}
        ),
    }
    left_out: dict[str, str] = {}
    if explanation.predictor is None:
        left_out |= dict.fromkeys(("failure", "success"), "the explanation predicts nothing")
    if reader is None:
        left_out["words"] = "no reader was given"
    made: dict[str, Any] = {}
    for name, test in tests.items():
        if name in left_out:
            continue
        try:
            made[name] = test()
        except (MetricError, ModelError, PlanError) as error:
            left_out[name] = str(error)
    return Card(explanation=explanation, left_out=left_out, **made)
