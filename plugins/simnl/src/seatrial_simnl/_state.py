"""The five residuals that SimNL learns, their gradients, and the classifier that they make."""

from __future__ import annotations

from collections.abc import Callable

import torch
from attrs import define, field

from ._cache import Cache
from ._kernel import Kernel, Tensor
from ._losses import consistency, rerank
from ._mixture import Mixture
from ._switches import Switches
from ._votes import Votes

__all__ = ["RESIDUALS", "State"]

RESIDUALS = ("text_template", "text_cupl", "keys", "text_negative", "negative_keys")


def _directions(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Bring new rows to unit norm in place; give them and the inverse of their norms."""
    inverse = torch.linalg.vector_norm(rows, dim=1, keepdim=True).reciprocal_()
    return rows.mul_(inverse), inverse


def _through(gradient: Tensor, direction: Tensor, scale: Tensor, out: Tensor) -> None:
    """Take a gradient back through the normalisation of rows, and scale it."""
    along = torch.linalg.vecdot(gradient, direction)[:, None]
    torch.addcmul(gradient, along, direction, value=-1, out=out).mul_(scale)


@define(eq=False)
class State:
    """SimNL at one moment of its training.

    `texts` are the starting prototypes [3, classes, width]: template, CuPL, negative. `residuals`
    are [5, classes, width], in the order of `RESIDUALS`; they are zero at the start.
    """

    cache: Cache
    texts: Tensor
    switches: Switches
    residuals: Tensor = field(init=False)
    _axis: int = field(init=False)
    _starts: Tensor = field(init=False)

    def __attrs_post_init__(self) -> None:
        mix = self.switches.text_mix
        self._axis = 0 if self.switches.consistency_axis == "classes" else 1
        template, cupl = (
            torch.nn.functional.normalize(one, dim=self._axis) for one in self.texts[:2]
        )
        self._starts = mix * template + (1 - mix) * cupl
        self.residuals = self.texts.new_zeros(len(RESIDUALS), *self.texts.shape[1:])

    def mixture(self) -> Mixture:
        """Give the classifier that the residuals make."""
        mix = self.switches.text_mix
        template, cupl, keys, negative, negative_keys = self.residuals
        moved = [
            _directions(text + residual)[0]
            for text, residual in zip(self.texts, (template, cupl, negative), strict=True)
        ]
        positive, against = (
            Kernel(branch.moved(one), branch.block, branch.label, branch.weight, branch.classes, s)
            for branch, one, s in (
                (self.cache.positive, keys, 1),
                (self.cache.negative, negative_keys, -1),
            )
        )
        text = torch.lerp(moved[1], moved[0], mix)
        how = self.switches
        return Mixture(
            text,
            moved[2],
            positive,
            against,
            neg_scale=how.neg_scale,
            alpha=how.alpha,
            beta=how.beta,
            lam=how.lam,
        )

    def gradients(
        self,
        features: Tensor,
        labels: Tensor,
        *,
        known: Callable[[slice], Tensor] | None = None,
        own: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Give the loss of a batch, and its gradients [5, classes, width].

        `features` [batch, width] and `labels` [batch]; `known` gives their similarities
        [keys, some] to the resting positive keys for some of the batch, where they are at hand;
        `own` are the places of the keys that are these very rows, and are left out.
        """
        how, mix = self.switches, self.switches.text_mix
        r_template, r_cupl, r_keys, r_negative, r_negative_keys = self.residuals
        template, template_inverse = _directions(self.texts[0] + r_template)
        cupl, cupl_inverse = _directions(self.texts[1] + r_cupl)
        negative, negative_inverse = _directions(self.texts[2] + r_negative)
        text = torch.lerp(cupl, template, mix)

        heads = torch.cat([text, negative, r_keys, r_negative_keys])
        seen = (heads @ features.T).to(heads.dtype)
        votes = Votes(self.cache, how, (r_keys, r_negative_keys))
        loss, back = votes.gradients(seen, features, labels, known=known, own=own)
        d_keys, d_negative_keys = votes.pulled()
        change, d_text = consistency(text, self._starts, self._axis, how.cons_weight or 0.0)
        loss += change
        if how.rerank:
            squares = torch.linalg.vecdot(features, features)
            along, d_along = seen[: len(text)], back[: len(text)]
            more, d_similar, d_more = rerank(
                along, squares, text, labels, knn=how.knn, scale=how.rerank_scale
            )
            d_along += d_similar
            d_text += d_more
            loss += more
        found = (back @ features).to(heads.dtype)
        b_text, b_negative, b_keys, b_negative_keys = found.chunk(4)
        d_text += b_text
        gradients = torch.empty_like(self.residuals)
        _through(d_text, template, mix * template_inverse, gradients[0])
        _through(d_text, cupl, (1 - mix) * cupl_inverse, gradients[1])
        torch.add(b_keys, d_keys, out=gradients[2])
        _through(b_negative, negative, negative_inverse, gradients[3])
        torch.add(b_negative_keys, d_negative_keys, out=gradients[4])
        return loss, gradients
