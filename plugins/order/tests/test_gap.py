"""The modality gap against slow arithmetic, and its interval against populations of known gap."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from seatrial_order import (
    modality_gap,
    principal_plane,
    relative_gap,
    separability,
    shift_curve,
)

from seatrial.errors import MetricError, ParameterError, PlanError


def drawn(n, m, width=6, seed=0, shift=1.0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, width)) + shift, rng.standard_normal((m, width))


def slow(images, texts, units_x, units_y):
    """Normalise, then average, in plain Python; the square from pairs of different units only."""

    def units(rows):
        return [[v / sum(w * w for w in row) ** 0.5 for v in row] for row in rows.tolist()]

    def dot(a, b):
        return float(sum(Fraction(p) * Fraction(q) for p, q in zip(a, b, strict=True)))

    def apart(a, of_a, b, of_b):
        pairs = [
            dot(p, q)
            for p, u in zip(a, of_a, strict=True)
            for q, v in zip(b, of_b, strict=True)
            if u != v
        ]
        return sum(pairs) / len(pairs)

    x, y = units(images), units(texts)
    centres = [[sum(column) / len(rows) for column in zip(*rows, strict=True)] for rows in (x, y)]
    vector = [p - q for p, q in zip(*centres, strict=True)]
    square = apart(x, units_x, x, units_x) + apart(y, units_y, y, units_y)
    return dot(vector, vector) ** 0.5, square - 2 * apart(x, units_x, y, units_y)


def labels(prefix, n):
    return [f"{prefix}{i}" for i in range(n)]


@pytest.mark.parametrize("kind", ["independent", "paired", "pairs in clusters", "clusters"])
def test_the_gap_is_that_of_a_slow_computation(kind):
    x, y = drawn(23, 23)
    c, d = [i % 7 for i in range(23)], [(i * i) % 9 for i in range(23)]
    found, units = {
        "independent": (modality_gap(x, y[:19]), (labels("x", 23), labels("y", 19))),
        "paired": (modality_gap(x, y, paired=True), (labels("p", 23), labels("p", 23))),
        "pairs in clusters": (modality_gap(x, y, paired=True, clusters=c), (c, c)),
        "clusters": (modality_gap(x, y, clusters=(c, d)), (c, d)),
    }[kind]
    gap, square = slow(x, y[: len(units[1])], *units)
    assert found.gap == pytest.approx(gap, abs=1e-10)
    assert found.squared_unbiased == pytest.approx(square, abs=1e-10)


def test_the_corrections_are_those_of_the_textbook():
    x, y = drawn(40, 25)
    u, v = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (x, y))
    gap = modality_gap(x, y)
    noise = np.trace(np.cov(u.T)) / 40 + np.trace(np.cov(v.T)) / 25
    assert gap.squared_unbiased == pytest.approx(gap.gap**2 - noise, abs=1e-12)
    pairs = modality_gap(x[:25], y, paired=True)
    noise = np.trace(np.cov((u[:25] - v).T)) / 25
    assert pairs.squared_unbiased == pytest.approx(pairs.gap**2 - noise, abs=1e-12)
    assert pairs.fraction_per_dimension.sum() == pytest.approx(1)
    assert gap.corrected == pytest.approx(gap.squared_unbiased**0.5)


def test_length_and_type_of_the_rows_do_not_matter():
    x, y = drawn(30, 30)
    scaled = modality_gap(x * np.linspace(1, 9, 30)[:, None], y)
    assert scaled.gap == pytest.approx(modality_gap(x, y).gap, abs=1e-14)
    single = modality_gap(np.float32(x), np.float32(y))
    assert single.gap == modality_gap(np.float32(x).astype(float), np.float32(y).astype(float)).gap


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_any_scale_of_the_rows_is_taken(scale):
    x, y = drawn(30, 30)
    wanted = modality_gap(x, y)
    found = modality_gap(x * scale, y)
    mixed = modality_gap(x * np.where(np.arange(30) % 2, scale, 1)[:, None], y)
    for one in (found, mixed):
        assert one.gap == pytest.approx(wanted.gap, abs=1e-14)
        assert one.interval == pytest.approx(wanted.interval, abs=1e-12)


def test_lists_tensors_half_precision_and_views_are_taken():
    torch = pytest.importorskip("torch")
    x, y = drawn(30, 30)
    wanted = modality_gap(x, y)
    tensor = torch.tensor(x, requires_grad=True)
    for one in (x.tolist(), tensor, np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2]):
        assert modality_gap(one, y).gap == wanted.gap
    half = x.astype(np.float16)
    assert modality_gap(half, y).gap == modality_gap(half.astype(float), y).gap
    brain = tensor.bfloat16()
    assert modality_gap(brain, y).gap == modality_gap(brain.double(), y).gap
    before = x.copy()
    modality_gap(x, y)
    assert np.array_equal(x, before)


def test_equal_modalities_have_no_gap_and_an_interval_near_zero():
    x, _ = drawn(400, 1)
    apart = modality_gap(x, x)  # as if they were independent: the square is below zero
    assert apart.gap == 0
    assert apart.squared_unbiased < 0 == apart.corrected
    assert apart.interval.low == 0 <= apart.interval.high < 0.1
    together = modality_gap(x, x, paired=True)
    assert together.squared_unbiased == pytest.approx(0, abs=1e-15)
    assert together.interval == pytest.approx((0, 0), abs=1e-7)
    assert together.fraction_per_dimension.tolist() == [0] * 6


@pytest.mark.parametrize("options", [{}, {"paired": True}, {"clusters": [0, 1]}])
def test_two_rows_say_almost_nothing(options):
    found = modality_gap(*drawn(2, 2), **options)
    assert found.interval == (0, 2)


def test_labels_are_told_apart_as_python_does():
    x, y = drawn(6, 6)
    mixed = [1, "1", 2, "2", (3,), 3.5]
    found = modality_gap(x, y, paired=True, clusters=mixed)
    plain = modality_gap(x, y, paired=True)
    assert found.clusters == 6
    assert found.squared_unbiased == pytest.approx(plain.squared_unbiased, abs=1e-12)
    assert found.interval == pytest.approx(plain.interval, abs=1e-9)
    again = modality_gap(x, y, paired=True, clusters=np.arange(6))
    assert again.squared_unbiased == pytest.approx(plain.squared_unbiased, abs=1e-12)


def test_blocks_and_clusters_of_one_change_nothing():
    x, y = drawn(5000, 4500, width=3)
    plain = modality_gap(x, y)
    ones = modality_gap(x, y, clusters=(labels("x", 5000), labels("y", 4500)))
    assert ones.gap == pytest.approx(plain.gap, abs=1e-12)
    assert ones.squared_unbiased == pytest.approx(plain.squared_unbiased, abs=1e-12)
    assert plain.clusters == ones.clusters == 9500


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("n", [20, 300, 5000])
@pytest.mark.parametrize("kind", ["independent", "paired", "clusters"])
def test_the_square_is_unbiased_and_the_interval_covers(n, shift, kind):
    repeats = 60 if n == 5000 else 200
    rng = np.random.default_rng(n + int(10 * shift))
    pools = [
        one / np.linalg.norm(one, axis=1, keepdims=True)
        for one in (
            rng.standard_normal((2000, 8)) + np.array([shift] + [0] * 7),
            rng.standard_normal((2000, 8)),
        )
    ]
    if not shift:
        pools[0] = pools[1]
    truth = np.linalg.norm(pools[0].mean(axis=0) - pools[1].mean(axis=0))
    squares, covered = [], 0
    for _ in range(repeats):
        i, j = rng.integers(0, 2000, (2, n))
        if kind == "paired":  # a picture and its caption are alike, and shift each other's mean
            j = np.where(rng.random(n) < 0.5, i, j)
            found = modality_gap(pools[0][i], pools[1][j], paired=True)
        elif kind == "clusters":
            c = np.arange(n) % (n // 4)
            i, j = (np.where(rng.random(n) < 0.5, i[c], one) for one in (i, j))
            found = modality_gap(pools[0][i], pools[1][j], clusters=(c, c))
        else:
            found = modality_gap(pools[0][i], pools[1][j])
        squares.append(found.squared_unbiased)
        covered += found.interval.low <= truth + 1e-12 and truth <= found.interval.high + 1e-12
    error = np.std(squares) / repeats**0.5
    assert abs(np.mean(squares) - truth**2) < 4 * error
    few = 0.90 if kind == "clusters" and n == 20 else 0.95  # five clusters
    assert covered / repeats >= few - 3 * (0.05 * 0.95 / repeats) ** 0.5


def test_an_interval_does_not_shrink_because_a_small_gap_lies_along_the_widest_direction():
    rng = np.random.default_rng(3)
    wide = np.ones(64)
    wide[0] = 6
    x, y = (rng.standard_normal((2000, 64)) * wide for _ in range(2))
    x[:, 0] += 1
    x, y = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (x, y))
    truth = np.linalg.norm(x.mean(axis=0) - y.mean(axis=0))
    missed = 0
    for _ in range(100):
        found = modality_gap(x[rng.integers(0, 2000, 300)], y[rng.integers(0, 2000, 200)])
        missed += not found.interval.low <= truth <= found.interval.high
    assert missed <= 12


def test_rows_without_spread_have_one_gap():
    x, y = np.tile([1.0, 0.0], (20, 1)), np.tile([0.0, 1.0], (20, 1))
    found = modality_gap(x, y)
    assert found.gap == pytest.approx(2**0.5, abs=1e-15)
    assert found.interval == pytest.approx((2**0.5, 2**0.5), abs=1e-12)
    assert found.interval.low <= found.gap <= found.interval.high
    assert modality_gap(x, -x).interval.high == 2
    assert modality_gap(x, x).interval == pytest.approx((0, 0), abs=1e-12)


def test_clusters_widen_the_interval():
    x, y = drawn(40, 40)
    x, y, c = np.repeat(x, 10, axis=0), np.repeat(y, 10, axis=0), np.repeat(np.arange(40), 10)
    naive, honest = modality_gap(x, y, paired=True), modality_gap(x, y, paired=True, clusters=c)
    once = modality_gap(x[::10], y[::10], paired=True)
    widths = [one.interval.high - one.interval.low for one in (naive, honest, once)]
    assert widths[1] > 2.5 * widths[0]
    assert widths[1] == pytest.approx(widths[2], rel=1e-9)


def test_what_cannot_be_measured_is_refused():
    x, y = drawn(10, 10)
    with pytest.raises(MetricError, match="share no space"):
        modality_gap(x, y[:, :4])
    with pytest.raises(MetricError, match="no direction"):
        modality_gap(x * 0, y)
    with pytest.raises(MetricError, match="no direction"):
        modality_gap(np.where(x == x[3, 2], np.nan, x), y)
    with pytest.raises(MetricError, match="no pairs"):
        modality_gap(x, y[:9], paired=True)
    with pytest.raises(MetricError, match="one cluster"):
        modality_gap(x, y, paired=True, clusters=["a"] * 10)
    with pytest.raises(MetricError, match="as many cluster labels"):
        modality_gap(x, y[:9], clusters=range(10))
    for labels_ in ([None, *"abcdefghi"], [float("nan"), *"abcdefghi"]):
        with pytest.raises(MetricError, match="no cluster label in some rows"):
            modality_gap(x, y, paired=True, clusters=labels_)
    for labels_ in (3, [[1]] * 10):
        with pytest.raises(MetricError, match="clusters are labels"):
            modality_gap(x, y, paired=True, clusters=labels_)
    with pytest.raises(MetricError, match="differ in width"):
        modality_gap([[1.0, 2.0], [3.0]], y)
    with pytest.raises(MetricError, match="at least 2"):
        modality_gap(x[:1], y)
    with pytest.raises(PlanError, match="confidence"):
        modality_gap(x, y, confidence=95)


@pytest.mark.parametrize("nothing", [None, float("nan"), np.datetime64("NaT"), "NA"])
def test_a_row_without_a_label_is_refused(nothing):
    x, y = drawn(6, 6)
    if nothing == "NA":
        nothing = pytest.importorskip("pandas").NA
    with pytest.raises(MetricError, match="no cluster label in some rows"):
        modality_gap(x, y, clusters=["a", "b", nothing, "a", "b", "c"])


def test_sparse_tensors_are_taken_and_odd_confidences_refused():
    torch = pytest.importorskip("torch")
    x, y = drawn(6, 6)
    assert modality_gap(torch.tensor(x).to_sparse(), y).gap == modality_gap(x, y).gap
    for confidence in ("0.95", None, 1):
        with pytest.raises(PlanError, match="confidence must be"):
            modality_gap(x, y, confidence=confidence)


def test_parts_of_one_modality_cannot_be_separated():
    x, y = drawn(6, 6)
    with pytest.raises(MetricError, match="one modality alone"):
        separability(x, y, clusters=["images"] * 6 + ["texts"] * 6)


def test_relative_gap_by_brute_force():
    x, y = drawn(12, 12)
    u, v = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (x, y))
    pairs = np.mean([(1 - a @ b) / 2 for a, b in zip(u, v, strict=True)])
    inside = np.mean(
        [(1 - w[i] @ w[j]) / 2 for w in (u, v) for i in range(12) for j in range(12) if i != j]
    )
    assert relative_gap(x, y) == pytest.approx(pairs / (pairs + inside))
    spread = np.mean([np.sum((w - w.mean(axis=0)) ** 2, axis=1) for w in (u, v)]) ** 0.5
    found = relative_gap(x, y, variant="centroid-spread")
    assert found == pytest.approx(modality_gap(x, y).gap / spread)
    assert relative_gap(x, x) == 0
    with pytest.raises(ParameterError, match="variants"):
        relative_gap(x, y, variant="euclid")
    with pytest.raises(MetricError, match="pairs"):
        relative_gap(x, y[:5])


def test_separability_is_one_far_apart_and_a_half_in_one_place():
    far = drawn(300, 200, width=40, shift=3.0)
    same = drawn(1000, 1000, shift=0.0)
    assert separability(*far) == 1
    assert abs(separability(*same) - 0.5) < 3 * 0.5 / 600**0.5


def test_a_shift_closes_the_gap_and_leaves_a_task_that_does_not_read_it():
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((200, 32))
    x, y = (np.column_stack([signal, np.full(200, sign)]) for sign in (2.0, -2.0))

    def retrieval(images, texts):
        centred = [one - one.mean(axis=0) for one in (images, texts)]
        return float(((centred[0] @ centred[1].T).argmax(axis=1) == np.arange(200)).mean())

    curve = shift_curve(x, y, retrieval, shifts=(0, 0.5, 1))
    assert curve[0].gap == pytest.approx(modality_gap(x, y).gap)
    assert curve[0].gap > curve[1].gap > curve[2].gap
    assert curve[2].gap < 0.05
    assert min(point.score for point in curve) > 0.95


def test_one_plane_for_before_and_after(tmp_path):
    x, y = drawn(50, 60)
    plane = principal_plane(before=(x, y), after=(y, x))
    assert np.array_equal(plane.images["before"], plane.texts["after"])
    every = np.concatenate([one / np.linalg.norm(one, axis=1, keepdims=True) for one in (x, y)])
    values = np.linalg.svd(every - every.mean(axis=0), compute_uv=False) ** 2
    assert plane.explained == pytest.approx(tuple(values[:2] / values.sum()))
    dots = [one.get("class") for one in ET.fromstring(plane.svg()).iter() if one.get("r")]
    assert dots.count("image") == dots.count("text") == 111  # the legend has one of each
    assert plane.png().startswith(b"\x89PNG")
    plane.save(tmp_path / "plane.svg")
    assert (tmp_path / "plane.svg").read_text() == plane.svg()
    with pytest.raises(MetricError, match="lie on a line"):
        principal_plane(before=(x[:, :1], y[:, :1]))
    with pytest.raises(MetricError, match="no plane"):
        principal_plane(before=(x, y), after=(x[:, :3], y[:, :3]))
    with pytest.raises(MetricError, match="nothing to draw"):
        principal_plane()
