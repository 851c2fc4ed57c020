"""What a run directory names is data: nothing is imported unless the user says so."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .._reference import Reference, StoredReference

__all__ = ["trusted"]


def trusted(stored: Mapping[str, Any], *, trust: bool) -> Reference:
    """Give a stored reference; one that is trusted can be imported, and stderr says which."""
    if not trust:
        return StoredReference(**stored)
    reference = Reference(**stored)
    sys.stderr.write(f"trusted: this run directory may import {reference}\n")
    return reference
