"""Accuracies of several models side by side: by category, or by the distance of the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from seatrial.errors import MetricError

from ._drawing import picture
from ._scores import Accuracy

__all__ = ["accuracy_chart"]

LEFT: Final = 150
WIDTH: Final = 360
LINE: Final = 16
TOP: Final = 40
CLASSES: Final = ("vision", "words", "both")


def accuracy_chart(models: Mapping[str, Sequence[Accuracy]], *, title: str = "Accuracy") -> str:
    """Draw the accuracy of each model in each group with its interval, as SVG.

    `models` maps a name ("vision") to what `accuracy_by` gave. The dotted line is one half, which a
    model without any information reaches. Up to three models are told apart by colour.
    """
    groups = list(dict.fromkeys(one.group for found in models.values() for one in found))
    if not groups or len(models) > len(CLASSES):
        msg = f"a chart shows one to {len(CLASSES)} models with a group each, got {len(models)}"
        raise MetricError(msg)
    row = LINE * (len(models) + 1)
    bottom = TOP + row * len(groups)
    half = LEFT + WIDTH / 2
    body = [f'<line class="half" x1="{half}" x2="{half}" y1="{TOP - 10}" y2="{bottom}"/>']
    body += [
        f'<text x="{LEFT + WIDTH * at - 6:.0f}" y="{bottom + 14}">{at:g}</text>'
        for at in (0, 0.5, 1)
    ]
    for place, name in enumerate(models):
        x = LEFT + 110 * place
        body.append(f'<circle class="{CLASSES[place]}" cx="{x}" cy="16" r="3"/>')
        body.append(f'<text x="{x + 8}" y="20">{escape(name)}</text>')
    told = []
    for at, group in enumerate(groups):
        body.append(f'<text x="6" y="{TOP + row * at + LINE}">{escape(group)}</text>')
        for place, (name, found) in enumerate(models.items()):
            y = TOP + row * at + LINE * (place + 1) - 4
            for one in (each for each in found if each.group == group):
                low, middle, high = (
                    LEFT + WIDTH * end
                    for end in (one.interval.low, one.interval.estimate, one.interval.high)
                )
                kind = CLASSES[place]
                body.append(
                    f'<line class="{kind}" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>'
                )
                body.append(f'<circle class="{kind}" cx="{middle:.1f}" cy="{y}" r="3"/>')
                told.append(f"{group}, {name}: {one.interval.estimate:.3f}")
    return picture(title, "; ".join(told), LEFT + WIDTH + 20, bottom + 22, body)
