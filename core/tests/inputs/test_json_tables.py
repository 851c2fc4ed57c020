"""Cases from JSON, a list or one object a line: types are kept, and every line is known."""

from __future__ import annotations

import json

import pytest

import seatrial as sea
from seatrial.errors import PlanError

ROWS = [
    {"id": 1, "q": "what?", "a": 0.5, "year": 2020, "ok": True},
    {"id": 2, "q": "why?", "a": 2, "year": 2021, "ok": False},
]


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(text, name="q.json", **options):
        (tmp_path / name).write_bytes(text.encode())
        return sea.load_cases(name, **{"input": "q", "target": "a", **options})

    return read


@pytest.mark.parametrize("name", ["q.json", "q.jsonl", "q.ndjson"])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2).replace("\n", "\r\n"),
        "\n".join(map(json.dumps, ROWS)),
        "\ufeff" + "\r\n\r\n".join(map(json.dumps, ROWS)) + "\r\n",
        "\ufeff " + json.dumps(ROWS),
    ],
)
def test_lists_and_lines_read_alike_whatever_the_name(read, name, text):
    one, two = read(text, name, groups=["year", "ok"])
    assert one == sea.Case("1", "what?", 0.5, {"year": 2020, "ok": True})
    assert (two.target, type(two.target)) == (2, int)


def test_values_inside_values_are_read_by_a_path(read):
    text = json.dumps([{"q": {"text": "what?", "by": "x"}, "a.b": 1, "a": {"list": ["yes", "no"]}}])
    (case,) = read(text, input="q.text", target="a.list", groups=["a.b"])
    assert case == sea.Case("1", "what?", ("yes", "no"), {"a.b": 1})


def test_conversations_and_options_keep_their_structure(read):
    said = [{"role": "user", "content": "hello"}]
    (case,) = read(
        json.dumps([{"q": said, "options": ["a", "b"], "a": "b"}]), input=["q", "options"]
    )
    assert case.input == {"q": ({"role": "user", "content": "hello"},), "options": ("a", "b")}


WRONG = {
    '{"q": "b", "a": 1}\n{"q": "c"\n5\n': (
        "q.json, line 2: not JSON: expecting ',' delimiter",
        "q.json, line 3: an object with named values is wanted, got int",
    ),
    '[{"q": "b", "a": 1},\n{"q": "c",}]': ("q.json, line 2: not JSON",),
    '[{"q": "b", "a": 1}\n{"q": "c"}]': ("q.json, line 2: not JSON: expecting ',' or ']'",),
    '[{"q": "b", "a": 1}] x': ("q.json, line 1: not JSON: the list ended before",),
    '[{"q": "b", "a": 1}': ("q.json, line 1: not JSON: expecting ',' or ']'",),
    '[{"q": "b", "a": 1},\n\n3]': ("q.json, line 3: an object with named values is wanted",),
    '[{"q": "b", "a": 1},\n{"q": "c", "a": null}]': ("q.json, line 2: 'a' is empty",),
    '[{"q": "b", "a": 1},\n{"q": "c", "a": NaN}]': ("q.json, line 2: 'a' is empty",),
    '[{"q": "b", "a": 1},\n{"q": "c"}]': ("q.json, line 2: 'a' is empty",),
    '[{"id": 1.5, "q": "b", "a": 1}]': (
        "object 1: 'id' must be a text or a whole number, got 1.5",
    ),
    '[{"id": true, "q": "b", "a": 1}]': ("object 1: 'id' must be a text or a whole number",),
    '[{"id": 1, "q": "b", "a": 1},\n{"id": "1", "q": "c", "a": 1}]': (
        "q.json, line 2: the id '1' is that of q.json, line 1 too",
    ),
    '{"data": [\n{"q": "b"}]}': ("q.json holds one object", "its 'data' holds a list"),
    "": ("q.json is empty",),
    "[]": ("q.json has no rows",),
    "[1, 2]": ("q.json, object 1: an object with named values is wanted, got int",),
    '[{"question": "b", "a": 1}]': ("q.json has no column 'q'", "it has 'question', 'a'"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_named_with_its_line(read, text):
    with pytest.raises(PlanError) as caught:
        read(text)
    assert all(told in str(caught.value) for told in WRONG[text])


def test_whole_numbers_are_ids_and_clusters(read):
    (case,) = read('[{"n": 7, "p": 3.0, "q": "b", "a": 1}]', id="n", cluster="p")
    assert (case.id, case.cluster) == ("7", "3")
