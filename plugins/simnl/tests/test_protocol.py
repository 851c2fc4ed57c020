"""A protocol draws once for all, chooses without the test set, and goes on where it stopped."""

from __future__ import annotations

import json

import numpy as np
import pytest
from attrs import evolve
from drawn_features import NAMES, features
from seatrial_simnl import (
    METHODS,
    ClipAdapter,
    SimNL,
    Tip,
    domain_trial,
    few_shot_trial,
    noise_trial,
)
from seatrial_simnl import _protocol as protocol
from seatrial_simnl._cells import Cell, read_cells
from seatrial_simnl._draws import draw, held_out

from seatrial.errors import ParameterError, PlanError, StoreError

SMALL = {"beta_grid": (0.0, 6.0, 6), "alpha_grid": (0.0, 3.0, 6)}
QUICK = {
    "simnl": SimNL(epochs=2, lam_grid=(0.6, 1.0, 4), **SMALL),
    "zero-shot": protocol.ESTIMATORS["zero-shot"],
    "tip": Tip(**SMALL),
}
TRAIN, TEST = features("train", 9), features("test", 15)


def facts(trial):
    cells = [cell.as_dict() for cell in trial.cells]
    return [{name: one for name, one in cell.items() if name != "seconds"} for cell in cells]


@pytest.fixture
def fits(monkeypatch):
    """Note what every estimator is fitted on."""
    seen = []
    real = protocol.Estimator.fit

    def noted(self, rows, labels, **more):
        seen.append((self.name, self.get_params(), np.array(rows), list(labels), more))
        return real(self, rows, labels, **more)

    monkeypatch.setattr(protocol.Estimator, "fit", noted)
    return seen


def test_all_ten_methods_learn_from_the_same_draw_and_answer_every_test_image():
    found = few_shot_trial(TRAIN, TEST, shots=(2,), seeds=(1,), selection="none")
    assert found.methods == METHODS
    assert len(METHODS) == 10
    assert {len(cell.right) for cell in found.cells} == {len(TEST)}
    best = max(cell.accuracy for cell in found.cells)
    assert best > found.accuracy("zero-shot", 2).mean


def test_cache_and_training_see_the_same_draw_and_a_larger_one_holds_the_smaller(fits):
    train = features("train", 9, views=2)
    few_shot_trial(train, TEST, methods=QUICK, shots=(2, 4), seeds=(1, 2), selection="none")
    by_point = [fits[start : start + 3] for start in range(0, len(fits), 3)]
    assert len(by_point) == 4
    rows = []
    for same in by_point:
        first = same[0]
        assert all((one[2] == first[2]).all() and one[3] == first[3] for one in same)
        assert (first[4]["views"].shape[0], len(first[2])) == (2, first[4]["views"].shape[1])
        places = [np.flatnonzero((train.keys == row).all(1))[0] for row in first[2]]
        assert (first[4]["views"] == train.views[:, places]).all()
        rows.append({row.tobytes() for row in first[2]})
    assert rows[0] < rows[2]
    assert rows[1] < rows[3]
    assert rows[0] != rows[1]


@pytest.mark.parametrize("selection", ["none", "validation", "loo"])
def test_the_test_set_changes_nothing_that_is_chosen(selection, fits):
    other = features("other", 7)
    asked = {"methods": QUICK, "shots": (3,), "seeds": (1,), "selection": selection}
    one, two = (few_shot_trial(TRAIN, test, **asked) for test in (TEST, other))
    assert [cell.selected for cell in one.cells] == [cell.selected for cell in two.cells]
    searched = {cell.method: bool(cell.selected) for cell in one.cells}
    assert searched == {"simnl": selection != "none", "tip": selection != "none", "zero-shot": 0}
    shown = {row.tobytes() for one in fits for row in one[2]}
    assert not shown & {row.tobytes() for row in TEST.plain}


@pytest.mark.parametrize("shots", [1, 3, 5])
def test_a_validation_set_is_few_shot_too_and_apart_from_every_support_set(shots):
    source, held = held_out(TRAIN, None, shots, most=5, seed=2, noise=0.0)
    assert source is TRAIN
    assert not set(held.places) & set(draw(TRAIN, 5, seed=2).places)
    assert np.bincount(TRAIN.labels[held.places]).tolist() == [min(shots, 4)] * 4
    given = features("validation", 6)
    source, held = held_out(TRAIN, given, shots, most=5, seed=2, noise=0.0)
    assert source is given
    assert len(held) == 4 * min(shots, 4)


def test_what_is_finished_is_not_fitted_again_and_reads_as_it_was(tmp_path, fits):
    asked = {"methods": QUICK, "seeds": (1, 2), "selection": "loo", "to": tmp_path}
    told = []
    few_shot_trial(TRAIN, TEST, shots=(1,), progress=lambda *one: told.append(one), **asked)
    assert told == [(done + 1, 6) for done in range(6)]
    before = len(fits)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 6
    assert max(file.stat().st_size for file in files) < 3000
    files[0].unlink()
    again = few_shot_trial(TRAIN, TEST, shots=(1, 2), **asked)
    assert len(fits) - before == 7
    fresh = few_shot_trial(TRAIN, TEST, shots=(1, 2), **{**asked, "to": None})
    assert facts(again) == facts(fresh)
    few_shot_trial(TRAIN, features("other", 3), shots=(1,), **asked)
    assert len(list(tmp_path.iterdir())) == 18


