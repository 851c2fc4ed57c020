"""How many texts a second the clinical perturbations change, over nlpaug's KeyboardAug.

    OMP_NUM_THREADS=1 python benchmarks/clinical_speed.py [--texts FILE] [--severity 3]

Without a file (one text a line) it makes 200 notes of about 60 words each. Each perturbation is
timed on those notes to which it applies, and KeyboardAug (nlpaug's defaults) on the very same,
interleaved; the ratio is the median over repetitions. A note to which a perturbation does not apply
costs it less than one that it changes, so those are left out.
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
from typing import Any

from seatrial_clinical import seatrial_perturbations

from seatrial import Case, Perturbation
from seatrial.errors import NotApplicable
from seatrial.kit import texts_of

SENTENCES = """
The patient is a 54-year-old man who takes warfarin, metformin and lisinopril every day.
She has hypertension and asthma, and she is allergic to penicillin.
The BP was 150/95 mmHg, the BMI was 31, and the ECG showed AF.
He was seen on 3 March 2021 for pain in the left knee, which was worse after the fall.
The doctor prescribed 500 mg of amoxicillin and 10 ml of the syrup.
Pyrexia, pruritus and oedema were noted, and the runny nose was getting worse.
My mother took 400 mg of ibuprofen with plenty of water because of the headache.
There was no swelling of the right ankle, and the left lung was clear.
Patients with a previous stroke were included; the results showed fewer side effects.
""".strip().splitlines()
ASKED = "May an adult take 900 mg of ibuprofen in a day, or is that too much?"
PLAIN = ("There was", "Pyrexia", "Patients")
OPTIONS = ("ibuprofen", "warfarin", "asthma", "none of these")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", type=Path, help="a file with one text a line")
    parser.add_argument("--severity", type=int, default=3, help="the rung, or the highest below")
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    texts = options.texts.read_text().splitlines()[:200] if options.texts else made_up(200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nlpaug.augmenter.char as nac
    keyboard = nac.KeyboardAug().augment
    print(f"{len(texts)} texts of {statistics.median(len(t.split()) for t in texts):.0f} words\n")
    print("| perturbation | texts | a second | KeyboardAug | ratio |\n|---|---|---|---|---|")
    for one in seatrial_perturbations():
        perturb = one.at(min(options.severity, len(one.ladder)))
        values = [as_value(text, one) for text in texts]
        able = [at for at, value in enumerate(values) if applies(perturb, value)]
        if not able:
            print(f"| `{one.name}` | 0 | | | |")
            continue
        ours, theirs = [], []
        for _ in range(options.repeats):
            ours.append(seconds(partial(perturb, seed=7), [values[at] for at in able]))
            theirs.append(seconds(keyboard, [whole(values[at]) for at in able]))
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        each = [f"{len(able) / statistics.median(side):,.0f}" for side in (ours, theirs)]
        print(f"| `{one.name}` | {len(able)} | {each[0]} | {each[1]} | {ratio:.1f} |", flush=True)


def made_up(count: int) -> list[str]:
    """Make notes out of the sentences above."""
    return [" ".join(random.Random(seed).sample(SENTENCES, 4)) for seed in range(count)]


def as_value(text: str, one: Perturbation) -> Any:
    """Put a note into what a perturbation takes: a text, a case or a conversation."""
    if one.modality == "messages":
        talk = ({"role": "user", "content": text},)
        return Case("c", talk, "yes") if one.sees_case else talk
    return as_case(text, one.name) if one.sees_case else text


def as_case(text: str, name: str) -> Case:
    """Put a note where a perturbation of whole cases looks for it."""
    if name == "clinical.dose-limits":  # takes a text with one amount of one medicine
        text = " ".join(one for one in SENTENCES if one.startswith(PLAIN))
    question = f"{text} {ASKED}"
    if name == "clinical.entities":
        return Case("c", {"question": text, "options": OPTIONS}, OPTIONS[0])
    if "passages" in name:
        return Case("c", {"question": "Is it?", "passages": text.split(". ")}, "yes")
    return Case("c", {"question": question}, "yes")


def whole(value: Any) -> str:
    """Give the text of a note, a case or a conversation."""
    return " ".join(texts_of(value))


def applies(perturb: Callable[..., Any], value: Any) -> bool:
    """Tell whether a perturbation does anything to a value."""
    try:
        perturb(value, seed=7)
    except NotApplicable:
        return False
    return True


def seconds(edit: Callable[[Any], object], values: Sequence[Any]) -> float:
    """Time one pass over the values."""
    start = time.process_time()
    for value in values:
        edit(value)
    return time.process_time() - start


if __name__ == "__main__":
    main()
