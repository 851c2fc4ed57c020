"""Shortcuts: one trivial feature that tells the answer, or the failure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Case, Finding

from ._common import Check, clean_of, fraction_between, percent
from ._evidence import MIN_CASES, area, bounded_area, bounded_mean
from ._features import OF_OPTIONS, of_options, of_prompts
from ._labels import Labels, clusters_of, target_classes
from ._reading import gold_of, options_of, prompt_of

__all__ = ["failure_shortcut", "option_shortcut", "prompt_shortcut"]

TELLING = 0.6
GIVEAWAY = 0.9


@frozen
class Shortcut:
    """The most telling feature: its AUROC (above .5), for which label, and where it shows."""

    feature: str
    label: str
    auroc: float
    more: bool
    shows: npt.NDArray[np.bool_]


def prompt_shortcut(auroc: float = TELLING) -> Check:
    """Find a trivial feature of the prompt that predicts the target.

    Length, words, digits, negations, question marks, capitals, lines and the first word, each by
    itself, against each class: reported when the whole interval of its AUROC lies beyond `auroc`
    (all intervals hold together, but for one experiment in a thousand). Beyond .9 it is an error:
    the task is then something else than it says.
    """
    least = fraction_between("auroc", auroc, low=0.5)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        labels = target_classes(cases)
        if labels is None:
            return
        chosen = [cases[at] for at in labels.at]
        found = _best(chosen, [case.input for case in chosen], labels, least)
        if found is None:
            return
        yield Finding(
            "prompt-shortcut",
            f"one feature of the prompt predicts the target: {found.feature} is "
            f"{'greater' if found.more else 'smaller'} where it is {found.label!r}, AUROC "
            f"{found.auroc:.2f} (effect).",
            level="error" if found.auroc >= GIVEAWAY else "warning",
            cases=[case.id for case, here in zip(chosen, found.shows, strict=True) if here],
            effect=found.auroc,
            fix="balance the feature between the classes, or report this baseline too.",
        )

    return check


def failure_shortcut(auroc: float = TELLING) -> Check:
    """Find a trivial feature of the prompt that predicts whether the model fails.

    As `audits.prompt-shortcut`, with right and wrong for classes; unperturbed outcomes alone, where
    there are any. It is a warning: an explanation must do better than that to say anything.
    """
    least = fraction_between("auroc", auroc, low=0.5)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        clean = clean_of(outcomes)
        cases = [outcome.case for outcome in clean]
        values = tuple("right" if outcome.right else "wrong" for outcome in clean)
        labels = Labels("failure", np.arange(len(clean)), values)
        found = _best(cases, [outcome.input for outcome in clean], labels, least, only="wrong")
        if found is None:
            return
        yield Finding(
            "failure-shortcut",
            f"one feature of the prompt predicts failure: {found.feature} is "
            f"{'greater' if found.more else 'smaller'} where the model is wrong, AUROC "
            f"{found.auroc:.2f} (effect).",
            level="warning",
            cases=[case.id for case, here in zip(cases, found.shows, strict=True) if here],
            effect=found.auroc,
            fix="compare every explanation with this baseline, or match the two classes in it.",
        )

    return check


def _best(
    cases: Sequence[Case],
    inputs: Sequence[Any],
    labels: Labels,
    least: float,
    only: str | None = None,
) -> Shortcut | None:
    """Give the feature that tells most, of those whose interval lies beyond `least`."""
    common = labels.common()
    if only is not None and common:
        common = [only]
    if not common:
        return None
    names, features = of_prompts([prompt_of(value) for value in inputs])
    values, clusters = np.array(labels.values), clusters_of(cases)
    looks = len(common) * len(names)
    found: list[Shortcut] = []
    for label in common:
        here = values == label
        areas = area(here, features)
        for at in np.flatnonzero(np.abs(areas - 0.5) >= least - 0.5):
            low, high = bounded_area(here, features[:, at], clusters, looks)
            more = bool(areas[at] > 0.5)  # noqa: PLR2004 - the AUROC of a coin
            if low > least or high < 1 - least:
                column = features[:, at] if more else -features[:, at]
                shows = here & (column > np.median(column[~here]))
                size = float(areas[at] if more else 1 - areas[at])
                found.append(Shortcut(names[at], label, size, more, shows))
    return max(found, key=lambda one: one.auroc, default=None)


def option_shortcut(auroc: float = TELLING) -> Check:
    """Find a trivial feature that tells the right option from the others of the same case.

    Length, words, digits, negations, word length, and how much of the option stands in the prompt:
    the probability that the right option has more of it than a wrong one, ties counting
    half. Reported as `audits.prompt-shortcut` does.
    """
    least = fraction_between("auroc", auroc, low=0.5)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        chosen, rows = [], []
        for case in cases:
            options, gold = options_of(case.input), gold_of(case)
            if gold in options and len(options) > 1:
                chosen.append(case)
                rows.append(_wins(prompt_of(case.input), options, options.index(gold)))
        if len(chosen) < MIN_CASES:
            return
        wins, clusters = np.array(rows), clusters_of(chosen)
        found = []
        for at, feature in enumerate(OF_OPTIONS):
            mean, low, high = bounded_mean(wins[:, at], clusters, looks=len(OF_OPTIONS))
            if low > least:
                found.append((mean, feature, wins[:, at] > 0.5))  # noqa: PLR2004 - a tie
            elif high < 1 - least:
                opposite = feature.replace("most", "least").replace("longest", "shortest")
                found.append((1 - mean, opposite, wins[:, at] < 0.5))  # noqa: PLR2004 - a tie
        if not found:
            return
        size, feature, shows = max(found, key=lambda one: one[0])
        yield Finding(
            "option-shortcut",
            f"one feature predicts the right option: {feature} in {percent(float(shows.mean()))} "
            f"of the cases, AUROC {size:.2f} within a case (effect).",
            level="error" if size >= GIVEAWAY else "warning",
            cases=[case.id for case, here in zip(chosen, shows, strict=True) if here],
            effect=size,
            fix="write wrong options that are alike in it, or report this baseline too.",
        )

    return check


def _wins(prompt: str, options: Sequence[str], right: int) -> npt.NDArray[np.float64]:
    """Give, for each feature, the fraction of wrong options that the right one beats."""
    features = of_options(prompt, options)
    others = np.delete(features, right, axis=0)
    found: npt.NDArray[np.float64] = (
        (features[right] > others) + 0.5 * (features[right] == others)
    ).mean(axis=0)
    return found
