"""Reading pretrained files with transformers, and saying what is wrong where they cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from seatrial.errors import ModelError

from ._torchvision import torchvision_problem

__all__ = ["quiet", "reading"]


@contextmanager
def reading(place: Path, what: str) -> Iterator[None]:
    """Read files quietly; whatever goes wrong is a `ModelError` that names them or torchvision.

    transformers imports torchvision wherever one is installed, and then its architectures cannot
    be imported beside one that does not fit torch.
    """
    try:
        with quiet():
            yield
    except Exception as error:
        unfit = isinstance(error, ImportError) and find_spec("torchvision") is not None
        problem = torchvision_problem() if unfit else None
        if problem is None:
            msg = f"{place} cannot be read as {what}: {type(error).__name__}: {error}"
        else:
            msg = f"transformers cannot import a model: {problem}, or uninstall torchvision"
        raise ModelError(msg) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the progress bars of transformers out of the user's own."""
    from transformers.utils import logging as bars

    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
