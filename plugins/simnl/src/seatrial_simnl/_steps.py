"""Steps of gradient descent: AdamW, Adam and SGD with momentum, as torch.optim defines them.

Making an optimizer of torch imports its compiler, which takes seconds; an adapter on cached
features has learned by then.
"""

from __future__ import annotations

from typing import Protocol

import torch

from ._kernel import Tensor

__all__ = ["Adam", "Momentum", "Rule"]

FIRST, SECOND = 0.9, 0.999


class Rule(Protocol):
    """Changes one parameter by its gradient."""

    def step(self, gradient: Tensor, lr: float) -> None:
        """Change the parameter in place."""
        ...


class Adam:
    """AdamW, or Adam where the decay is not decoupled but added to the gradient."""

    def __init__(
        self,
        parameter: Tensor,
        *,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled: bool = True,
    ) -> None:
        self._parameter = parameter
        self._eps, self._decay, self._decoupled = eps, weight_decay, decoupled
        self._mean, self._square = torch.zeros_like(parameter), torch.zeros_like(parameter)
        self._steps = 0

    def step(self, gradient: Tensor, lr: float) -> None:
        """Change the parameter in place."""
        self._steps += 1
        if self._decoupled:
            self._parameter.mul_(1 - lr * self._decay)
        elif self._decay:
            gradient = gradient + self._decay * self._parameter
        self._mean.lerp_(gradient, 1 - FIRST)
        self._square.mul_(SECOND).addcmul_(gradient, gradient, value=1 - SECOND)
        unbiased = (1 - SECOND**self._steps) ** 0.5
        size = self._square.sqrt().add_(self._eps * unbiased)
        rate = lr * unbiased / (1 - FIRST**self._steps)
        self._parameter.addcdiv_(self._mean, size, value=-rate)


class Momentum:
    """SGD with momentum."""

    def __init__(self, parameter: Tensor, *, momentum: float) -> None:
        self._parameter, self._momentum = parameter, momentum
        self._speed = torch.zeros_like(parameter)

    def step(self, gradient: Tensor, lr: float) -> None:
        """Change the parameter in place."""
        self._speed.mul_(self._momentum).add_(gradient)
        self._parameter.sub_(lr * self._speed)
