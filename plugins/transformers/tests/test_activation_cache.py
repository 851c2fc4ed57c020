"""Files of activations: found again, gone on with, and never trusted when they are damaged."""

from __future__ import annotations

import errno
import gc
import shutil

import numpy as np
import pytest
from seatrial_transformers import _activations, causal_lm

from seatrial.errors import ModelError, StoreError

TEXTS = [f"take {n} tablets with water and do not drive" for n in range(7)]
CHOICES = [{"q": text, "options": ("yes", "no way")} for text in TEXTS]


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    monkeypatch.setattr(_activations, "MOST", 2)


def fed(model):
    counts = []

    def count(_module, _args, kwargs):
        counts.append(kwargs["input_ids"].numel())

    model.module.register_forward_pre_hook(count, with_kwargs=True)
    return counts


def files_in(cache):
    return sorted(cache.rglob("*.safetensors"))


@pytest.mark.parametrize("inputs", [TEXTS, CHOICES])
def test_a_second_call_loads_no_weights_and_gives_the_same(tiny, tmp_path, inputs):
    first = causal_lm(tiny).activations(inputs, poolings=("last", "mean"), cache=tmp_path)
    model = causal_lm(tiny)
    again = model.activations(inputs, poolings=("last", "mean"), cache=tmp_path)
    assert model._memory is None
    assert len(files_in(tmp_path)) == 4
    assert np.array_equal(first.at(2, "mean"), again.at(2, "mean"))
    assert first.predictions == again.predictions
    assert again.layers == (1, 2)


def test_a_part_of_what_is_kept_is_found_in_any_order(tiny, tmp_path):
    whole = causal_lm(tiny).activations(
        CHOICES, poolings=("last", "mean"), tokens=(2,), cache=tmp_path
    )
    model = causal_lm(tiny)
    part = model.activations(CHOICES[5:1:-1], layers=(2,), poolings=("mean",), cache=tmp_path)
    assert model._memory is None
    assert np.array_equal(part.at(2, "mean"), whole.at(2, "mean")[5:1:-1])
    assert part.predictions == whole.predictions[5:1:-1]


def test_only_new_inputs_are_computed(tiny, tmp_path):
    causal_lm(tiny).activations(CHOICES[:4], cache=tmp_path)
    model = causal_lm(tiny)
    counts = fed(model)
    found = model.activations(CHOICES, cache=tmp_path)
    assert sum(counts) < 4 * 20
    alone = causal_lm(tiny).activations(CHOICES)
    np.testing.assert_allclose(found.at(2, "last"), alone.at(2, "last"), atol=1e-4)


@pytest.mark.parametrize(
    "more",
    [{"poolings": ("mean",)}, {"layers": (0,)}, {"tokens": (1,)}],
)
def test_what_was_not_asked_for_before_is_computed(tiny, tmp_path, more):
    causal_lm(tiny).activations(CHOICES, cache=tmp_path)
    model = causal_lm(tiny)
    counts = fed(model)
    found = model.activations(CHOICES, cache=tmp_path, **more)
    assert counts
    assert len(found.at(found.layers[0], found.poolings[0])) == 7


@pytest.mark.parametrize("inputs", [TEXTS, CHOICES])
def test_an_interrupted_call_goes_on_where_it_was(tiny, tmp_path, inputs):
    model = causal_lm(tiny)
    passes = []

    def fail(_module, _args):
        passes.append(1)
        if len(passes) == 3:
            raise KeyboardInterrupt

    hook = model.module.register_forward_pre_hook(fail)
    with pytest.raises(KeyboardInterrupt):
        model.activations(inputs, cache=tmp_path)
    hook.remove()
    assert len(files_in(tmp_path)) == 2
    counts = fed(model)
    found = model.activations(inputs, cache=tmp_path)
    assert len(counts) == 2
    whole = causal_lm(tiny).activations(inputs)
    np.testing.assert_allclose(found.at(2, "last"), whole.at(2, "last"), atol=1e-4)


