"""What the conformance kit tries the explainers on, where its own samples do not fit."""

from __future__ import annotations

from seatrial.testing import Samples

__all__ = ["proxy"]


def proxy() -> Samples:
    """Look inside the kit's own model: the default is a language model of its own."""
    return Samples(params={"model": "seatrial.testing:SampleModel"})
