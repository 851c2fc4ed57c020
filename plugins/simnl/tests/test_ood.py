"""Scores that tell images of other classes: against the formulas, and counted pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from drawn_features import NAMES, features
from seatrial_simnl import (
    ClipAdapter,
    LinearProbe,
    SimNL,
    TaskRes,
    Tip,
    in_distribution_score,
    ood_detection,
)
from seatrial_simnl._draws import draw
from seatrial_simnl._ood import SCORES
from seatrial_simnl._protocol import fitted
from slow_simnl import Slow, problem

from seatrial.errors import ModelError, ParameterError, PlanError

KNOWN = NAMES[:3]
TRAIN, TEST = features("train", 6, classes=KNOWN), features("test", 21, classes=KNOWN)
OTHER = features("other", 34, classes=NAMES[3:])
LEARNED = fitted(SimNL(epochs=20, alpha=2.0), TRAIN, draw(TRAIN, 4, seed=1))


def test_the_negative_score_is_what_the_negative_classifier_says_of_the_answer():
    scales = {"alpha": 2.0, "beta": 3.0, "lam": 0.7, "tau": 0.3}
    drawn = problem(noise=0.0)
    texts = dict(zip(("text", "cupl", "negative"), drawn["texts"], strict=True))
    release = SimNL(variant="release", epochs=0, **scales)
    release.fit(drawn["keys"], drawn["labels"], **texts)
    part = features("test", 2)
    found = {}
    queries = drawn["queries"]
    asked = type(part)(
        ids=tuple(map(str, range(len(queries)))), classes=(), labels=np.empty(0, np.int64),
        plain=queries, keys=queries, views=queries[None],
    )  # fmt: skip
    for by in SCORES:
        found[by] = in_distribution_score(release, asked, by=by)
    slow = Slow(drawn, **scales)
    seen = torch.tensor(queries, dtype=torch.float64)
    whole = slow.logits(seen).detach().numpy()
    slow.lam = 0.0
    against = slow.logits(seen).detach().numpy()
    raised = np.exp(whole - whole.max(1, keepdims=True))
    wanted = {
        "probability": (raised / raised.sum(1, keepdims=True)).max(1),
        "logit": whole.max(1),
        "energy": np.log(raised.sum(1)) + whole.max(1),
        "negative": against[np.arange(len(whole)), whole.argmax(1)],
        "negative-max": against.max(1),
    }
    for by, scores in wanted.items():
        np.testing.assert_allclose(found[by], scores, atol=1e-4, err_msg=by)


def test_areas_and_false_positives_are_counted_pair_by_pair():
    found = ood_detection(LEARNED, TEST, OTHER)
    assert (found.inside, found.outside) == (63, 34)
    for by, one in found.scores.items():
        inside, outside = (in_distribution_score(LEARNED, part, by=by) for part in (TEST, OTHER))
        pairs = [(x > z) + (x == z) / 2 for x in inside for z in outside]
        assert one.area.estimate == pytest.approx(np.mean(pairs))
        assert one.area.low < one.area.estimate < one.area.high
        gain = one.area.estimate - found.scores["probability"].area.estimate
        assert one.gain.estimate == pytest.approx(gain)
        passing = [t for t in inside if np.mean(inside >= t) >= 0.95]
        assert one.false_positives == np.mean(outside >= max(passing))
    assert found.scores["logit"].area.low > 0.5
    assert "| negative |" in found.markdown()
    assert str(found).startswith("63 images of the known classes, 34 of others")


def test_what_cannot_be_scored_is_refused():
    tip = fitted(Tip(), TRAIN, draw(TRAIN, 4, seed=1))
    assert ood_detection(tip, TEST, OTHER, scores=("energy",)).scores["energy"].area.estimate > 0.5
    with pytest.raises(PlanError, match="only SimNL has a negative classifier"):
        in_distribution_score(tip, TEST, by="negative")
    with pytest.raises(ParameterError, match="by must be 'probability' or 'logit'"):
        in_distribution_score(LEARNED, TEST, by="distance")
    with pytest.raises(PlanError, match="got 63 inside and 0 outside"):
        ood_detection(LEARNED, TEST, OTHER.take([]))


def test_rows_are_scored_as_features_are_and_are_checked():
    found = in_distribution_score(LEARNED, TEST)
    assert np.array_equal(in_distribution_score(LEARNED, TEST.plain), found)
    assert np.array_equal(in_distribution_score(LEARNED, TEST.plain.astype(np.float64)), found)
    for rows, why in (
        (5 * TEST.plain, "has the norm 5 and not 1"),
        (TEST.plain * np.nan, "NaN"),
        (TEST.plain[:, :2], "wide and not"),
    ):
        with pytest.raises(PlanError, match=why):
            in_distribution_score(LEARNED, rows)


def test_a_method_is_scored_by_what_it_has():
    tip = fitted(Tip(), TRAIN, draw(TRAIN, 4, seed=1))
    assert list(ood_detection(tip, TEST, OTHER).scores) == ["probability", "logit", "energy"]
    assert list(ood_detection(LEARNED, TEST, OTHER).scores) == list(SCORES)
    assert list(ood_detection(LEARNED, TEST, OTHER, scores="energy").scores) == ["energy"]


@pytest.mark.parametrize(
    "estimator",
    [TaskRes(lr=1e38), ClipAdapter(lr=1e38), LinearProbe(lr=1e38), Tip(trained=True, lr=1e38)],
    ids=lambda one: one.name,
)
def test_a_training_that_diverges_is_no_answer(estimator):
    with pytest.raises(ModelError, match="diverged"):
        fitted(estimator, TRAIN, draw(TRAIN, 4, seed=1))


@pytest.mark.parametrize(("unlike", "area"), [((0.4472136, 0.8944272, 0.0), 1.0), ((0, 0, 1), 0.0)])
def test_the_negative_score_knows_what_a_negative_text_describes_and_nothing_else(unlike, area):
    """An image near a negative text has little of it, one that no text describes has it all.

    With no cached images the score is 15 (1 - f.n) of the answer: 8.3 for the images of the two
    classes, 3 for one at a negative text, and 15 for one at right angles to every text.
    """
    text = np.eye(3, dtype=np.float32)[:2]
    negative = np.float32([[1, 2, 0], [2, 1, 0]]) / np.sqrt(np.float32(5))
    learned = SimNL(epochs=0, alpha=0.0).fit(text, ["a", "b"], text=text, negative=negative)
    scored = in_distribution_score(learned, text, by="negative")
    assert scored == pytest.approx(15 * (1 - 5**-0.5))
    found = ood_detection(learned, text, np.float32([unlike]), scores="negative")
    assert found.scores["negative"].area.estimate == area
