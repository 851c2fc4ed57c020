"""Steering: the cause of failure moves accuracy, and random directions do not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from seatrial_probes._steering import steer

from seatrial import Explanation
from seatrial.errors import ModelError, ParameterError, PlanError


@pytest.fixture
def cause(residual_model):
    return residual_model.cause.numpy()


def explained(weights):
    direction = {"layer": 2, "pooling": "last", "weights": list(map(float, weights))}
    return Explanation("a probe", details={"direction": {**direction, "intercept": 0.5}})


def test_pushing_along_the_cause_makes_failures_and_pushing_away_repairs_them(
    residual_model, trapped, cause
):
    found = steer(
        residual_model, trapped(80), explained(cause), strengths=(-2.0, 2.0), random_directions=19
    )
    away, towards = found.pushes
    assert towards.drop.low > 0.2
    assert away.drop.high < -0.2
    assert towards.beyond.low > 0.2
    assert found.p == 0.05
    assert found.effect > 0.3


def test_a_direction_that_has_nothing_to_do_with_failure_moves_nothing(residual_model, trapped):
    idle = residual_model.words["island"].numpy()
    found = steer(residual_model, trapped(60), idle, layer=2, random_directions=9)
    assert abs(found.effect) < 0.05
    assert found.p > 0.1


def test_directions_drawn_like_activations_keep_their_norm(residual_model, trapped, cause):
    from seatrial_probes._steering import _drawn

    rows = residual_model.activations([one.input for one in trapped(50)], layers=(2,)).at(2, "last")
    draw = np.random.default_rng(0)
    many = np.stack([_drawn(rows, "covariance", draw) for _ in range(400)])
    assert np.allclose(np.linalg.norm(many, axis=1), 1)
    spread = np.abs(np.linalg.eigh(np.cov(rows.T))[1][:, -1] @ many.T).mean()
    least = np.abs(np.linalg.eigh(np.cov(rows.T))[1][:, 0] @ many.T).mean()
    assert spread > 3 * least
    found = steer(
        residual_model, trapped(60), cause, layer=2, match="covariance", random_directions=19
    )
    assert found.p <= 0.15
    assert found.z > 1.5


def test_a_steering_is_told_as_text_and_as_plain_data(residual_model, trapped, cause):
    found = steer(
        residual_model, trapped(40), cause, layer=1, strengths=(3.0,), random_directions=2
    )
    assert "+3 σ" in str(found)
    assert "2 random directions" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["pushes"][0]["strength"] == 3.0


def test_without_random_directions_nothing_is_compared(residual_model, trapped, cause):
    found = steer(
        residual_model, trapped(40), cause, layer=1, strengths=(1.0,), random_directions=0
    )
    assert found.p is None
    assert found.pushes[0].beyond is None
    assert "no random directions" in str(found)


def test_clusters_widen_the_interval(residual_model, trapped, cause):
    options = {"layer": 2, "strengths": (2.0,), "random_directions": 0}
    alone = steer(residual_model, trapped(80), cause, **options).pushes[0].drop
    together = steer(residual_model, trapped(80, clusters=8), cause, **options).pushes[0].drop
    assert together.estimate == pytest.approx(alone.estimate)
    assert together.high - together.low > alone.high - alone.low


@pytest.mark.parametrize(
    ("direction", "options", "error", "match"),
    [
        (np.ones(24), {}, ParameterError, "give layer="),
        (np.zeros(24), {"layer": 1}, ParameterError, "not all 0"),
        (np.ones(5), {"layer": 1}, ParameterError, "24 wide"),
        (np.ones(24), {"layer": 1, "match": "none"}, ParameterError, "match must be"),
        (np.ones(24), {"layer": 1, "strengths": (0.0,)}, ParameterError, "other than 0"),
        (Explanation("words"), {}, PlanError, "no direction"),
    ],
)
def test_what_cannot_be_steered_along_is_refused(
    residual_model, trapped, direction, options, error, match
):
    with pytest.raises(error, match=match):
        steer(residual_model, trapped(20), direction, **options)


def test_a_model_without_insides_is_refused(trapped):
    with pytest.raises(ModelError, match="intervened"):
        steer(lambda inputs: inputs, trapped(20), np.ones(3), layer=1)
