"""An explainer that reads what the model answered, beside the input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Case, Explanation, Finding, Outcome
from seatrial.errors import PlanError
from seatrial.kit import answer_of

from ._additive import Factor, View, fit_views, folds_of
from ._answer_shapes import Row, Shapes
from ._comparing import asked_beside_the_rest, chosen_beside_others
from ._conditions import Condition, findings_of
from ._given_answers import confidence, frequent, named
from ._odds import Columns
from ._rendering import read
from ._surface import WORD, surface_features
from ._validation import Learning, one_sided
from ._word_vectors import word_vectorizer

__all__ = ["Answers", "answers"]

LEAST: Final = 0.02
MOST_ANSWERS: Final = 6
MOST_WORDS: Final = 30_000
QUARTER: Final = 0.25
FIRST_WORDS: Final = 3
FARTHEST: Final = 5.0
"""Standardised numbers beyond are brought back to it: one odd input should not outweigh all."""

Floats = npt.NDArray[np.float64]


@frozen
class Answers:
    """Predicts failure from the answer that was given, how sure the model was, and the words.

    Which answer it is and how sure the model was often say more about failure than the input does;
    and what a word means hangs on the answer: a word that makes "yes" likely to be right makes "no"
    likely to be wrong. So cases are compared in several views: the answer; the margin, odds and
    entropy of its probabilities; the looks of the input, and how much of what is asked it says; the
    chosen option beside the others; all these numbers together; the words of the input, of the
    question, of its beginning and of the chosen option; and most of them by answer. One Gaussian
    process learns from all, each view as strong as the outcomes show it to be: by restricted
    maximum likelihood, under a prior that expects little of each. It is fitted on at most 6,000
    outcomes, drawn at random.

    Questions and answers are read in every usual shape alike. Options stand in a list (`options`,
    `choices`), in parts of their own (`option1`, `option2`) or in the lines of a prompt; an answer
    is an option's text, its letter or its place (from 0 if one is 0), or true and false for yes and
    no. The predictor reads recorded answers, so it needs no model.
    """

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes; the model is not looked at."""
        del model
        if said := one_sided(outcomes):
            return said
        learning = Learning.of(outcomes, seed)
        folds = folds_of(learning, seed)
        if not folds:
            return Explanation(
                "too few failures or successes in independent clusters to learn from"
            )
        inputs = [one.input for one in outcomes]
        predictions = [one.prediction for one in outcomes]
        shapes = Shapes.of(inputs, predictions)
        rows = shapes.rows(inputs, predictions)
        known = _Known.of(rows)
        views = list(_views(known, rows))
        if not views:
            return Explanation("no answer is given twice, none has probabilities, no input a text")
        found = fit_views(views, rows, learning, folds, seed)
        best = max(found.explained, key=found.explained.__getitem__)
        summary = (
            f"answers: {len(views)} views together, at AUROC {found.auroc:.2f} of failure by "
            f"cross-validation; most is explained by {best} ({found.explained[best]:.0%})"
        )

        def predictor(cases: Sequence[Case], given: Sequence[Any]) -> list[float]:
            unseen = shapes.rows([case.input for case in cases], given)
            return found.probabilities(unseen) if unseen else []

        return Explanation(
            summary,
            _findings(known, rows, learning),
            predictor=predictor,
            reads_answers=True,
            details={"views": found.explained, "cross_validated": found.auroc},
        )


@frozen(eq=False)
class _Known:
    """What all views share: the frequent answers, and the levels of confidence."""

    answers: tuple[str, ...]
    middle: Floats
    spread: Floats
    texts: bool

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Known:
        names = [named(row.input, row.prediction) for row in rows]
        sure = confidence([row.prediction for row in rows])
        there = ~np.isnan(sure)
        middle = np.array([_over(np.median, sure[:, at][there[:, at]], 0.0) for at in range(4)])
        spread = np.array([_over(np.std, sure[:, at][there[:, at]], 1.0) for at in range(4)])
        return cls(
            frequent(names, least=LEAST, most=MOST_ANSWERS),
            middle,
            np.where(spread > 0, spread, 1.0),
            all(_readable(row.input) for row in rows),
        )

    def given(self, rows: Sequence[Row]) -> Floats:
        """Give a column of 0 and 1 for each frequent answer."""
        names = [named(row.input, row.prediction) for row in rows]
        table = [[name == one for one in self.answers] for name in names]
        return np.array(table, dtype=np.float64).reshape(len(rows), len(self.answers))

    def signs(self, rows: Sequence[Row]) -> Floats:
        """Give one column of 1 and -1 for two answers, and else `given`."""
        given = self.given(rows)
        return given[:, :1] - given[:, 1:] if len(self.answers) == len((0, 1)) else given

    def sure(self, rows: Sequence[Row]) -> Floats:
        """Give the standardised confidence, its squares, and where it is not said."""
        sure = confidence([row.prediction for row in rows])
        unsaid = np.isnan(sure)
        scaled = (np.where(unsaid, self.middle, sure) - self.middle) / self.spread
        scaled = np.clip(scaled, -5, 5)
        return np.hstack([scaled, scaled**2, unsaid])


def _over(measure: Callable[[Floats], Any], values: Floats, otherwise: float) -> float:
    return float(measure(values)) if len(values) else otherwise


def _readable(given: Any) -> bool:
    try:
        read(given)
    except PlanError:
        return False
    return True


