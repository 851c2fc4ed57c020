"""Masks go where their images go, or the case is left out and says why."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import seatrial_torchio as plugin

import seatrial as sea
from seatrial import Case, Volume
from seatrial.errors import NotApplicable, PlanError

SPATIAL = [plugin.affine, plugin.elastic, plugin.flip, plugin.crop, plugin.field_of_view]
each = pytest.mark.parametrize("component", SPATIAL, ids=lambda one: one.name)


def moved(component, case, severity=None, seed=4, **params):
    severity = severity or min(2, len(component.ladder))
    return component.at(severity, params)(case, seed=seed)


@each
def test_labels_stay_on_the_anatomy(segmented, component):
    """The ball is bright: after the move the labels still cover just what is bright."""
    after = moved(component, segmented)
    bright = after.input.array[0] > 250
    labels = after.target.array[0] > 0
    both = 2 * (bright & labels).sum() / (bright.sum() + labels.sum())
    assert both > 0.93
    assert after.target.array.dtype == np.uint8
    assert set(np.unique(after.target.array)) == {0, 1, 2}
    assert np.array_equal(after.target.affine, after.input.affine)
    assert after.id == segmented.id


@each
def test_an_array_of_labels_moves_as_a_volume_of_them_does(segmented, component):
    plain = attrs.evolve(segmented, target=segmented.target.array[0].astype(np.int16))
    found = moved(component, plain).target
    assert found.dtype == np.int16
    assert np.array_equal(found, moved(component, segmented).target.array[0])


@each
def test_all_parts_of_a_case_move_together(segmented, component):
    parts = attrs.evolve(
        segmented,
        input={"t1": segmented.input, "t2": segmented.input, "question": "how large"},
        target={"mask": segmented.target, "diagnosis": "none"},
    )
    after = moved(component, parts)
    whole = moved(component, segmented)
    assert after.input["t1"] == after.input["t2"] == whole.input
    assert after.input["question"] == "how large"
    assert after.target["mask"] == whole.target
    assert after.target["diagnosis"] == "none"


def test_a_target_that_is_no_mask_stays(ball):
    assert moved(plugin.affine, Case("a", ball, "glioma")).target == "glioma"
    assert moved(plugin.flip, Case("a", ball, 3)).target == 3


def test_a_target_that_is_an_image_moves_as_one(segmented):
    image = attrs.evolve(segmented, target=segmented.input)
    after = moved(plugin.affine, image)
    assert after.target == after.input
    assert after.target.array.dtype == np.float32


def test_left_and_right_are_exchanged_with_their_labels(segmented):
    after = moved(plugin.flip, segmented)
    assert np.array_equal(after.input.array, segmented.input.array[:, ::-1])
    assert np.array_equal(after.target.array, segmented.target.array[:, ::-1])
    named = moved(plugin.flip, segmented, pairs=[[1, 2]])
    assert np.array_equal(named.target.array == 1, after.target.array == 2)
    twice = plugin.flip.at(1, {"pairs": [[1, 2]]})(named, seed=0)
    assert twice.target == segmented.target
    assert twice.input == segmented.input


def test_left_and_right_are_found_by_the_affine(ball):
    """In a volume whose third axis runs from left to right, that one is turned over."""
    affine = np.zeros((4, 4))
    affine[0, 2], affine[1, 0], affine[2, 1], affine[3, 3] = -1, 1, 1, 1
    turned = moved(plugin.flip, Case("a", Volume(ball.array, affine)))
    assert np.array_equal(turned.input.array, ball.array[..., ::-1])


def test_a_cropped_volume_says_where_it_lies(segmented):
    after = plugin.crop.build({"removed": 0.3, "axis": 2})(segmented, seed=3)
    assert after.input.array.shape == (1, 28, 31, 22 - 7)
    start = (after.input.affine[2, 3] - segmented.input.affine[2, 3]) / 2.0
    assert start == int(start)
    window = slice(int(start), int(start) + 15)
    assert np.array_equal(after.input.array, segmented.input.array[..., window])
    assert np.array_equal(after.target.array, segmented.target.array[..., window])


def test_a_field_of_view_hides_what_lies_outside(segmented):
    after = moved(plugin.field_of_view, segmented, severity=5)
    hidden = after.input.array != segmented.input.array
    assert (after.input.array[hidden] == segmented.input.array.min()).all()
    assert (after.target.array[hidden] == 0).all()


def test_a_target_that_left_the_field_is_left_out_and_says_so(segmented):
    corner = np.zeros_like(segmented.target.array)
    corner[:, :3, :3, :3] = 7
    lost = attrs.evolve(segmented, target=Volume(corner, segmented.target.affine))
    with pytest.raises(NotApplicable, match="target left the field: 0% of label 7 is still in it"):
        moved(plugin.field_of_view, lost, severity=5)
    kept = plugin.field_of_view.build({"radius": 3.0})(lost, seed=0)
    assert kept.target == lost.target


def test_a_run_skips_such_a_case_and_keeps_it_in_the_accounting(segmented):
    corner = np.zeros_like(segmented.target.array)
    corner[:, :3, :3, :3] = 7
    lost = Case("lost", segmented.input, Volume(corner, segmented.target.affine))
    from seatrial_metrics import dice

    plan = sea.Plan(
        perturbations=[plugin.field_of_view()], metrics=[dice()], severities=[5], seed=1
    )

    def bright(volumes):
        return [Volume((one.array > 250).astype(np.uint8), one.affine) for one in volumes]

    report = sea.run(plan, model=bright, cases=[segmented, lost])
    assert report.accounting.planned == 4
    assert report.accounting.skipped == 1
    (skipped,) = (one for one in report.records() if one.status == "skipped")
    assert "target left the field" in skipped.error


def test_an_empty_mask_has_nothing_to_lose(segmented):
    empty = attrs.evolve(segmented, target=segmented.target.array[0] * 0)
    assert not moved(plugin.affine, empty, severity=5).target.any()


@pytest.mark.parametrize("change", ["shape", "affine", "array"])
def test_a_mask_on_another_grid_is_refused(segmented, change):
    target = segmented.target
    wrong = {
        "shape": Volume(target.array[:, 1:], target.affine),
        "affine": Volume(target.array),
        "array": target.array[0, 1:],
    }[change]
    with pytest.raises(PlanError, match=r"not on the grid of its image|mask of 27×31×22 voxels"):
        moved(plugin.affine, attrs.evolve(segmented, target=wrong))


def test_images_of_one_case_on_different_grids_are_refused(segmented):
    other = Volume(segmented.input.array)
    case = attrs.evolve(segmented, input={"a": segmented.input, "b": other}, target=None)
    with pytest.raises(PlanError, match="different grids"):
        moved(plugin.elastic, case)
