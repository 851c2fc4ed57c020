"""What features are of, and which model made them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from seatrial import Case
from seatrial.errors import ModelError
from seatrial.kit import digest

from ._augment import three_channels

__all__ = ["data_digest", "identity_of", "image_digest", "targets_of", "text_digest"]


def identity_of(model: Any) -> str:
    """Give a model's identity, or say that it needs one."""
    found = getattr(model, "identity", None)
    if not isinstance(found, str) or not found:
        msg = (
            "features are kept under the identity of the model that made them: set its attribute "
            "`identity` to a text that changes whenever its features may"
        )
        raise ModelError(msg)
    return found


def targets_of(cases: Sequence[Any]) -> list[Any]:
    """List the targets of cases without reading their images; bare images have none."""
    return [case.target for case in getattr(cases, "entries", cases) if isinstance(case, Case)]


def image_digest(case: Any) -> str:
    """Digest what an image shows, in 8 bits."""
    array = three_channels(case.input if isinstance(case, Case) else case)
    return digest(f"{array.shape}".encode() + array.tobytes())


def text_digest(text: str) -> str:
    """Digest a text."""
    return digest(text)


def data_digest(digests: Sequence[str], targets: Sequence[Any]) -> str:
    """Digest images in their order, with their labels."""
    return digest(json.dumps([list(digests), list(targets)]))
