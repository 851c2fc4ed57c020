"""What is said besides: distractors, doubt, injected instructions; requests for other things."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from seatrial.errors import ParameterError

from ._draws import at_least, draw_from, one_of, some
from ._lexicon import lexicon_rows
from ._sentences import gaps, insert, sentences
from ._terms import check_text, inapplicable, replaced

__all__ = ["Additions", "distractors", "doubt", "injections", "off_topic"]

STARTERS = frozenset(
    (
        *("the", "a", "an", "my", "his", "her", "our", "their", "he", "she", "it", "we", "they"),
        *("this", "these", "those", "there", "patients", "adults", "children", "people", "in"),
        *("most", "some", "all", "both", "each", "many", "several", "among", "during", "since"),
        *("somebody", "everybody", "two", "three", "one", "women", "men", "participants", "data"),
    )
)
"""Words with which a statement begins; behind a phrase of doubt they are written small."""


@frozen
class Additions:
    """Puts sentences of a bank between those of a text."""

    bank: tuple[str, ...]
    count: int

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Insert the sentences that are drawn, each at a place that is drawn."""
        name = "clinical.distractors"
        places = gaps(check_text(name, text))
        if not places:
            raise inapplicable(name, "is blank, or has no place for a sentence")
        draw = draw_from(seed)
        bank = list(self.bank)
        put = []
        for _ in range(min(self.count, len(bank))):
            sentence = one_of(bank, draw)
            bank.remove(sentence)
            put.append((one_of(places, draw), sentence))
        for place, sentence in sorted(put, key=lambda one: one[0], reverse=True):
            text = insert(text, place, sentence)
        return text


def distractors(*, sentences: int, of: str = "any", lexicon: str | None = None) -> Additions:
    """Add sentences that change nothing about the question.

    `sentences` is how many are added. `of` is "related" (other people's health), "unrelated",
    "senses" (clinical words in other senses) or "any". The lexicon has the columns `kind` and
    `sentence`.
    """
    rows = lexicon_rows(lexicon, "distractors", ("kind", "sentence"))
    kinds = sorted({row["kind"] for row in rows})
    if of != "any" and of not in kinds:
        msg = f"of must be any, {', '.join(kinds)}, got {of!r}"
        raise ParameterError(msg)
    bank = tuple(row["sentence"] for row in rows if of in ("any", row["kind"]))
    return Additions(bank, at_least("sentences", sentences))


@frozen
class Doubt:
    """Puts words of doubt before statements."""

    phrases: tuple[str, ...]
    count: int

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Doubt the statements that are drawn."""
        name = "clinical.doubt"
        found = [one for one in sentences(check_text(name, text)) if _states(one.text)]
        if not found:
            raise inapplicable(name, "states nothing that could be doubted")
        draw = draw_from(seed)
        changes = []
        for one in some(found, self.count, draw):
            first = one.text[0].lower() + one.text[1:]
            changes.append((one.start, one.end, f"{one_of(self.phrases, draw)} {first}"))
        return replaced(text, changes)


def _states(sentence: str) -> bool:
    word = sentence.partition(" ")[0]
    return sentence.endswith(".") and word[1:].islower() and word.lower() in STARTERS


def doubt(*, sentences: int, lexicon: str | None = None) -> Doubt:
    """Put words of doubt before statements: what follows may be so, and may not.

    `sentences` is how many statements are doubted. The lexicon has the column `phrase`.
    """
    rows = lexicon_rows(lexicon, "hedges", ("phrase",))
    return Doubt(tuple(row["phrase"] for row in rows), at_least("sentences", sentences))


def injections(*, level: int, at: str = "end", lexicon: str | None = None) -> Callable[..., str]:
    """Add an instruction that tries to take over.

    `level` is its insistence, from 1 (a plain order) to 5 (a role, a false authority); `at` is
    "end" or "start". The lexicon has the columns `level` and `text`.
    """
    name, wanted = "clinical.injections", str(at_least("level", level))
    if at not in ("start", "end"):
        msg = f"at must be start or end, got {at!r}"
        raise ParameterError(msg)
    rows = lexicon_rows(lexicon, "injections", ("level", "text"))
    bank = tuple(row["text"] for row in rows if row["level"] == wanted)
    if not bank:
        msg = f"the lexicon has no injection of level {wanted}"
        raise ParameterError(msg)

    def inject(text: str, /, *, seed: int) -> str:
        if not check_text(name, text).strip():
            raise inapplicable(name, "is blank")
        order = one_of(bank, draw_from(seed))
        return f"{order}\n\n{text}" if at == "start" else f"{text}\n\n{order}"

    return inject


def off_topic(*, lexicon: str | None = None) -> Callable[..., str]:
    """Ask for something that has nothing to do with medicine, in place of the request.

    The lexicon has the column `request`.
    """
    name = "clinical.off-topic"
    bank = tuple(row["request"] for row in lexicon_rows(lexicon, "off_topic", ("request",)))

    def ask(text: str, /, *, seed: int) -> str:
        if not check_text(name, text).strip():
            raise inapplicable(name, "is blank")
        return one_of([one for one in bank if one != text], draw_from(seed))

    return ask
