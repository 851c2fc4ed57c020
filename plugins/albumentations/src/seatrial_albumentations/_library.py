"""albumentations, imported without its look-up of newer versions over the network."""

from __future__ import annotations

import os

__all__ = ["blurs"]

SWITCH = "NO_ALBUMENTATIONS_UPDATE"

_before = os.environ.get(SWITCH)
os.environ[SWITCH] = "1"
try:
    from albumentations.augmentations.blur import functional as blurs
finally:
    if _before is None:
        del os.environ[SWITCH]
    else:
        os.environ[SWITCH] = _before
