"""Line charts as SVG, with text for screen readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log2
from typing import Final
from xml.sax.saxutils import escape

from attrs import frozen

from seatrial.errors import PlanError

__all__ = ["Chart", "Line", "drawn"]

WIDTH: Final = 340
HEIGHT: Final = 230
LEFT: Final = 52
TOP: Final = 56
BOTTOM: Final = 46
GAP: Final = 26
KEY: Final = 40
LETTER: Final = 6.6
ROW: Final = 15
BOLD: Final = 2.4

SPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
ROLE: Final = 'role="img" aria-labelledby="title description"'
STYLE: Final = (
    "text{font-family:sans-serif;font-size:11px;fill:#222}"
    ".head{font-size:14px;font-weight:bold}"
    ".chart{font-size:11px;fill:#555}"
    ".axis{stroke:#222;fill:none}"
    ".grid{stroke:#e4e4e4}"
    ".line{fill:none}"
    ".band{stroke:none;opacity:.08}"
)
COLOURS: Final = (
    "#c0392b",
    "#1f5fa8",
    "#2e8b57",
    "#b8860b",
    "#7a5195",
    "#00838f",
    "#8d5524",
    "#555555",
    "#d81b60",
    "#6b8e23",
)
"""Dark enough on white, and never alone: dashes and points differ as well."""
DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "5 2 1 2 1 2")
FIRST: Final = "simnl"
"""The method whose line is drawn boldest and last."""


@frozen
class Line:
    """A named line of points (x, y), and a band of (low, high) about them where one is known."""

    name: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float], ...] = ()


@frozen
class Chart:
    """One panel: a title, what the axes are, and lines that share both.

    `range_` is that of y, found where it is not given; `ticks` are (x, text); `doubling` sets x by
    its logarithm.
    """

    title: str
    x: str
    y: str
    lines: tuple[Line, ...]
    range_: tuple[float, float] | None = None
    ticks: tuple[tuple[float, str], ...] = ()
    doubling: bool = False


def drawn(title: str, charts: Sequence[Chart]) -> str:
    """Draw panels beside each other, with one key for the lines of all."""
    if not charts or not all(line.points for chart in charts for line in chart.lines):
        msg = "there is nothing to draw: a chart needs lines, and a line points"
        raise PlanError(msg)
    names = list(dict.fromkeys(line.name for chart in charts for line in chart.lines))
    looks = {name: _look(place) for place, name in enumerate(names)}
    longest = max(map(len, names))
    width = len(charts) * (LEFT + WIDTH + GAP) + KEY + ceil(LETTER * longest)
    height = TOP + max(HEIGHT, ROW * len(names)) + BOTTOM
    said = "; ".join(_said(chart) for chart in charts)
    parts = [
        f'<svg {SPACE} viewBox="0 0 {width} {height}" width="{width}" height="{height}" {ROLE}>',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(said)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="head" x="{LEFT}" y="22">{escape(title)}</text>',
    ]
    for number, chart in enumerate(charts):
        parts += _Panel(chart, LEFT + number * (LEFT + WIDTH + GAP)).drawn(looks)
    start = len(charts) * (LEFT + WIDTH + GAP)
    for place, name in enumerate(names):
        y = TOP + 8 + ROW * place
        parts.append(f'<path class="line" {looks[name]} stroke-width="2" d="M{start} {y}h22"/>')
        parts.append(f'<text x="{start + 28}" y="{y + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _look(place: int) -> str:
    colour = COLOURS[place % len(COLOURS)]
    dash = DASHES[(place + place // len(COLOURS)) % len(DASHES)]
    return f'stroke="{colour}" stroke-dasharray="{dash or "none"}"'


def _said(chart: Chart) -> str:
    lines = ", ".join(
        f"{line.name} from {line.points[0][1]:.3f} to {line.points[-1][1]:.3f}"
        for line in chart.lines
    )
    return f"{chart.title}: {chart.y} by {chart.x}: {lines}"


class _Panel:
    """One chart at its place."""

    def __init__(self, chart: Chart, left: float) -> None:
        self._chart, self._left = chart, left
        xs = [self._along(x) for line in chart.lines for x, _ in line.points]
        self._from, self._to = min(xs), max(xs)
        ys = [y for line in chart.lines for _, y in line.points]
        ys += [end for line in chart.lines for ends in line.band for end in ends]
        low, high = chart.range_ or (min(ys), max(ys))
        self._step = _step(high - low)
        self._low = floor(low / self._step + 1e-9) * self._step
        self._high = ceil(high / self._step - 1e-9) * self._step
        if self._high <= self._low:
            self._high = self._low + self._step

    def _along(self, x: float) -> float:
        return log2(x) if self._chart.doubling and x > 0 else x

    def _x(self, x: float) -> float:
        fraction = (self._along(x) - self._from) / ((self._to - self._from) or 1)
        return self._left + 8 + (WIDTH - 16) * fraction

    def _y(self, y: float) -> float:
        return TOP + HEIGHT * (self._high - y) / (self._high - self._low)

    def drawn(self, looks: dict[str, str]) -> Iterator[str]:
        chart, left, foot = self._chart, self._left, TOP + HEIGHT
        yield f'<text class="chart" x="{left}" y="{TOP - 12}">{escape(chart.title)}</text>'
        yield from self._scale()
        yield f'<path class="axis" d="M{left} {TOP}V{foot}H{left + WIDTH}"/>'
        ticks = chart.ticks or tuple(
            (x, f"{x:g}") for x in sorted({x for line in chart.lines for x, _ in line.points})
        )
        for x, text in ticks[:: max(1, ceil(len(ticks) / 8))]:
            yield (
                f'<text x="{self._x(x):.1f}" y="{foot + 15}" text-anchor="middle">'
                f"{escape(text)}</text>"
            )
        middle = left + WIDTH / 2
        yield f'<text x="{middle}" y="{foot + 34}" text-anchor="middle">{escape(chart.x)}</text>'
        for line in sorted(chart.lines, key=lambda one: one.name == FIRST):
            yield from self._line(line, looks[line.name])

    def _scale(self) -> Iterator[str]:
        tick, left = self._low, self._left
        digits = 0 if self._step >= 1 else (1 if self._step >= 0.1 else 2)  # noqa: PLR2004
        while tick <= self._high + self._step / 2:
            y = self._y(tick)
            yield f'<path class="grid" d="M{left} {y:.1f}h{WIDTH}"/>'
            yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.{digits}f}</text>'
            tick += self._step
        middle = TOP + HEIGHT / 2
        yield (
            f'<text x="{left - 38}" y="{middle}" text-anchor="middle" '
            f'transform="rotate(-90 {left - 38} {middle})">{escape(self._chart.y)}</text>'
        )

    def _line(self, line: Line, look: str) -> Iterator[str]:
        colour = look.split('"')[1]
        ahead = [(self._x(x), self._y(y)) for x, y in line.points]
        if line.band:
            over = [(x, self._y(high)) for (x, _), (_, high) in zip(ahead, line.band, strict=True)]
            under = [(x, self._y(low)) for (x, _), (low, _) in zip(ahead, line.band, strict=True)]
            ends = " ".join(f"{x:.1f},{y:.1f}" for x, y in (*over, *reversed(under)))
            yield f'<polygon class="band" fill="{colour}" points="{ends}"/>'
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in ahead)
        bold = BOLD if line.name == FIRST else 1.4
        yield f'<polyline class="line" {look} stroke-width="{bold}" points="{places}"/>'
        for (x, y), (at, value) in zip(ahead, line.points, strict=True):
            tooltip = escape(f"{line.name}, {self._chart.x} {at:g}: {value:.3f}")
            yield f'<circle fill="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="2.4">'
            yield f"<title>{tooltip}</title></circle>"


def _step(reach: float) -> float:
    """Give the step of a scale that is 4 to 8 steps long."""
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0):
        if reach <= 7 * step:
            return step
    return float(ceil(reach / 7))