def _views(known: _Known, rows: Sequence[Row]) -> Iterator[View]:
    """Give the views that these cases have something for."""
    crossed = len(known.answers) > 1
    answer = Factor(known.signs)

    def by_answer(name: str, *factors: Factor) -> Iterator[View]:
        if crossed:
            yield View(f"{name}, by answer", (*factors, answer))

    numbers: list[Callable[[Any], Any]] = []
    if crossed:
        yield View("the answer", (answer,))
    if known.sure(rows).std(axis=0).any():
        numbers.append(known.sure)
        yield View("how sure the model is", (sure := Factor(known.sure),))
        yield from by_answer("how sure the model is", sure)
    if known.texts:
        looks = _columns(_looks, rows)
        numbers.append(looks)
        yield View("the looks of the input", (seen := Factor(looks),))
        yield from by_answer("the looks of the input", seen)
        if _varied(rows):
            chosen = _columns(_chosen, rows)
            numbers.append(chosen)
            yield View("the chosen option beside the others", (Factor(chosen),))
    if numbers:
        near = Factor(lambda some: np.hstack([one(some) for one in numbers]), near=True)
        yield View("all numbers together", (near,))
        yield from by_answer("all numbers together", near)
    if known.texts:
        yield from _worded(rows, by_answer)


def _columns(describe: Callable[[Any], Any], rows: Sequence[Row]) -> Callable[[Any], Any]:
    columns = Columns().fit(describe(rows))
    return lambda some: np.clip(columns.transform(describe(some)), -FARTHEST, FARTHEST)


def _looks(rows: Sequence[Row]) -> Any:
    inputs = [row.input for row in rows]
    return [
        {**looks, **asked_beside_the_rest(read(one))}
        for one, looks in zip(inputs, surface_features(inputs), strict=True)
    ]


def _chosen(rows: Sequence[Row]) -> Any:
    answers = [answer_of(row.prediction).value for row in rows]
    return [
        chosen_beside_others(read(row.input), one) for row, one in zip(rows, answers, strict=True)
    ]


def _varied(rows: Sequence[Row]) -> bool:
    """Tell whether options differ from input to input, so that their words can say something."""
    options = {text for row in rows for text in read(row.input).options}
    return len(options) > 2 * MOST_ANSWERS


def _worded(rows: Sequence[Row], by_answer: Callable[..., Iterator[View]]) -> Iterator[View]:
    whole = _words(_whole, rows)
    if whole is None:
        return
    yield View("words", (whole,))
    yield from by_answer("words", whole)
    if (asked := _words(_asked, rows)) is not None and _has_parts(rows):
        yield View("words of the question", (asked,))
        yield from by_answer("words of the question", asked)
        yield from by_answer("words of question and input together", asked, whole)
    if (opening := _words(_opening, rows)) is not None:
        yield from by_answer("first words of the question", opening)
    options = [text for row in rows for text in read(row.input).options]
    if _varied(rows) and (vectors := _vectors(options)) is not None:
        chosen = Factor(_of_the_choice(vectors))
        yield View("words of the chosen option", (chosen,))
        yield View("words of the chosen option, by words", (chosen, whole))


def _words(text: Callable[[Row], str], rows: Sequence[Row]) -> Factor | None:
    vectors = _vectors([text(row) for row in rows])
    return vectors and Factor(lambda some: vectors([text(row) for row in some]))


def _of_the_choice(vectors: Any) -> Callable[[Any], Any]:
    """Give the words of the option that was chosen, less the mean of those that were not."""

    def table(rows: Sequence[Row]) -> Any:
        chosen, others = [], []
        for row in rows:
            said = answer_of(row.prediction).value
            options = read(row.input).options
            chosen.append(said if said in options else "")
            others.append(" ".join(one for one in options if one != said))
        return vectors(chosen) - vectors(others)

    return table


def _whole(row: Row) -> str:
    return read(row.input).text


def _asked(row: Row) -> str:
    return read(row.input).asked


def _opening(row: Row) -> str:
    """Give the first words of the question, each with its place, and its last word."""
    words = WORD.findall(_asked(row).casefold())
    return " ".join([*(f"{at}_{word}" for at, word in enumerate(words[:FIRST_WORDS])), *words[-1:]])


def _has_parts(rows: Sequence[Row]) -> bool:
    return any(len(read(row.input).parts) > 1 for row in rows)


def _vectors(texts: Sequence[str]) -> Callable[[Sequence[str]], Any] | None:
    """Learn TF-IDF of words and word pairs; None where no word stands in two texts."""
    made = word_vectorizer(longest=2, least=2, most=MOST_WORDS)
    try:
        made.fit(texts)
    except ValueError:
        return None
    return made.transform  # type: ignore[no-any-return]


def _findings(known: _Known, rows: Sequence[Row], learning: Learning) -> list[Finding]:
    """Say with which answers, and how unsure, the model fails more or less often."""
    given = known.given(rows) > 0
    conditions = [
        Condition(
            f"answered {_as_said(name, rows, given[:, place])!r}",
            given[:, place],
            "look for what draws the model to this answer, and balance it in the training data",
        )
        for place, name in enumerate(known.answers)
    ]
    sure = confidence([row.prediction for row in rows])[:, 0]
    if not np.isnan(sure).all():
        edge = float(np.nanquantile(sure, QUARTER))
        conditions.append(
            Condition(
                f"with a margin of at most {edge:.3g} (the lowest quarter)",
                np.nan_to_num(sure, nan=np.inf) <= edge,
                "let the model abstain below this margin, or have these answers checked",
            )
        )
    return findings_of(conditions, learning)


def _as_said(name: str, rows: Sequence[Row], chose: npt.NDArray[np.bool_]) -> str:
    """Name an option by its words where all who chose it said the same."""
    words = {str(answer_of(rows[at].prediction).value) for at in np.flatnonzero(chose).tolist()}
    return words.pop() if len(words) == 1 else name


answers = Answers
