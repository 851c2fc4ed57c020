"""Import timm with the torchvision that lies in a folder of its own, `torchvision` in the venv.

The torchvision that package indexes give is built for CUDA, and its compiled part does not load
beside a torch for CPUs. Its Python does, once the operators that it describes are declared, and
timm needs no more. It is importable only while timm is imported: transformers imports a torchvision
that it sees, and started processes, which inherit the path, have no declared operators.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(sys.prefix) / "torchvision"
OPERATORS = (  # what torchvision's `_meta_registrations` describes whether it is compiled or not
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared = []  # torch forgets the operators of a library that is garbage


def compiled_part_loads():
    """Tell whether the operators of the importable torchvision fit this torch."""
    import torch

    (package,) = find_spec("torchvision").submodule_search_locations
    for file in Path(package).glob("_C.*"):
        try:
            torch.ops.load_library(file)
        except OSError:
            continue
        return True
    return False


@contextmanager
def importable():
    """Make torchvision importable, and declare its operators where its compiled part cannot."""
    import torch

    sys.path.insert(0, str(FOLDER))
    try:
        if not _declared and not compiled_part_loads():
            library = torch.library.Library("torchvision", "FRAGMENT")
            for schema in OPERATORS:
                library.define(schema)
            _declared.append(library)
        yield
    finally:
        sys.path.remove(str(FOLDER))


def imported_timm():
    """Give timm; raises `ModuleNotFoundError` without a torchvision."""
    if not FOLDER.is_dir():
        msg = f"there is no {FOLDER}, without which timm is not tested: `make test` installs it"
        raise ModuleNotFoundError(msg)
    with importable():
        import timm
    return timm
