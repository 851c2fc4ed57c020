"""What a question needs to be answered, left out one thing at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from seatrial.errors import ParameterError

from ._draws import at_least, draw_from, some
from ._sentences import is_about_somebody, sentences
from ._terms import check_text, inapplicable

__all__ = ["SLOTS", "missing_information"]

_AGE = r"\d{1,3}(?:\.\d)?[ -](?:years?|months?|weeks?)[ -](?:old|of age)"
_WEIGHT = r"\d{1,3}(?:\.\d+)? ?(?:kg|kilograms|kilos|lbs?|pounds|stone)\b(?!/)"

SLOTS: Mapping[str, re.Pattern[str]] = {
    "age": re.compile(
        rf"\b{_AGE}\b|\baged? \d{{1,3}}\b|\bas an adult\b"
        r"|\b(?:I am|I'm|he is|she is) \d{1,3}(?=[,.]| and\b)",
        re.IGNORECASE,
    ),
    "weight": re.compile(rf"\bweigh(?:s|ing|ed)?\b[^.,;!?]*\d|\b{_WEIGHT}", re.IGNORECASE),
    "pregnancy": re.compile(r"\b(?:pregnan\w+|breast-?feeding|breast-?feed\w*)\b", re.IGNORECASE),
    "allergies": re.compile(r"\b(?:allerg(?:y|ies|ic))\b", re.IGNORECASE),
    "medicines": re.compile(
        r"\b(?:(?:already|also|currently|regularly|daily) (?:take|takes|taking|on|use|uses|using)"
        r"|(?:I|he|she|they|patient|who) (?:takes?|uses?|(?:am|is|are) (?:on|taking))"
        r"|no other medicines?|other medicines?)\b",
        re.IGNORECASE,
    ),
    "amount": re.compile(
        r"\b(?:I|he|she|they|has|have|adult) (?:already )?(?:took|taken|had|has taken|have taken)\b"
        r"[^.!?]*\d",
        re.IGNORECASE,
    ),
}
"""What may be missing, and how a text says it."""

PHRASES: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "age": (
        (re.compile(rf"\b([Aa]n?) {_AGE} (?=\w)"), ""),
        (re.compile(r"\b\d{1,3}-(?:year|month|week)-old (?=[a-z])"), ""),
        (re.compile(rf", (?:who is )?(?:aged \d{{1,3}}(?: years)?|{_AGE}),(?= )"), ""),
        (re.compile(r"(?: am| is|'m|'s) \d{1,3}(?: years? old)? and(?= \w)"), ""),
        (re.compile(rf"\bI(?: am|'m) {_AGE}, (?:and )?(?=I\b)"), ""),
        (re.compile(r"\bAs an adult, (\w)"), r"\1"),
    ),
    "weight": (
        (
            re.compile(rf",? (?:and )?(?:who )?weigh(?:s|ing) (?:about |around )?{_WEIGHT},?(?= )"),
            "",
        ),
        (re.compile(rf" and weighs? (?:about |around )?{_WEIGHT}(?=[.,;])"), ""),
    ),
    "pregnancy": (
        (re.compile(r"(?: am| is|'m|'s) (?:pregnant|breastfeeding) and(?= \w)"), ""),
        (re.compile(r"\b([Aa]n?) (?:pregnant|breastfeeding) (?=\w)"), ""),
    ),
    "allergies": (),
    "medicines": (),
    "amount": (),
}
"""How a slot is cut out of a sentence that says more, before whole sentences are left out."""


@frozen
class Missing:
    """Leaves out what a question needs."""

    slots: tuple[str, ...]
    count: int

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Leave out the slots that are drawn, of those that can be left out alone."""
        name = "clinical.missing-information"
        about = is_about_somebody(check_text(name, text))
        there = [slot for slot in self.slots if about and SLOTS[slot].search(text)]
        left = [slot for slot in there if _without(text, slot) is not None]
        if not left:
            lacks = "has none of " + ", ".join(self.slots)
            raise inapplicable(name, f"{lacks} that could be left out alone")
        for slot in some(left, self.count, draw_from(seed)):
            text = _without(text, slot) or text
        return text


def _without(text: str, slot: str) -> str | None:
    """Leave one slot out; None where what is left would lack another one too, or everything."""
    others = {one for one in SLOTS if one != slot and SLOTS[one].search(text)}
    new = text
    for pattern, put in PHRASES[slot]:
        new = pattern.sub(lambda match, put=put: _joined(match, put, new), new)  # noqa: B023 - used at once
    for one in reversed(sentences(new)):
        if SLOTS[slot].search(one.text):
            after = len(new) - len(new[one.end :].lstrip(" "))
            new = new[: one.start] + new[after:]
    new = new.rstrip() if new != text else new
    kept = {one for one in others if SLOTS[one].search(new)}
    whole = re.search(r"\w", new) is not None and ("?" not in text or "?" in new)
    return new if whole and kept == others and new != text else None


def _joined(match: re.Match[str], put: str, text: str) -> str:
    """Write what stands for a phrase: an article that fits, a capital where a sentence begins."""
    if put:
        return match.expand(put).upper() if match.groups() else put
    if not match.groups():
        return ""
    vowel = text[match.end() : match.end() + 1].lower() in "aeiou"
    article = "an" if vowel else "a"
    return f"{article.capitalize() if match[1][0].isupper() else article} "


def missing_information(*, slots: int = 1, slot: str | None = None) -> Missing:
    """Leave out something that the answer depends on; the right answer is then to ask for it.

    `slots` is how many are left out; `slot` names the one that is meant: "age", "weight",
    "pregnancy", "allergies", "medicines" (taken already) or "amount" (of doses so far). A slot is
    cut out as a phrase or with its sentence, and only where no other slot goes with it.
    """
    if slot is not None and slot not in SLOTS:
        msg = f"slot must be one of {', '.join(SLOTS)}, got {slot!r}"
        raise ParameterError(msg)
    return Missing(tuple(SLOTS) if slot is None else (slot,), at_least("slots", slots))
