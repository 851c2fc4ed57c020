"""Results as one JSON object."""

from __future__ import annotations

from typing import Any

from ..._tables import json_text
from ...protocols import Render

__all__ = ["json_"]


def json_(*, indent: int = 2) -> Render:
    """Write one object with an entry for each result; one alone is the object itself."""

    def render(bundle: Any, /) -> bytes:
        found = {name: one.as_dict() for name, one in bundle.named().items()}
        data = next(iter(found.values())) if len(found) == 1 else found
        return f"{json_text(data, indent)}\n".encode()

    return render
