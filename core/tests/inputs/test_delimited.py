"""Cases from CSV and TSV: what is read, and the line of every row that cannot be."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seatrial as sea
from seatrial.errors import FileError, PlanError

PLAIN = {"input": "q", "target": "a"}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write a file into the current folder, and load cases from it."""
    monkeypatch.chdir(tmp_path)

    def read(content, name="q.csv", **options):
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        return sea.load_cases(name, **options)

    return read


def test_columns_become_the_parts_of_cases(read):
    content = "no,q,hint,a,site,year,who\nx,why?,why not,yes,A,2020,p1\ny,how?,,no,B,2021,p1\n"
    one, two = read(
        content, input=["q", "hint"], target="a", id="no", groups=["site", "year"], cluster="who"
    )
    assert one == sea.Case(
        "x", {"q": "why?", "hint": "why not"}, "yes", {"site": "A", "year": 2020}, "p1"
    )
    assert (two.input["hint"], two.groups["year"]) == ("", 2021)


def test_columns_with_the_names_of_fields_need_not_be_named(read):
    (case,) = read("id,input,target,cluster\n7,what?,yes,p1\n")
    assert case == sea.Case("7", "what?", "yes", cluster="p1")


def test_without_ids_rows_are_numbered(read):
    assert [one.id for one in read("q,a\nb,c\nd,e\n", **PLAIN)] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"\xef\xbb\xbfq,a\r\nwhat?,yes\r\n", {}),
        (b"q;a\nwhat?;yes\n", {"delimiter": ";"}),
        (b"q,a\rwhat?,yes\r", {}),
        (b"q,a\n\n\nwhat?,yes\n\n", {}),
        (b"q,a,,\nwhat?,yes,,\n,,,\n,,,\n", {}),
        (b'"q","a"\n"what?","yes"', {}),
        ("q,a\nwhat?,yes\n".encode("utf-16"), {"encoding": "utf-16"}),
    ],
)
def test_files_of_several_programs_read_alike(read, content, options):
    (case,) = read(content, **PLAIN, **options)
    assert (case.input, case.target) == ("what?", "yes")


def test_tabs_stand_between_the_values_of_tsv(read):
    (case,) = read("q\ta\nwhat, then?\tyes\n", "q.tsv", **PLAIN)
    assert case.input == "what, then?"


def test_text_in_another_encoding_is_read_when_that_is_said(read):
    content = "q,a\ncafé,yes\n".encode("cp1252")
    assert read(content, **PLAIN, encoding="cp1252")[0].input == "café"
    with pytest.raises(FileError, match=r"q.csv, line 2: not UTF-8 text \(byte 0xe9\).*cp1252"):
        read(content, **PLAIN)
    with pytest.raises(FileError, match="there is no encoding 'utf-88'"):
        read(content, **PLAIN, encoding="utf-88")
    with pytest.raises(
        FileError, match=r"q\.csv is UTF-16, not UTF-8: .* give encoding = 'utf-16'"
    ):
        read("q,a\n".encode("utf-16"), **PLAIN)


def test_a_quoted_value_may_hold_line_ends_and_lines_are_counted_all_the_same(read):
    content = 'q,a\n"one\ntwo, ""three""",yes\n,no\n'
    with pytest.raises(FileError, match=r"^q.csv, line 4: 'q' is empty"):
        read(content, **PLAIN)
    found = read(content, **PLAIN, empty="skip")
    assert found[0].input == 'one\ntwo, "three"'


def test_a_value_may_be_longer_than_the_csv_module_takes_by_itself(read):
    before = csv.field_size_limit()
    assert len(read(f"q,a\n{'x' * 200_000},yes\n", **PLAIN)[0].input) == 200_000
    assert csv.field_size_limit() == before


