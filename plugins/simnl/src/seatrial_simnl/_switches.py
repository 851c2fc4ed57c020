"""The switches of SimNL: what the release does, and what it should have done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, evolve

from seatrial.errors import ParameterError

__all__ = ["VARIANTS", "Switches", "one_of"]

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "release": {
        "negative_keys": "per_shot",
        "consistency_axis": "classes",
        "leave_self_out": False,
        "weights_of": "shots",
        "cons_weight": 8.0,
        "lr": 1e-4,
        "epochs": 20,
    },
    "default": {
        "negative_keys": "per_class",
        "consistency_axis": "features",
        "leave_self_out": True,
        "weights_of": "class",
        "cons_weight": 0.0,
        "lr": 1e-3,
        "epochs": None,
    },
}
"""What stands behind a switch that is None, by variant.

The release takes its negative keys from the shots of one place, so that the order of the shots
matters; it compares the text classifier with its start across classes for each feature; its weights
sum to the number of shots whatever the number of rows of that label. The default repairs all three,
and leaves each training row's own key out of its logits. Its learning rate, and that texts are not
held to their start, are what does best on held-out training images (benchmarks/simnl_ablation.py).
"""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "variant": ("default", "release"),
    "negative_values": ("soft", "hard"),
    "negative_keys": ("per_shot", "per_class"),
    "consistency_axis": ("classes", "features"),
    "negative_loss": ("joint_ce", "complementary"),
    "weights_of": ("shots", "class"),
}
STEPS = 200
"""Without a number of epochs, as many are made as give so many steps, and no fewer than 20."""


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        msg = f"{name} must be {' or '.join(map(repr, choices))}, got {value!r}"
        raise ParameterError(msg)


@define(kw_only=True, eq=False)
class Switches:
    """How SimNL looks at images, and how it learns.

    - `alpha`: weight of cached images against texts; `beta`: sharpness of their kernel;
      `lam`: weight of the positive classifier; `tau`: temperature of the weights of cached images.
    - `neg_scale`: scale of the negative text classifier, as a fraction of 100; `text_mix`: weight
      of the template prompts against the CuPL prompts.
    - `negative_values`: "soft" weighs the cached images in the negative branch too.
    - `negative_keys`: "per_shot" or "per_class"; `weights_of`: what weights sum to, the number of
      "shots" or that of the rows of the "class".
    - `negative_loss`: "joint_ce", or "complementary" (equations 13 to 18 of the supplement).
    - `rerank`, `knn`, `rerank_scale`: the loss that keeps the right class nearest; `cons_weight`,
      `consistency_axis`: the loss that keeps the text classifier near its start.
    - `lr`, `lr_mult_neg`, `eps`, `weight_decay`, `epochs`, `batch_size`: AdamW with cosine
      annealing. A large `eps` is part of the method: it limits the steps of small gradients.
    - `leave_self_out`: leave a training row's own key out of its logits; only where no augmented
      views are given, because the key of another view is not the row itself.
    - `variant`: what stands behind the switches that are None, see `VARIANTS`.
    - `device`, `dtype`: as torch names them; half precision only on accelerators.
    """

    alpha: float = 1.0
    beta: float = 1.0
    lam: float = 0.75
    tau: float = 1.0
    neg_scale: float = 0.15
    text_mix: float = 0.45
    negative_values: str = "soft"
    negative_keys: str | None = None
    weights_of: str | None = None
    negative_loss: str = "joint_ce"
    rerank: bool = True
    knn: int = 3
    rerank_scale: float = 4.0
    cons_weight: float | None = None
    consistency_axis: str | None = None
    lr: float | None = None
    lr_mult_neg: float = 5.0
    eps: float = 1e-3
    weight_decay: float = 0.1
    epochs: int | None = None
    batch_size: int = 256
    leave_self_out: bool | None = None
    variant: str = "default"
    device: str = "cpu"
    dtype: str = "float32"

    def resolved(self, rows: int) -> Switches:
        """Put the variant's values where None stands, and refuse what makes no sense."""
        one_of("variant", self.variant, CHOICES["variant"])
        behind = VARIANTS[self.variant]
        given = {name: value for name in behind if (value := getattr(self, name)) is not None}
        found = evolve(self, **{**behind, **given})
        for name, choices in CHOICES.items():
            one_of(name, getattr(found, name), choices)
        for name, low in (("knn", 1), ("batch_size", 1), ("epochs", 0)):
            value = getattr(found, name)
            if value is not None and (not isinstance(value, int) or value < low):
                msg = f"{name} must be a whole number, {low} or more, got {value!r}"
                raise ParameterError(msg)
        if found.epochs is None:
            found.epochs = max(20, -(-STEPS // -(-rows // found.batch_size)))
        found._refuse()
        return found

    def _refuse(self) -> None:
        one_of("dtype", self.dtype, ("float32", "bfloat16", "float16"))
        if self.dtype != "float32" and self.device == "cpu":
            msg = f"dtype {self.dtype!r} is for accelerators; on a CPU take 'float32'"
            raise ParameterError(msg)
        for name in ("tau", "lr", "eps", "rerank_scale"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be greater than 0, got {getattr(self, name)!r}"
                raise ParameterError(msg)
        for name in ("lam", "text_mix"):
            if not 0 <= getattr(self, name) <= 1:
                msg = f"{name} must lie between 0 and 1, got {getattr(self, name)!r}"
                raise ParameterError(msg)
