"""Sentences that say that something is not there: articles, plurals, names without an article."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from seatrial.errors import PlanError

__all__ = ["NEGATIVE", "article", "negative_prompts", "plain_name"]

NEGATIVE: Mapping[str, tuple[str, ...]] = {
    "counted": (
        "a photo without {a}.",
        "a photo with no {} in it.",
        "there is no {} in this photo.",
        "a photo of anything but {a}.",
        "a scene with no trace of {a}.",
        "this is not {a}.",
    ),
    "plural": (
        "a photo without {}.",
        "a photo with no {} in it.",
        "there are no {} in this photo.",
        "a photo of anything but {}.",
        "a scene with no trace of {}.",
        "these are not {}.",
    ),
    "mass": (
        "a photo without {}.",
        "a photo with no {} in it.",
        "there is no {} in this photo.",
        "a photo of anything but {}.",
        "a scene with no trace of {}.",
        "this is not {}.",
    ),
}
"""Negative sentences by the grammar of the name; `{a}` is the name with its article."""

WORDNET = re.compile(r" \(n\d{8}\)$")
"""How a class is told from another of the same name, see `imagenet`."""
VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)
SOUNDS_LIKE_A_CONSONANT = re.compile(
    r"(?:eu|ewe|u[bcfkqrst][aeiou]|uni(?![dmn])|one\b|once)", re.IGNORECASE
)
ARTICLE = re.compile(r"^(?:an?|the)\s+(?=\S)", re.IGNORECASE)
SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir)", re.IGNORECASE)
LETTERS = re.compile(r"[A-Z]{2,}s?\b(?![a-z])|[A-Z]\b")
SPELT_WITH_A_VOWEL = "AEFHILMNORSX"
ENDS_LIKE_A_PLURAL = re.compile(r"(?:[^siu]|[aeo]i|[aeo]u)s$")
SINGULAR = frozenset(
    {"atlas", "bus", "canvas", "chaos", "gas", "lens", "news", "pancreas", "series", "species"}
)
PLURAL = frozenset({"people", "men", "women", "children", "cattle", "police", "feet", "teeth"})
# fmt: off
MASS = frozenset(
    {
        "beer", "bread", "cheese", "clothing", "coffee", "cotton", "debris", "equipment",
        "fabric", "fire", "fog", "food", "furniture", "glass", "gold", "grass", "hay", "ice",
        "land", "leather", "luggage", "meat", "metal", "milk", "mucus", "muscle", "paper",
        "pasture", "plastic", "rain", "rice", "sand", "sea", "silver", "sky", "smoke", "snow",
        "soup", "tea", "tissue", "traffic", "vegetation", "water", "wine", "wood", "wool",
    }
)
# fmt: on


def plain_name(name: str) -> str:
    """Give a class name as it is read: underscores are spaces, a WordNet number is left out."""
    return " ".join(WORDNET.sub("", name.replace("_", " ")).split())


def article(name: str) -> str:
    """Give "a" or "an", by how the name begins when it is said."""
    if letters := LETTERS.match(name):
        return "an" if letters[0][0] in SPELT_WITH_A_VOWEL else "a"
    if SILENT_H.match(name):
        return "an"
    if SOUNDS_LIKE_A_CONSONANT.match(name):
        return "a"
    return "an" if VOWEL.match(name) else "a"


def negative_prompts(
    classes: Sequence[str],
    *,
    plural: Collection[str] = (),
    mass: Collection[str] = (),
) -> dict[str, list[str]]:
    """Write sentences that say that a class is not in the picture, for classes of your own.

    Whether a name is counted ("a dog"), plural ("scissors") or a mass ("snow") is guessed from its
    last word; `plural` and `mass` name the classes for which that fails. Give the result as the
    negative side of `Prompts`.
    """
    if strange := sorted({*plural, *mass} - set(classes)):
        msg = f"{strange[0]!r} is said to be plural or a mass, and is no class"
        raise PlanError(msg)
    found = {}
    for one in classes:
        name = ARTICLE.sub("", plain_name(one), count=1)
        kind = "plural" if one in plural else "mass" if one in mass else _kind(name)
        given = f"{article(name)} {name}" if kind == "counted" else name
        found[one] = [sentence.format(name, a=given) for sentence in NEGATIVE[kind]]
    return found


def _kind(name: str) -> str:
    # In "a bowl of apples" and "a cat (animal)" the word that counts stands before.
    head = re.split(r"\s+(?:of|with|in|on|for)\s+|\s*[(,/]", name)[0] or name
    word = head.split()[-1].lower()
    if word in MASS:
        return "mass"
    if word in PLURAL or (ENDS_LIKE_A_PLURAL.search(word) and word not in SINGULAR):
        return "plural"
    return "counted"
