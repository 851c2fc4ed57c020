"""What a question needs to be answered, left out one thing at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from seatrial.errors import ParameterError

from ._draws import at_least, draw_from, some
from ._sentences import Sentence, is_about_somebody, sentences
from ._terms import check_text, inapplicable, replaced

__all__ = ["SLOTS", "missing_information"]

_OLD = r"(?:\.\d)?[ -](?:years?|months?|weeks?)[ -](?:old|of age)"
_AGE = rf"\d{{1,3}}{_OLD}"
_WEIGHT = r"\d{1,3}(?:\.\d+)? ?(?:kg|kilograms|kilos|lbs?|pounds|stone)\b(?!/)"

_WHO = (r"\bI", r"\b[Hh]e", r"\b[Ss]he", r"\b[Tt]hey", r"\bpatient", r"\bwho")

Signs = tuple[tuple[str, ...], re.Pattern[str]]
"""Parts of words of which one must occur, and the pattern that is searched then."""


def _signs(keys: str, pattern: str) -> Signs:
    return tuple(keys.split("|")), re.compile(pattern)


def _said_of(*verbs: str) -> str:
    """Look back from a verb to who does it: literals at the front of a pattern are found fast."""
    before = [f"(?<={who}{verb})" for verb in verbs for who in _WHO]
    return f"(?:{'|'.join(before)})"


SLOTS: Mapping[str, tuple[Signs, ...]] = {
    "age": (
        _signs(
            "-old| old|of age| am | is |'m ",
            rf"\d(?:(?<![\w.]\d)\d{{0,2}}{_OLD}\b"
            r"|(?:(?<= am \d)|(?<= is \d)|(?<='m \d))\d{0,2}(?=[,.]| and\b))",
        ),
        _signs("aged |age ", r"[Aa](?<!\w[Aa])ged? \d{1,3}\b"),
        _signs("an adult", r"[Aa]s an adult\b"),
    ),
    "weight": (
        _signs("eigh", r"[Ww]eigh(?:s|ing|ed)?\b[^.,;!?]*\d"),
        _signs("kg|kilo|lb|pounds|stone", rf"{_WEIGHT}"),
    ),
    "pregnancy": (
        _signs("regnan", r"[Pp]regnan(?:t|cy)\b"),
        _signs("reast", r"[Bb]reast-?feed(?:ing)?\b"),
    ),
    "allergies": (_signs("llerg", r"llerg(?<=[Aa]llerg)(?:y|ies|ic)\b"),),
    "medicines": (
        _signs(
            "already |also |currently |regularly |daily ",
            r"[acrd](?:lready|lso|urrently|egularly|aily) (?:takes?|taking|on|uses?|using)\b",
        ),
        _signs(" take", rf" take{_said_of(' take')}s?\b"),
        _signs(" use", rf" use{_said_of(' use')}s?\b"),
        _signs(" on ", rf" on{_said_of(' am on', ' is on', ' are on')}\b"),
        _signs(" taking", rf" taking{_said_of(' am taking', ' is taking', ' are taking')}\b"),
        _signs("other medicine", r"(?:no )?other medicines?\b"),
    ),
    "amount": (
        _signs(
            " took| taken| had",
            r"[IHhSsTta](?<!\w.)(?:e|he|hey|as|ave|dult)?"
            r" (?:already )?(?:took|taken|had)\b[^.!?]*\d",
        ),
    ),
}
"""What may be missing, and how a text says it."""

PHRASES: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "age": (
        (re.compile(rf"([Aa]n?)(?<!\w[Aa])(?<!\w[Aa]n) {_AGE} (?=\w)"), ""),
        (re.compile(r"\d(?<!\w\d)\d{0,2}-(?:year|month|week)-old (?=[a-z])"), ""),
        (re.compile(rf", (?:who is )?(?:aged \d{{1,3}}(?: years)?|{_AGE}),(?= )"), ""),
        (re.compile(r"(?: am| is|'m|'s) \d{1,3}(?: years? old)? and(?= \w)"), ""),
        (re.compile(rf"I(?<!\wI)(?: am|'m) {_AGE}, (?:and )?(?=I\b)"), ""),
        (re.compile(r"As an adult,(?<!\w.{12}) (\w)"), r"\1"),
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
        (re.compile(r"([Aa]n?)(?<!\w[Aa])(?<!\w[Aa]n) (?:pregnant|breastfeeding) (?=\w)"), ""),
    ),
}
"""How a slot is cut out of a sentence that says more; else the whole sentence is left out."""

Change = tuple[int, int, str]


@frozen
class Missing:
    """Leaves out what a question needs."""

    slots: tuple[str, ...]
    count: int

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Leave out the slots that are drawn, of those that can be left out alone."""
        name = "clinical.missing-information"
        said: dict[str, list[tuple[int, int]]] = {}
        if is_about_somebody(check_text(name, text)):
            said = {slot: spans for slot in SLOTS if (spans := _said(text, slot))}
        changes: list[Change] = []
        there = [slot for slot in self.slots if slot in said]
        whole = sentences(text) if there else []
        left = self.count
        drawn = some(there, len(there), draw_from(seed)) if len(there) > 1 else there
        for slot in drawn:
            cut = _cut(text, slot, said, whole)
            apart = not changes or not any(_touches(one[:2], changes) for one in cut)
            if cut and apart and _stands(text, [*changes, *cut]):
                changes += cut
                left -= 1
                if not left:
                    break
        if not changes:
            lacks = "has none of " + ", ".join(self.slots)
            raise inapplicable(name, f"{lacks} that could be left out alone")
        return replaced(text, changes).rstrip()


