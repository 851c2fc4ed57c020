"""What a run directory names is data: nothing is imported unless the user says so."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from .._reference import Reference
from ..errors import ModelError

__all__ = ["StoredReference", "trusted"]


@frozen
class StoredReference(Reference):
    """A reference that was read from a run directory: it can be read, and is not imported."""

    def __call__(self) -> Any:
        """Refuse, and say what the user can do."""
        msg = (
            f"the run directory names {self}, and what a directory names is not imported: "
            "pass model=, or Report.load(path, trust=True) (--model or --trust on the command line)"
        )
        raise ModelError(msg)


def trusted(stored: Mapping[str, Any], *, trust: bool) -> Reference:
    """Give a stored reference; one that is trusted can be imported, and stderr says which."""
    if not trust:
        return StoredReference(**stored)
    reference = Reference(**stored)
    sys.stderr.write(f"trusted: this run directory may import {reference}\n")
    return reference
