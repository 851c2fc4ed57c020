"""What the nlpaug perturbations cost over raw nlpaug, and how far each rung moves a text.

    python benchmarks/nlpaug_overhead.py [--texts FILE] [--severity 3]

Without a file (one text a line) it makes 200 texts of 60 words each. Both sides edit the same texts
with the same augmenter settings; repetitions are interleaved, and the ratio is the median over
them. Raw nlpaug is neither seeded nor does it keep white space or protect anything, so it has more
words to choose from: with `--unprotected` both sides have the same.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import seatrial_nlpaug
from seatrial_nlpaug._vocabulary import KINDS

import seatrial as sea

SENTENCES = """
My mother has had a dull headache since yesterday and asks which tablet she may take for it.
The label says that adults should take 400 mg of ibuprofen every 6 hours with plenty of water.
A neighbour told me to rub some butter on the burn, but the blister looks worse this evening.
Patients who were given the new treatment walked further in six minutes than those who were not.
Please explain in simple words why antibiotics do nothing against an ordinary cold.
The left knee is swollen and warm, there is no fever, and walking down the stairs hurts most.
Store the bottle in a cool dry place and throw away whatever is left when the course is finished.
We asked two hundred nurses how often they check the pump during a quiet night on the ward.
He stopped smoking last spring, started running again, and sleeps much better than he used to.
Which of these statements about the study is supported by the figures in the table below?
The child swallowed a small button, breathes normally, and wants to go on playing in the garden.
Nobody in our family is allergic to penicillin, although my brother once had a rash after a meal.
Cut the bread into thin slices, toast them slowly in the oven, and let them cool before serving.
To clean a rusty pan, scrub it with coarse salt and half a potato, then rinse and dry it at once.
The pharmacist suggested a cream for dry skin and explained how thinly it should be spread.
Compared with usual care, the programme lowered the number of falls among older people at home.
""".strip().splitlines()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", type=Path, help="a file with one text a line")
    parser.add_argument("--severity", type=int, default=3, help="the rung whose cost is measured")
    parser.add_argument("--unprotected", action="store_true", help="let ours edit every word")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    texts = options.texts.read_text().splitlines()[:200] if options.texts else made_up(200, 60)
    print(f"{len(texts)} texts of {statistics.median(len(t.split()) for t in texts):.0f} words\n")
    cost(texts, options.severity, options.repeats, KINDS if options.unprotected else ())
    distances(texts)


def made_up(count: int, words: int) -> list[str]:
    """Make texts of so many words out of the sentences above."""
    texts = []
    for seed in range(count):
        drawn = random.Random(seed).sample(SENTENCES, len(SENTENCES))
        texts.append(" ".join(" ".join(drawn).split()[:words]))
    return texts


def cost(texts: list[str], severity: int, repeats: int, alters: Sequence[str]) -> None:
    """Print microseconds a text on both sides, and the ratio."""
    print(f"| at severity {severity} | seatrial µs | nlpaug µs | ratio |\n|---|---|---|---|")
    raw = raw_augmenters(severity)
    for component in seatrial_nlpaug.seatrial_perturbations():
        perturb = component.at(severity, {"alters": alters})
        augment = raw[component.name]
        ours, theirs = [], []
        for _ in range(repeats):
            ours.append(seconds(partial(perturb, seed=7), texts))
            theirs.append(seconds(augment, texts))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        each = [f"{statistics.median(side) / len(texts) * 1e6:.0f}" for side in (ours, theirs)]
        print(f"| `{component.name}` | {each[0]} | {each[1]} | {ratio:.2f} |", flush=True)


def seconds(edit: Callable[[str], object], texts: list[str]) -> float:
    """Time one pass over all texts."""
    start = time.perf_counter()
    for text in texts:
        edit(text)
    return time.perf_counter() - start


def raw_augmenters(severity: int) -> dict[str, Callable[[str], object]]:
    """Build nlpaug's own augmenters with the settings that the perturbations use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nlpaug.augmenter.char as nac
        import nlpaug.augmenter.word as naw

    rungs = {c.name: c.rung(severity) for c in seatrial_nlpaug.seatrial_perturbations()}

    def chars(kind: Callable[..., object], name: str, **options: object) -> Callable[[str], object]:
        rung = rungs[name]
        settings = {"aug_word_min": None, "aug_word_max": None, "aug_char_min": None}
        settings |= {"aug_char_max": None, "min_char": 4, "aug_word_p": rung["words"]}
        settings |= {"aug_char_p": rung.get("chars"), **options}
        return kind(**settings).augment

    def words(kind: Callable[..., object], name: str, **options: object) -> Callable[[str], object]:
        return kind(aug_p=rungs[name]["words"], aug_min=None, aug_max=None, **options).augment

    plain = {"include_special_char": False, "include_upper_case": False, "include_numeric": False}
    small = {"candidates": list("abcdefghijklmnopqrstuvwxyz")}
    once = {"aug_char_max": 1, "aug_char_p": 1.0}
    return {
        "nlpaug.keyboard": chars(nac.KeyboardAug, "nlpaug.keyboard", **plain),
        "nlpaug.ocr": chars(nac.OcrAug, "nlpaug.ocr", min_char=2),
        "nlpaug.insert": chars(nac.RandomCharAug, "nlpaug.insert", action="insert", **small),
        "nlpaug.delete": chars(nac.RandomCharAug, "nlpaug.delete", action="delete"),
        "nlpaug.swap": chars(nac.RandomCharAug, "nlpaug.swap", action="swap", **once),
        "nlpaug.spelling": words(naw.SpellingAug, "nlpaug.spelling", include_reverse=False),
        "nlpaug.split": words(naw.SplitAug, "nlpaug.split", min_char=4),
        "nlpaug.swap-words": words(naw.RandomWordAug, "nlpaug.swap-words", action="swap"),
        "nlpaug.delete-words": words(naw.RandomWordAug, "nlpaug.delete-words", action="delete"),
    }


def distances(texts: list[str]) -> None:
    """Print the mean edit distance (Levenshtein over the longer length) of every rung."""
    print("\n| mean edit distance | 1 | 2 | 3 | 4 | 5 |\n|---|---|---|---|---|---|")
    for component in seatrial_nlpaug.seatrial_perturbations():
        means = []
        for severity in range(1, len(component.ladder) + 1):
            perturb = component.at(severity)
            moved = (
                edit_distance(t, perturb(t, seed=sea.derive(7, component.name, f"t{i}", 0)))
                for i, t in enumerate(texts)
            )
            means.append(statistics.fmean(moved))
        print(f"| `{component.name}` | {' | '.join(f'{mean:.3f}' for mean in means)} |", flush=True)


def edit_distance(one: str, other: str) -> float:
    """Give Levenshtein's distance over the longer length, by Myers's bit vectors (1999)."""
    if not one or not other:
        return float(one != other)
    where: dict[str, int] = {}
    for index, letter in enumerate(one):
        where[letter] = where.get(letter, 0) | 1 << index
    mask, last = (1 << len(one)) - 1, 1 << len(one) - 1
    plus, minus, score = mask, 0, len(one)
    for letter in other:
        match = where.get(letter, 0)
        zero = (((match & plus) + plus) ^ plus) | match | minus
        up, down = minus | ~(zero | plus) & mask, plus & zero
        score += bool(up & last) - bool(down & last)
        up, down = up << 1 | 1, down << 1
        plus, minus = (down | ~(zero | up)) & mask, up & zero & mask
    return score / max(len(one), len(other))


if __name__ == "__main__":
    main()
