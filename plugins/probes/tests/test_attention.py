"""The attention probe: it looks where the cause stands, and its attribution is exact."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_probes._selection import Sample
from sklearn.metrics import roc_auc_score

from seatrial.errors import ModelError

torch = pytest.importorskip("torch")

from seatrial_probes._attention import Attention, fit_attention  # noqa: E402
from seatrial_probes._training import Optimiser, Schedule, trained  # noqa: E402

WIDTH = 16
SHORT = Schedule(epochs=60, patience=60, batch=32)


def planted(count=480, seed=0):
    """One token of many carries a flag, and failure is written on that token alone."""
    generator = np.random.default_rng(seed)
    failed = generator.random(count) < 0.5
    tokens, places = [], []
    for wrong in failed:
        rows = generator.standard_normal((generator.integers(5, 30), WIDTH)).astype("f4")
        place = generator.integers(len(rows))
        rows[:, 0] = 0.1 * rows[:, 0] - 3
        rows[place, 0] += 6
        rows[:, 1] *= 2
        rows[place, 1] = 3.0 if wrong else -3.0
        tokens.append(rows * 3 + 5)
        places.append(place)
    clusters = tuple(str(one) for one in range(count))
    return tokens, places, Sample(failed, clusters, np.arange(count) % 3 == 0, 0)


@pytest.fixture(scope="module")
def fitted():
    tokens, _, sample = planted()
    return fit_attention(tokens, sample, seed=1, schedule=SHORT)


def test_it_learns_to_look_at_the_token_that_tells(fitted):
    probe, _, _ = fitted
    tokens, places, sample = planted(100, seed=7)
    assert roc_auc_score(sample.failed, probe(tokens)) > 0.9
    mean = np.stack([one.mean(axis=0) for one in tokens])[:, 1]
    assert roc_auc_score(sample.failed, mean) < 0.85
    looked = [int(np.argmax(probe.contributions(one)[0])) for one in tokens]
    assert np.mean(np.equal(looked, places)) > 0.9


def test_contributions_add_up_to_the_score_and_attention_to_one(fitted):
    probe, _, _ = fitted
    tokens, _, _ = planted(5, seed=3)
    for one, score in zip(tokens, probe(tokens), strict=True):
        weights, adds = probe.contributions(one)
        assert weights.sum() == pytest.approx(1, abs=1e-5)
        assert adds.sum() == pytest.approx(score, abs=1e-4)


def test_padding_changes_nothing(fitted):
    probe, _, _ = fitted
    tokens, _, _ = planted(20, seed=4)
    alone = np.concatenate([probe([one]) for one in tokens])
    np.testing.assert_allclose(probe(tokens), alone, atol=1e-4)


def test_scores_follow_the_formula():
    generator = np.random.default_rng(0)
    query, vote, rows = (generator.standard_normal(n).astype("f4") for n in (4, 4, (6, 4)))
    probe = Attention(torch.tensor(query), torch.tensor(vote), torch.tensor(0.5))
    weights = np.exp(rows @ query / 2)
    weights /= weights.sum()
    assert probe([rows])[0] == pytest.approx(weights @ (rows @ vote) + 0.5, abs=1e-5)


def test_the_same_seed_gives_the_same_probe():
    tokens, _, sample = planted(60)
    one, other = (
        fit_attention(tokens, sample, seed=5, schedule=Schedule(epochs=3))[1] for _ in range(2)
    )
    assert (one == other).all()


def test_the_weights_are_those_of_the_best_epoch(fitted):
    probe, scores, best = fitted
    tokens, _, sample = planted()
    kept = [one for one, here in zip(tokens, sample.kept, strict=True) if here]
    np.testing.assert_allclose(probe(kept), scores[best], atol=1e-4)
    areas = [roc_auc_score(sample.failed[sample.kept], one) for one in scores]
    assert best == int(np.argmax(areas))


def test_weights_go_back_to_the_best_epoch_when_later_ones_are_worse():
    weight = torch.zeros(1, requires_grad=True)
    failed = np.array([True, False] * 10)
    kept = np.arange(20) >= 10
    side = torch.tensor(np.where(failed, 1.0, -1.0) * np.where(kept, -1.0, 1.0)).float()
    sample = Sample(failed, tuple("abcdefghijklmnopqrst"), kept, 0)
    scores, best = trained(
        [weight], lambda places: weight * side[places], sample, Schedule(epochs=8), seed=0
    )
    assert best == 0
    assert len(scores) == 8
    np.testing.assert_allclose(float(weight.detach()) * side[kept], scores[0], atol=1e-7)
    assert abs(scores[-1]).max() > abs(scores[0]).max()


def test_it_stops_when_nothing_has_improved_for_long():
    weight = torch.zeros(1, requires_grad=True)
    failed = np.array([True, False] * 10)
    sample = Sample(failed, tuple("abcdefghijklmnopqrst"), np.arange(20) >= 10, 0)
    schedule = Schedule(epochs=50, patience=4)
    scores, best = trained([weight], lambda p: weight.expand(len(p)), sample, schedule, seed=0)
    assert (best, len(scores)) == (0, 5)


@pytest.mark.slow
def test_the_optimiser_is_adamw():
    generator = torch.Generator().manual_seed(0)
    ours = torch.randn(7, generator=generator).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    target = torch.randn(7, generator=generator)
    mine, peer = Optimiser([ours], 0.1), torch.optim.AdamW([theirs], lr=0.05, weight_decay=0.1)
    for _ in range(50):
        mine.step(torch.autograd.grad((ours - target).pow(4).sum(), [ours]), 0.05, 1.0)
        peer.zero_grad()
        torch.autograd.backward((theirs - target).pow(4).sum())
        torch.nn.utils.clip_grad_norm_([theirs], 1.0)
        peer.step()
    torch.testing.assert_close(ours, theirs)


def test_another_width_and_cases_without_tokens_are_refused(fitted):
    probe, _, _ = fitted
    with pytest.raises(ModelError, match="activations are 3 wide, but the probe was fitted on 16"):
        probe([np.ones((2, 3), dtype="f4")])
    with pytest.raises(ModelError, match="case 1 has no tokens"):
        probe([np.ones((2, 16), dtype="f4"), np.ones((0, 16), dtype="f4")])
