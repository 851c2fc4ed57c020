"""Errors of whole words, by nlpaug's word augmenters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ._draws import Draws
from ._edits import WordEdits, at_least, rate
from ._library import words as words_of_nlpaug
from ._spans import shield

__all__ = ["spelling", "split"]

naw: Any = words_of_nlpaug()


class Misspell(Draws, naw.SpellingAug):  # type: ignore[misc]
    """Substitutes words by misspellings that were collected from real writers."""

    def get_model(self, **_: Any) -> Any:
        """Give our own dictionary; nlpaug's is shared, and ordered by Python's random hashes."""
        return _misspellings(self.dict_path)


class Split(Draws, naw.SplitAug):  # type: ignore[misc]
    """Cuts words in two."""


@cache
def _misspellings(path: str) -> Any:
    """Read nlpaug's dictionary from right to wrong, and leave out what is no misspelling.

    The collection also lists other words that somebody wrote by mistake ("like" for "luck"): they
    would change what a text says, not how it is spelt.
    """
    from nlpaug.model.word_dict import Spelling

    model = Spelling(path, include_reverse=False)
    collected, model.dict = model.dict, {}
    for word, candidates in collected.items():
        lowered = {candidate.lower() for candidate in candidates} - collected.keys()
        wrong = sorted(one for one in lowered if one.isalpha() and len(one) > 1)
        if wrong and word.isalpha() and word.islower() and len(word) > 1:
            model.dict[word] = wrong
    return model


def spelling(
    *,
    words: float,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> WordEdits:
    """Misspell words as people really misspell them.

    `words` is the fraction, rounded up, of the words that may be edited and that nlpaug's
    dictionary of English misspellings knows. Capitals stay.
    """
    augmenter = Misspell(**_options(words))
    known = augmenter.model.dict

    def augment(chosen: list[str]) -> list[str]:
        wrong = augmenter.augment(" ".join(chosen).lower())[0]
        return [_recase(new, word) for new, word in zip(wrong, chosen, strict=True)]

    return WordEdits(
        name="nlpaug.spelling",
        words=rate("words", words),
        shield=shield(protect=protect, alters=alters),
        accepts=lambda word: word.lower() in known,
        augment=augment,
    )


def split(
    *,
    words: float,
    min_letters: int = 4,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> WordEdits:
    """Put one stray space inside words.

    `words` is the fraction, rounded up, of the words that may be edited.
    """
    augmenter = Split(min_char=1, **_options(words))
    shortest = at_least("min_letters", min_letters, 3)

    return WordEdits(
        name="nlpaug.split",
        words=rate("words", words),
        shield=shield(protect=protect, alters=alters),
        accepts=lambda word: len(word) >= shortest,
        augment=lambda chosen: _rejoin(chosen, augmenter.augment(" ".join(chosen))[0]),
    )


def _options(words: float) -> dict[str, Any]:
    return {
        "aug_p": rate("words", words),
        "aug_min": None,
        "aug_max": None,
        "tokenizer": str.split,
        "reverse_tokenizer": list,
    }


def _recase(new: str, word: str) -> str:
    if word.islower():
        return new
    return new.upper() if word.isupper() else new.capitalize()


def _rejoin(words: Sequence[str], parts: Sequence[str]) -> Iterator[str]:
    """Give back one text a word: the word itself, or its two parts with the space between them."""
    left = iter(parts)
    for word in words:
        part = next(left)
        yield part if part == word else f"{part} {next(left)}"
