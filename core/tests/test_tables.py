"""What anybody says stays text in every table."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial._tables import Table, json_text, printable

CONTROLS = (
    "\x1b[31m",
    "\x9b31m",
    "\x07",
    "\x08\x08",
    "\u202e",
    "\u2066",
    "\u200b",
    "\x00",
    "\ud800",
)


@pytest.mark.parametrize("odd", CONTROLS)
@pytest.mark.parametrize("form", ["text", "html", "markdown"])
def test_control_sequences_are_shown_and_not_obeyed(odd, form):
    table = Table((f"c{odd}",), [(f"r{odd}",)], title=f"t{odd}", notes=[f"n{odd}"])
    text = getattr(table, form)()
    assert odd[0] not in text
    assert (
        text.count("x1b" if odd[0] == "\x1b" else odd.encode("unicode_escape").decode()[1:3]) >= 4
    )


@given(st.text())
def test_printable_text_has_no_control_characters_and_reads_alike(text):
    shown = printable(text)
    unseen = [one for one in shown if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert set(unseen) <= {"\u200c", "\u200d", "\xad"}
    assert printable(shown) == shown
    assert "\n" not in shown


def test_ordinary_text_of_any_script_stays_as_it_is():
    for text in ("naïve café", "请解释", "می‌خواهم", "👩‍👩‍👧", "10⁵ CFU/mL — “x”"):
        assert printable(text) == text
    assert printable("a\nb\tc") == "a⏎b⇥c"
    assert printable("a\nb\tc", lines=True) == "a\nb\tc"


@given(st.text())
def test_json_stays_json_and_steers_nothing(text):
    written = json_text({"said": text})
    assert json.loads(written) == {"said": text}
    assert not any(letter in written for letter in "\x1b\x9b\u202e\u2066")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_printing_a_table_is_no_crash_in_any_encoding(encoding, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    table = Table(("name → 請", "value"), [("a ≤ b", "—")], title="t – t", notes=["…"])
    print(table)
    sys.stdout.flush()
    lines = written.getvalue().decode(encoding).splitlines()
    assert len(lines) == 5
    assert len(lines[2].split()[0]) >= len(lines[1].split("  ")[0])
