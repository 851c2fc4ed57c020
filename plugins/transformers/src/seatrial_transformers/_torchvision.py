"""What to install where something cannot be imported for want of a torchvision that fits torch."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version

__all__ = ["torchvision_problem"]

ADVICE = "install torch and torchvision together, from one package index and for one device"


def torchvision_problem() -> str | None:
    """Say why torchvision cannot be imported and what to install; None where it can.

    A torchvision works beside one release of torch only, and its compiled part beside the build of
    it (CPU, or a version of CUDA) that it was compiled with.
    """
    try:
        import_module("torchvision")
    except Exception as error:  # noqa: BLE001 - a misfit shows as RuntimeError, OSError and others
        reason = f"{type(error).__name__}: {error}"
    else:
        return None
    torch = version("torch")
    try:
        found = version("torchvision")
    except PackageNotFoundError:
        return f"torchvision is not installed beside torch {torch}: {ADVICE}"
    wanted = [one for one in requires("torchvision") or () if re.match(r"torch\s*[(=<>~!]", one)]
    made = f", made for {wanted[0]}," if wanted else ""
    return f"torchvision {found}{made} does not fit torch {torch} ({reason}): {ADVICE}"