def test_a_damaged_or_stale_cell_is_refused(tmp_path):
    asked = {"methods": ["zero-shot"], "shots": (1,), "seeds": (1,), "to": tmp_path}
    few_shot_trial(TRAIN, TEST, **asked)
    (file,) = tmp_path.iterdir()
    whole = file.read_text()
    made_from = json.loads(whole)["made_from"]
    assert read_cells(file, made_from)
    with pytest.raises(StoreError, match="stale: it was made from something else"):
        read_cells(file, {**made_from, "seed": 2})
    file.write_text(whole[:100])
    with pytest.raises(StoreError, match="no finished cell of a protocol"):
        few_shot_trial(TRAIN, TEST, **asked)


def test_confidence_and_answers_survive_as_plain_data():
    logits = np.random.default_rng(0).standard_normal((37, 3)).astype(np.float32)
    labels = np.arange(37) % 3
    told = {"method": "m", "shots": 1, "seed": 1, "noise": 0.0, "on": "test"}
    cell = Cell.of(logits, labels, selected={}, seconds=0.1, parameters=0, **told)
    exact = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(cell.confidence, exact.max(1), atol=1e-5)
    assert (cell.right == (logits.argmax(1) == labels)).all()
    again = Cell.from_dict(json.loads(json.dumps(cell.as_dict())))
    assert again.as_dict() == cell.as_dict()


def test_targets_with_some_of_the_classes_in_another_order_are_compared_by_name():
    some = features("some", 20, classes=("dog", "bee"))
    every = features("every", 20)
    found = domain_trial(
        TRAIN, {"every": every, "some": some}, methods=QUICK, shots=3, seeds=(1, 2)
    )
    assert found.axis == "on"
    assert found.points == ("every", "some")
    texts = TRAIN.texts["template"]
    logits = some.plain @ texts[[NAMES.index("dog"), NAMES.index("bee")]].T
    wanted = (logits.argmax(1) == some.labels).mean()
    assert found.accuracy("zero-shot", "some").mean == pytest.approx(wanted)
    assert "some" in found.table()
    with pytest.raises(PlanError, match="target classes are none of the source's, as 'eel'"):
        domain_trial(TRAIN, {"a": evolve(some, classes=("dog", "eel"))}, methods=QUICK, shots=1)
    with pytest.raises(PlanError, match="targets must name one test set"):
        domain_trial(TRAIN, {}, methods=QUICK, shots=1)


def test_noise_changes_the_labels_learned_from_and_more_with_its_rate(fits):
    found = noise_trial(
        TRAIN, TEST, rates=(0.0, 0.2, 0.4), methods=["zero-shot", "tip"], shots=8, seeds=(1,),
        selection="none",
    )  # fmt: skip
    assert found.points == (0.0, 0.2, 0.4)
    clean, some, more = (np.array(fits[place][3]) for place in (0, 2, 4))
    assert 0 < (clean != some).sum() < (clean != more).sum()
    assert (some != clean)[more == clean].sum() == 0
    zero = [found.accuracy("zero-shot", rate).mean for rate in found.points]
    assert len(set(zero)) == 1


def test_two_runs_give_the_same_cells():
    methods = {"simnl": QUICK["simnl"], "clip-adapter": ClipAdapter(epochs=5)}
    asked = {"methods": methods, "shots": (2,), "seeds": (3,)}
    one, two = (few_shot_trial(TRAIN, TEST, **asked) for _ in range(2))
    assert facts(one) == facts(two)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"train": features("train", 9, classes=("ant",))}, PlanError, "two classes or more"),
        ({"shots": (1, 10)}, PlanError, "10 shots are asked of 'ant', which has 9 images"),
        ({"shots": ()}, PlanError, "one seed and one number of shots or more"),
        ({"shots": (0,)}, PlanError, "each 1 or more"),
        ({"seeds": ()}, PlanError, "one seed and one number of shots or more"),
        (
            {"shots": (8,), "selection": "validation"},
            PlanError,
            "there is no validation set: 'ant' has 1 images besides the 8 shots, and 4 are needed",
        ),
        (
            {"test": features("test", 3, backbone="another")},
            StoreError,
            "'test' are stale: their backbone is 'another', and that of the training features",
        ),
        (
            {"validation": features("validation", 3, backbone="another")},
            StoreError,
            "'validation' are stale",
        ),
        ({"test": evolve(TEST, labels=TEST.labels[:0])}, PlanError, "no labelled image"),
        ({"train": evolve(TRAIN, labels=TRAIN.labels[:0])}, PlanError, "have no labels"),
        ({"train": evolve(TRAIN, texts={})}, PlanError, "no template prototypes"),
        ({"selection": "test"}, ParameterError, "selection must be 'loo' or 'validation' or"),
        ({"methods": ["zero"]}, ParameterError, "each of methods must be 'zero-shot' or"),
        ({"methods": []}, PlanError, "one method or more"),
        ({"methods": {"a/b": Tip()}}, PlanError, "part of a file's name"),
    ],
)
def test_what_cannot_be_measured_is_refused(change, error, message):
    asked = {"train": TRAIN, "test": TEST, "methods": QUICK, "shots": (1,), "seeds": (1,)}
    asked |= change
    with pytest.raises(error, match=message):
        few_shot_trial(asked.pop("train"), asked.pop("test"), **asked)
