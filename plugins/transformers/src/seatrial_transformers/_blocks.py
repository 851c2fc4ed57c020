"""A model's blocks, and what is read from or done to the residual stream between them.

Each block carries one hook from the moment the model is loaded, and a hook does nothing but where
the running context asks for it. Nothing is thus added to or taken from a module while another
thread may be using it, and what one thread watches or changes no other thread sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from operator import index
from typing import Any

from attrs import frozen

from seatrial.errors import ModelError

__all__ = ["Stream", "attach", "there", "whole"]

KNOWN = (
    "model.layers",
    "transformer.h",
    "gpt_neox.layers",
    "model.decoder.layers",
    "transformer.blocks",
    "backbone.layers",
    "model.language_model.layers",
    "language_model.model.layers",
    "transformer.layers",
    "transformer.layer",
    "transformer.encoder.layers",
    "gpt_neox_japanese.layers",
    "biogpt.layers",
    "rwkv.blocks",
    "decoder.layers",
    "layers",
)
"""Where the blocks of known architectures are, as paths from the causal language model."""

Watch = Callable[[int, Any], Any]
"""Takes a layer and its hidden states [rows, tokens, width], and gives what shall go on."""

_watches: ContextVar[tuple[tuple[object, Watch, bool], ...]] = ContextVar("watches", default=())


@frozen(eq=False)
class Stream:
    """The residual stream of one model: `depth` blocks, or the `trouble` why none were found."""

    key: object
    depth: int
    trouble: str | None

    @contextmanager
    def watched(self, watch: Watch, *, edits: bool = False) -> Iterator[None]:
        """Let `watch` see what leaves each block in this thread, outer ones first.

        Say whether it `edits` what it sees.
        """
        token = _watches.set((*_watches.get(), (self.key, watch, edits)))
        try:
            yield
        finally:
            _watches.reset(token)

    @property
    def edited(self) -> bool:
        """Whether anything edits the stream in this thread."""
        return any(owner is self.key and edits for owner, _, edits in _watches.get())

    def checked(self) -> Stream:
        """Give the stream, or say why there is none."""
        if self.trouble is not None:
            raise ModelError(self.trouble)
        return self


def whole(layer: Any) -> int:
    """Take a layer's number, numpy's integers too."""
    try:
        return index(layer)
    except TypeError:
        msg = f"a layer is a whole number, and not {layer!r}"
        raise ModelError(msg) from None


def there(layers: Iterable[Any], depth: int) -> tuple[int, ...]:
    """Give the layers, each once. Raises `ModelError` for one that the model does not have."""
    numbers = tuple(dict.fromkeys(map(whole, layers)))
    if strange := [one for one in numbers if not 0 <= one <= depth]:
        msg = f"there is no layer {strange[0]}: the model has the layers 1 to {depth}"
        raise ModelError(msg)
    return numbers


def attach(module: Any, path: str | None) -> Stream:
    """Find the blocks, by their path or among the known ones, and put a hook on each."""
    expected = getattr(module.config.get_text_config(), "num_hidden_layers", None)
    if path is not None:
        blocks = _at(module, path)
    else:
        found = (_at(module, one) for one in KNOWN)
        blocks = next((one for one in found if one is not None and len(one) == expected), None)
    if blocks is None:
        return Stream(object(), 0, _trouble(module, path, expected))
    stream = Stream(object(), len(blocks), None)
    blocks[0].register_forward_pre_hook(partial(_entered, stream.key), with_kwargs=True)
    for layer, block in enumerate(blocks, start=1):
        block.register_forward_hook(partial(_left, stream.key, layer))
    return stream


def _at(module: Any, path: str) -> Any:
    from torch.nn import ModuleList

    try:
        there = module.get_submodule(path)
    except AttributeError:
        return None
    return there if isinstance(there, ModuleList) and len(there) else None


def _trouble(module: Any, path: str | None, expected: int | None) -> str:
    from torch.nn import ModuleList

    lists = [
        f"{name} ({len(one)})"
        for name, one in module.named_modules()
        if isinstance(one, ModuleList)
    ]
    there = ", ".join(lists) or "none"
    if path is not None:
        return f"there is no list of blocks at {path!r}; the model's lists of modules are: {there}"
    return (
        f"the {expected} blocks of a {type(module).__name__} are at none of the known places; "
        f"name their place with the option blocks; the model's lists of modules are: {there}"
    )


def _through(key: object, layer: int, hidden: Any) -> Any:
    for owner, watch, _ in _watches.get():
        if owner is key:
            hidden = watch(layer, hidden)
    return hidden


def _left(key: object, layer: int, _module: Any, _args: Any, output: Any) -> Any:
    hidden = output[0] if isinstance(output, tuple) else output
    after = _through(key, layer, hidden)
    if after is hidden:
        return None
    return (after, *output[1:]) if isinstance(output, tuple) else after


def _entered(key: object, _module: Any, args: Any, kwargs: Any) -> Any:
    hidden = args[0] if args else kwargs["hidden_states"]
    after = _through(key, 0, hidden)
    if after is hidden:
        return None
    return ((after, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": after})
