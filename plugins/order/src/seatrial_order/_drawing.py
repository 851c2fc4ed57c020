"""Pictures of dots, lines and words, as SVG and as PNG; each says in words what it shows."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from attrs import field, frozen

from seatrial.errors import ParameterError
from seatrial.kit import write_atomically

__all__ = ["Box", "Dot", "Drawing", "Line", "Words"]

RED, BLUE, BLACK, GREY = (192, 57, 43), (31, 95, 168), (34, 34, 34), (136, 136, 136)
COLOURS: Final = {
    "image": RED,
    "text": BLUE,
    "first": RED,
    "second": BLUE,
    "third": BLACK,
    "axis": GREY,
    "half": GREY,
}
SHEER: Final = ("image", "text")  # many dots, which lie over each other
UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
OPACITY: Final = 0.55
DASH: Final = 3
SIZE: Final = 11  # of letters, in pixels
SMALLEST, LARGEST = 0.1, 20  # pixels of a PNG for each of the SVG
FINER: Final = 2  # a PNG is drawn so much larger and then reduced, for smooth edges


@frozen
class Dot:
    """A disc around a point."""

    kind: str
    x: float
    y: float
    radius: float = 3.0

    def svg(self) -> str:
        """Write the element."""
        return (
            f'<circle class="{self.kind}" cx="{self.x:.1f}" cy="{self.y:.1f}" r="{self.radius:g}"/>'
        )

    def paint(self, canvas: Any, scale: float) -> None:
        """Draw it into a picture of Pillow's."""
        ends = [(self.x - self.radius) * scale, (self.y - self.radius) * scale]
        ends += [(self.x + self.radius) * scale, (self.y + self.radius) * scale]
        canvas.ellipse(ends, fill=_paint(self.kind))


@frozen
class Line:
    """A straight line; one of the kind "half" is dashed, and vertical."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float

    def svg(self) -> str:
        """Write the element."""
        return (
            f'<line class="{self.kind}" x1="{self.x1:.1f}" y1="{self.y1:.1f}" '
            f'x2="{self.x2:.1f}" y2="{self.y2:.1f}"/>'
        )

    def paint(self, canvas: Any, scale: float) -> None:
        """Draw it into a picture of Pillow's."""
        pieces = [(self.y1, self.y2)]
        if self.kind == "half":
            count = int((self.y2 - self.y1) // (2 * DASH))
            pieces = [(y, y + DASH) for y in (self.y1 + 2 * DASH * at for at in range(count))]
        for start, end in pieces:
            ends = [self.x1 * scale, start * scale, self.x2 * scale, end * scale]
            canvas.line(ends, fill=_paint(self.kind), width=max(1, round(scale)))


@frozen
class Box:
    """The frame of a panel."""

    x: float
    y: float
    width: float
    height: float

    def svg(self) -> str:
        """Write the element."""
        return (
            f'<rect class="axis" x="{self.x:.1f}" y="{self.y:.1f}" width="{self.width:.1f}" '
            f'height="{self.height:.1f}"/>'
        )

    def paint(self, canvas: Any, scale: float) -> None:
        """Draw it into a picture of Pillow's."""
        ends = [self.x * scale, self.y * scale]
        ends += [(self.x + self.width) * scale, (self.y + self.height) * scale]
        canvas.rectangle(ends, outline=COLOURS["axis"], width=max(1, round(scale)))


@frozen
class Words:
    """A line of text whose first letter stands at a point."""

    x: float
    y: float
    text: str
    bold: bool = False

    def svg(self) -> str:
        """Write the element."""
        kind = ' class="title"' if self.bold else ""
        return f'<text{kind} x="{self.x:.1f}" y="{self.y:.1f}">{_written(self.text)}</text>'

    def paint(self, canvas: Any, scale: float) -> None:
        """Draw it into a picture of Pillow's."""
        from PIL import ImageFont

        canvas.text(
            (self.x * scale, self.y * scale),
            self.text,
            fill=COLOURS["third"],
            font=ImageFont.load_default(SIZE * scale),
            anchor="ls",
            stroke_width=0.25 * scale if self.bold else 0,
        )


@frozen
class Drawing:
    """A picture: `svg()` is a text, `png()` are bytes, and `save` writes either by the suffix."""

    title: str
    told: str
    width: float
    height: float
    shapes: tuple[Dot | Line | Box | Words, ...] = field(repr=False)

    def svg(self) -> str:
        """Write it as SVG, with its title and a description for those who cannot see it."""
        size = f'width="{self.width:.0f}" height="{self.height:.0f}"'
        shown = f'viewBox="0 0 {self.width:.0f} {self.height:.0f}" {size}'
        told = 'role="img" aria-labelledby="title description"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {shown} {told}>',
                f'<title id="title">{_written(self.title)}</title>',
                f'<desc id="description">{_written(self.told)}</desc>',
                f"<style>{_style()}</style>",
                f'<rect {size} fill="#fff"/>',
                *(one.svg() for one in self.shapes),
                "</svg>",
            ]
        )

    def png(self, *, scale: float = 2.0) -> bytes:
        """Draw it as PNG, `scale` pixels for each of the SVG; letters are Latin, Pillow's own."""
        from PIL import Image, ImageDraw
        from PIL.PngImagePlugin import PngInfo

        if not SMALLEST <= scale <= LARGEST:
            msg = f"the scale of a picture is from {SMALLEST} to {LARGEST}, got {scale!r}"
            raise ParameterError(msg)
        size = (max(1, round(self.width * scale)), max(1, round(self.height * scale)))
        finer = (FINER * size[0], FINER * size[1])
        large = Image.new("RGB", finer, "white")
        canvas = ImageDraw.Draw(large, "RGBA")
        for one in self.shapes:
            one.paint(canvas, FINER * scale)
        told = PngInfo()
        told.add_itxt("Title", self.title)
        told.add_itxt("Description", self.told)
        file = io.BytesIO()
        large.resize(size, Image.Resampling.LANCZOS).save(file, "PNG", pnginfo=told)
        return file.getvalue()

    def save(self, path: str | Path) -> None:
        """Write it to a file whose name ends in .svg or .png."""
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in (".svg", ".png"):
            msg = f"a picture is written as .svg or .png, and not to {path.name}"
            raise ParameterError(msg)
        write_atomically(path, self.png() if suffix == ".png" else self.svg().encode())

    def _repr_svg_(self) -> str:
        return self.svg()


def _written(text: str) -> str:
    """Write a text as XML holds it, which has no place for control characters."""
    return escape(UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text))


def _style() -> str:
    rules = [
        f"text{{font-family:sans-serif;font-size:{SIZE}px;fill:#222}}.title{{font-weight:bold}}"
    ]
    for name, colour in COLOURS.items():
        shown = f"rgb{colour}".replace(" ", "")
        fill = "none" if name == "axis" else shown
        sheer = f";fill-opacity:{OPACITY}" if name in SHEER else f";stroke:{shown}"
        rules.append(f".{name}{{fill:{fill}{sheer}}}")
    return "".join(rules) + f".half{{stroke-dasharray:{DASH} {DASH}}}"


def _paint(kind: str) -> tuple[int, ...]:
    return (*COLOURS[kind], round(255 * OPACITY) if kind in SHEER else 255)