@pytest.mark.parametrize(
    "other",
    [{"prompt": "Question: {q}"}, {"dtype": "bfloat16"}, {"blocks": "model.layers"}],
)
def test_another_template_dtype_or_place_of_blocks_is_not_the_same_model(tiny, tmp_path, other):
    causal_lm(tiny).activations(CHOICES, cache=tmp_path)
    model = causal_lm(tiny, **other)
    counts = fed(model)
    model.activations(CHOICES, cache=tmp_path)
    assert counts


def test_other_weights_are_not_the_same_model(tiny, make_model, tmp_path):
    one = causal_lm(tiny).activations(CHOICES, cache=tmp_path)
    other = causal_lm(make_model(seed=5)).activations(CHOICES, cache=tmp_path)
    assert not np.allclose(one.at(2, "last"), other.at(2, "last"))


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other"])
def test_a_damaged_file_is_computed_again(tiny, tmp_path, damage):
    before = causal_lm(tiny).activations(CHOICES, cache=tmp_path).at(2, "last")
    files = files_in(tmp_path)
    content = bytearray(files[0].read_bytes())
    if damage == "flip":
        content[-3] ^= 64
    elif damage == "cut":
        del content[len(content) // 2 :]
    elif damage == "empty":
        content = b""
    else:
        content = files[1].read_bytes()
    files[0].write_bytes(content)
    model = causal_lm(tiny)
    counts = fed(model)
    after = model.activations(CHOICES, cache=tmp_path).at(2, "last")
    assert counts
    np.testing.assert_allclose(after, before, atol=1e-4)
    assert len(files_in(tmp_path)) == len(files)


def test_a_full_disk_is_a_clear_error_and_loses_nothing(tiny, tmp_path, monkeypatch):
    import safetensors.numpy

    save, saved = safetensors.numpy.save_file, []

    def fail(*args, **kwargs):
        if len(saved) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        saved.append(1)
        save(*args, **kwargs)

    monkeypatch.setattr(safetensors.numpy, "save_file", fail)
    with pytest.raises(StoreError, match=r"cannot keep activations in .*No space left.*make room"):
        causal_lm(tiny).activations(CHOICES, cache=tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(_activations, "MOST", 2)
    assert len(files_in(tmp_path)) == 2
    assert not list(tmp_path.rglob("*.part"))
    model = causal_lm(tiny)
    counts = fed(model)
    model.activations(CHOICES, cache=tmp_path)
    assert 0 < len(counts) <= 2


def test_a_folder_that_cannot_be_written_is_a_clear_error(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot keep activations"):
        causal_lm(tiny).activations(CHOICES, cache=tmp_path / "file")


def test_files_of_a_cache_that_went_away_are_a_clear_error(tiny, tmp_path):
    found = causal_lm(tiny).activations(CHOICES, cache=tmp_path / "cache")
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(StoreError, match="extract them again"):
        found.at(1, "last")


def test_what_a_killed_process_left_is_cleared_away_in_time(tiny, tmp_path):
    import os

    causal_lm(tiny).activations(CHOICES, cache=tmp_path)
    folder = files_in(tmp_path)[0].parent
    old, young = folder / "a.part", folder / "b.part"
    for file in (old, young):
        file.write_text("unfinished")
    os.utime(old, (0, 0))
    causal_lm(tiny).activations(CHOICES, cache=tmp_path)
    assert not old.exists()
    assert young.exists()


def test_without_a_cache_the_files_go_away_with_the_object(tiny, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = causal_lm(tiny).activations(CHOICES, tokens=(1,))
    assert len(files_in(tmp_path)) == 4
    rows = found.tokens(1)
    del found
    gc.collect()
    assert rows[6].shape == rows[-1].shape
    assert len(rows[1:3]) == 2
    del rows
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ModelError):
        causal_lm(tiny).activations(CHOICES, layers=(9,))
    assert list(tmp_path.iterdir()) == []


def test_log_likelihoods_survive_the_file_to_the_last_digit(tiny, tmp_path):
    inputs = [{"q": "take two", "options": ("tablets", "", "water")}]
    first = causal_lm(tiny).activations(inputs, cache=tmp_path)
    again = causal_lm(tiny).activations(inputs, cache=tmp_path)
    assert first.predictions == again.predictions
    assert again.predictions[0].details["nulls"] == ("",)
