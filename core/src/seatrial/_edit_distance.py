"""How many edits lie between two texts."""

from __future__ import annotations

__all__ = ["edit_distance"]


def edit_distance(one: str, other: str) -> int:
    """Count the insertions, deletions and substitutions between two texts (Levenshtein).

    Bit-parallel over Python's integers (Myers 1999, in Hyyrö's 2003 form): one pass over the longer
    text, with the whole column of the dynamic programme in two integers: the bits of `up` mark
    where the distance grows by 1 from one row to the next, those of `down` where it falls by 1.
    """
    start = 0
    end = min(len(one), len(other))
    while start < end and one[start] == other[start]:
        start += 1
    stop = 0
    while stop < end - start and one[-1 - stop] == other[-1 - stop]:
        stop += 1
    one, other = one[start : len(one) - stop], other[start : len(other) - stop]
    if len(one) > len(other):
        one, other = other, one
    if not one:
        return len(other)
    where: dict[str, int] = {}
    for index, letter in enumerate(one):
        where[letter] = where.get(letter, 0) | 1 << index
    mask = (1 << len(one)) - 1
    up, down = mask, 0
    for letter in other:
        match = where.get(letter, 0)
        diagonal = (((match & up) + up) ^ up) | match | down
        right = down | mask ^ (diagonal | up)
        left = up & diagonal
        right = right << 1 | 1
        up = (left << 1 | ~(diagonal | right)) & mask
        down = right & diagonal & mask
    # The first row of the last column is the length of the longer text; the rest are its steps.
    return len(other) + up.bit_count() - down.bit_count()
