from __future__ import annotations

from importlib.metadata import version as version_of

project = "seatrial"
author = "The seatrial developers"
release = version = version_of("seatrial")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
default_role = "literal"  # docstrings mark code with single backticks
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "mixed"

html_theme = "furo"
html_title = f"seatrial {release}"
