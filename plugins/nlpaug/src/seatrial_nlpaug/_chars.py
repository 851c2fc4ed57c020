"""Errors inside words, by nlpaug's character augmenters."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

from ._draws import Draws
from ._edits import WordEdits, at_least, rate
from ._library import characters
from ._spans import shield

__all__ = ["delete", "insert", "keyboard", "ocr", "swap"]

nac: Any = characters()


class Keyboard(Draws, nac.KeyboardAug):  # type: ignore[misc]
    """Substitutes letters by their neighbours on the keyboard."""


class Ocr(Draws, nac.OcrAug):  # type: ignore[misc]
    """Substitutes letters by others that look alike."""


class Insert(Draws, nac.RandomCharAug):  # type: ignore[misc]
    """Inserts letters."""


class Delete(Draws, nac.RandomCharAug):  # type: ignore[misc]
    """Deletes letters, never the first of a word, so that no word vanishes."""

    def skip_aug(self, token_idxes: list[int], _: list[str]) -> list[int]:
        """Give the places that may be drawn."""
        return token_idxes[1:]


class Swap(Draws, nac.RandomCharAug):  # type: ignore[misc]
    """Swaps neighbouring letters where they differ: anywhere else a swap would change nothing."""

    def skip_aug(self, token_idxes: list[int], tokens: list[str]) -> list[int]:
        """Give the places that may be drawn."""
        low = [letter.lower() for letter in tokens]
        same = {i for i in range(len(low) - 1) if low[i] == low[i + 1]}
        return [i for i in token_idxes if i not in same and i - 1 not in same]


def keyboard(
    *,
    words: float,
    chars: float,
    min_letters: int = 4,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> WordEdits:
    """Hit letters next to the right ones on a QWERTY keyboard.

    `words` is the fraction of the words that may be edited, `chars` the fraction of letters in
    each of them; both are rounded up. Capitals are typed with care: only small letters are hit.
    """
    augmenter = _augmenter(
        Keyboard,
        words,
        chars,
        include_special_char=False,
        include_upper_case=False,
        include_numeric="numbers" in alters,
    )
    accepts = _accepts(min_letters, smallest=1, among=augmenter.model.model)
    return _edits("nlpaug.keyboard", words, augmenter, accepts, protect, alters)


def ocr(
    *,
    words: float,
    chars: float,
    min_letters: int = 2,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> WordEdits:
    """Mistake letters for letters and digits that look alike (o for 0, l for 1, g for 9).

    `words` is the fraction of the words that may be edited and hold such a letter, `chars` the
    fraction of letters in each of them; both are rounded up.
    """
    augmenter = _augmenter(Ocr, words, chars)
    accepts = _accepts(min_letters, smallest=1, among=augmenter.model.model)
    return _edits("nlpaug.ocr", words, augmenter, accepts, protect, alters)


def insert(
    *,
    words: float,
    chars: float,
    min_letters: int = 4,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> WordEdits:
    """Type stray small letters before letters of a word.

    `words` is the fraction of the words that may be edited, `chars` how many letters are added for
    each letter of those; both are rounded up.
    """
    augmenter = _augmenter(
        Insert, words, chars, action="insert", candidates=list(string.ascii_lowercase)
    )
    accepts = _accepts(min_letters, smallest=1)
    return _edits("nlpaug.insert", words, augmenter, accepts, protect, alters)


def delete(
    *,
    words: float,
    chars: float,
    min_letters: int = 4,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> WordEdits:
    """Leave letters out, never the first of a word.

    `words` is the fraction of the words that may be edited, `chars` the fraction of letters in
    each of them; both are rounded up.
    """
    augmenter = _augmenter(Delete, words, chars, action="delete")
    accepts = _accepts(min_letters, smallest=2)
    return _edits("nlpaug.delete", words, augmenter, accepts, protect, alters)


def swap(
    *,
    words: float,
    min_letters: int = 4,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> WordEdits:
    """Type two neighbouring letters in the wrong order, once in each word that is hit.

    `words` is the fraction of the words that may be edited, rounded up. There is one swap a word,
    because a second one may undo the first. Capitals stay in their places, so words with a letter
    that has no capital of its own (ß) are left alone.
    """
    augmenter = _augmenter(Swap, words, 1.0, action="swap", aug_char_max=1)
    long_enough = _accepts(min_letters, smallest=2)

    def accepts(word: str) -> bool:
        return long_enough(word) and len(word.upper()) == len(word)

    return _edits("nlpaug.swap", words, augmenter, accepts, protect, alters)


def _augmenter(kind: Any, words: float, chars: float, **options: Any) -> Any:
    """Build an augmenter that takes words with a space between them, without nlpaug's caps."""
    usual: dict[str, Any] = {
        "aug_word_p": rate("words", words),
        "aug_word_min": None,
        "aug_word_max": None,
        "aug_char_p": rate("chars", chars),
        "aug_char_min": None,
        "aug_char_max": None,
        "min_char": 1,
        "tokenizer": str.split,
        "reverse_tokenizer": list,
    }
    return kind(**usual | options)


def _accepts(
    min_letters: int, *, smallest: int, among: Sequence[str] | None = None
) -> Callable[[str], bool]:
    shortest = at_least("min_letters", min_letters, smallest)
    if among is None:
        return lambda word: len(word) >= shortest
    unlike = frozenset(among).isdisjoint
    return lambda word: len(word) >= shortest and not unlike(word)


def _edits(
    name: str,
    words: float,
    augmenter: Any,
    accepts: Callable[[str], bool],
    protect: Sequence[str],
    alters: Sequence[str],
) -> WordEdits:
    return WordEdits(
        name=name,
        words=words,
        shield=shield(protect=protect, alters=alters),
        accepts=accepts,
        augment=lambda chosen: augmenter.augment(" ".join(chosen))[0],
    )
