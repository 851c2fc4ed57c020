"""Accuracies of several models side by side: by category, or by the distance of the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from seatrial.errors import MetricError

from ._drawing import Box, Dot, Drawing, Line, Words
from ._scores import Accuracy
from ._stories import StoryTrend

__all__ = ["accuracy_chart", "story_chart"]

LEFT: Final = 170
WIDTH: Final = 360
LINE: Final = 16
TOP: Final = 56
KINDS: Final = ("first", "second", "third")
SIDE: Final = 260


def accuracy_chart(models: Mapping[str, Sequence[Accuracy]], *, title: str = "Accuracy") -> Drawing:
    """Draw the accuracy of each model in each group with its interval.

    `models` maps a name ("vision") to what `accuracy_by` gave. The dashed line is one half, which a
    model without any information reaches. Up to three models are told apart by colour.
    """
    groups = list(dict.fromkeys(one.group for found in models.values() for one in found))
    if not groups or len(models) > len(KINDS):
        msg = f"a chart shows one to {len(KINDS)} models with a group each, got {len(models)}"
        raise MetricError(msg)
    row = LINE * (len(models) + 1)
    bottom = TOP + row * len(groups)
    half = LEFT + WIDTH / 2
    shapes: list[Dot | Line | Box | Words] = [
        Words(6, 18, title, bold=True),
        Line("half", half, TOP - 10, half, bottom),
        *(Words(LEFT + WIDTH * at - 6, bottom + 14, f"{at:g}") for at in (0, 0.5, 1)),
    ]
    for place, name in enumerate(models):
        x = LEFT + 110 * place
        shapes += [Dot(KINDS[place], x, 34), Words(x + 8, 38, name)]
    told = []
    for at, group in enumerate(groups):
        shapes.append(Words(6, TOP + row * at + LINE, group))
        for place, (name, found) in enumerate(models.items()):
            y = TOP + row * at + LINE * (place + 1) - 4
            for one in (each for each in found if each.group == group):
                low, middle, high = (
                    LEFT + WIDTH * end
                    for end in (one.interval.low, one.interval.estimate, one.interval.high)
                )
                shapes += [Line(KINDS[place], low, y, high, y), Dot(KINDS[place], middle, y)]
                told.append(f"{group}, {name}: {one.interval.estimate:.3f}")
    return Drawing(title, "; ".join(told), LEFT + WIDTH + 20, bottom + 22, tuple(shapes))


def story_chart(trend: StoryTrend, *, title: str = "Accuracy by number of stories") -> Drawing:
    """Draw the accuracy of each category against its number of stories."""
    most = max(stories for _, stories, _ in trend.points)
    left, top = 40, 32
    shapes: list[Dot | Line | Box | Words] = [
        Words(6, 18, title, bold=True),
        Box(left, top, SIDE, SIDE),
        *(Words(8, top + SIDE * (1 - at) + 4, f"{at:g}") for at in (0, 0.5, 1)),
        *(Words(left + SIDE * at - 6, top + SIDE + 16, f"{most * at:.0f}") for at in (0, 1)),
        Words(left + SIDE / 2 - 40, top + SIDE + 16, "stories"),
    ]
    told = [f"rank correlation {trend.correlation:.2f}, p = {trend.p:.2g}"]
    shapes.append(Words(left, top + SIDE + 34, told[0]))
    for category, stories, accuracy in trend.points:
        x, y = left + SIDE * stories / most, top + SIDE * (1 - accuracy)
        shapes += [Dot("first", x, y), Words(x + 5, y + 4, category)]
        told.append(f"{category}: {stories} stories, {accuracy:.3f}")
    return Drawing(title, "; ".join(told), left + SIDE + 120, top + SIDE + 44, tuple(shapes))
