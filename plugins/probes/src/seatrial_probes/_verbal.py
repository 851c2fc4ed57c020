"""A language model says why answers fail, and its words alone must predict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import exp, log
from random import Random
from typing import Any, Final

import numpy as np
from attrs import field, frozen
from attrs.validators import ge, instance_of, optional

from seatrial import Case, Explanation, Finding, Outcome, derive
from seatrial.errors import ModelError
from seatrial.kit import object_with

from ._rendering import read, shortened
from ._validation import Floats, Learning, one_sided, permutation_test

__all__ = ["WORDS", "Verbal", "odds_of_failure", "verbal"]

WRITE: Final = """Here are inputs of a model, and what became of its answers, in mixed order.

{examples}

Why are some answers right and others wrong? Write at most {most} hypotheses about which inputs \
are answered wrong, one to a line, each line beginning with "- ". Speak only of what can be seen \
in an input before it is answered."""

EXAMPLE: Final = """Input {number}:
{text}
The model answered: {answer}
This was {word}."""

READ: Final = """A model answers inputs, some right and some wrong. This is known about it:

{hypotheses}

Here is a new input:

{text}

Judge only by what is known about the model. Will its answer be {one} or {other}?
Its answer will be"""

WORDS: Final = ("right", "wrong")
BULLET: Final = re.compile(r"\s*(?:[-*•–]|\(?\d{1,2}[.)])\s+(.*\S)")
SAID: Final = re.compile(r"\b(right|wrong|correct|incorrect)\b", re.IGNORECASE)
LONGEST: Final = 300
WITH_CHOICES: Final = 2
BY_SAMPLES: Final = 4


def _count(default: int, least: int = 1) -> Any:
    return field(default=default, kw_only=True, validator=[instance_of(int), ge(least)])


@frozen
class Verbal:
    """Lets a language model write hypotheses about failure, and a second call predict by them.

    The writer reads `examples` right and wrong answers in each of `rounds` prompts: as many of the
    one as of the other, mixed, so that every prompt has the contrast. Each round gives a list of at
    most `hypotheses`. The reader gets a list and one unseen input, nothing else; the list that
    ranks best on `validate` outcomes of each class that the writer did not see is kept.

    The prediction is a ranking: the log-odds of "wrong" against "right" by the reader's `choices`
    where it has that, averaged over `readings` orders of words and hypotheses (2 by default); else
    the fraction of `readings` written answers (4 by default) that say wrong. It is only shifted, so
    that probabilities of failure agree with the rate on validation.

    `writer` and `reader` are import strings or models with `generate` (the reader needs `generate`
    or `choices`); the writer is the explained model by default, and the reader is the writer.
    """

    writer: Any = None
    reader: Any = None
    hypotheses: int = _count(6)
    examples: int = _count(12, 2)
    rounds: int = _count(3)
    validate: int = _count(30)
    readings: int | None = field(
        default=None, kw_only=True, validator=optional([instance_of(int), ge(1)])
    )
    characters: int = _count(400, 20)
    max_new_tokens: int = _count(300)

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Write, select on validation, and give the hypotheses with their predictor."""
        if said := one_sided(outcomes):
            return said
        writer = model if self.writer is None else self.writer
        writer = object_with(writer, "generate", what="probes.verbal: writer")
        reader = writer if self.reader is None else self.reader
        able = "choices" if hasattr(reader, "choices") else "generate"
        reader = object_with(reader, able, what="probes.verbal: reader")
        learning = Learning.of(outcomes, seed)
        lists = self._written(writer, learning, seed)
        lists = [one for one in lists if one]
        base = float(learning.failed.mean())
        if not lists:
            return Explanation(
                f"verbal: the writer wrote no hypothesis in {self.rounds} rounds",
                predictor=lambda cases: [base] * len(cases),
                details={"calls": {"writing": self.rounds}},
            )
        best, shift, details = self._selected(reader, lists, learning, seed)

        def predictor(cases: Sequence[Case]) -> list[float]:
            odds = self._odds(reader, best, [case.input for case in cases], seed)
            return [1 / (1 + exp(-one - shift)) for one in odds]

        return Explanation(
            f"verbal: {len(best)} hypotheses, written from {self.examples} answers at a time",
            [Finding("hypothesis", text) for text in best],
            predictor=predictor,
            details=details,
        )

    def _written(self, writer: Any, learning: Learning, seed: int) -> list[tuple[str, ...]]:
        hidden = np.zeros(len(learning.failed), bool) if learning.kept is None else learning.kept
        random = Random(derive(seed, "examples"))
        prompts = []
        for _ in range(self.rounds):
            sides = [
                np.flatnonzero(~hidden & (learning.failed == side)).tolist()
                for side in (True, False)
            ]
            each = self.examples // 2
            drawn = [one for side in sides for one in random.sample(side, min(each, len(side)))]
            random.shuffle(drawn)
            examples = [
                self._example(number, learning.outcomes[one])
                for number, one in enumerate(drawn, start=1)
            ]
            prompts.append(WRITE.format(examples="\n\n".join(examples), most=self.hypotheses))
        written = writer.generate(prompts, max_new_tokens=self.max_new_tokens)
        return [
            _listed(one.text, self.hypotheses, prompt)
            for one, prompt in zip(written, prompts, strict=True)
        ]

    def _example(self, number: int, outcome: Outcome) -> str:
        answer = "" if outcome.prediction is None else str(outcome.prediction.value)
        return EXAMPLE.format(
            number=number,
            text=shortened(read(outcome.input).named, self.characters),
            answer=shortened(answer, self.characters),
            word=WORDS[not outcome.right],
        )

    def _selected(
        self, reader: Any, lists: list[tuple[str, ...]], learning: Learning, seed: int
    ) -> tuple[tuple[str, ...], float, dict[str, Any]]:
        readings = self._readings(reader)
        calls = {"writing": self.rounds, "selecting": 0, "for each case": readings}
        if learning.kept is None:
            why = {"reason": "too few to validate on"}
            return lists[0], 0.0, {"selected": why, "calls": calls}
        places = self._validation(learning, learning.kept, seed)
        inputs = [learning.outcomes[place].input for place in places]
        scores = np.array([self._odds(reader, one, inputs, seed) for one in lists])
        clusters = [learning.clusters[place] for place in places]
        areas, p = permutation_test(scores, learning.failed[places], clusters, seed=seed)
        best = int(np.argmax(areas))
        calls["selecting"] = readings * len(lists) * len(places)
        searched = {"settings": len(lists), "best": float(areas[best]), "p": p}
        return (
            lists[best],
            _shift(scores[best], learning, places),
            {"searched": searched, "selected": {"round": best + 1}, "calls": calls},
        )

    def _validation(self, learning: Learning, kept: Any, seed: int) -> list[int]:
        random = Random(derive(seed, "validate"))
        sides = [
            np.flatnonzero(kept & (learning.failed == side)).tolist() for side in (True, False)
        ]
        return [one for side in sides for one in random.sample(side, min(self.validate, len(side)))]

    def _readings(self, reader: Any) -> int:
        return self.readings or (WITH_CHOICES if hasattr(reader, "choices") else BY_SAMPLES)

    def _odds(
        self, reader: Any, hypotheses: tuple[str, ...], inputs: Sequence[Any], seed: int
    ) -> list[float]:
        """Give the log-odds of "wrong" for each input, by these words alone."""
        if not inputs:
            return []
        readings = self._readings(reader)
        prompts = [
            self._question(hypotheses, one, number, seed)
            for one in inputs
            for number in range(readings)
        ]
        odds = odds_of_failure(reader, prompts).reshape(-1, readings).mean(axis=1)
        return [float(one) for one in odds]

    def _question(self, hypotheses: tuple[str, ...], given: Any, number: int, seed: int) -> str:
        """Ask in one of several orders, so that no word wins by standing last."""
        listed, words = list(hypotheses), WORDS if number % 2 == 0 else WORDS[::-1]
        if number > 1:
            Random(derive(seed, "reading", number)).shuffle(listed)
        return READ.format(
            hypotheses="\n".join(f"- {one}" for one in listed),
            text=shortened(read(given).named, 2 * self.characters),
            one=words[0],
            other=words[1],
        )


