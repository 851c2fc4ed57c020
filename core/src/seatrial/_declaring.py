"""Names and choices that a declaration may use, and the checks of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ._importing import IMPORT_STRING
from ._values import FrozenMapping, did_you_mean, frozen_mapping

__all__ = [
    "BUILT_IN",
    "CAPABILITIES",
    "MODALITIES",
    "NAME",
    "attribute_of",
    "check_factory",
    "check_loader",
    "check_loaders",
    "check_modality",
    "check_name",
    "check_needs",
    "check_summary",
    "one_of",
    "rungs_of",
    "strings_of",
]

SUMMARY_LENGTH = 72
WORD = r"[a-z0-9]+(-[a-z0-9]+)*"
NAME = re.compile(rf"{WORD}(\.{WORD})+")
BARE = re.compile(WORD)
NEED = re.compile(rf"{WORD}\.[a-z_][a-z0-9_]*")

BUILT_IN = "seatrial"
"""The namespace of what comes with the core: its components have bare names (`text`, `serial`)."""

MODALITIES = ("text", "messages", "image", "volume", "mask", "array")
"""The modalities that the core brings; a plugin's own is named `namespace.name`."""

CAPABILITIES = (
    "activations",
    "choices",
    "embed_image",
    "embed_text",
    "generate",
    "identity",
    "intervened",
    "module",
    "segment",
)
"""The attributes of richer models that `needs` may name; a third party's own is written
`namespace.attribute`."""


def attribute_of(need: str) -> str:
    """Give the attribute of a model that a need names: its own name, after any namespace."""
    return need.rpartition(".")[2]


def check_name(component: Any, __: Any, name: Any) -> None:
    """Refuse a name that is not `namespace.name`, or bare where that is right."""
    bare = component.bare_names and isinstance(name, str) and BARE.fullmatch(name)
    if not bare and (not isinstance(name, str) or not NAME.fullmatch(name)):
        msg = (
            f"component name {name!r} must be 'namespace.name' in lower case letters, digits and "
            "hyphens, as in 'nlpaug.keyboard'"
        )
        raise ValueError(msg)


def check_summary(component: Any, __: Any, summary: str) -> None:
    """Refuse a summary that is not one short line."""
    if not summary or len(summary) > SUMMARY_LENGTH or "\n" in summary:
        msg = (
            f"{component.name}: summary must be one line of 1 to {SUMMARY_LENGTH} characters, "
            f"got {summary!r}"
        )
        raise ValueError(msg)


def check_factory(component: Any, __: Any, factory: Any) -> None:
    """Refuse a factory that is neither an import string nor a callable."""
    if isinstance(factory, str) and not IMPORT_STRING.fullmatch(factory):
        msg = f"{component.name}: factory {factory!r} must read 'package.module:function'"
        raise ValueError(msg)
    if not isinstance(factory, str) and not callable(factory):
        msg = f"{component.name}: factory must be an import string or a callable, got {factory!r}"
        raise TypeError(msg)


def check_loader(component: Any, attribute: Any, value: Any) -> None:
    """Refuse what is neither nothing nor importable."""
    if value is None or callable(value):
        return
    if not isinstance(value, str) or not IMPORT_STRING.fullmatch(value):
        msg = f"{component.name}: {attribute.name} {value!r} must read 'package.module:function'"
        raise ValueError(msg)


def check_loaders(component: Any, attribute: Any, value: Any) -> None:
    """Refuse a mapping of names in which something is not importable."""
    for one in value.values():
        check_loader(component, attribute, one)


def rungs_of(ladder: Iterable[Mapping[str, Any]]) -> tuple[FrozenMapping, ...]:
    """Freeze the rungs of a ladder."""
    return tuple(frozen_mapping(rung) for rung in ladder)


def strings_of(values: Iterable[str]) -> tuple[str, ...]:
    """Take several strings, and not one by mistake."""
    if isinstance(values, str):
        msg = f"expected a tuple of strings, got the string {values!r}"
        raise TypeError(msg)
    return tuple(values)


def check_modality(component: Any, __: Any, modality: Any) -> None:
    """Refuse a modality that nobody can bring."""
    if modality is None or modality in MODALITIES:
        return
    if not isinstance(modality, str) or not NAME.fullmatch(modality):
        hint = did_you_mean(str(modality), MODALITIES)
        msg = (
            f"{component.name}: there is no modality {modality!r}{hint}; seatrial has "
            f"{', '.join(MODALITIES)}, and a plugin's own is named 'namespace.name'"
        )
        raise ValueError(msg)


def check_needs(component: Any, __: Any, needs: tuple[str, ...]) -> None:
    """Refuse a capability that no model has."""
    for need in needs:
        if need not in CAPABILITIES and not NEED.fullmatch(need):
            hint = did_you_mean(need, CAPABILITIES)
            msg = (
                f"{component.name}: no model has the capability {need!r}{hint}; known are "
                f"{', '.join(CAPABILITIES)}, and one of your own is written 'namespace.attribute'"
            )
            raise ValueError(msg)


def one_of(choices: Sequence[str]) -> Callable[[Any, Any, Any], None]:
    """Make a validator that takes these values alone."""

    def check(component: Any, attribute: Any, value: Any) -> None:
        if value not in choices:
            known = " or ".join(map(repr, choices))
            msg = f"{component.name}: {attribute.name} must be {known}, got {value!r}"
            raise ValueError(msg)

    return check
