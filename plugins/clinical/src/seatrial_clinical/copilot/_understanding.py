"""What is asked: words of the question are looked up, with an ear for typing errors."""

from __future__ import annotations

import re
from difflib import get_close_matches

__all__ = ["asked_image", "topic_of"]

WORDS = {
    "report": "report",
    "vendor": "vendor manufacturer scanner maker",
    "sequence": "sequence weighting weighted contrast",
    "side": "half halves hemisphere side atrophy",
    "organ": "organ body anatomy",
    "change": "change changed volume became grown shrunk",
    "first": "first earlier earliest",
}
"""Words of each topic; of two topics with as many, the one that stands first is meant."""
TOPIC_OF = {word: topic for topic, words in WORDS.items() for word in words.split()}
NUMBERS = ["one", "two", "three", "four", "five", "six"]
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth"]
NAMED = (
    (
        re.compile(rf"\bimage\s*(?:number|no\.?|#)?\s*(\d+|{'|'.join(NUMBERS)})\b", re.IGNORECASE),
        NUMBERS,
    ),
    (re.compile(rf"\b({'|'.join(ORDINALS)})\s+image\b", re.IGNORECASE), ORDINALS),
)
"""How a question names an image by number; what stands first counts."""
CLOSE = 0.82
SHORT = 4
"""Words up to this length must be right."""


def topic_of(question: str) -> str | None:
    """Tell what a question is about; None where it is nothing that the copilot does."""
    counts = dict.fromkeys(WORDS, 0)
    for word in set(re.findall(r"[a-z0-9]+", question.lower())):
        for known in [word] if word in TOPIC_OF else _near(word):
            counts[TOPIC_OF[known]] += 1
    if counts["report"]:
        return "report"
    best = max(counts, key=lambda topic: counts[topic])
    return best if counts[best] else None


def _near(word: str) -> list[str]:
    return get_close_matches(word, TOPIC_OF, n=1, cutoff=CLOSE) if len(word) > SHORT else []


def asked_image(question: str) -> int:
    """Read the number of the image that a question names; the first where it names none.

    "image 2", "Image #2", "image two" and "the second image" are the same.
    """
    for pattern, words in NAMED:
        if found := pattern.search(question):
            said = found[1].lower()
            return words.index(said) + 1 if said in words else int(said)
    return 1
