"""Towers as torch modules: tokens or pixels in, one row for each text or image out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen
from torch import nn

from seatrial.errors import ModelError

__all__ = ["FAMILIES", "Encoder", "Family", "Joined", "TimmFeatures"]


class Joined(nn.Module):
    """Both towers, as the children `text` and `image`."""

    def __init__(self, text: nn.Module, image: nn.Module) -> None:
        super().__init__()
        self.text, self.image = text, image


class _Projected(nn.Module):
    """A tower whose pooled state is projected into a space; SigLIP's needs no projection."""

    def __init__(self, encoder: nn.Module, projection: nn.Module, *, pooled: bool) -> None:
        super().__init__()
        self.encoder, self.projection, self.pooled = encoder, projection, pooled
        config: Any = encoder.config
        self.width = int(getattr(projection, "out_features", config.hidden_size))

    def forward(self, given: Any) -> Any:
        """Give rows [n, width]."""
        found = _states(self.encoder, given)
        state = found.pooler_output if self.pooled else found.last_hidden_state[:, 0]
        return self.projection(state)


class Encoder(nn.Module):
    """An encoder of transformers whose tokens are pooled."""

    def __init__(self, encoder: Any, pooling: str) -> None:
        super().__init__()
        self.encoder, self.pooling = encoder, pooling
        config = encoder.config
        width = getattr(config, "hidden_size", None) or config.hidden_sizes[-1]
        self.width = int(width)

    def forward(self, given: Any) -> Any:
        """Give rows [n, width]."""
        found = _states(self.encoder, given)
        states = found.last_hidden_state
        if self.pooling == "pooler" or states.dim() == 4:  # noqa: PLR2004 - a map of features
            pooled = getattr(found, "pooler_output", None)
            if pooled is None:
                msg = f"{type(self.encoder).__name__} has no pooler: pool its first token, or mean"
                raise ModelError(msg)
            return pooled.flatten(1)
        if self.pooling == "first":
            return states[:, 0]
        if not isinstance(given, dict):
            return states.mean(dim=1)
        mask = given["attention_mask"].unsqueeze(-1).to(states.dtype)
        return (states * mask).sum(dim=1) / mask.sum(dim=1)


class TimmFeatures(nn.Module):
    """An image model of timm, without its classifier."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        if not hasattr(module, "forward_head"):
            msg = f"{type(module).__name__} has no features that can be trained: name a timm model"
            raise ModelError(msg)
        self.encoder, self.width = module, int(module.head_hidden_size)

    def forward(self, given: Any) -> Any:
        """Give rows [n, width]."""
        return self.encoder.forward_head(self.encoder.forward_features(given), pre_logits=True)


def _states(encoder: Any, given: Any) -> Any:
    return encoder(**given) if isinstance(given, dict) else encoder(pixel_values=given)


@frozen
class Family:
    """A class of transformers that holds two towers, and how each is taken out of it."""

    name: str
    text: Callable[[Any], Any]
    image: Callable[[Any], Any]


FAMILIES: Final = {
    "clip": Family(
        "CLIPModel",
        lambda whole: _Projected(whole.text_model, whole.text_projection, pooled=True),
        lambda whole: _Projected(whole.vision_model, whole.visual_projection, pooled=True),
    ),
    "siglip": Family(
        "SiglipModel",
        lambda whole: _Projected(whole.text_model, nn.Identity(), pooled=True),
        lambda whole: _Projected(whole.vision_model, nn.Identity(), pooled=True),
    ),
    "blip": Family(
        "BlipForImageTextRetrieval",
        lambda whole: _Projected(whole.text_encoder, whole.text_proj, pooled=False),
        lambda whole: _Projected(whole.vision_model, whole.vision_proj, pooled=False),
    ),
}
"""By the type in a model's configuration."""
