"""Metrics of segmentations, against brute force and by their conventions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from seatrial_metrics import assd, dice, hd95, iou, volume_error

from seatrial import Case, Prediction, Volume
from seatrial.errors import MetricError

SPACING = (0.8, 1.5, 3.0)
AFFINE = np.diag([*SPACING, 1.0])


def score(metric, truth, answer, **params):
    given = params.pop("input", "an image")
    cases = [Case("a", given, truth)]
    (found,) = metric.build(params)(cases, [Prediction(answer)])
    return found


def blobs(seed, shape=(14, 12, 10)):
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2)
    return smooth > np.quantile(smooth, 0.8)


def surface(mask):
    """List the voxels with a side on something else, one by one."""
    padded = np.pad(mask, 1)
    found = []
    for place in np.argwhere(padded):
        sides = [
            tuple(place + step * axis) for axis in np.eye(mask.ndim, dtype=int) for step in (-1, 1)
        ]
        if not all(padded[one] for one in sides):
            found.append(place - 1)
    return np.array(found) * SPACING[: mask.ndim]


def directed(one, other):
    """Measure from every point to the nearest, pair by pair."""
    return np.linalg.norm(one[:, None] - other[None], axis=2).min(axis=1)


@pytest.mark.parametrize("seed", range(6))
def test_figures_equal_brute_force(seed):
    truth, answer = blobs(seed), blobs(seed + 100) | blobs(seed)
    volumes = [Volume(one.astype(np.uint8), AFFINE) for one in (truth, answer)]
    both, either = (truth & answer).sum(), (truth | answer).sum()
    assert score(dice, *volumes) == pytest.approx(2 * both / (truth.sum() + answer.sum()))
    assert score(iou, *volumes) == pytest.approx(both / either)
    assert score(volume_error, *volumes) == pytest.approx(1 - truth.sum() / answer.sum())
    there, back = directed(*(edges := [surface(truth), surface(answer)])), directed(*edges[::-1])
    worst = max(np.percentile(there, 95), np.percentile(back, 95))
    assert score(hd95, *volumes) == pytest.approx(worst)
    assert score(hd95, *volumes, percentile=100.0) == pytest.approx(max(there.max(), back.max()))
    assert score(assd, *volumes) == pytest.approx(np.concatenate([there, back]).mean())


def test_a_missed_structure_has_the_worst_value_and_stays_in_the_mean():
    truth = np.zeros((6, 8, 10), np.uint8)
    truth[1:3], truth[4:5] = 1, 2
    answer = np.where(truth == 1, truth, 0)
    volumes = Volume(truth, AFFINE), Volume(answer, AFFINE)
    diagonal = np.linalg.norm(np.array(truth.shape) * SPACING)
    assert score(dice, *volumes) == score(iou, *volumes) == 0.5
    assert score(volume_error, *volumes) == 0.5
    assert score(hd95, *volumes) == pytest.approx(diagonal / 2)
    assert score(assd, *volumes) == pytest.approx(diagonal / 2)
    assert score(hd95, *volumes, label=1) == 0
    assert score(dice, *volumes, label=2) == 0
    invented = score(dice, *volumes[::-1])
    assert invented == 0.5


@pytest.mark.parametrize(
    ("metric", "right", "wrong"),
    [(dice, 1, 0), (iou, 1, 0), (volume_error, 0, 1), (hd95, 0, 5), (assd, 0, 5)],
)
def test_nothing_found_where_there_is_nothing_is_right(metric, right, wrong):
    nothing, something = np.zeros((3, 4), int), np.eye(3, 4, dtype=int)
    assert score(metric, nothing, nothing) == right
    assert score(metric, nothing, something) == wrong
    assert score(metric, something, nothing) == wrong
    assert score(metric, something, None) == wrong
    assert score(metric, something, "I see no lesion") == wrong


def test_the_spacing_is_that_of_the_image_where_the_target_has_none():
    truth, answer = np.zeros((2, 5, 5, 5), np.uint8)
    truth[1, 1, 1] = answer[1, 1, 2] = 1
    image = Volume(np.zeros((5, 5, 5), np.float32), AFFINE)
    assert score(hd95, truth, answer) == 1
    assert score(hd95, truth, answer, input=image) == 3
    assert score(hd95, truth, answer, input={"t1": image, "question": "where"}) == 3
    elsewhere = Volume(np.zeros((9, 9, 9), np.float32), AFFINE)  # another grid
    assert score(hd95, truth, answer, input=elsewhere) == 1
    assert score(hd95, truth, answer, input={"scout": elsewhere, "t1": image}) == 3


def test_the_edge_of_the_field_is_a_surface():
    whole, half = np.ones((6, 6, 6), np.uint8), np.ones((6, 6, 6), np.uint8)
    half[3:] = 0
    assert score(hd95, whole, half, percentile=100.0) == 3


@pytest.mark.parametrize(
    ("truth", "answer", "said"),
    [
        (
            np.ones((3, 3), int),
            np.ones((3, 4), int),
            "the answer has 3×4 voxels and the target 3×3",
        ),
        (np.ones((3, 3)), np.ones((3, 3), int), "its target is no mask"),
        (np.ones((3, 3), int), 0.5, "its answer is no mask"),
        ("a text", np.ones((3, 3), int), "its target is no mask"),
        (
            Volume(np.ones((3, 3, 3), int)),
            Volume(np.ones((3, 3, 3), int), AFFINE),
            "their affines differ",
        ),
    ],
)
def test_what_cannot_be_compared_is_an_error(truth, answer, said):
    with pytest.raises(MetricError, match=said):
        score(dice, truth, answer)


@pytest.mark.parametrize("metric", [dice, iou, volume_error, hd95, assd])
def test_voxels_that_the_target_marks_as_unknown_count_nowhere(metric):
    truth, answer = np.zeros((6, 8, 10), np.uint8), np.zeros((6, 8, 10), np.uint8)
    truth[1:3, :, :5], answer[1:4, :, :5] = 1, 1
    alone = score(metric, Volume(truth, AFFINE), Volume(answer, AFFINE))
    truth[:, :, 5:], answer[:, 2:4, 5:] = 255, 2
    marked = Volume(truth, AFFINE), Volume(answer, AFFINE)
    assert score(metric, *marked, ignore=255) == pytest.approx(alone)
    assert score(metric, *marked) != pytest.approx(alone)
    assert score(metric, *marked, ignore=255, label=2) == score(
        metric, Volume(0 * truth, AFFINE), Volume(0 * answer, AFFINE), label=2
    )
