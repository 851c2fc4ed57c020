"""How often the rules, or the rules and a judge, agree with somebody who read the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial.errors import ParameterError
from seatrial.kit import Table
from seatrial.statistics import clopper_pearson

from ._answers import KINDS, Reader
from ._judge import judge_of

__all__ = ["AnswerAgreement", "answer_agreement"]

ONE_SIDED = 0.975


@frozen
class AnswerAgreement:
    """How many answers of each kind were taken for which; printing it gives a table.

    `pairs` maps (what the reader says, what was found) to a count. `interval` bounds the fraction
    that agrees (Clopper–Pearson, two-sided at 95 %), and `kappa` is Cohen's.
    """

    pairs: Mapping[tuple[str, str], int]

    @property
    def answers(self) -> int:
        """How many answers were read."""
        return sum(self.pairs.values())

    @property
    def agreement(self) -> float:
        """The fraction of answers of which both say the same."""
        return sum(self.pairs.get((kind, kind), 0) for kind in KINDS) / self.answers

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds of the fraction, two-sided at 95 %."""
        same = sum(self.pairs.get((kind, kind), 0) for kind in KINDS)
        found = clopper_pearson(same, self.answers, ONE_SIDED)
        return found.low, found.high

    @property
    def kappa(self) -> float:
        """Cohen's kappa: the agreement beyond that of two who answer by rate alone."""
        expected = sum(self._of(kind, 0) * self._of(kind, 1) for kind in KINDS) / self.answers**2
        return 1.0 if expected == 1 else (self.agreement - expected) / (1 - expected)

    def _of(self, kind: str, side: int) -> int:
        return sum(count for pair, count in self.pairs.items() if pair[side] == kind)

    def recall(self, kind: str) -> float | None:
        """The fraction of the answers of a kind that were taken for it; None without any."""
        total = self._of(kind, 0)
        return self.pairs.get((kind, kind), 0) / total if total else None

    def precision(self, kind: str) -> float | None:
        """The fraction of what was taken for a kind that is of it; None where nothing was."""
        total = self._of(kind, 1)
        return self.pairs.get((kind, kind), 0) / total if total else None

    def table(self) -> Table:
        """Give a row for each kind: how many there are, and what they were taken for."""
        rows = [
            [
                kind,
                str(self._of(kind, 0)),
                *(str(self.pairs.get((kind, other), 0)) for other in KINDS),
                *(
                    "—" if one is None else f"{one:.2f}"
                    for one in (self.recall(kind), self.precision(kind))
                ),
            ]
            for kind in KINDS
        ]
        low, high = self.interval
        said = f"agreement {self.agreement:.3f} ({low:.3f} … {high:.3f}), kappa {self.kappa:.2f}"
        columns = ("kind", "answers", *(f"as {kind}" for kind in KINDS), "recall", "precision")
        return Table(columns, rows, notes=(said,))

    def __str__(self) -> str:
        return str(self.table())


def answer_agreement(
    labelled: Iterable[tuple[str, str]],
    *,
    judge: str | Mapping[str, Any] | None = None,
    cache: str | None = None,
    also: Sequence[str] = (),
    within: int | None = 300,
) -> AnswerAgreement:
    """Compare what `metrics.refusal-rate` takes answers for with what a reader says they are.

    `labelled` are pairs of an answer and its kind: "answer", "refusal", "abstention", "question" or
    "unparsed". The other arguments are those of the metric; with `judge`, the model is asked about
    what the rules take for an answer, and its replies are kept in `cache`. Measure this on answers
    of your own before you rely on a judge. Raises `ParameterError` for what is no kind.
    """
    reader, asked = Reader(also, within), judge_of(judge, cache)
    pairs: Counter[tuple[str, str]] = Counter()
    for pair in labelled:
        answer, kind = _checked(pair)
        if kind not in KINDS:
            msg = f"the kind of an answer is one of {', '.join(KINDS)}, got {kind!r}"
            raise ParameterError(msg)
        found = reader.kind(answer)
        pairs[kind, asked(answer) if asked and found == "answer" else found] += 1
    if not pairs:
        msg = "answer_agreement needs labelled answers, and there are none"
        raise ParameterError(msg)
    return AnswerAgreement(dict(pairs))


def _checked(pair: Any) -> tuple[str, Any]:
    """Take an answer and its kind."""
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], str):  # noqa: PLR2004 - a pair
        msg = f"labelled holds pairs of an answer, which is a text, and its kind, got {pair!r:.80}"
        raise ParameterError(msg)
    return pair[0], pair[1]
