"""Cases about over-the-counter medicines, and what a pharmacy chatbot must withstand.

Everything here is written to test language models. It is not medical advice.
"""

from __future__ import annotations

from pathlib import Path

from ._otc import otc_cases

__all__ = ["otc_cases", "pharmacy_specification"]


def pharmacy_specification() -> Path:
    """Give the path of the specification of a pharmacy chatbot for over-the-counter medicine.

    Hand it to `seatrial.load_specification`, or copy the file and change what you demand.
    Its priorities follow the nine scenarios of the robustness-specification paper, Box 2.
    """
    return Path(__file__).with_name("pharmacy.toml")
