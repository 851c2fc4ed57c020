"""Checks of metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .._cases import Case, Prediction, answer_of
from .._components import Metric, Use
from ..errors import MetricError
from ..inputs._modalities import Modalities
from ._common import built
from ._results import NotExercised, Skipped, expect
from ._samples import Answers, Samples
from ._wire import fingerprint

__all__ = ["CHECKS", "results"]

M = Use[Metric]


def scored(use: M, targets: Sequence[Any], answers: Sequence[Prediction]) -> Any:
    """Score as a run does: with whole predictions, or with the bare answers."""
    (score,) = built(use)
    return score(*given_to(use, targets, answers))


def given_to(
    use: M, targets: Sequence[Any], answers: Sequence[Prediction]
) -> tuple[list[Any], list[Any]]:
    """Give what a run hands to a metric: targets or whole cases, and bare or whole answers."""
    reads = use.component.reads
    if reads == "case":
        cases = [
            one if isinstance(one, Case) else Case(f"case-{place}", "a question", one)
            for place, one in enumerate(targets)
        ]
        return cases, list(answers)
    bare = reads == "value"
    return list(targets), [one.value for one in answers] if bare else list(answers)


def figure(use: M, targets: Sequence[Any], answers: Sequence[Prediction]) -> float:
    """Give the figure that a report shows: the score, or the mean over cases."""
    found = scored(use, targets, answers)
    if not use.component.per_case:
        return float(found)
    scores = [float(one) for one in found]
    return math.fsum(scores) / len(scores)


def suites(use: M, samples: Samples) -> list[Answers]:
    """Give the sample answers that this metric can score, or skip when there are none."""
    found = []
    for one in _meant(use, samples):
        try:
            figures = [
                figure(use, one.targets, given) for given in (one.perfect, one.mixed, one.worst)
            ]
        except Skipped:
            raise
        except Exception:  # noqa: BLE001, S112 - which samples suit it is what is asked here
            continue
        if all(math.isfinite(value) for value in figures):
            found.append(one)
    if not found:
        msg = "it gives none of the sample answers a finite score"
        raise NotExercised(msg)
    return found


def _meant(use: M, samples: Samples) -> list[Answers]:
    """Give the sample answers whose targets have the modality that the metric names."""
    name = use.component.modality
    if name is None:
        return list(samples.answers)
    modalities = Modalities()
    return [one for one in samples.answers if modalities.holds(name, one.targets[0])]


def results(use: M, samples: Samples) -> list[str]:
    """Write down the scores of all sample answers, and of the worked examples."""
    return [
        repr(scored(use, one.targets, given))
        for one in suites(use, samples)
        for given in (one.perfect, one.mixed, one.worst)
    ]


def check_worked_examples_come_out(use: M, _: Samples) -> None:
    """Every worked example scores what was worked out by hand, and there is one at least.

    Declare `examples=((targets, predictions, score), ...)`; with `per_case`, the score is the mean.
    """
    examples = use.component.examples
    if not examples:
        msg = "it declares no worked example: examples=((targets, predictions, score), ...)"
        raise NotExercised(msg)
    for targets, predictions, expected in examples:
        answers = [answer_of(one) for one in predictions]
        try:
            found = figure(use, targets, answers)
        except Exception as error:
            msg = f"{targets!r:.60} against {predictions!r:.60} raises {error}"
            raise AssertionError(msg) from error
        message = f"{predictions!r:.80} for {targets!r:.80} score {found!r}, not {expected!r}"
        expect(math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-9), message)


def check_ordinary_answers_get_a_finite_score(use: M, samples: Samples) -> None:
    """Perfect, mixed and worst answers of at least one kind get a finite number.

    The kinds are classes (texts, with probabilities and refusals), numbers and masks; for any
    other, pass samples=Samples(answers=[...]).
    """
    built(use)
    problems = []
    for one in _meant(use, samples):
        for name, given in (("perfect", one.perfect), ("mixed", one.mixed), ("worst", one.worst)):
            try:
                value = figure(use, one.targets, given)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
                problems.append(f"{one.name}: {type(error).__name__}: {error}")
                break
            if not math.isfinite(value):
                problems.append(f"{one.name}: {name} answers score {value}")
                break
        else:
            return
    raise AssertionError("; ".join(problems))


def check_perfect_beats_worst(use: M, samples: Samples) -> None:
    """Perfect answers score better than the worst, and mixed ones no better than perfect.

    Set `higher_is_better` as the metric is meant.
    """
    sign = 1 if use.component.higher_is_better else -1
    for one in suites(use, samples):
        best, mixed, worst = (
            figure(use, one.targets, given) for given in (one.perfect, one.mixed, one.worst)
        )
        better = sign * best > sign * worst and sign * best >= sign * mixed
        direction = "higher" if sign > 0 else "lower"
        message = f"perfect {best:.4g}, mixed {mixed:.4g} and worst {worst:.4g}"
        expect(better, f"{one.name}: {message}, where {direction} is said to be better")


def check_score_lies_within_bounds(use: M, samples: Samples) -> None:
    """No score lies outside the declared bounds.

    Correct `bounds`: intervals and thresholds are checked against them.
    """
    if use.component.bounds is None:
        msg = "it declares no bounds"
        raise Skipped(msg)
    low, high = use.component.bounds
    for one in suites(use, samples):
        for given in (one.perfect, one.mixed, one.worst):
            found = scored(use, one.targets, given)
            for value in found if use.component.per_case else [found]:
                expect(
                    low <= value <= high,
                    f"{one.name}: the score {value} is outside [{low}, {high}]",
                )


def check_order_of_cases_does_not_matter(use: M, samples: Samples) -> None:
    """The figure is the same whatever the order of the cases.

    Sum exactly (`math.fsum`), and look at no case's place.
    """
    for one in suites(use, samples):
        count = len(one.targets)
        for step in (-1, 7):
            order = [index * step % count for index in range(count)]
            if len(set(order)) < count:
                continue
            before = figure(use, one.targets, one.mixed)
            after = figure(
                use, [one.targets[index] for index in order], [one.mixed[index] for index in order]
            )
            same = math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12)
            expect(same, f"{one.name}: {before!r} became {after!r} when the cases were reordered")


def check_targets_and_answers_are_left_alone(use: M, samples: Samples) -> None:
    """The lists that are scored are the same after as before.

    Copy before you sort or write: other metrics score the same lists after you.
    """
    (score,) = built(use)
    for one in suites(use, samples):
        targets, answers = given_to(use, one.targets, one.mixed)
        before = fingerprint(targets), list(map(repr, answers))
        score(targets, answers)
        after = fingerprint(targets), list(map(repr, answers))
        expect(before == after, f"{one.name}: scoring changed the lists in place")


def check_no_cases_is_a_clear_error(use: M, _: Samples) -> None:
    """No cases at all are refused with `MetricError`.

    Raise it with a sentence: a mean over nothing is no score.
    """
    try:
        found = scored(use, [], [])
    except MetricError as error:
        expect(str(error).strip(), "its MetricError says nothing")
        return
    except Skipped:
        raise
    except Exception as error:
        msg = f"no cases raise {type(error).__name__}, not MetricError: {error}"
        raise AssertionError(msg) from error
    msg = f"no cases are scored {found!r}"
    raise AssertionError(msg)


def check_one_class_is_scored_or_a_clear_error(use: M, samples: Samples) -> None:
    """Cases of one class get a finite score, or are refused with `MetricError`.

    Raise it where the score is undefined, rather than give NaN or a made-up figure.
    """
    for one in suites(use, samples):
        rows = [index for index, target in enumerate(one.targets) if target == one.targets[0]]
        targets, answers = [one.targets[0]] * len(rows), [one.mixed[index] for index in rows]
        try:
            found = figure(use, targets, answers)
        except MetricError as error:
            expect(str(error).strip(), "its MetricError says nothing")
            continue
        except Exception as error:
            msg = f"{one.name}: one class raises {type(error).__name__}, not MetricError: {error}"
            raise AssertionError(msg) from error
        expect(math.isfinite(found), f"{one.name}: one class is scored {found}")


def check_per_case_gives_one_number_per_case(use: M, samples: Samples) -> None:
    """A `per_case` metric gives a number for each case, and for each the same as for it alone.

    Return as many scores as there are cases, in their order; without `per_case`, return one number.
    """
    for one in suites(use, samples):
        found = scored(use, one.targets, one.mixed)
        if not use.component.per_case:
            expect(
                isinstance(found, int | float),
                f"{one.name}: it gives {found!r:.80}, not one number",
            )
            continue
        message = f"{one.name}: {len(found)} scores for {len(one.targets)} cases"
        expect(len(found) == len(one.targets), message)
        for index, (target, answer) in enumerate(zip(one.targets, one.mixed, strict=True)):
            (alone,) = scored(use, [target], [answer])
            same = math.isclose(alone, found[index], rel_tol=1e-9, abs_tol=1e-12)
            expect(
                same, f"{one.name}: case {index} scores {found[index]} among others, {alone} alone"
            )


CHECKS: tuple[Callable[[M, Samples], None], ...] = (
    check_worked_examples_come_out,
    check_ordinary_answers_get_a_finite_score,
    check_perfect_beats_worst,
    check_score_lies_within_bounds,
    check_order_of_cases_does_not_matter,
    check_targets_and_answers_are_left_alone,
    check_no_cases_is_a_clear_error,
    check_one_class_is_scored_or_a_clear_error,
    check_per_case_gives_one_number_per_case,
)
