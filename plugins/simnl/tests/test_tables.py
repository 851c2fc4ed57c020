"""The script that would measure the published tables anew, on images that stand for theirs."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from towers import COLOURS, image

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the scripts are not here")


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield import_module("simnl_tables")
    for name in ("simnl_tables", "simnl_features"):
        sys.modules.pop(name, None)


def fill(folder, each, ending="jpg", named=None):
    from PIL import Image

    drawn = np.random.default_rng(len(str(folder)))
    found = []
    for colour in COLOURS:
        for at in range(each):
            file = folder / (named or {}).get(colour, colour) / f"{colour}{at}.{ending}"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image(colour, drawn)).save(file)
            found.append([file.relative_to(folder).as_posix(), list(COLOURS).index(colour), colour])
    return found


def test_both_tables_are_measured_from_the_layout_of_coop(tmp_path, tables, capsys):
    rows = fill(tmp_path / "eurosat" / "2750", 9)
    parts = {part: rows[at::3] for at, part in enumerate(("train", "val", "test"))}
    (tmp_path / "eurosat" / "split_zhou_EuroSAT.json").write_text(json.dumps(parts))
    (tmp_path / "cupl").mkdir()
    told = {colour: [f"A {colour} thing."] for colour in COLOURS}
    (tmp_path / "cupl" / "CuPL_prompts_eurosat.json").write_text(json.dumps(told))
    numbers = dict(zip(COLOURS, ("n00000001", "n00000002", "n00000003"), strict=True))
    for part, each in (("train", 5), ("val", 3)):
        fill(tmp_path / "imagenet" / "images" / part, each, "JPEG", numbers)
    names = "".join(f"{number} {colour}\n" for colour, number in numbers.items())
    (tmp_path / "imagenet" / "classnames.txt").write_text(names)
    fill(tmp_path / "imagenet-adversarial" / "imagenet-a", 3, "jpg", numbers)
    asked = ["--sets", "eurosat", "dtd", "imagenet", "--shots", "1", "--seeds", "1"]
    tables.main([str(tmp_path), "towers:towers", *asked, "--to", str(tmp_path / "kept")])
    said = capsys.readouterr().out
    assert f"dtd is not in {tmp_path}" in said
    assert "| method | eurosat | imagenet | mean |" in said
    assert "| SimNL, published | 67.70 | 62.89 | 65.30 |" in said
    assert "imagenet-r is not in" in said
    assert "published: imagenet 69.63, imagenet-a 32.48" in said
    assert said.count("| simnl-release |") == 2
    before = sorted((tmp_path / "kept" / "cells").iterdir())
    tables.main([str(tmp_path), "towers:towers", *asked, "--to", str(tmp_path / "kept")])
    assert capsys.readouterr().out == said
    assert sorted((tmp_path / "kept" / "cells").iterdir()) == before


def test_the_published_numbers_are_those_of_the_supplement(tables):
    means = {shots: round(sum(row) / len(row), 2) for shots, row in tables.PUBLISHED.items()}
    assert means == {1: 67.45, 2: 70.06, 4: 72.43, 8: 75.06, 16: 77.80}
    targets = [value for name, value in tables.PUBLISHED_A2.items() if name != "imagenet"]
    assert round(sum(targets) / 4, 2) == 51.31
