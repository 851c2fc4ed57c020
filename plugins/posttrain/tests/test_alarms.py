"""Warnings of what is learned instead of what was meant, and disks that are full."""

from __future__ import annotations

import errno
import math
import warnings

import pytest
import seatrial_posttrain as posttrain
from seatrial_posttrain._alarms import warn_of_pairs, warn_of_training
from seatrial_posttrain._pairs import Pair
from seatrial_posttrain._samples import saved
from seatrial_transformers import causal_lm

import seatrial as sea
from seatrial.errors import SeatrialWarning, StoreError


def pairs(longer, count=20):
    return [
        Pair((1,), (1,) * (3 if at < longer else 1), (1,) * (1 if at < longer else 3), "a")
        for at in range(count)
    ]


def steps(count=20, **last):
    usual = {"chosen_shift": 1.0, "gradient": 0.3}
    return [{**usual, **(last if at >= count * 0.75 else {})} for at in range(count)]


def test_length_that_tells_the_sides_apart_is_told():
    with pytest.warns(SeatrialWarning, match="in 18 of 20 pairs the chosen side is the longer"):
        warn_of_pairs(pairs(18))
    with pytest.warns(SeatrialWarning, match="the rejected side is the longer"):
        warn_of_pairs(pairs(1))


def test_training_that_goes_wrong_is_told():
    with pytest.warns(SeatrialWarning, match=r"became less probable, by 5\.0 nats"):
        warn_of_training(steps(chosen_shift=-5.0))
    with pytest.warns(SeatrialWarning, match=r"saturated: 0\.1% of the gradient is left"):
        warn_of_training(steps(gradient=0.001))


def test_what_is_usual_is_not_told():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_pairs(pairs(12))
        warn_of_pairs(pairs(5, count=5))
        warn_of_training(steps())
        warn_of_training(steps(count=5, gradient=0.001))


def test_a_full_disk_keeps_the_checkpoint_before(model, preferences, tmp_path, monkeypatch):
    from seatrial_posttrain import _checkpoint

    calls = []
    write = _checkpoint.save_file

    def full(*args, **more):
        calls.append(args)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*args, **more)

    adapter = posttrain.dpo(rank=2, batch_size=2, checkpoint_every=1)
    monkeypatch.setattr(_checkpoint, "save_file", full)
    with pytest.raises(Exception, match="cannot be written, and the one before it is kept") as told:
        sea.repair(adapter, model=model, cases=preferences, to=tmp_path / "fixed")
    assert isinstance(told.value, StoreError) or isinstance(told.value.__cause__, StoreError)
    monkeypatch.undo()
    seen = []
    sea.repair(
        adapter, model=model, cases=preferences, to=tmp_path / "fixed", observers=[seen.append]
    )
    assert seen[0].done == 1


def test_a_model_with_local_attention_is_asked_with_its_own_mask(tmp_path):
    folder = saved(tmp_path / "m")
    text = (folder / "config.json").read_text("utf-8")
    text = text.replace('"llama"', '"mistral"').replace("LlamaFor", "MistralFor")
    text = text.replace("{", '{"sliding_window": 40,', 1)
    (folder / "config.json").write_text(text, "utf-8")
    model = causal_lm(folder)
    assert model.trainable.shares(40)
    assert not model.trainable.shares(41)
    pair = sea.Preference("May I drive after two of these tablets?", "no", "yes", case_id="a")
    fixed = sea.repair(posttrain.dpo(rank=2), model=model, cases=[pair])
    assert fixed.training[0]["loss"] == pytest.approx(math.log(2), abs=1e-6)
