"""Answers that a model samples, what a judge says of each, and a file that keeps both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from seatrial import Case, derive
from seatrial.errors import ModelError, ParameterError, PlanError
from seatrial.kit import digest, plain

from ._made import Making

__all__ = ["Judge", "Kept", "Sample", "Sampling", "check_sampling", "name_of", "usable"]

Judge = Callable[[Case, str], Any]
"""Says whether an answer to a case is right: True or False; anything else is no judgement."""


@frozen
class Sample:
    """One sampled answer; `right` is None where it has no judgement."""

    text: str
    tokens: int
    finish: str
    right: bool | None


def name_of(judge: Any) -> str | None:
    """Name what judges: its identity, or None where it has none."""
    found = getattr(judge, "identity", None)
    return found if isinstance(found, str) else None


def check_sampling(
    samples: int = 1,
    temperature: float = 1.0,
    per_case: int = 1,
    max_length_ratio: float | None = None,
) -> None:
    """Raise `ParameterError` where no answer could be sampled, or no pair be made, with these."""
    counts: Mapping[str, Any] = {"samples": samples, "per_case": per_case}
    for name, value in counts.items():
        if not isinstance(value, int) or value < 1:
            msg = f"{name} must be a whole number of at least 1, not {value!r}"
            raise ParameterError(msg)
    if not temperature > 0:
        msg = f"temperature must be positive for answers to differ, not {temperature!r}"
        raise ParameterError(msg)
    if max_length_ratio is not None and not max_length_ratio >= 1:
        msg = f"max_length_ratio must be at least 1, not {max_length_ratio!r}"
        raise ParameterError(msg)


@frozen(kw_only=True)
class Sampling:
    """How answers are sampled and paired; the fields are those of `final_answer_pairs`."""

    model: Any
    judge: Judge
    samples: int
    temperature: float
    per_case: int
    max_length_ratio: float | None
    seed: int
    kept: Kept

    def __attrs_post_init__(self) -> None:
        if not hasattr(self.model, "trainable"):
            msg = (
                "answers are sampled from a model with the attribute `trainable`, such as "
                f"seatrial_transformers.causal_lm, not from {self.model!r:.80}"
            )
            raise ModelError(msg)
        judge: Any = self.judge
        if judge is not None and not callable(judge):  # None: all is judged already
            msg = (
                "judge must be a function of a case and an answer, such as judged_by(model), not "
                f"{judge!r}"
            )
            raise ParameterError(msg)
        check_sampling(self.samples, self.temperature, self.per_case, self.max_length_ratio)

    @property
    def facts(self) -> dict[str, Any]:
        """What the provenance of each pair has in common."""
        return {
            "model": self.model.identity,
            "judge": name_of(self.judge),
            "samples": self.samples,
            "temperature": self.temperature,
            "seed": self.seed,
        }

    @property
    def how(self) -> str:
        """How answers were sampled, in the reason of each pair."""
        return f"temperature {self.temperature:g}, seed {self.seed}, {self.samples} samples"

    def of(self, case: Case) -> list[Sample]:
        """Sample and judge answers to a case, or read what was sampled and judged before."""
        if isinstance(case.input, Mapping) and "options" in case.input:
            msg = f"the case {case.id!r} has options: a choice is not sampled; use failures(report)"
            raise PlanError(msg)
        key = digest([*self.facts.values(), plain(case.input), plain(case.target)])
        found = self.kept.get(key)
        if found is None:
            found = [[one.text, one.tokens, one.finish, one.right] for one in self._sampled(case)]
            self.kept.put(key, found)
        return [Sample(*one) for one in found]

    def _sampled(self, case: Case) -> Iterator[Sample]:
        for number in range(self.samples):
            (written,) = self.model.trainable.sampled(
                [case.input],
                temperature=self.temperature,
                seed=derive(self.seed, "sample", number),
            )
            text = written.text.strip()
            right = self.judge(case, text) if text and written.finish == "stop" else None
            judged = right if isinstance(right, bool) else None
            yield Sample(text, written.tokens, written.finish, judged)

    def like(self, first: int, second: int) -> bool:
        """Say whether two lengths are near enough for a pair."""
        ratio = self.max_length_ratio
        return ratio is None or max(first, second) <= ratio * min(first, second)


def usable(making: Making, found: Sequence[Sample]) -> dict[int, Sample]:
    """Keep the samples that may stand in a pair, by number, and count why the others may not."""
    kept: dict[str, tuple[int, Sample]] = {}
    for number, one in enumerate(found):
        if not one.text:
            making.leave_out("the answer is empty")
        elif one.finish != "stop":
            making.leave_out("the answer was cut off")
        elif one.right is None:
            making.leave_out("the judge gave no judgement")
        elif one.text in kept:
            making.leave_out("the same answer was sampled before")
        else:
            kept[one.text] = (number, one)
    return dict(kept.values())


@frozen(eq=False)
class Kept:
    """What was sampled and judged, one case a line; a line that was cut off counts for nothing."""

    file: Path | None
    _known: dict[str, Any] = field(factory=dict, init=False)

    @classmethod
    def at(cls, file: str | Path | None) -> Kept:
        """Read what a file has."""
        kept = cls(None if file is None else Path(file))
        if kept.file is not None and kept.file.is_file():
            text = kept.file.read_text("utf-8")
            whole = text[: text.rfind("\n") + 1]
            if whole != text:
                kept.file.write_text(whole, "utf-8")
            kept._known.update(json.loads(line) for line in whole.splitlines())
        return kept

    def get(self, key: str) -> Any:
        """Give what stands under a key, None where nothing does."""
        return self._known.get(key)

    def put(self, key: str, value: Any) -> None:
        """Write down what stands under a key."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps([key, value]) + "\n")
