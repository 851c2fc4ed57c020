"""The lexicons say where they come from, hold nothing protected, and can be replaced."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import seatrial_clinical
from seatrial_clinical import (
    abbreviations,
    brands,
    distractors,
    dose_limits,
    false_history,
    injections,
    invented_names,
    lay_terms,
    misspelt_drugs,
    seatrial_perturbations,
)

from seatrial.errors import ParameterError
from seatrial.kit import protected_spans

FOLDER = Path(seatrial_clinical.__file__).parent / "lexicons"
FILES = sorted(FOLDER.glob("*.tsv"))


def table(path):
    lines = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line[0] != "#"]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_lexicon_states_source_and_licence(path):
    head = "".join(line for line in path.read_text("utf-8").splitlines() if line.startswith("#"))
    assert "Written for this project" in head
    assert "Apache-2.0" in head
    rows = table(path)
    assert rows
    assert len({tuple(row.values()) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", ["distractors", "injections", "hedges"])
def test_what_is_added_holds_nothing_protected(name):
    for row in table(FOLDER / f"{name}.tsv"):
        for value in list(row.values())[-1:]:
            assert protected_spans(value) == (), value


def test_invented_names_are_no_medicines_of_the_lexicon():
    rows = table(FOLDER / "drugs.tsv")
    known = {name.lower() for row in rows for value in row.values() for name in value.split("|")}
    assert not known & {row["name"].lower() for row in table(FOLDER / "invented_names.tsv")}


def test_each_name_of_a_medicine_has_one_meaning():
    seen = {}
    for row in table(FOLDER / "drugs.tsv"):
        for column in ("generic", "other_names", "brands"):
            for name in filter(None, row[column].split("|")):
                assert seen.setdefault(name.lower(), row["generic"]) == row["generic"], name


def test_each_abbreviation_and_lay_term_has_one_meaning():
    short = [row["abbreviation"] for row in table(FOLDER / "abbreviations.tsv")]
    assert len(set(short)) == len(short)
    clinical = [row["clinical"] for row in table(FOLDER / "lay_terms.tsv")]
    assert len(set(clinical)) == len(clinical)


def test_no_paraphrase_is_in_two_rows():
    phrases = [p for row in table(FOLDER / "paraphrases.tsv") for p in row["phrases"].split("|")]
    assert len(set(phrases)) == len(phrases)


def test_every_lexicon_is_used_and_every_parameter_that_takes_one_is_a_path():
    used = set()
    for source in (FOLDER.parent).glob("_*.py"):
        used |= set(re.findall(r"lexicon_rows\([^)]*?\"([a-z_]+)\",", source.read_text("utf-8")))
        used |= set(re.findall(r"lexicon, \"([a-z_]+)\"", source.read_text("utf-8")))
    assert used >= {path.stem for path in FILES}
    for one in seatrial_perturbations():
        for name, parameter in inspect.signature(one.load()).parameters.items():
            if name in ("lexicon", "drugs", "conditions", "names", "claims", "body_parts"):
                assert parameter.default is None


def test_a_lexicon_of_ones_own_takes_the_place(tmp_path):
    own = tmp_path / "own.tsv"
    own.write_text("# ours\ngeneric\tother_names\tbrands\nzolafen\t\tZolabrand\n", "utf-8")
    perturb = brands.at(1, {"lexicon": str(own)})
    assert perturb("Take Zolabrand and Advil.", seed=1) == "Take zolafen and Advil."


@pytest.mark.parametrize("one", [misspelt_drugs, invented_names, false_history])
def test_a_lexicon_that_was_changed_is_read_anew(tmp_path, one):
    own = tmp_path / "own.tsv"
    parameter = "drugs" if one is false_history else "lexicon"
    for name in ("zolafen", "quimadol"):
        own.write_text(f"generic\tother_names\tbrands\n{name}\t\t\n", "utf-8")
        perturb = one.at(1, {parameter: str(own)})
        assert perturb(f"She takes {name}.", seed=1) != f"She takes {name}."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "own.tsv holds nothing: a lexicon needs the columns generic, other_names, brands"),
        ("generic\tbrands\nx\ty\n", "own.tsv has no column 'other_names'"),
        ("generic\tother_names\tbrands\nx\ty\n", r"own.tsv, line 2: 2 values for 3 columns"),
    ],
)
def test_a_broken_lexicon_names_file_and_line(tmp_path, text, message):
    own = tmp_path / "own.tsv"
    own.write_text(text, "utf-8")
    with pytest.raises(ParameterError, match=message):
        brands.at(1, {"lexicon": str(own)})


def test_a_lexicon_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"the lexicon .*nothing\.tsv' cannot be read"):
        misspelt_drugs.at(1, {"lexicon": str(tmp_path / "nothing.tsv")})


@pytest.mark.parametrize(
    ("one", "params", "message"),
    [
        (brands, {"to": "both"}, "to must be one of brand, generic, other, got 'both'"),
        (abbreviations, {"protect": "BP"}, "protect must be a tuple of strings"),
        (abbreviations, {"protect": ("(",)}, r"protect has '\(', which is no regular expression"),
        (distractors, {"of": "funny"}, "of must be any, related, senses, unrelated, got 'funny'"),
        (injections, {"at": "middle"}, "at must be start or end"),
    ],
)
def test_a_wrong_parameter_says_what_is_taken(one, params, message):
    with pytest.raises(ParameterError, match=message):
        one.at(1, params)


@pytest.mark.parametrize(
    ("one", "params"),
    [
        (brands, {"entities": 0}),
        (brands, {"entities": True}),
        (lay_terms, {"entities": 1.5}),
        (injections, {"level": 9}),
        (false_history, {"level": 0}),
        (invented_names, {"entities": "2"}),
        (dose_limits, {"margin": 1}),
    ],
)
def test_a_rung_out_of_range_is_refused(one, params):
    with pytest.raises(ParameterError):
        one.build(params)


def test_what_a_user_protects_stays():
    perturb = abbreviations.build({"entities": 9, "protect": ("BP",)})
    assert perturb("BP and HR were normal.", seed=1) == "BP and heart rate were normal."


@pytest.mark.parametrize(
    ("most", "unit"), [("1200", "lb"), ("many", "mg"), ("0", "g"), ("nan", "g")]
)
def test_a_limit_that_is_no_amount_is_refused_with_its_medicine(most, unit, tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text(f"drug\tunit\tmost\nibuprofen\t{unit}\t{most}\n")
    with pytest.raises(ParameterError, match=r"own\.tsv: most of 'ibuprofen' must be a positive"):
        dose_limits.at(1, {"lexicon": str(path)})
