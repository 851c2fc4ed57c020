"""The frame of every picture: an SVG text that says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

__all__ = ["picture"]

STYLE: Final = (
    "text{font-family:sans-serif;font-size:11px;fill:#222}"
    ".title{font-weight:bold}.axis{stroke:#888;fill:none}"
    ".image{fill:#c0392b;fill-opacity:.55}.text{fill:#1f5fa8;fill-opacity:.55}"
    ".vision{fill:#c0392b;stroke:#c0392b}.words{fill:#1f5fa8;stroke:#1f5fa8}"
    ".both{fill:#222;stroke:#222}.half{stroke:#888;stroke-dasharray:3 3}"
)


def picture(title: str, told: str, width: float, height: float, body: Sequence[str]) -> str:
    """Put a title, a description and a style around what was drawn."""
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title description">'
    )
    return "\n".join(
        [
            start,
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(told)}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
            *body,
            "</svg>",
        ]
    )
