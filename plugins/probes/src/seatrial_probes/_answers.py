"""An explainer that reads what the model answered, beside the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Case, Explanation, Finding, Outcome, derive
from seatrial.errors import PlanError
from seatrial.kit import answer_of

from ._answer_shapes import Row, Shapes
from ._comparing import chosen_beside_others
from ._conditions import Condition, findings_of
from ._given_answers import confidence, frequent, named
from ._odds import Columns
from ._rendering import read
from ._stacked import View, by_logistic, by_trees, folds_of, stack
from ._surface import surface_features
from ._validation import Learning, one_sided
from ._word_vectors import word_vectorizer

__all__ = ["Answers", "answers"]

LEAST: Final = 0.02
MOST_ANSWERS: Final = 6
MOST_WORDS: Final = 30_000
STRENGTHS: Final = (0.1, 0.3, 1.0, 3.0)
QUARTER: Final = 0.25
ANSWER_WEIGHT: Final = 2.0
"""An answer beside TF-IDF rows of norm 1: an L2 penalty should hardly draw its effect to 0."""

Floats = npt.NDArray[np.float64]


@frozen
class Answers:
    """Predicts failure from the answer that was given, how sure the model was, and the words.

    Which answer it is and how sure the model was often say more about failure than the input does;
    and what a word means hangs on the answer: a word that makes "yes" likely to be right makes "no"
    likely to be wrong. So several predictors are fitted, each on a view of its own: the answer; the
    margin, odds and entropy of its probabilities; the looks of the input; its words; its words by
    answer; the chosen option beside the others, by its words and by length and place in the input;
    and trees on all that are numbers. A logistic regression on what each says of cases that it did
    not learn from combines them.

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
        views = list(_views(known, rows, seed))
        if not views:
            return Explanation("no answer is given twice, none has probabilities, no input a text")
        found = stack(views, rows, learning, folds)
        best = max(found.alone, key=found.alone.__getitem__)
        summary = (
            f"answers: {len(views)} views stacked, at AUROC {found.auroc:.2f} of failure by "
            f"cross-validation; the best alone is {best} ({found.alone[best]:.2f})"
        )

        def predictor(cases: Sequence[Case], given: Sequence[Any]) -> list[float]:
            unseen = shapes.rows([case.input for case in cases], given)
            return found.probabilities(unseen) if unseen else []

        return Explanation(
            summary,
            _findings(known, rows, learning),
            predictor=predictor,
            reads_answers=True,
            details={"views": dict(found.alone), "cross_validated": found.auroc},
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


def _views(known: _Known, rows: Sequence[Row], seed: int) -> Any:
    """Give the views that these cases have something for."""
    linear = tuple(by_logistic(strength) for strength in STRENGTHS)
    numbers: list[Callable[[Any], Any]] = [known.given] if len(known.answers) > 1 else []
    if numbers:
        yield View("the answer", known.given, (by_logistic(1.0),))
    if known.sure(rows).std(axis=0).any():
        numbers.append(known.sure)
        yield View("how sure the model is", known.sure, linear)
    if known.texts:
        looks = _columns(_looks, rows)
        numbers.append(looks)
        yield View("the looks of the input", looks, linear[:3])
        if _varied(rows):
            yield View("the chosen option beside the others", _columns(_chosen, rows), linear)
        yield from _worded(known, rows, linear)
    if len(numbers) > 1:
        yield View(
            "trees on all numbers",
            lambda some: np.hstack([one(some) for one in numbers]),
            (by_trees(derive(seed, "trees")),),
        )


def _columns(describe: Callable[[Any], Any], rows: Sequence[Row]) -> Callable[[Any], Any]:
    columns = Columns().fit(describe(rows))
    return lambda some: columns.transform(describe(some))


def _looks(rows: Sequence[Row]) -> Any:
    return surface_features([row.input for row in rows])


def _chosen(rows: Sequence[Row]) -> Any:
    answers = [answer_of(row.prediction).value for row in rows]
    return [
        chosen_beside_others(read(row.input), one) for row, one in zip(rows, answers, strict=True)
    ]


def _varied(rows: Sequence[Row]) -> bool:
    """Tell whether options differ from input to input, so that their words can say something."""
    options = {text for row in rows for text in read(row.input).options}
    return len(options) > 2 * MOST_ANSWERS


def _worded(known: _Known, rows: Sequence[Row], linear: Any) -> Any:
    whole = _vectors([_whole(row) for row in rows])
    if whole is None:
        return
    yield View("words", lambda some: whole([_whole(row) for row in some]), linear)
    crossed = len(known.answers) > 1
    if crossed:
        yield View("words by answer", _by_answer(known, whole, _whole), linear)
    asked = _vectors([_asked(row) for row in rows]) if _has_parts(rows) else None
    if crossed and asked is not None:
        yield View("words of the question by answer", _by_answer(known, asked, _asked), linear)
    options = [text for row in rows for text in read(row.input).options]
    if _varied(rows) and (chosen := _vectors(options)) is not None:
        yield View("words of the chosen option", _of_the_choice(chosen), linear)


def _by_answer(known: _Known, vectors: Any, text: Callable[[Row], str]) -> Callable[[Any], Any]:
    """Give each word beside itself times each answer, and the answers.

    Two answers make one column of +1 and -1; more make one each.
    """
    from scipy.sparse import csr_matrix, hstack

    def table(rows: Sequence[Row]) -> Any:
        words, given = vectors([text(row) for row in rows]), known.given(rows)
        signs = given[:, :1] - given[:, 1:2] if given.shape[1] == len((0, 1)) else given
        crossed = [words.multiply(signs[:, [at]]) for at in range(signs.shape[1])]
        return hstack([words, *crossed, csr_matrix(ANSWER_WEIGHT * signs)]).tocsr()

    return table


def _of_the_choice(vectors: Any) -> Callable[[Any], Any]:
    """Give the words of the option that was chosen, and the mean of those that were not."""
    from scipy.sparse import hstack

    def table(rows: Sequence[Row]) -> Any:
        chosen, others = [], []
        for row in rows:
            said = answer_of(row.prediction).value
            options = read(row.input).options
            chosen.append(said if said in options else "")
            others.append(" ".join(one for one in options if one != said))
        return hstack([vectors(chosen), vectors(others)]).tocsr()

    return table


def _whole(row: Row) -> str:
    return read(row.input).text


def _asked(row: Row) -> str:
    return read(row.input).asked


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
