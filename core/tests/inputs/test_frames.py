"""Cases from data frames, Parquet files, data sets and mappings, and what is told without them."""

from __future__ import annotations

import datetime as dt
import decimal
import sys

import numpy as np
import pytest

import seatrial as sea
from seatrial.errors import FileError, PlanError

PLAIN = {"input": "q", "target": "a"}


@pytest.fixture
def pandas():
    return pytest.importorskip("pandas")


@pytest.fixture
def datasets():
    return pytest.importorskip("datasets")


def test_a_data_frame_keeps_its_types_and_its_index_is_the_id(pandas):
    frame = pandas.DataFrame(
        {"q": ["b", "c", "d"], "a": [1, 0, 1], "age": [41.0, np.nan, 42.0], "who": [1, 1, 2]},
        index=["x", "y", "z"],
    )
    cases = sea.load_cases(frame[frame.a == 1], **PLAIN, groups=["age"], cluster="who")
    assert cases == (
        sea.Case("x", "b", 1, {"age": 41.0}, "1"),
        sea.Case("z", "d", 1, {"age": 42.0}, "2"),
    )
    assert type(cases[0].target) is int
    with pytest.raises(FileError, match="the data frame, row 'y': 'age' is empty"):
        sea.load_cases(frame, **PLAIN, cluster="age")


def test_what_is_missing_in_a_data_frame_is_missing(pandas):
    frame = pandas.DataFrame({"q": ["b", None], "a": ["c", "d"], "n": [1, pandas.NA]})
    with pytest.raises(FileError, match="the data frame, row 1: 'q' is empty"):
        sea.load_cases(frame, **PLAIN)
    assert len(sea.load_cases(frame, **PLAIN, empty="skip", groups=["n"])) == 1


def test_dates_become_text_and_columns_that_are_no_texts_are_named_all_the_same(pandas):
    frame = pandas.DataFrame({0: ["b"], "a": ["c"], "day": [pandas.Timestamp("2020-02-03")]})
    (case,) = sea.load_cases(frame, input="0", target="a", groups=["day"])
    assert case.groups == {"day": "2020-02-03T00:00:00"}


def test_two_columns_of_one_name_are_refused(pandas):
    frame = pandas.DataFrame([["b", "c", "d"]], columns=["q", "a", "a"])
    with pytest.raises(FileError, match="two columns of the data frame are named 'a'"):
        sea.load_cases(frame, **PLAIN)


def test_parquet_keeps_types(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "q.parquet"
    table = arrow.table(
        {
            "q": ["b", "c"],
            "a": [1, 2],
            "price": [decimal.Decimal("1.50"), decimal.Decimal("2.00")],
            "day": [dt.date(2020, 2, 3), None],
            "options": [["x", "y"], ["z"]],
        }
    )
    parquet.write_table(table, path)
    one, two = sea.load_cases(path, input=["q", "options"], target="a", groups=["price", "day"])
    assert one == sea.Case(
        "1", {"q": "b", "options": ["x", "y"]}, 1, {"price": 1.5, "day": "2020-02-03"}
    )
    assert two.groups == {"price": 2}


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "q.parquet").write_text("no parquet")
    with pytest.raises(sea.errors.SeatrialError, match=r"q\.parquet"):
        sea.load_cases(tmp_path / "q.parquet", **PLAIN)


def test_an_absent_library_is_named(tmp_path, monkeypatch):
    (tmp_path / "q.parquet").write_text("")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(PlanError, match="install pyarrow: pip install pyarrow"):
        sea.load_cases(tmp_path / "q.parquet", **PLAIN)
    (tmp_path / "dataset_info.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(PlanError, match="install datasets: pip install datasets"):
        sea.load_cases(tmp_path, **PLAIN)


def test_a_data_set_of_the_library_and_one_of_its_splits(datasets):
    data = datasets.Dataset.from_dict({"q": ["b", "c"], "a": [0, 1]})
    wanted = (sea.Case("1", "b", 0), sea.Case("2", "c", 1))
    assert sea.load_cases(data, **PLAIN) == wanted
    assert sea.load_cases(data.to_iterable_dataset(), **PLAIN) == wanted
    both = datasets.DatasetDict({"train": data, "test": data.select([0])})
    assert sea.load_cases(both, **PLAIN, split="test") == wanted[:1]
    with pytest.raises(PlanError, match="the splits 'train', 'test': give split"):
        sea.load_cases(both, **PLAIN)
    assert sea.load_cases(datasets.DatasetDict({"test": data}), **PLAIN) == wanted


def test_of_a_stream_no_more_is_read_than_is_wanted(datasets):
    def rows():
        yield {"q": "b", "a": 1}
        yield {"q": "c", "a": 1}
        raise ValueError

    stream = datasets.IterableDataset.from_generator(rows)
    assert len(sea.load_cases(stream, **PLAIN, limit=2)) == 2


def test_pictures_of_a_data_set_are_arrays(datasets):
    pillow = pytest.importorskip("PIL.Image")
    colours = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    data = datasets.Dataset.from_list(
        [{"q": pillow.fromarray(colours), "a": "x"}],
        features=datasets.Features({"q": datasets.Image(), "a": datasets.Value("string")}),
    )
    (case,) = sea.load_cases(data, **PLAIN)
    np.testing.assert_array_equal(case.input, colours)


def test_a_function_may_give_a_data_frame(pandas, tmp_path, monkeypatch):
    (tmp_path / "frames_of_mine.py").write_text(
        "import pandas\n"
        "def cases():\n"
        "    return pandas.DataFrame({'input': ['b'], 'target': ['c'], 'who': ['p']})\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert sea.load_cases("frames_of_mine:cases") == (sea.Case("0", "b", "c"),)
    assert sea.load_cases("frames_of_mine:cases", cluster="who") == (
        sea.Case("0", "b", "c", cluster="p"),
    )


def test_mappings_are_rows():
    rows = [{"input": "b", "target": np.int64(3)}, {"input": "c", "target": 4}]
    assert sea.load_cases(rows) == (sea.Case("1", "b", 3), sea.Case("2", "c", 4))
    with pytest.raises(PlanError, match="row 2: a mapping of columns to values is wanted, got 3"):
        sea.load_cases([rows[0], 3])


def test_cases_have_groups_to_choose_by_and_no_columns():
    cases = [sea.Case(name, "x", groups={"site": name.upper()}) for name in "cab"]
    assert [one.id for one in sea.load_cases(cases, limit=2)] == ["a", "c"]
    assert [one.id for one in sea.load_cases(cases, where={"site": ["A", "B"]})] == ["a", "b"]
    with pytest.raises(PlanError, match="input: this is about the columns of a table"):
        sea.load_cases(cases, input="q")


def test_several_files_are_loaded_together_and_ids_must_differ(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(f"id,q\n{name}1,x\n{name}2,y\n")
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    assert [one.id for one in sea.load_cases(paths, input="q", limit=3)] == ["a1", "a2", "b1"]
    with pytest.raises(PlanError, match="'a1', 'a2' are given more than once"):
        sea.load_cases([paths[0], paths[0]], input="q")
