"""The curves of a training as a picture: one panel for each figure, steps from left to right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

__all__ = ["curves"]

PANELS = (
    ("loss", ("loss",)),
    ("margin", ("margin",)),
    ("rewards", ("chosen_reward", "rejected_reward")),
    ("accuracy", ("accuracy",)),
)
COLOURS = ("#1f5fa8", "#c0392b")
DASHES = ("", "5 3")
WIDTH, HEIGHT, LEFT, TOP = 300, 190, 58, 34
STYLE = "text{font-family:sans-serif;font-size:11px;fill:#222}path{fill:none;stroke-width:1.5}"


def curves(training: Sequence[Mapping[str, float]]) -> str:
    """Draw what was told of each step as SVG; figures that were not told are left out."""
    told = set(training[0]) if training else set()
    panels = [(title, names) for title, names in PANELS if told.issuperset(names)]
    drawn = [
        f'<g transform="translate({at * WIDTH},0)">{_panel(title, names, training)}</g>'
        for at, (title, names) in enumerate(panels)
    ]
    wide = max(1, len(panels)) * WIDTH
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {HEIGHT}" role="img" '
        f'aria-labelledby="t"><title id="t">{escape(_words(panels, training))}</title>'
        f'<style>{STYLE}</style><rect width="{wide}" height="{HEIGHT}" fill="#fff"/>'
        + "".join(drawn)
        + "</svg>\n"
    )


def _words(
    panels: Sequence[tuple[str, Sequence[str]]], training: Sequence[Mapping[str, float]]
) -> str:
    names = [name for _, several in panels for name in several]
    ends = (f"{one} from {training[0][one]:.3g} to {training[-1][one]:.3g}" for one in names)
    return f"{len(training)} steps: " + ", ".join(ends)


def _panel(title: str, names: Sequence[str], training: Sequence[Mapping[str, float]]) -> str:
    low = min(step[name] for step in training for name in names)
    high = max(step[name] for step in training for name in names)
    if math.isclose(low, high):
        low, high = low - 0.5, high + 0.5
    right, bottom = WIDTH - 14, HEIGHT - 30
    parts = [
        f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{LEFT},{TOP}V{bottom}H{right}" stroke="#222"/>',
        f'<text x="{LEFT - 6}" y="{TOP + 4}" text-anchor="end">{high:.3g}</text>',
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">{low:.3g}</text>',
        f'<text x="{right}" y="{HEIGHT - 12}" text-anchor="end">step {len(training)}</text>',
    ]
    for name, colour, dash in zip(names, COLOURS, DASHES, strict=False):
        points = " ".join(
            f"{LEFT + (right - LEFT) * (at + 0.5) / len(training):.1f},"
            f"{bottom - (bottom - TOP) * (step[name] - low) / (high - low):.1f}"
            for at, step in enumerate(training)
        )
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<path d="M{points}" stroke="{colour}"{dashed}/>')
    if len(names) > 1:
        key = " and ".join(
            f"{name.replace('_', ' ')} ({'dashed' if dash else 'solid'})"
            for name, dash in zip(names, DASHES, strict=False)
        )
        parts.append(f'<text x="{LEFT}" y="{TOP - 4}">{escape(key)}</text>')
    return "".join(parts)
