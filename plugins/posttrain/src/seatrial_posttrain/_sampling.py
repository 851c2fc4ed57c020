"""Answers that a model samples, and what a judge says of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial import Case, derive
from seatrial.errors import ModelError, ParameterError, PlanError
from seatrial.kit import digest, plain

from ._kept import AT_ONCE, Kept, name_of
from ._made import Making

__all__ = ["Judge", "Sample", "Sampling", "check_sampling", "usable"]

Judge = Callable[[Case, str], Any]
"""Says whether an answer to a case is right: True or False; anything else is no judgement."""


@frozen
class Sample:
    """One sampled answer; `right` is None where it has no judgement."""

    text: str
    tokens: int
    finish: str
    right: bool | None


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

    def of(self, cases: Sequence[Case]) -> list[list[Sample]]:
        """Sample and judge answers to each case, or read what was sampled and judged before."""
        for case in cases:
            if isinstance(case.input, Mapping) and "options" in case.input:
                msg = (
                    f"the case {case.id!r} has options: a choice is not sampled; use "
                    "failures(report)"
                )
                raise PlanError(msg)
        together = max(1, AT_ONCE // self.samples)
        return [
            one
            for start in range(0, len(cases), together)
            for one in self._judged(cases[start : start + together])
        ]

    def _judged(self, cases: Sequence[Case]) -> list[list[Sample]]:
        written = self._written(cases)
        whole = [
            (case, text)
            for case, answers in zip(cases, written, strict=True)
            for text, _, finish in answers
            if text and finish == "stop"
        ]
        said = iter(self.kept.told("answer", self.judge, whole, _judgement))
        return [
            [
                Sample(text, tokens, finish, next(said) if text and finish == "stop" else None)
                for text, tokens, finish in answers
            ]
            for answers in written
        ]

    def _written(self, cases: Sequence[Case]) -> list[Any]:
        facts = {name: one for name, one in self.facts.items() if name != "judge"}
        keys = [digest(["samples", *facts.values(), plain(case.input)]) for case in cases]
        missing = {k: c.input for k, c in zip(keys, cases, strict=True) if k not in self.kept}
        rounds = [
            self.model.trainable.sampled(
                list(missing.values()),
                temperature=self.temperature,
                seed=derive(self.seed, "sample", number),
            )
            for number in range(self.samples if missing else 0)
        ]
        for key, *answers in zip(missing, *rounds, strict=True):
            self.kept.put(key, [[one.text.strip(), one.tokens, one.finish] for one in answers])
        return [self.kept[key] for key in keys]

    def like(self, first: int, second: int) -> bool:
        """Say whether two lengths are near enough for a pair."""
        ratio = self.max_length_ratio
        return ratio is None or max(first, second) <= ratio * min(first, second)


def _judgement(said: Any) -> bool | None:
    return said if isinstance(said, bool) else None


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
