"""What a case says, as a digest."""

from __future__ import annotations

import hashlib
import json

from .._cases import Case
from .._reference import Reference
from .._values import instances_in
from ..errors import PlanError, SeatrialError
from ._encoding import REFERENCE, encode
from ._identity import of_reference
from ._modalities import Modalities

__all__ = ["attributes_digest", "case_digest"]


def case_digest(case: Case, modalities: Modalities | None = None) -> bytes:
    """Hash what a case says; two cases with one digest are the same measurement.

    16 bytes over the id, the input and the target, and the code of functions that speak in a
    conversation. Raises `PlanError` with the case's id for what
    cannot be stored.
    """
    return _hashed(case, [case.id, case.input, case.target], modalities)


def attributes_digest(case: Case, modalities: Modalities | None = None) -> bytes:
    """Hash what only a perturbation that sees the whole case can know of it."""
    return _hashed(case, [case.groups, case.cluster], modalities)


def _hashed(case: Case, values: list[object], modalities: Modalities | None) -> bytes:
    try:
        texts = [encode(value, modalities, keep=False).text for value in values]
        if any(REFERENCE in text for text in texts):
            texts += [json.dumps(of_reference(one).text) for one in instances_in(values, Reference)]
    except SeatrialError as error:
        msg = f"case {case.id!r}: {error}"
        raise PlanError(msg) from error
    return hashlib.blake2b(f"[{','.join(texts)}]".encode(), digest_size=16).digest()
