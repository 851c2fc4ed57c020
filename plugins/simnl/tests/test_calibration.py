"""The negative scale can be searched, and the default learns faster than the release."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_features import features
from seatrial_simnl import SimNL, negative_prototypes
from seatrial_simnl._draws import draw
from seatrial_simnl._protocol import fitted

TRAIN, TEST = features("train", 6), features("test", 12)
DRAWN = draw(TRAIN, 4, seed=1)
ONE = {"alpha_grid": (1.0, 2.0, 1), "beta_grid": (1.0, 2.0, 1), "lam_grid": (0.5, 1.0, 1)}


def learned(**switches):
    return fitted(SimNL(epochs=2, lam=0.5, **switches), TRAIN, DRAWN)


@pytest.mark.parametrize("selection", ["loo", "val"])
def test_the_negative_scale_is_searched_where_it_has_a_grid(selection):
    held = {"validation": (TEST.plain, TEST.targets)} if selection == "val" else {}
    searched = fitted(
        SimNL(epochs=2, lam=0.5, selection=selection, neg_scale_grid=(0.0, 4.0, 8), **ONE),
        TRAIN,
        DRAWN,
        **held,
    )
    assert set(searched.selected_) == {"alpha", "beta", "lam", "neg_scale"}
    assert searched.selected_["neg_scale"] in np.arange(8) / 2
    assert "neg_scale" not in fitted(
        SimNL(epochs=2, selection=selection, **ONE), TRAIN, DRAWN, **held
    ).selected_  # fmt: skip


def test_the_chosen_scale_is_the_best_on_what_it_was_chosen_on():
    held = {"validation": (TEST.plain, TEST.targets)}
    grid = (0.0, 4.0, 8)
    searched = fitted(
        SimNL(epochs=0, lam=0.5, selection="val", neg_scale_grid=grid, **ONE), TRAIN, DRAWN, **held
    )
    by_scale = {
        scale: fitted(SimNL(epochs=0, lam=0.5, neg_scale=scale), TRAIN, DRAWN)
        for scale in np.arange(8) / 2
    }
    scores = {scale: one.score(TEST.plain, TEST.targets) for scale, one in by_scale.items()}
    chosen = searched.selected_["neg_scale"]
    assert scores[chosen] == max(scores.values())
    np.testing.assert_allclose(
        searched.logits(TEST.plain), by_scale[chosen].logits(TEST.plain), atol=1e-4
    )


def test_a_prototype_is_shown_by_the_scale_that_is_used():
    one, two = (learned(neg_scale=scale, alpha=0.0) for scale in (0.1, 0.2))
    assert one.evidence(TEST.plain)["negative"].max() > 0
    shown = [negative_prototypes(each, TEST, most=1)[0].let_through[0] for each in (one, two)]
    for each, (name, value) in zip((one, two), shown, strict=True):
        place = TEST.ids.index(name)
        part = each.evidence(TEST.plain)["negative"][place, 0]
        assert value == pytest.approx(part / 0.5, abs=1e-4)


def test_the_release_keeps_its_learning_rate():
    assert SimNL(variant="release").resolved(40).lr == 1e-4
    assert SimNL().resolved(40).lr == 1e-3
    assert SimNL(lr=0.5).resolved(40).lr == 0.5
