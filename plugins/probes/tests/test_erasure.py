"""LEACE against its own theorem, brute force and another library."""

from __future__ import annotations

import json

import numpy as np
import pytest
from attrs import evolve
from seatrial_probes._editing import erasing, outlying
from seatrial_probes._erasure import erased
from seatrial_probes._leace import LeaceFitter, leace

from seatrial import Case, Outcome, Prediction
from seatrial.errors import ModelError, ParameterError, PlanError


def drawn(count, width, seed, *, classes=2, strength=1.0):
    """Vectors with a power-law spectrum, of which some directions tell the classes apart."""
    random = np.random.default_rng(seed)
    truth = np.random.default_rng(99)
    means = truth.normal(size=(classes, width)) * strength
    turn = np.linalg.qr(truth.normal(size=(width, width)))[0]
    spread = np.arange(1, width + 1) ** -0.7
    labels = random.integers(classes, size=count)
    return (random.normal(size=(count, width)) + means[labels]) * spread @ turn + 3, labels


def cross_covariance(x, labels):
    z = np.eye(labels.max() + 1)[labels]
    return (x - x.mean(0)).T @ (z - z.mean(0)) / len(x)


@pytest.mark.parametrize(("count", "width", "classes"), [(400, 30, 2), (300, 20, 4), (40, 90, 2)])
def test_nothing_covaries_with_the_concept_afterwards(count, width, classes):
    x, labels = drawn(count, width, 1, classes=classes)
    erase = leace(x, labels)
    assert np.abs(cross_covariance(x, labels)).max() > 1e-3
    assert np.abs(cross_covariance(erase(x), labels)).max() < 1e-8
    assert erase.rank == classes - 1
    assert np.allclose(erase(x).mean(0), x.mean(0))


def test_batches_of_any_size_give_what_all_at_once_gives():
    x, labels = drawn(500, 12, 2)
    whole = LeaceFitter(12).update(x, labels).eraser()
    fitter = LeaceFitter(12)
    for rows in np.split(np.arange(500), [1, 2, 2, 90, 300]):
        fitter.update(x[rows], labels[rows])
    assert np.allclose(fitter.eraser()(x), whole(x), atol=1e-10)


def test_the_closed_form_is_what_its_matrices_say():
    import scipy.linalg

    x, labels = drawn(600, 8, 3, classes=3)
    covariance = np.cov(x.T, bias=True)
    whiten = np.linalg.inv(scipy.linalg.sqrtm(covariance).real)
    columns = whiten @ cross_covariance(x, labels)
    project = columns @ np.linalg.pinv(columns, rcond=1e-10)
    truth = x - (x - x.mean(0)) @ (np.linalg.inv(whiten) @ project @ whiten).T
    assert np.allclose(leace(x, labels)(x), truth, atol=1e-9)


def test_it_does_what_the_concept_erasure_package_does():
    peer = pytest.importorskip("concept_erasure")
    torch = pytest.importorskip("torch")
    x, labels = drawn(2000, 16, 4, classes=3)
    fitter = peer.LeaceFitter(
        16, 3, dtype=torch.float64, shrinkage=False, constrain_cov_trace=False, svd_tol=1e-9
    )
    z = torch.nn.functional.one_hot(torch.tensor(labels), 3)
    # The peer divides covariances by n - 1, which changes nothing in the map.
    theirs = fitter.update(torch.tensor(x), z).eraser(torch.tensor(x)).numpy()
    assert np.allclose(leace(x, labels)(x), theirs, atol=1e-6)


def test_no_other_projection_that_erases_changes_less():
    x, labels = drawn(800, 10, 5)
    change = np.square(leace(x, labels)(x) - x).sum()
    away = cross_covariance(x, labels)[:, 0]
    random = np.random.default_rng(0)
    for _ in range(50):
        along = random.normal(size=10)
        taken = np.outer((x - x.mean(0)) @ along, away) / (along @ away)
        assert np.abs(cross_covariance(x - taken, labels)).max() < 1e-8
        assert np.square(taken).sum() > change
    orthogonal = np.outer((x - x.mean(0)) @ away, away) / (away @ away)
    assert np.square(orthogonal).sum() >= change


@pytest.mark.parametrize(
    ("x", "z", "error"),
    [
        (np.ones((3, 2)), np.ones(3), ParameterError),
        (np.ones((3, 4)), np.ones((3, 2)), ParameterError),
        (np.full((3, 4), np.nan), np.ones(3), PlanError),
    ],
)
def test_what_cannot_be_summed_up_is_refused(x, z, error):
    with pytest.raises(error):
        LeaceFitter(4).update(x, z)