WRONG = {
    "q,a\nb\n": "q.csv, line 2: 1 values for 2 columns",
    "q,a\nb,c,d\n": "q.csv, line 2: 3 values for 2 columns; a value with ',' in it must stand in",
    'q,a\nb,c\n"d,e\nf,g\n': "q.csv, line 3: a quote that opens here is never closed",
    'q,a\n"b"c,d\n': "q.csv, line 2: ',' expected after '\"'",
    '"q";"a"\n"b;c";"d"\n': "q.csv, line 1: ',' expected after '\"'; if ';' stands between the",
    "": "q.csv is empty: its first line must name the columns",
    "q,a\n": "q.csv has no rows",
    "q,a,a\nb,c,d\n": "q.csv, line 1: two columns are named 'a'",
    "q;a\nb;c\n": "q.csv has one column, 'q;a'; if ';' stands between its values, give delimiter",
    "q,a\nb,\n": "q.csv, line 2: 'a' is empty",
    "qu,a\nb,c\n": "q.csv has no column 'q'; did you mean qu?; it has 'qu', 'a'",
}


@pytest.mark.parametrize("content", WRONG)
def test_what_is_wrong_is_named_with_its_line(read, content):
    with pytest.raises(PlanError) as caught:
        read(content, **PLAIN)
    assert WRONG[content] in str(caught.value)


def test_every_bad_row_is_named_in_the_order_of_the_file_and_the_rest_counted(read):
    rows = ["1,b,c", "1,b,c", "2,b", "3,,c", ",b,c", "4,b,"]
    with pytest.raises(FileError) as caught:
        read("id,q,a\n" + "\n".join(rows), **PLAIN)
    assert [one.partition(":")[0] for one in caught.value.problems] == [
        f"q.csv, line {line}" for line in (3, 4, 5, 6, 7)
    ]
    assert "the id '1' is that of q.csv, line 2 too" in caught.value.problems[0]
    with pytest.raises(FileError, match=r"and 90 more$"):
        read("q,a\n" + "b,\n" * 100, **PLAIN)


def test_an_empty_target_is_refused_left_out_or_kept(read):
    content = "q,a\nb,c\nd,\n"
    assert len(read(content, **PLAIN, empty="skip")) == 1
    assert [one.target for one in read(content, **PLAIN, empty="keep")] == ["c", ""]


def test_columns_of_nothing_but_numbers_are_numbers_and_inputs_and_names_are_not(read):
    content = "id,q,a,year,code,odd,part\n1,5,1,2020,007,3,0.5\n2,6,0,2021,012,x,\n"
    cases = read(content, **PLAIN, groups=["year", "code", "odd", "part"], cluster="year")
    assert [(one.id, one.input, one.target, one.cluster) for one in cases] == [
        ("1", "5", 1, "2020"),
        ("2", "6", 0, "2021"),
    ]
    assert cases[0].groups == {"year": 2020, "code": "007", "odd": "3", "part": 0.5}
    assert "part" not in cases[1].groups


def test_a_number_that_was_not_measured_is_none(read):
    cases = read("q,a,age\nb,c,NaN\nd,e,41\nf,g,NA\n", **PLAIN, groups=["age"])
    assert [dict(one.groups) for one in cases] == [{}, {"age": 41}, {}]


def test_types_can_be_stated(read):
    content = 'q,a,ok,n,options\n5,007,yes,3,"[""b"", ""c""]"\n6,1,FALSE,4.0,"[\'d\']"\n'
    types = {"q": "number", "a": "text", "ok": "boolean", "n": "integer", "options": "json"}
    one, two = read(content, input=["q", "options"], target="a", groups=["ok", "n"], types=types)
    assert one == sea.Case("1", {"q": 5, "options": ["b", "c"]}, "007", {"ok": True, "n": 3})
    assert (two.input["options"], two.target, two.groups) == (("d",), "1", {"ok": False, "n": 4})
    with pytest.raises(FileError, match=r"q\.csv, line 2: a: 'x' is not a whole number"):
        read("q,a\nb,x\n", **PLAIN, types={"a": "integer"})
    with pytest.raises(FileError, match=r"q\.csv has no column 'b'"):
        read("q,a\nb,x\n", **PLAIN, types={"b": "integer"})


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)))
def test_whatever_csv_writes_is_read_back(tmp_path_factory, values):
    texts = [f"q{one}" for one in values]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["q"], *([text] for text in texts)])
    path = tmp_path_factory.mktemp("csv") / "q.csv"
    path.write_bytes(stream.getvalue().encode())
    if texts:
        found = sea.load_cases(path, input="q")
        assert sorted(case.input for case in found) == sorted(texts)


