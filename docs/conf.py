from __future__ import annotations

import re
from importlib.metadata import version as version_of

project = "seatrial"
author = "The seatrial developers"
release = version = version_of("seatrial")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "mixed"

html_theme = "furo"
html_title = f"seatrial {release}"


def mark_code(_app, _what, _name, _obj, _options, lines):
    """Docstrings mark code with single backticks, as Markdown does; autodoc wants two."""
    text = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``\\ ", "\n".join(lines))
    lines[:] = text.split("\n")


def setup(app):
    app.connect("autodoc-process-docstring", mark_code)
