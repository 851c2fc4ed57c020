"""Sheets on which people predict failures: written blind, filled in, and graded."""

from __future__ import annotations

import csv
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seatrial import Explanation, Outcome, derive
from seatrial.errors import FileError, ParameterError, PlanError
from seatrial.kit import digest, png

from ._grading import SURE
from ._pictures import named_pictures
from ._rendering import read
from ._simulatability import Simulation, graded, words_of

__all__ = ["read_sheet", "sheet"]

ASKED: Final = "Will the model's answer be right or wrong?"
NOTHING: Final = "You are given no explanation of the model."
COLUMNS: Final = ("key", "input", "answer")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
PERCENT: Final = 100.0

PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Right or wrong?</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 48em; margin: 2em auto; padding: 0 1em; }}
pre {{ white-space: pre-wrap; font: inherit; margin: 0 0 .5em; }}
img {{ display: block; max-width: 100%; min-width: 16em; image-rendering: pixelated; }}
figure {{ margin: 0 0 .5em; }}
fieldset {{ border: 1px solid #bbb; border-radius: 4px; margin: 1em 0; }}
</style></head><body>
<h1>Right or wrong?</h1>
<p>A model was given the inputs below. {asked} Answer each, then save your answers.</p>
{known}
<form>
{items}
</form>
<p><button type="button" id="save">Save answers</button></p>
<script>
document.getElementById("save").onclick = () => {{
  const rows = [...document.querySelectorAll("fieldset")].map((one) => {{
    const chosen = one.querySelector("input:checked");
    return one.dataset.key + "," + (chosen ? chosen.value : "");
  }});
  const link = document.createElement("a");
  const text = ["key,answer", ...rows].join("\\n") + "\\n";
  link.href = URL.createObjectURL(new Blob([text], {{ type: "text/csv" }}));
  link.download = "answers.csv";
  link.click();
}};
</script>
</body></html>
"""

ITEM: Final = """<fieldset data-key="{key}"><legend>{number}</legend>{shown}
<label><input type="radio" name="{key}" value="right"> right</label>
<label><input type="radio" name="{key}" value="wrong"> wrong</label></fieldset>"""

PICTURE: Final = (
    """<figure>{caption}<img src="data:image/png;base64,{data}" alt="{alt}"></figure>"""
)


def sheet(
    explanation: Explanation | None,
    outcomes: Sequence[Outcome],
    path: str | Path,
    /,
    *,
    limit: int | None = None,
    seed: int = 0,
) -> Path:
    """Write a sheet on which a person says, for each input, whether the answer will be right.

    It holds the explanation's words (None for a control without an explanation) and the inputs, in
    an order drawn by `seed`; neither answers nor targets nor the cases' ids. ".html" gives a page
    that needs nothing else, shows pictures (brought to 8 bits) and saves the answers as a CSV file;
    ".csv" gives a table, of inputs without pictures, with an empty
    column `answer`, for "right", "wrong", or the probability of "wrong" in percent. `limit` draws
    that many. Grade what comes back with `read_sheet`. Raises `PlanError` where `path` is a table
    that somebody has filled in.
    """
    place = Path(path)
    forms = {".html": _page, ".csv": _csv}
    if place.suffix.lower() not in forms:
        msg = f"a sheet is written as .html or .csv, not {place.name!r}"
        raise ParameterError(msg)
    if not outcomes:
        msg = "there are no outcomes to write a sheet of"
        raise PlanError(msg)
    if _filled(place):
        msg = f"{place.name} has answers in it; write the sheet under another name"
        raise PlanError(msg)
    keyed = _keyed(outcomes)
    keys = sorted(keyed, key=lambda key: derive(seed, "sheet", key))[:limit]
    items = [(key, keyed[key].input) for key in keys]
    words = None if explanation is None else words_of(explanation)
    text = forms[place.suffix.lower()](words, items)
    # Spreadsheets take a table for UTF-8 only where it begins with the mark of that.
    encoding = "utf-8" if place.suffix.lower() == ".html" else "utf-8-sig"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding=encoding, newline="")
    return place


def _filled(place: Path) -> bool:
    """Say whether a table has answers, below the row that says what they may be."""
    if place.suffix.lower() != ".csv" or not place.is_file():
        return False
    with place.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return any(row.get("key") and row.get("answer") for row in csv.DictReader(file))


def read_sheet(
    path: str | Path,
    outcomes: Sequence[Outcome],
    /,
    *,
    control: str | Path | None = None,
    confidence: float = SURE,
) -> Simulation:
    """Grade a filled sheet by the outcomes that it was written from.

    `control` is the sheet of a person without the explanation; both must hold the same cases. An
    empty answer counts as even odds in the AUROC, and as missed in the accuracy. Raises `FileError`
    for answers that cannot be read and for cases that are not among the outcomes.
    """
    keyed = _keyed(outcomes)
    answers = {"explained": _answers(Path(path), keyed)}
    if control is not None:
        answers["no-explanation"] = _answers(Path(control), keyed)
        if off := answers["explained"].keys() ^ answers["no-explanation"].keys():
            msg = f"the two sheets do not hold the same cases: {len(off)} are on one of them only"
            raise PlanError(msg)
    keys = sorted(answers["explained"])
    scores: dict[str, npt.NDArray[np.float64]] = {
        name: np.array([given[key] for key in keys]) for name, given in answers.items()
    }
    return graded([keyed[key] for key in keys], scores, confidence)


def _keyed(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    """Name each outcome by a digest, because ids often tell what to answer."""
    return {_key(one): one for one in outcomes}


def _key(one: Outcome) -> str:
    parts = (one.case.id, one.perturbation, str(one.severity), str(one.replicate))
    return digest("\n".join(parts), size=6)


def _page(words: Sequence[str] | None, items: Sequence[tuple[str, Any]]) -> str:
    if words is None:
        known = f"<p>{NOTHING}</p>"
    else:
        listed = "".join(f"<li>{escape(one)}</li>" for one in words)
        known = f"<p>This is known about it:</p><ul>{listed}</ul>"
    fields = [
        ITEM.format(key=key, number=number, shown=_shown(given, number))
        for number, (key, given) in enumerate(items, start=1)
    ]
    return PAGE.format(asked=ASKED, known=known, items="\n".join(fields))


def _shown(given: Any, number: int) -> str:
    """Show an input on a page: its pictures, and below them its texts."""
    pictures = named_pictures(given)
    figures = [
        PICTURE.format(
            caption="" if len(pictures) == 1 else f"<figcaption>{escape(name)}</figcaption>",
            data=b64encode(png(array)).decode("ascii"),
            alt=escape(name or f"picture {number}"),
        )
        for name, array in pictures.items()
    ]
    if not pictures or _has_texts(given):
        figures.append(f"<pre>{escape(read(given).named)}</pre>")
    return "".join(figures)


def _has_texts(given: Any) -> bool:
    parts = given if isinstance(given, Mapping) else {}
    return bool(parts.get("options")) or any(isinstance(one, str) for one in parts.values())


def _csv(words: Sequence[str] | None, items: Sequence[tuple[str, Any]]) -> str:
    if any(named_pictures(given) for _, given in items):
        msg = "a table holds no pictures: write the sheet as .html"
        raise ParameterError(msg)
    out = StringIO()
    rows: Any = csv.writer(out)
    rows.writerow(COLUMNS)
    notes = [NOTHING] if words is None else list(words)
    rows.writerow(["", _harmless("\n".join([*notes, ASKED])), "right, wrong or 0 to 100"])
    rows.writerows([key, _harmless(read(given).named), ""] for key, given in items)
    return out.getvalue()


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _answers(path: Path, keyed: dict[str, Outcome]) -> dict[str, float]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(str(path), (f"{path.name} cannot be read: {error}",)) from error
    rows = list(csv.DictReader(StringIO(text)))
    if not rows or not {"key", "answer"} <= rows[0].keys():
        why = f"{path.name} is no filled sheet: it needs the columns key and answer"
        raise FileError(str(path), (why,))
    found: dict[str, float] = {}
    problems: list[str] = []
    for line, row in enumerate(rows, start=2):
        key, said = (row["key"] or "").strip(), (row["answer"] or "").strip().lower()
        score = _score(said)
        if not key:
            continue
        if key not in keyed:
            problems.append(f"line {line}: the case {key!r} is not among the outcomes")
        elif key in found:
            problems.append(f"line {line}: the case {key!r} is listed twice")
        elif score is None:
            problems.append(f"line {line}: {said!r} is neither right, wrong nor 0 to 100")
        else:
            found[key] = score
    if problems:
        raise FileError(str(path), tuple(problems))
    return found


def _score(said: str) -> float | None:
    """Read an answer: above 0 for wrong, below for right, 0 for none or even odds."""
    words = {"": 0.0, "right": -1.0, "wrong": 1.0}
    if said in words:
        return words[said]
    try:
        probability = float(said.removesuffix("%"))
    except ValueError:
        return None
    return 2 * probability / PERCENT - 1 if 0 <= probability <= PERCENT else None
