"""The paper's figure as an SVG text: the AUROC of failure by layer, one panel for each task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from seatrial.errors import PlanError

if TYPE_CHECKING:
    from ._result import WhyItFailed

__all__ = ["figure"]

WIDTH: Final = 250
HEIGHT: Final = 200
LEFT: Final = 46
TOP: Final = 34
BOTTOM: Final = 42
GAP: Final = 14
TICKS: Final = 6

SPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
ROLE: Final = 'role="img" aria-labelledby="title description"'

STYLE: Final = (
    "text{font-family:sans-serif;font-size:11px;fill:#222}"
    ".named{paint-order:stroke;stroke:#fff;stroke-width:3px}"
    ".task{font-size:13px;font-weight:bold}"
    ".axis,.bar{stroke:#222;fill:none}"
    ".grid{stroke:#ddd}"
    ".chance{stroke:#c0392b;stroke-dasharray:2 3}"
    ".baseline{stroke:#7a5195;stroke-dasharray:7 4}"
    ".line{stroke:#1f5fa8;fill:none}"
    ".point{fill:#1f5fa8}"
)


def figure(results: Sequence[WhyItFailed]) -> str:
    """Draw the test AUROC of a probe of every layer with its 99.9 % interval, by task.

    Every layer is shown and none is selected. The dotted line is chance, the dashed one the best
    baseline. Raises `PlanError` where no result has a curve (the model had no activations).
    """
    drawn = [one for one in results if one.curve]
    if not drawn:
        msg = "there is no curve to draw: the model had no activations"
        raise PlanError(msg)
    low, high = _range(drawn)
    width = LEFT + len(drawn) * (WIDTH + GAP)
    height = TOP + HEIGHT + BOTTOM
    said = "; ".join(_said(one) for one in drawn)
    parts = [
        f'<svg {SPACE} viewBox="0 0 {width} {height}" width="{width}" height="{height}" {ROLE}>',
        '<title id="title">AUROC of failure by layer</title>',
        f'<desc id="description">{escape(said)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_scale(low, high),
    ]
    for number, one in enumerate(drawn):
        parts += _panel(one, LEFT + number * (WIDTH + GAP), low, high)
    return "\n".join([*parts, "</svg>", ""])


def _range(drawn: Sequence[WhyItFailed]) -> tuple[float, float]:
    ends = [end for one in drawn for point in one.curve for end in point.interval]
    ends += [value for one in drawn if (value := _baseline(one)) is not None]
    return floor(min(0.45, *ends) * 20) / 20, ceil(max(0.55, *ends) * 20) / 20


def _baseline(one: WhyItFailed) -> float | None:
    return next((row.auroc for row in one.rows if row.name == one.best_baseline), None)


def _said(one: WhyItFailed) -> str:
    areas = [point.auroc for point in one.curve]
    baseline = _baseline(one)
    beside = "" if baseline is None else f", best baseline {one.best_baseline} {baseline:.3f}"
    return f"{one.task}: {min(areas):.3f} to {max(areas):.3f} over {len(areas)} layers{beside}"


def _y(value: float, low: float, high: float) -> float:
    return TOP + HEIGHT * (high - value) / (high - low)


def _scale(low: float, high: float) -> Iterator[str]:
    step = max(ceil((high - low) * 20 / TICKS), 1)
    for tick in range(round(low * 20), round(high * 20) + 1, step):
        y = _y(tick / 20, low, high)
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick / 20:.2f}</text>'
    middle = TOP + HEIGHT / 2
    yield (
        f'<text x="12" y="{middle:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle:.1f})">test AUROC of failure</text>'
    )


def _panel(one: WhyItFailed, left: float, low: float, high: float) -> Iterator[str]:
    layers = [point.layer for point in one.curve]
    reach = max(layers[-1] - layers[0], 1)
    inner = WIDTH - 2 * GAP
    places = [left + GAP + inner * (layer - layers[0]) / reach for layer in layers]
    right, foot = left + WIDTH, TOP + HEIGHT
    yield f'<text class="task" x="{left}" y="{TOP - 12}">{escape(one.task)}</text>'
    yield f'<path class="axis" d="M{left} {TOP}V{foot}H{right}"/>'
    yield _level("chance", 0.5, left, right, low, high)
    if (baseline := _baseline(one)) is not None:
        yield _level("baseline", baseline, left, right, low, high)
    for x, point in zip(places, one.curve, strict=True):
        bottom, top = (_y(end, low, high) for end in point.interval)
        yield f'<path class="bar" d="M{x:.1f} {bottom:.1f}V{top:.1f}"/>'
    line = " ".join(
        f"{x:.1f},{_y(point.auroc, low, high):.1f}"
        for x, point in zip(places, one.curve, strict=True)
    )
    yield f'<polyline class="line" points="{line}"/>'
    for x, point in zip(places, one.curve, strict=True):
        ends = f"{point.interval[0]:.3f} … {point.interval[1]:.3f}"
        y = _y(point.auroc, low, high)
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="2.5">'
        yield f"<title>layer {point.layer}: {point.auroc:.3f} ({ends})</title></circle>"
    if baseline is not None:
        y = _y(baseline, low, high) - 4
        name = escape(str(one.best_baseline))
        yield f'<text class="named" x="{right}" y="{y:.1f}" text-anchor="end">{name}</text>'
    shown = max(ceil(len(layers) / TICKS), 1)
    for x, layer in list(zip(places, layers, strict=True))[::shown]:
        yield f'<text x="{x:.1f}" y="{foot + 15}" text-anchor="middle">{layer}</text>'
    middle = left + WIDTH / 2
    below = escape(f"layer (pooling: {one.pooling}; 99.9 % intervals)")
    yield f'<text x="{middle:.1f}" y="{foot + 32}" text-anchor="middle">{below}</text>'


def _level(kind: str, value: float, left: float, right: float, low: float, high: float) -> str:
    y = _y(value, low, high)
    return f'<path class="{kind}" d="M{left} {y:.1f}H{right}"/>'