def odds_of_failure(reader: Any, prompts: list[str]) -> Floats:
    """Give the log-odds of "wrong" over "right" after each prompt, as exactly as can be asked."""
    return (_by_choices if hasattr(reader, "choices") else _by_samples)(reader, prompts)


def _by_choices(reader: Any, prompts: list[str]) -> Floats:
    found = []
    for one in reader.choices(prompts, [list(WORDS)] * len(prompts)):
        right, wrong = one.log_likelihoods
        if right is None or wrong is None or not np.isfinite([right, wrong]).all():
            msg = f"the reader gives {one.log_likelihoods} as log-likelihoods of {WORDS}"
            raise ModelError(msg)
        found.append(wrong - right)
    return np.array(found, dtype=np.float64)


def _by_samples(reader: Any, prompts: list[str]) -> Floats:
    written = reader.generate(prompts, max_new_tokens=16)
    return np.array([_vote(one.text) for one in written], dtype=np.float64)


def _vote(text: str) -> float:
    """Count a written answer as odds of 4 to 1 for what it says first, and of 1 if for nothing."""
    said = SAID.search(text)
    if said is None:
        return 0.0
    return log(4) if said[1].casefold() in ("wrong", "incorrect") else -log(4)


def _listed(text: str, most: int, prompt: str = "") -> tuple[str, ...]:
    """Read the list that was written; without bullets, every line is one.

    What merely repeats a line of the prompt, as small models do, says nothing.
    """
    echoes = {line.strip() for line in prompt.splitlines()}
    lines = [line for line in text.splitlines() if line.strip() and line.strip() not in echoes]
    bullets = [found[1] for line in lines if (found := BULLET.fullmatch(line))]
    unique: dict[str, str] = {}
    for line in bullets or lines:
        said = shortened(" ".join(line.split()), LONGEST)
        unique.setdefault(said.casefold(), said)
    return tuple(unique.values())[:most]


def _shift(odds: Floats, learning: Learning, places: list[int]) -> float:
    """Give what to add to log-odds so that the mean probability is the rate of failure."""
    from scipy.optimize import brentq
    from scipy.special import expit

    failed, base = learning.failed[places], float(learning.failed.mean())
    weights = np.where(failed, base / failed.mean(), (1 - base) / (1 - failed.mean()))

    def excess(shift: float) -> float:
        return float((weights * expit(odds + shift)).mean()) - base

    reach = 1.0 + float(np.abs(odds).max()) + abs(log(base / (1 - base)))
    return float(brentq(excess, -reach, reach))


verbal = Verbal