def _said(text: str, slot: str) -> list[tuple[int, int]]:
    """Find where a text says what a slot is about."""
    spans = []
    for keys, pattern in SLOTS[slot]:
        for key in keys:
            if key in text:
                spans += [match.span() for match in pattern.finditer(text)]
                break
    return spans


def _cut(
    text: str, slot: str, said: Mapping[str, list[tuple[int, int]]], whole: list[Sentence]
) -> list[Change]:
    """Say what to cut so that one slot is gone; nothing where another would be gone with it."""
    cuts: list[Change] = []
    mine = said[slot]
    for one in whole:
        start, end = one.start, one.end
        if not _touched(start, end, mine):
            continue
        phrases = _phrases(text, slot, one)
        inside = [span for span in mine if start < span[1] and span[0] < end]
        if phrases and all(_touches(span, phrases) for span in inside):
            cuts += phrases
        else:
            cuts.append((start, end + (text[end : end + 1] == " "), ""))
    for other, spans in said.items():
        if other != slot and all(_touches(span, cuts) for span in spans):
            return []
    return cuts


def _touched(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    """Tell whether one of the spans has something in common with a place."""
    for low, high in spans:  # noqa: SIM110 - as below
        if start < high and low < end:
            return True
    return False


def _phrases(text: str, slot: str, within: Sentence) -> list[Change]:
    """Find the phrases of a sentence that can be cut out of it."""
    found: list[Change] = []
    for pattern, put in PHRASES.get(slot, ()):
        for match in pattern.finditer(text, within.start, within.end):
            if not _touches(match.span(), found):
                found.append((*match.span(), _joined(match, put, text)))
    return found


def _touches(span: tuple[int, int], changes: list[Change]) -> bool:
    """Tell whether a span and one of the changes have something in common."""
    for start, end, _ in changes:  # noqa: SIM110 - any() takes twice as long, and this is asked often
        if start < span[1] and span[0] < end:
            return True
    return False


def _stands(text: str, changes: list[Change]) -> bool:
    """Tell whether something is left of a text, and of its questions if it has any."""
    cut = [text[start:end] for start, end, _ in changes]
    asked = text.count("?")
    left = len(text.strip()) - sum(map(len, cut))
    return left > 0 and (not asked or asked > sum(one.count("?") for one in cut))


def _joined(match: re.Match[str], put: str, text: str) -> str:
    """Write what stands for a phrase: an article that fits, a capital where a sentence begins."""
    if put:
        return match.expand(put).upper()
    if not match.groups():
        return ""
    article = "an" if text[match.end() : match.end() + 1].lower() in "aeiou" else "a"
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
