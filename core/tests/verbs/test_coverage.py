"""Incidents are held against the priorities by name; what is not covered is listed."""

from __future__ import annotations

import json

import pytest
from trial_stand_ins import same

import seatrial as sea
from seatrial.errors import FileError, PlanError

SPEC = sea.Specification(
    "Letters",
    priorities=[
        sea.Priority(name, metric=same(), require={"at_least": 0.5})
        for name in ("Typing errors", "Bad scans", "Old letters")
    ],
    seed=1,
)
TABLE = [
    {"id": "a", "what": "it was misread", "covered_by": ["Bad scans", "Typing errors"]},
    {"id": "b", "what": "it was lost", "source": "file 7", "weather": "rain"},
]


def test_what_no_priority_covers_is_listed():
    found = sea.coverage(SPEC, TABLE)
    assert [one.id for one in found.incidents] == ["a", "b"]
    assert [one.id for one in found.uncovered] == ["b"]
    assert found.without_incident == ("Old letters",)
    assert found.exit_status == 1
    assert [row[0] for row in found.table().rows] == ["b", "a"]
    assert "1 of 2 incidents" in str(found)
    assert "priorities that no incident calls for: Old letters" in str(found)


def test_all_that_happened_is_covered():
    found = sea.coverage(SPEC, TABLE[:1])
    assert (found.uncovered, found.exit_status) == ((), 0)


TOML = """
[[incidents]]
id = "a"
what = "it was misread"
covered_by = ["Bad scans", "Typing errors"]

[[incidents]]
id = "b"
what = "it was lost"
source = "file 7"
weather = "rain"
"""
CSV = """id,what,covered_by,source,weather
a,it was misread,Bad scans; Typing errors,,
b,it was lost,,file 7,rain
"""
FILES = {
    "incidents.toml": TOML,
    "incidents.csv": CSV,
    "incidents.jsonl": "\n".join(map(json.dumps, TABLE)),
    "incidents.json": json.dumps(TABLE),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_says_the_same(name, tmp_path):
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    assert sea.coverage(SPEC, path) == sea.coverage(SPEC, TABLE)
    assert sea.load_incidents(path) == sea.load_incidents(str(path))


def test_incidents_may_be_values():
    given = [sea.Incident("a", "it was misread", covered_by="Bad scans")]
    assert sea.coverage(SPEC, given).incidents == tuple(given)


def test_an_unknown_priority_is_an_error_for_each():
    given = [
        {"what": "x", "covered_by": "Bad scan"},
        {"what": "y", "covered_by": ["Old letters", "Rain"]},
    ]
    with pytest.raises(PlanError) as caught:
        sea.coverage(SPEC, given)
    assert str(caught.value).splitlines() == [
        "incident '1': there is no priority 'Bad scan'; did you mean Bad scans?",
        "incident '2': there is no priority 'Rain'",
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.csv", "id,what\na,\n", "x.csv, line 2: what must be some text, got ''"),
        ("x.csv", "id,waht\na,b\n", "x.csv has no column 'what'; did you mean waht?"),
        ("x.csv", "id;what\na;b\n", "x.csv has one column, 'id;what'; if ';' stands between"),
        ("x.csv", "id,what\na,b\n".encode("utf-16"), "UTF-16, not UTF-8: save it as UTF-8"),
        ("x.csv", "id,what\na,ä\n".encode("cp1252"), "line 2: not UTF-8 text (byte 0xe4); save it"),
        ("x.json", '{"incidents": []}', "x.json has no column 'what'; it has 'incidents'"),
        ("x.jsonl", '{"what": "x", "coverd_by": "y"}', "no such key 'coverd_by'; did you mean"),
        ("x.jsonl", '{"what": "x", "covered_by": 3}', "covered_by must name priorities, got 3"),
        ("x.csv", "id,what\na,x\na,y\n", "line 3: another incident has the id 'a'"),
        ("x.toml", "title = 'none'", "x.toml: has no tables [[incidents]]"),
        ("x.toml", "[[incidents]]\nid = 'a'", "x.toml.incidents[0]: what must be some text"),
        ("x.xls", "", "tables are read from"),
        ("none.csv", None, "does not exist"),
    ],
    ids=lambda value: None if value is None else str(value)[:20],
)
def test_what_is_no_incident_is_refused_with_its_place(name, text, told, tmp_path):
    path = tmp_path / name
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FileError) as caught:
        sea.coverage(SPEC, path)
    assert told in str(caught.value)


def test_a_priority_that_is_named_twice_covers_once():
    found = sea.coverage(SPEC, [{"what": "x", "covered_by": "Bad scans; Bad scans;"}])
    assert found.incidents[0].covered_by == ("Bad scans",)


def test_a_folder_is_no_file_of_incidents(tmp_path):
    (tmp_path / "note.md").write_text("what")
    with pytest.raises(FileError, match="is a folder"):
        sea.coverage(SPEC, tmp_path)


@pytest.mark.parametrize("given", [[], {}, 3, None])
def test_what_holds_no_incidents_is_refused(given):
    with pytest.raises(PlanError, match="incidents are read from a file or from mappings"):
        sea.coverage(SPEC, given)
