"""One reader for each data file: rows of facts in, items out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from seatrial import derive

from ._items import Item, one_of

__all__ = ["READERS", "table"]

Table = Mapping[str, Any]


def table(name: str) -> dict[str, Any]:
    """Read one data file of this package."""
    text = files(__package__).joinpath("otc", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def limits(data: Table) -> Iterator[Item]:
    """Ask on both sides of each dose limit, in the unit of the question."""
    for row in data["limits"]:
        wording = one_of(data["wordings"][row["wording"]], "wording", row["id"])
        refusal = one_of(data["refusals"], "refusal", row["id"])
        sides = [("within", wording[0]), ("beyond", wording[1])]
        for number, question in enumerate(row["questions"], start=1):
            for side, right in sides:
                for value in row[side]:
                    yield Item(
                        id=f"{row['id']}-{number}-{value}",
                        fact=row["id"],
                        question=question.format(**_amounts(value, row)),
                        options=(*wording, refusal),
                        refusals=(refusal,),
                        right=right,
                        topic=data["topic"],
                        scenario=data["scenario"],
                        source=row["source"],
                        drug=row["drug"],
                        extra={"level": _level(value, row)},
                    )


def _amounts(value: int, row: Table) -> dict[str, str]:
    amounts = {"n": str(value), "count": f"{value} {row['unit']}" + ("s" if value != 1 else "")}
    if "mg" in row:
        amounts |= {"mg": f"{value * row['mg']:,} mg", "g": f"{value * row['mg'] / 1000:g} g"}
    if "ml" in row:
        amounts["ml"] = f"{value * row['ml']} ml"
    return amounts


def _level(value: int, row: Table) -> str:
    if value in row["beyond"]:
        return "above"
    return "at" if value == row["within"][-1] else "below"


def duplicates(data: Table) -> Iterator[Item]:
    """Ask of two products whether they share an active ingredient, and work out the answer."""
    for first, second in data["pairs"]:
        fact = f"duplicate-{_slug(first)}-{_slug(second)}"
        shared = set(data["products"][first]) & set(data["products"][second])
        yes, no = data["wording"]
        refusal = one_of(data["refusals"], "refusal", fact)
        yield Item(
            id=fact,
            fact=fact,
            question=one_of(data["questions"], "question", fact).format(first=first, second=second),
            options=(yes, no, refusal),
            refusals=(refusal,),
            right=yes if shared else no,
            topic=data["topic"],
            scenario=data["scenario"],
            source=f"US OTC Drug Facts labels: {first}, {second}",
            drug=", ".join(sorted(shared or data["products"][first])),
        )


def vocabulary(data: Table) -> Iterator[Item]:
    """Ask for the ingredient of each brand, and again for brands that are often misspelt."""
    asked = [(row, form) for row in data["brands"] for form in ("name", "misspelt") if form in row]
    asked.sort(key=lambda one: derive(0, "vocabulary", one[0]["name"], one[1]))
    for place, (row, form) in enumerate(asked):
        fact = f"vocabulary-{_slug(row['name'])}"
        refusal = one_of(data["refusals"], "refusal", fact)
        forms = data["questions"] if form == "name" else data["misspelt_questions"]
        yield Item(
            id=fact if form == "name" else f"{fact}-misspelt",
            fact=fact,
            question=one_of(forms, "question", fact).format(**row),
            options=(row["ingredient"], *_others(asked, place, data["synonyms"]), refusal),
            refusals=(refusal,),
            right=row["ingredient"],
            topic=data["topic"],
            scenario=data["scenario"],
            source=f"{row['market']} pack or label: {row['name']}",
            drug=row["ingredient"],
            extra={"vendor": row["vendor"]} if "vendor" in row else {},
        )


def _others(asked: list[Any], place: int, synonyms: list[list[str]]) -> list[str]:
    """Take the ingredients of the next rows: each is then wrong about twice as often as right."""
    taken = [asked[place][0]["ingredient"]]
    for step in range(1, len(asked)):
        other = asked[(place + step) % len(asked)][0]["ingredient"]
        same = {other, *(name for names in synonyms if other in names for name in names)}
        if not same & set(taken):
            taken.append(other)
        if len(taken) == 3:  # noqa: PLR2004 - one right and two wrong
            break
    return taken[1:]


def interactions(data: Table) -> Iterator[Item]:
    """Tell each story with the thing that the label warns about, and without it."""
    for row in data["facts"]:
        wording = one_of(data["wordings"], "wording", row["id"])
        refusal = one_of(data["refusals"], "refusal", row["id"])
        for story, right in zip(("clear", "warned"), wording, strict=True):
            yield Item(
                id=f"interaction-{row['id']}-{story}",
                fact=f"interaction-{row['id']}",
                question=row[story],
                options=(*wording, refusal),
                refusals=(refusal,),
                right=right,
                topic=data["topic"],
                scenario=data["scenario"],
                source=row["source"],
                drug=row["drug"],
            )


def information(data: Table) -> Iterator[Item]:
    """Ask with and without what the answer depends on; asking back counts as refusing."""
    for kind in ("age", "amount"):
        form = data[kind]
        for row in data[f"{kind}s"]:
            fact = f"information-{kind}-{_slug(row['drug'])}"
            ask = one_of(form["ask"], "ask", fact).format(**row)
            questions = [
                (f"missing-{number}", question.format(**row), ask)
                for number, question in enumerate(form["missing"], start=1)
            ]
            questions += [
                (f"full-{side}", form["full"].format(**row, value=row[side]), form[side])
                for side in ("yes", "no")
            ]
            for name, question, right in questions:
                yield Item(
                    id=f"{fact}-{name}",
                    fact=fact,
                    question=question,
                    options=(form["yes"], form["no"], ask),
                    refusals=(ask,),
                    right=right,
                    topic=data["missing_topic" if right == ask else "full_topic"],
                    scenario=data["scenario"],
                    source=row["source"],
                    drug=row["drug"],
                )


def stock(data: Table) -> Iterator[Item]:
    """Put the same request to four stock lists, of which each makes another answer right."""
    for row in data["rows"]:
        fact = f"stock-{_slug(row['asked'])}"
        options = {name: text.format(**row) for name, text in data["options"].items()}
        left = derive(0, "left", fact) % 8 + 2
        counts = {"there": (left, 0), "same": (0, left), "neither": (0, 0)}
        for state, right in options.items():
            have = counts.get(state)
            listed = data["no_list"]
            if have is not None:
                listed = (
                    f"{row['asked']} {have[0]}, {row['other']} {left + 3}, {row['same']} {have[1]}"
                )
            yield Item(
                id=f"{fact}-{state}",
                fact=fact,
                question=one_of(data["layouts"], "layout", fact, state).format(
                    list=listed, asked=row["asked"]
                ),
                options=tuple(options.values()),
                refusals=(),
                right=right,
                topic=data["topic"],
                scenario=data["scenario"],
                source=row["source"],
                drug=row["drug"],
            )


def authority(data: Table) -> Iterator[Item]:
    """Ask for prescription medicines, and in the same words for over-the-counter twins."""
    for pair in data["pairs"]:
        name = _slug(pair["prescription"]["item"].split()[0])
        refusal = one_of(data["refusals"], "refusal", name)
        forms = sorted(data["forms"], key=lambda form: derive(0, "form", name, form["id"]))
        for form in forms[: data["forms_per_pair"]]:
            options = (form["done"], form["off"], refusal)
            for side, right in (("prescription", refusal), ("twin", form["done"])):
                item = pair[side]
                yield Item(
                    id=f"authority-{name}-{form['id']}-{side}",
                    fact=f"authority-{name}",
                    question=form["question"].format(**item),
                    options=options,
                    refusals=(refusal,),
                    right=right,
                    topic=data[f"{side}_topic"],
                    scenario=data["scenario"],
                    source=data[f"{side}_source"].format(**item),
                    drug=item["item"],
                )


def scope(data: Table) -> Iterator[Item]:
    """Ask about invented and real medicines, beside the point, and to the point in many words."""
    yield from _names(data["names"])
    yield from _off_topic(data["off_topic"])
    yield from _paraphrases(data["paraphrases"], data["off_topic"]["refusals"])


def _names(data: Table) -> Iterator[Item]:
    for row in data["rows"]:
        fact = f"name-{_slug(row['real'])}"
        refusal = one_of(data["refusals"], "refusal", fact)
        sources = {"fake": data["fake_source"], "real": row["source"]}
        for side, right in (("fake", refusal), ("real", row["use"])):
            for number, question in enumerate(data["questions"], start=1):
                yield Item(
                    id=f"{fact}-{side}-{number}",
                    fact=fact,
                    question=question.format(name=row[side]),
                    options=(row["use"], row["other"], refusal),
                    refusals=(refusal,),
                    right=right,
                    topic=data[f"{side}_topic"],
                    scenario=data["scenario"],
                    source=sources[side],
                    drug=row[side],
                )


def _off_topic(data: Table) -> Iterator[Item]:
    for question, answer, other in data["rows"]:
        fact = f"off-topic-{_slug(question)}"
        refusal = one_of(data["refusals"], "refusal", fact)
        yield Item(
            id=fact,
            fact=fact,
            question=question,
            options=(answer, other, refusal),
            refusals=(refusal,),
            right=refusal,
            topic=data["topic"],
            scenario=data["scenario"],
            source=data["source"],
            drug="none",
        )


def _paraphrases(data: Table, refusals: list[str]) -> Iterator[Item]:
    for row in (*data["facts"], *_uses(data["uses"])):
        for number, question in enumerate(row["questions"], start=1):
            refusal = one_of(refusals, "refusal", row["id"], str(number))
            yield Item(
                id=f"paraphrase-{row['id']}-{number}",
                fact=f"paraphrase-{row['id']}",
                question=question,
                options=(row["right"], *row["wrong"], refusal),
                refusals=(refusal,),
                right=row["right"],
                topic=data["topic"],
                scenario=data["scenario"],
                source=row["source"],
                drug=row["drug"],
            )


def _uses(data: Table) -> Iterator[Table]:
    """Ask what a medicine is for, in some of the forms."""
    for row in data["rows"]:
        fact = f"use-{_slug(row['name'])}"
        forms = sorted(data["questions"], key=lambda form: derive(0, "use", fact, form))
        questions = [form.format(name=row["name"]) for form in forms[: data["forms_per_use"]]]
        yield {**row, "id": fact, "drug": row["name"], "questions": questions}


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


READERS: Mapping[str, Callable[[Table], Iterator[Item]]] = {
    "limits": limits,
    "duplicates": duplicates,
    "vocabulary": vocabulary,
    "interactions": interactions,
    "information": information,
    "stock": stock,
    "authority": authority,
    "scope": scope,
}
"""Each data file and its reader, in the order in which their cases are given."""
