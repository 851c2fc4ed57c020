"""Two towers and a head as one torch module: what fine-tuning trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from ._features import Modality, images_of, pair_texts, step_texts
from ._heads import Head, HeadKind
from ._towers import Towers

__all__ = ["OrderNetwork"]


class OrderNetwork(nn.Module):
    """Gives the log odds of "in order" for each pair.

    Linear, the paper's: `W [T(title; headlines); V(image 1); V(image 2)] + b` with two logits, of
    which the log odds are the difference. Antisymmetric: `g([T(title; headline); V(image)])` of the
    first step less that of the second.
    """

    def __init__(self, towers: Towers, kind: HeadKind, modality: Modality, hidden: int) -> None:
        super().__init__()
        self.kind, self.modality = kind, modality
        self.text = towers.module.text
        width = self.text.width
        if modality in ("vision", "both"):
            self.image = towers.module.image
            width += self.image.width * (2 if kind == "linear" else 1)
        self.direct = nn.Linear(width, 2 if kind == "linear" else 1, bias=kind == "linear")
        if kind == "antisymmetric" and hidden:
            self.hidden, self.out = nn.Linear(width, hidden), nn.Linear(hidden, 1, bias=False)

    def forward(self, tokens: Any, pixels: Any) -> Any:
        """Give log odds [pairs]; the first steps of all pairs stand before the second ones."""
        rows = self.text(tokens)
        if pixels is not None:
            seen = self.image(pixels)
            if self.kind == "linear":
                seen = torch.cat(seen.chunk(2), dim=1)
            rows = torch.cat([rows, seen], dim=1)
        values = self.direct(rows)
        if self.kind == "linear":
            return values[:, 1] - values[:, 0]
        if hasattr(self, "hidden"):
            values = values + self.out(torch.tanh(self.hidden(rows)))
        first, second = values.squeeze(1).chunk(2)
        return first - second

    def inputs(self, towers: Towers, values: Sequence[Any]) -> tuple[Any, Any]:
        """Make tokens and pixels of the inputs of order cases."""
        if self.kind == "linear":
            texts = pair_texts(values, self.modality)
        else:
            texts = [one for place in (1, 2) for one in step_texts(values, place, self.modality)]
        tokens = towers.tokens(texts)
        if self.modality not in ("vision", "both"):
            return tokens, None
        return tokens, towers.pixels([one for place in (1, 2) for one in images_of(values, place)])

    def head(self) -> Head:
        """Give the head as frozen features use it: float64, on rows as they are."""
        held = {name: one.detach().double().cpu().numpy() for name, one in self._heads()}
        if self.kind == "linear":
            weight, bias = held["direct.weight"], held["direct.bias"]
            arrays = {"direct": weight[1] - weight[0], "bias": bias[1:] - bias[:1]}
        else:
            arrays = {"direct": held["direct.weight"][0]}
            if "out.weight" in held:
                arrays["hidden"] = np.ascontiguousarray(held["hidden.weight"].T)
                arrays |= {"offset": held["hidden.bias"], "out": held["out.weight"][0]}
        width = len(arrays["direct"])
        return Head(self.kind, {"mean": np.zeros(width), "scale": np.ones(width), **arrays})

    def _heads(self) -> list[tuple[str, Any]]:
        towers = ("text.", "image.")
        return [one for one in self.named_parameters() if not one[0].startswith(towers)]
