"""Tables and prose in a terminal of any width: whole words, nothing beyond the edge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial._layout import fold, width_of
from seatrial._tables import Table, legible

words = st.text(st.sampled_from("abcdefgh請ñ0123.-"), min_size=1, max_size=9)
prose = st.lists(words, max_size=12).map(" ".join)
tables = st.integers(1, 6).flatmap(
    lambda count: st.builds(
        Table,
        st.tuples(*[words] * count),
        st.lists(st.tuples(*[prose] * count), max_size=4),
        title=prose,
        notes=st.lists(prose, max_size=2),
        spare=st.lists(words, max_size=2),
    )
)


@given(prose, st.integers(20, 60), st.sampled_from(["", "  ", "    "]))
def test_folding_cuts_no_word_and_loses_none(text, width, indent):
    lines = fold(text, width, indent=indent)
    assert all(width_of(line) <= width for line in lines)
    assert " ".join(line.strip() for line in lines).split() == text.split()


@given(st.text(st.sampled_from("abc請"), max_size=40), st.integers(3, 9))
def test_a_word_that_is_too_wide_is_cut_and_loses_no_letter(word, width):
    lines = fold(word, width)
    assert "".join(lines) == word
    assert all(width_of(line) <= width for line in lines)


@given(tables, st.integers(24, 120))
def test_no_line_of_a_table_is_wider_than_the_terminal(table, width):
    lines = table.text(width).split("\n")
    assert all(width_of(line) <= width for line in lines)


@given(tables, st.integers(24, 120))
def test_every_word_of_what_is_shown_stays_whole(table, width):
    shown = set(table.text(width).split())
    said = " ".join(table.text(width).split())
    left_out = said.partition("not shown for want of room: ")[2].split(", ")
    for at, column in enumerate(table.columns):
        if column in left_out:
            continue
        cells = [row[at] for row in table.rows]
        if all(cell in ("", "—") for cell in cells):
            continue
        assert {word for cell in cells for word in cell.split()} <= shown


def test_a_table_without_a_width_has_a_line_for_each_row():
    table = Table(("name", "what"), [("a", "long " * 40), ("b", "short")])
    assert len(table.text().split("\n")) == 4


def test_what_says_nothing_goes_first_then_what_can_be_spared_then_lines_are_folded():
    table = Table(
        ("name", "empty", "count", "spare"),
        [("a name of several words", "—", "12", "unimportant")],
        spare=("spare",),
    )
    assert table.text(60).split("\n")[0].split() == ["name", "empty", "count", "spare"]
    assert table.text(45).split("\n")[0].split() == ["name", "count", "spare"]
    assert "not shown" not in table.text(45)
    narrow = table.text(32)
    assert narrow.split("\n")[0].split() == ["name", "count"]
    assert narrow.endswith("not shown for want of room:\n  spare")
    stacked = Table(("name", "value"), [("one", "x" * 30), ("two", "y" * 30)]).text(32)
    assert stacked.split("\n")[:3] == ["name   one", f"value  {'x' * 25}", f"       {'x' * 5}"]


def test_an_interval_stays_in_one_line():
    table = Table(("what", "interval"), [("some long words here", "0.123 … 0.456")])
    assert "0.123 … 0.456" in table.text(26)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_table_keeps_its_columns_in_every_encoding(encoding):
    table = Table(("name", "figure"), [("a → b", "≤ 1"), ("請", "—")])
    lines = [
        "".join(t for t, _ in line) for line in table.lines(80, lambda t: legible(t, encoding))
    ]
    for line in lines:
        line.encode(encoding)
    assert set(lines[1]) == {"-", " "}
    assert lines[2].index("<= 1") == lines[3].rindex(lines[3].split()[-1])
