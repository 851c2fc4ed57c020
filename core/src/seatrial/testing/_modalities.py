"""Checks of modalities."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from .._components import Modality, Use
from ..protocols import Carrier
from ._common import built
from ._results import NotExercised, Skipped, expect
from ._samples import Samples
from ._wire import fingerprint

__all__ = ["CHECKS", "results"]

M = Use[Modality]


class Stranger:
    """A value that no modality knows."""


def carrier_of(use: M) -> Carrier:
    """Build the carrier."""
    (carrier,) = built(use)
    found: Carrier = carrier
    return found


def values_of(use: M) -> list[Any]:
    """Give the samples and the edge cases, or raise `NotExercised`."""
    carrier = carrier_of(use)
    try:
        found = [*carrier.samples(), *carrier.edges()]
    except Exception as error:
        msg = f"its samples cannot be made: {error}"
        raise NotExercised(msg) from error
    if not found:
        msg = "its carrier gives no samples"
        raise NotExercised(msg)
    return found


def results(use: M, _: Samples) -> list[str]:
    """Write down digests, stored bytes, previews and distances of all samples."""
    carrier, values = carrier_of(use), values_of(use)
    facts = []
    for value in values:
        facts += [carrier.digest(value), fingerprint(carrier.dump(value)), carrier.preview(value)]
        facts.append(repr(carrier.distance(values[0], value)) if carrier.holds(value) else "")
    return facts


def check_samples_are_held(use: M, _: Samples) -> None:
    """There are samples and edge cases, all of the modality; strange values are not.

    Give typical values from `samples()`, the smallest and emptiest from `edges()`, and let `holds`
    answer False, never raise, for whatever else comes.
    """
    carrier = carrier_of(use)
    for name in ("samples", "edges"):
        values = list(getattr(carrier, name)())
        expect(values, f"{name}() gives nothing")
        for value in values:
            expect(carrier.holds(value) is True, f"{name}() gives {value!r:.60}, not held")
    strange = (None, Stranger(), Stranger, {"a": Stranger()}, (Stranger(),), 1j)
    for value in strange:
        expect(not carrier.holds(value), f"it holds {value!r:.60}, which is nothing of its kind")


def check_stores_exactly(use: M, _: Samples) -> None:
    """`load(dump(value))` has the digest of the value, is held, and lies at distance 0.

    Write everything that the digest is made of, in a safe format: bytes, never pickle.
    """
    carrier = carrier_of(use)
    for value in values_of(use):
        data = carrier.dump(value)
        expect(isinstance(data, bytes), f"dump gives {type(data).__name__}, not bytes")
        expect(b"cpickle" not in data[:64] and data[:1] != b"\x80", "dump writes a pickle")
        back = carrier.load(data)
        expect(carrier.holds(back), f"{back!r:.60} was loaded, which is not held")
        same = carrier.digest(back) == carrier.digest(value)
        expect(same, f"{value!r:.60} has another digest after it was stored and loaded")


def check_digest_names_the_content(use: M, _: Samples) -> None:
    """Equal values have equal digests, and different values have different ones.

    Digest all of the content: type and shape too, and nothing but the content.
    """
    carrier, values = carrier_of(use), values_of(use)
    known: dict[str, str] = {}
    for value in values:
        digest: Any = carrier.digest(value)
        expect(isinstance(digest, str) and digest, f"digest gives {digest!r}, not a text")
        again = carrier.digest(deepcopy(value))
        expect(again == digest, f"a copy of {value!r:.60} has another digest")
        content = known.setdefault(digest, fingerprint(value))
        expect(content == fingerprint(value), f"{value!r:.60} has the digest of another value")


def check_frozen_values_are_safe(use: M, _: Samples) -> None:
    """A frozen value has the same content, shares no memory with it, and cannot be written to.

    Copy first: whoever holds the original may change it later.
    """
    carrier = carrier_of(use)
    for value in values_of(use):
        before = carrier.digest(value)
        held = carrier.freeze(deepcopy(value))
        expect(carrier.holds(held), f"{held!r:.60} is frozen, and not held any more")
        expect(carrier.digest(held) == before, f"freezing {value!r:.60} changed its digest")
        _write(deepcopy(value), carrier, before)
        for array in _arrays(held):
            expect(not array.flags.writeable, f"{value!r:.60} can be written to when it is frozen")


def _write(value: Any, carrier: Carrier, before: str) -> None:
    held = carrier.freeze(value)
    for array in _arrays(value):
        if array.size:
            array.flags.writeable = True
            array.flat[0] = array.flat[0] == 0
    same = carrier.digest(held) == before
    expect(same, "a frozen value changes with the value that it was made of")


def _arrays(value: Any) -> list[Any]:
    if hasattr(value, "flags") and hasattr(value, "dtype"):
        return [value]
    array = getattr(value, "array", None)
    return [array] if hasattr(array, "flags") else []


def check_distance_is_zero_where_nothing_changed(use: M, _: Samples) -> None:
    """The distance of a value to itself is 0, and to another it is positive, or None.

    Give None where no figure is defined (another shape), never NaN or a negative number.
    """
    carrier, values = carrier_of(use), values_of(use)
    for value in values:
        itself = carrier.distance(value, deepcopy(value))
        expect(itself in (0, None), f"the distance of {value!r:.60} to itself is {itself}")
        for other in values:
            far = carrier.distance(value, other)
            expect(far is None or far >= 0, f"{value!r:.60} and {other!r:.60}: distance {far}")
            differ = carrier.digest(value) != carrier.digest(other)
            message = f"{value!r:.60} and {other!r:.60} differ, and their distance is 0"
            expect(far is None or far > 0 or not differ, message)
    typical = list(carrier.samples())
    expect(any(carrier.distance(one, one) == 0 for one in typical), "no sample has distance 0")


def check_values_are_left_alone(use: M, _: Samples) -> None:
    """Digesting, freezing, storing, measuring and showing leave a value as it is.

    Copy before you sort, convert or normalise.
    """
    carrier = carrier_of(use)
    for value in values_of(use):
        before = fingerprint(value)
        carrier.digest(value), carrier.freeze(value), carrier.dump(value), carrier.preview(value)
        carrier.distance(value, value)
        expect(fingerprint(value) == before, f"{value!r:.60} was changed in place")


def check_preview_is_one_line(use: M, _: Samples) -> None:
    """A value is shown in one short line of text.

    Leave out what does not fit into 200 characters, and line breaks.
    """
    carrier = carrier_of(use)
    for value in values_of(use):
        shown: Any = carrier.preview(value)
        short = isinstance(shown, str) and "\n" not in shown and len(shown) <= 200  # noqa: PLR2004
        expect(short, f"{value!r:.60} is shown as {shown!r:.300}")


def check_nan_is_told_from_numbers(use: M, _: Samples) -> None:
    """A value with NaN is not held, or is stored and digested as exactly as others.

    Refuse NaN in `holds`, or compare bytes: NaN is not equal to itself.
    """
    from ._carriers import with_nan

    carrier = carrier_of(use)
    spoilt = [one for one in map(with_nan, values_of(use)) if one is not None]
    held = [one for one in spoilt if carrier.holds(one)]
    if not held:
        msg = "it holds no values with NaN"
        raise Skipped(msg)
    for value in held:
        back = carrier.load(carrier.dump(value))
        same = carrier.digest(back) == carrier.digest(value)
        expect(same, "a value with NaN has another digest after it was stored and loaded")


CHECKS: tuple[Callable[[M, Samples], None], ...] = (
    check_samples_are_held,
    check_stores_exactly,
    check_digest_names_the_content,
    check_frozen_values_are_safe,
    check_distance_is_zero_where_nothing_changed,
    check_values_are_left_alone,
    check_preview_is_one_line,
    check_nan_is_told_from_numbers,
)