# Which rows


ROWS = "id,q,a,site,year\n" + "".join(
    f"{i},q{i},a,{'AB'[i % 2]},{2020 + i % 3}\n" for i in range(100)
)


def test_rows_are_chosen_by_the_values_of_columns(read):
    found = read(ROWS, **PLAIN, where={"site": "A", "year": [2020, 2021]})
    assert {int(one.id) for one in found} == {
        i for i in range(100) if i % 2 == 0 and i % 3 in (0, 1)
    }
    with pytest.raises(PlanError, match=r"no row of q.csv has site = 'C' \(it has 'A', 'B'\)"):
        read(ROWS, **PLAIN, where={"site": "C"})


def test_a_limit_takes_the_first_rows_of_the_file(read):
    assert {one.id for one in read(ROWS, **PLAIN, limit=12)} == {str(i) for i in range(12)}
    assert len(read(ROWS, **PLAIN, limit=1000)) == 100


def test_a_bad_row_that_is_not_wanted_is_nobodys_business(read):
    assert len(read("q,a,s\nb,c,x\nd,,y\n", **PLAIN, where={"s": "x"})) == 1
    assert len(read("q,a,s\nb,c,x\nd,,y\n", **PLAIN, limit=1)) == 1


def test_a_random_sample_is_seeded_and_stable_when_rows_are_appended(read):
    def sample(content, **more):
        return [one.id for one in read(content, **PLAIN, limit=20, sample="random", **more)]

    first = sample(ROWS)
    assert first == sample(ROWS)
    assert first != sample(ROWS, seed=1)
    assert set(first) != {str(i) for i in range(20)}
    more = ROWS + "".join(f"{i},q{i},a,A,2020\n" for i in range(100, 125))
    kept = set(first) & set(sample(more))
    assert kept == {one for one in sample(more) if int(one) < 100}
    assert len(kept) >= 12


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"limit": 0}, "limit must be a whole number from 1 up, got 0"),
        ({"limit": True}, "limit must be a whole number"),
        ({"sample": "random"}, "sample needs limit: how many to take"),
        ({"sample": "rand"}, "sample must be 'first' or 'random', got 'rand'; did you mean random"),
        ({"empty": "drop"}, "empty must be 'refuse' or 'skip' or 'keep'"),
        ({"delimiter": ";;"}, "delimiter must be one character"),
        ({"types": {"q": 3}}, "types must be a table of columns and their types"),
        ({"where": {}}, "where must be a table"),
        ({"groups": ["a", "a"]}, "groups names 'a' more than once"),
        ({"input": []}, "input must name a column, or a list of columns"),
    ],
)
def test_options_that_make_no_sense_are_refused(read, options, told):
    with pytest.raises(PlanError, match=told):
        read("q,a\nb,c\n", **{**PLAIN, **options})


def test_a_file_that_is_not_there_or_no_table_is_named(read, tmp_path):
    with pytest.raises(FileError, match=r"none.csv does not exist \(looked for in"):
        sea.load_cases("none.csv", input="q")
    with pytest.raises(FileError, match=r"save the sheet as CSV"):
        read("x", "q.xlsx", **PLAIN)
    with pytest.raises(FileError, match=r"tables are read from .csv"):
        read("x", "q.pdf", **PLAIN)
