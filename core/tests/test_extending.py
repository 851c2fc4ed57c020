"""A specification that extends another: what comes from where, and what is a mistake."""

from __future__ import annotations

from functools import partial

import pytest
from attrs import evolve

from seatrial import load_specification
from seatrial.errors import FileError

BASE = """
format = 1
title = "Shop"
seed = 7
model = "bot:support_bot"

[[priorities]]
name = "Plain"
metric = "nlpaug.fluency"
require = { at_least = 0.9 }

[[priorities]]
name = "Typing errors"
perturbations = ["nlpaug.keyboard"]
severities = [1, 2]
metric = "nlpaug.fluency"
require = { max_drop = 0.05 }
"""


@pytest.fixture
def base(nlpaug, write):
    return write(BASE, "base.toml")


@pytest.fixture
def load(nlpaug, installed):
    """Read a specification with the fake nlpaug alone."""
    return partial(load_specification, registry=installed("nlpaug"))


def test_what_is_not_said_is_taken_from_the_other(base, write, load):
    found = load(write('format = 1\nextend = "base.toml"\n'))
    assert found == load(base)


def test_keys_and_priorities_are_overridden_by_name_where_they_stand(base, write, load):
    found = load(
        write(
            """
            format = 1
            extend = "base.toml"
            title = "Shop, strictly"

            [[priorities]]
            name = "Typing errors"
            severities = [1]

            [[priorities]]
            name = "Scans"
            perturbations = ["nlpaug.ocr"]
            metric = "nlpaug.fluency"
            require = { max_drop = 0.2 }

            [[priorities]]
            name = "Plain"
            remove = true
            """
        )
    )
    known = load(base)
    assert (found.title, found.seed, found.model) == ("Shop, strictly", 7, known.model)
    assert [one.name for one in found.priorities] == ["Typing errors", "Scans"]
    assert found.priorities[0] == evolve(known.priorities[1], severities=(1,))


def test_files_extend_each_other_in_a_row_from_their_own_folders(base, write, load, tmp_path):
    (tmp_path / "far").mkdir()
    write('format = 1\nextend = "../base.toml"\nseed = 8\n', "far/middle.toml")
    found = load(write('format = 1\nextend = "far/middle.toml"\ntitle = "T"\n'))
    assert (found.title, found.seed, len(found.priorities)) == ("T", 8, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extend = "none.toml"', "there is no file"),
        ("extend = 3", "pharmacy.toml.extend: must name a file, got 3"),
        ('extend = "pharmacy.toml"', "neither has a beginning"),
        (
            'extend = "base.toml"\n[[priorities]]\nname = "Plane"\nremove = true',
            r"pharmacy.toml.priorities\[0\]: no priority to remove",
        ),
        ('extend = "base.toml"\npriorities = 3', "pharmacy.toml.priorities: must be a list"),
        ('extend = "base.toml"\nmodle = "a:b"', "no such key; did you mean model?"),
    ],
)
def test_what_cannot_be_extended_is_said(base, write, load, text, said):
    with pytest.raises(FileError, match=said):
        load(write(f"format = 1\n{text}\n"))


def test_a_byte_order_mark_is_read_over(load, tmp_path):
    path = tmp_path / "marked.toml"
    path.write_text(BASE, encoding="utf-8-sig")
    assert load(path).title == "Shop"


def test_a_mistake_is_told_where_it_stands_and_what_a_near_name_may_have_meant(base, write, load):
    def problem(text):
        with pytest.raises(FileError) as caught:
            load(write(f'format = 1\nextend = "base.toml"\n[[priorities]]\n{text}\n'))
        return str(caught.value)

    assert problem('name = "Typing eror"\nrequire = { at_least = 0.5 }') == (
        "pharmacy.toml.priorities[0]: at_least needs a metric, as in metric = 'metrics.accuracy' "
        "(it is added: the file that is extended has no such name; did you mean Typing errors?)"
    )
    assert problem('name = "Plan"\nremove = true') == (
        "pharmacy.toml.priorities[0]: no priority to remove; did you mean Plain?"
    )
    assert problem('name = "Typing errors"\nseverities = 1').startswith(
        "pharmacy.toml.priorities[0].severities: must be a list"
    )
    write(BASE.replace("at_least = 0.9", "at_lest = 0.9"), "base.toml")
    assert problem('name = "More"\nmetric = "nlpaug.fluency"\nrequire = { at_least = 1 }') == (
        "base.toml.priorities[0].require.at_lest: no such requirement; did you mean at_least?"
    )
