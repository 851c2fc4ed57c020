"""SimNL as an estimator on cached unit features."""

from __future__ import annotations

from typing import ClassVar

import torch
from attrs import define

from seatrial.errors import PlanError

from ._cache import Cache
from ._descent import Held, Kept, order_of
from ._estimator import Searched
from ._kernel import Tensor
from ._mixture import Mixture
from ._search import Grid, points
from ._state import State
from ._support import Support
from ._switches import Switches
from ._training import train

__all__ = ["SimNL"]


@define(kw_only=True, eq=False, slots=False)
class SimNL(Switches, Searched):
    """A positive and a negative classifier, each of texts and cached images (SimNL, WACV 2025).

    See `Switches` for what can be set; `variant="release"` is the published code's behaviour. The
    release's order of choosing holds with `selection="val"`: the epoch that does best at the given
    `alpha`, `beta` and `lam`, then the grid. Grids are (low, high, points), the high end left out;
    `neg_scale` is searched only where it is given one. With noisy labels the release needs `blocks`
    in `fit`: it moves its keys, and pairs the negative ones, by the classes that images were drawn
    for, and so knows which labels are wrong. The default knows the labels alone.
    """

    name: ClassVar[str] = "simnl.simnl"

    lr_grid: tuple[float, ...] = ()
    alpha_grid: tuple[float, float, int] = (0.0, 7.0, 40)
    beta_grid: tuple[float, float, int] = (0.0, 7.0, 200)
    lam_grid: tuple[float, float, int] = (0.6, 1.0, 20)
    neg_scale_grid: tuple[float, float, int] | None = None

    def _grid(self) -> Grid:
        weights = {"alpha": points(self.alpha_grid), "lam": points(self.lam_grid)}
        if self.neg_scale_grid is not None:
            weights["neg_scale"] = points(self.neg_scale_grid)
        return Grid({"beta": points(self.beta_grid)}, weights)

    def _choose(self, counts: Tensor) -> dict[str, float]:
        return self._grid().first(counts) if self.variant == "release" else super()._choose(counts)

    def _by_block(self) -> bool:
        return self.resolved(1).negative_keys == "per_shot"

    def _learn(self, support: Support, held: Held | None) -> Mixture:
        how = self.resolved(len(support.labels))
        counts = torch.bincount(support.blocks, minlength=len(support.classes))
        if how.negative_keys == "per_shot" and int(counts.min()) != int(counts.max()):
            msg = (
                "negative_keys 'per_shot' (variant 'release') needs equally many images of each "
                f"class, got {int(counts.min())} to {int(counts.max())}; take 'per_class', or say "
                "with blocks= which classes they were drawn for, if labels are noisy"
            )
            raise PlanError(msg)
        if "negative" not in support.texts:
            msg = "SimNL needs negative= prototypes, such as of 'a photo without {}.'"
            raise PlanError(msg)
        cache = Cache.of(support.keys, support.blocks, support.labels, len(counts), how)
        texts = support.texts
        start = [texts["template"], texts.get("cupl", texts["template"]), texts["negative"]]
        state = State(cache, torch.stack(start), how)
        kept = Kept(held)
        self.losses_ = tuple(
            train(
                state,
                support.views,
                support.labels,
                order_of(self.seed, len(support.labels), self.device),
                leave_out=bool(how.leave_self_out) and not support.augmented,
                after_epoch=lambda _: kept.look(
                    lambda features: state.mixture().logits(features), [state.residuals]
                ),
            )
        )
        kept.restore([state.residuals])
        self.parameters_ = state.residuals.numel()
        return state.mixture()