def test_one_vector_is_not_enough():
    with pytest.raises(PlanError, match="at least two"):
        LeaceFitter(2).update(np.ones((1, 2)), np.ones(1)).eraser()


def test_a_concept_that_nothing_covaries_with_leaves_all_as_it_was():
    x = np.array([[1.0, 0], [-1, 0], [1, 1], [-1, 1]])
    assert leace(x, [0, 0, 0, 0]).rank == 0
    assert np.allclose(leace(x, [0, 0, 0, 0])(x), x)


def test_erasing_the_cause_of_failure_repairs_the_model(residual_model, trapped):
    found = erased(residual_model, trapped(240), layer=2, seed=1)
    assert found.before.estimate < 0.75
    assert found.after.estimate > found.before.estimate + 0.1
    assert found.drop.high < 0
    assert all(abs(one) < 0.1 for one in found.controls)
    before, after = found.probe
    assert before.estimate > 0.95
    assert after.low <= 0.5 <= after.high
    assert found.fresh[0].estimate > 0.95 > found.fresh[1].estimate


def test_an_erasure_is_told_as_text_and_as_plain_data(residual_model, trapped):
    found = erased(residual_model, trapped(160, clusters=40), layer=2, controls=1)
    assert "accuracy lost: -" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["drop"]["estimate"] == found.drop.estimate
    assert found.drop.clusters < found.cases


def test_the_same_seed_gives_the_same_erasure(residual_model, trapped):
    outcomes = trapped(120)
    one, other = (erased(residual_model, outcomes, layer=1, controls=1, seed=5) for _ in range(2))
    assert one == other


def test_tokens_far_outside_are_left_alone():
    torch = pytest.importorskip("torch")
    rows = torch.tensor([[[1.0, 0.0], [1000.0, 0.0]]])
    edit = erasing(
        np.zeros(2), np.array([[1.0], [0]]), np.array([[1.0, 0]]), outlying(np.ones((3, 2)))
    )
    assert edit(rows).tolist() == [[[0.0, 0.0], [1000.0, 0.0]]]
    assert edit(rows.bfloat16()).dtype == torch.bfloat16


def test_a_model_that_cannot_be_changed_is_refused(trapped):
    with pytest.raises(ModelError, match="activations, intervened"):
        erased(lambda inputs: inputs, trapped(20), layer=1)


def test_only_failures_or_hardly_any_cannot_be_erased(residual_model, trapped):
    wrong = [one for one in trapped(60) if not one.right]
    with pytest.raises(PlanError, match="needs failures and"):
        erased(residual_model, wrong, layer=1)
    with pytest.raises(PlanError, match="no outcomes"):
        erased(residual_model, [], layer=1)


def test_answers_that_equality_judges_otherwise_ask_for_a_rule(residual_model, trapped):
    outcomes = [
        evolve(one, case=evolve(one.case, target=one.case.target.upper())) for one in trapped(40)
    ]
    with pytest.raises(PlanError, match="give right="):
        erased(residual_model, outcomes, layer=1)

    def right(target, answer):
        return answer.value.upper() == target

    assert erased(residual_model, outcomes, layer=1, controls=0, right=right).controls == ()


class Wide:
    """A model of which only the activations matter: 300 wide, and fewer cases than that."""

    def __call__(self, inputs, /):
        return ["good"] * len(inputs)

    def intervened(self, edits, /):
        return self

    def activations(self, inputs, /, **asked):
        drawn = np.random.default_rng(7).normal(size=(4000, 300)) * np.arange(1, 301) ** -0.7 * 9
        rows = np.stack([drawn[one] + (one % 3 == 0) * drawn[3999] * 0.5 for one in inputs])
        return type("Given", (), {"at": lambda self, layer, pooling: rows.astype("float32")})()


def test_with_fewer_cases_than_dimensions_the_theorem_holds_and_fresh_probes_still_find_it():
    outcomes = [
        Outcome(
            case=Case(f"{n}", n, "bad" if n % 3 == 0 else "good"),
            input=n,
            prediction=Prediction("good"),
            right=n % 3 != 0,
        )
        for n in range(200)
    ]
    found = erased(Wide(), outcomes, layer=1, controls=0)
    assert found.probe[0].estimate > 0.75
    assert found.probe[1].estimate == 0.5
    assert found.fresh[1].estimate > 0.6
