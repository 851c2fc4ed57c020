"""Nearly the same text twice, found by MinHash in time that grows with the number of cases.

Signatures are the least of 128 hashes of a text's word shingles (Broder, On the resemblance and
containment of documents, 1997); texts that agree on a band of 4 are compared exactly.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial import Case, Finding
from seatrial.kit import Level

from ._common import Check, cluster_of, counted, fraction_between, graded, percent
from ._reading import normalised, options_of, prompt_of

__all__ = ["near_duplicates", "near_pairs"]

HASHES, ROWS = 128, 4
SHINGLE = 3
SHORTEST = 8
"""Texts of fewer words are alike too easily; exact repetitions are another audit's."""

COMMON, FEW = 0.05, 5
"""Triples in more than this fraction of the texts (and in more than a few) belong to a template."""

NEIGHBOURS = 16
"""With how many of those after it a text is compared in one bucket: templates make huge ones."""

AT_ONCE = 1 << 17  # shingles whose hashes stay in the cache
MIX = np.uint64(0x9E3779B97F4A7C15)

Hashes = npt.NDArray[np.uint64]


def near_duplicates(
    similarity: float = 0.8, split: str = "split", tolerance: float = 0.01
) -> Check:
    """Find pairs of texts whose sets of word triples overlap by `similarity` (Jaccard) or more.

    Prompts with their options are compared, and what is exactly the same is left to
    `audits.split-leak`. Pairs within one cluster are meant. Pairs across values of the group
    `split` are an error from a fraction of `tolerance` of the cases up; pairs across clusters a
    warning from there up, else a note.
    """
    least = fraction_between("similarity", similarity, low=0.3)
    limit = fraction_between("tolerance", tolerance)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        sides: list[Hashable] = [case.groups.get(split) for case in cases]
        clusters = [cluster_of(case) for case in cases]
        pairs = near_pairs([_text(case) for case in cases], least)
        across = [(a, b) for a, b, _ in pairs if sides[a] != sides[b]]
        apart = [(a, b) for a, b, _ in pairs if clusters[a] != clusters[b]]
        for name, what, found in (
            ("near-duplicates-across-splits", f"across values of {split!r}", across),
            ("near-duplicates", "in different clusters", apart),
        ):
            if not found:
                continue
            ids = dict.fromkeys(cases[at].id for pair in found for at in pair)
            fraction = len(ids) / len(cases)
            plain: Level = "warning" if fraction >= limit else "note"
            yield Finding(
                name,
                f"{counted(len(found), 'pair', 'pairs')} of texts {what} share {least:.0%} or more "
                f"of their word triples: {percent(fraction)} of the cases (effect).",
                level=graded(fraction, limit) if found is across else plain,
                cases=ids,
                effect=fraction,
                fix="keep one of each pair, or give both the same cluster (and split).",
            )

    return check


def _text(case: Case) -> str:
    prompt, options = prompt_of(case.input), options_of(case.input)
    return normalised("\n".join([prompt, *sorted(one for one in options if one not in prompt)]))


def near_pairs(texts: Sequence[str], least: float) -> list[tuple[int, int, float]]:
    """Give (place, place, similarity) of texts that are alike but not the same."""
    words = [text.split() for text in texts]
    long = [at for at, found in enumerate(words) if len(found) >= SHORTEST]
    first: dict[str, int] = {}
    for at in long:
        first.setdefault(texts[at], at)
    kept = list(first.values())
    shingles = _own(_shingles([words[at] for at in kept]))
    enough = [at for at, own in enumerate(shingles) if len(own) > SHORTEST - SHINGLE]
    kept, shingles = [kept[at] for at in enough], [shingles[at] for at in enough]
    if not kept:
        return []
    found = []
    for one, other in _candidates(_signatures(shingles)):
        alike = _overlap(shingles[one], shingles[other])
        if alike >= least:
            found.append((kept[one], kept[other], alike))
    return sorted(found)


def _shingles(texts: Sequence[Sequence[str]]) -> list[Hashes]:
    """Hash the word triples of each text, each once and in order."""
    codes: dict[str, int] = {}
    for words in texts:
        for word in words:
            if word not in codes:
                codes[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
    found = []
    for words in texts:
        row = np.fromiter((codes[word] for word in words), dtype=np.uint64, count=len(words))
        mixed = _mix(row[:-2] * MIX + _mix(row[1:-1] * MIX + _mix(row[2:])))
        found.append(np.unique(mixed))
    return found


def _own(shingles: Sequence[Hashes]) -> list[Hashes]:
    """Leave out the shingles of templates: what many texts share makes no two of them alike."""
    if not shingles:
        return []
    known, counts = np.unique(np.concatenate(shingles), return_counts=True)
    common = known[counts > max(FEW, COMMON * len(shingles))]
    return [np.setdiff1d(one, common, assume_unique=True) for one in shingles]


def _mix(values: Hashes) -> Hashes:
    """Scramble 64 bits (the finaliser of splitmix64; Steele, Lea and Flood, OOPSLA 2014)."""
    values = values + MIX
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _signatures(shingles: Sequence[Hashes]) -> npt.NDArray[np.uint32]:
    """Give the least of each hash over each text's shingles: [texts, HASHES]."""
    draw = np.random.default_rng(0)
    factors = draw.integers(1, 2**63, size=HASHES, dtype=np.uint64) | np.uint64(1)
    found = np.empty((len(shingles), HASHES), dtype=np.uint32)
    start = 0
    while start < len(shingles):
        stop, size = start, 0
        while stop < len(shingles) and (size == 0 or size + len(shingles[stop]) <= AT_ONCE):
            size += len(shingles[stop])
            stop += 1
        flat = np.concatenate(shingles[start:stop])
        begins = np.cumsum([0, *(len(one) for one in shingles[start : stop - 1])])
        for at, factor in enumerate(factors):
            hashed = ((flat * factor) >> np.uint64(32)).astype(np.uint32)
            found[start:stop, at] = np.minimum.reduceat(hashed, begins)
        start = stop
    return found


def _candidates(signatures: npt.NDArray[np.uint32]) -> set[tuple[int, int]]:
    """Give pairs of texts that agree on a whole band."""
    found: set[tuple[int, int]] = set()
    for begin in range(0, HASHES, ROWS):
        band = np.ascontiguousarray(signatures[:, begin : begin + ROWS])
        keys = band.view(np.dtype((np.void, band.dtype.itemsize * ROWS))).ravel()
        _, inverse, sizes = np.unique(keys, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        stops = np.cumsum(sizes)
        for bucket in np.flatnonzero(sizes > 1):
            members = order[stops[bucket] - sizes[bucket] : stops[bucket]].tolist()
            for at, one in enumerate(members):
                for other in members[at + 1 : at + 1 + NEIGHBOURS]:
                    found.add((one, other))
    return found


def _overlap(one: Hashes, other: Hashes) -> float:
    """Give the Jaccard similarity of two sorted sets."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)
