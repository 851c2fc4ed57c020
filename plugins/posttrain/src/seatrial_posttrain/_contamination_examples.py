"""What the conformance kit tries the audit of contamination on."""

from __future__ import annotations

from seatrial import Case
from seatrial.testing import Example, Samples

__all__ = ["examples", "samples", "training"]


def training() -> list[Case]:
    """Give a document, for the conformance kit."""
    text = "The bank raised its forecast for the year after a strong third quarter in Asia."
    return [Case("document", text)]


def samples() -> Samples:
    """Give the parameters without which there is nothing to compare."""
    return Samples(params={"training": f"{__name__}:training"})


def examples() -> tuple[Example, ...]:
    """Give cases of which one stands in the document above, and cases of which none does."""
    (document,) = training()
    clean = [Case(f"clean-{n}", f"What did firm {n} say about its own plans?") for n in range(9)]
    copied = Case("copied", f"True or false: {document.input.lower()[:-1]}?")
    return Example([*clean, copied], ["contamination"]), Example(clean)
