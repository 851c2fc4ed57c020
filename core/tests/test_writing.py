"""Files are whole whenever they are read, whoever writes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from seatrial.errors import StoreError
from seatrial.kit import write_atomically


def test_threads_write_one_file_and_each_content_is_whole(tmp_path):
    path = tmp_path / "report.json"
    contents = [letter * 100_000 for letter in "abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            list(pool.map(lambda text: write_atomically(path, text), contents))
            assert path.read_text() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "report.json").mkdir()
    with pytest.raises(StoreError, match=r"report\.json cannot be written"):
        write_atomically(tmp_path / "report.json", "x")
    assert [one.name for one in tmp_path.iterdir()] == ["report.json"]
