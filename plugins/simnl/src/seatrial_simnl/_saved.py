"""One safe file for what was learned: arrays as safetensors, the rest as JSON in its header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from attrs import fields, has
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from seatrial.errors import ModelError

from ._classifiers import Bottleneck, Cached, Linear
from ._kernel import Kernel
from ._mixture import Mixture

__all__ = ["FORMAT", "digest", "moved", "read", "write"]

FORMAT = 2
FORMS: Mapping[str, Any] = {
    form.__name__: form for form in (Bottleneck, Cached, Kernel, Linear, Mixture)
}


def _taken_apart(value: Any, name: str, arrays: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        arrays[name] = value.detach().cpu().contiguous().clone()
        return {"array": name}
    if has(type(value)):
        inner = {
            one.name: _taken_apart(getattr(value, one.name), f"{name}.{one.name}", arrays)
            for one in fields(type(value))
            if one.init
        }
        return {"form": type(value).__name__, "fields": inner}
    return value


def _put_together(plan: Any, arrays: Mapping[str, torch.Tensor], device: str) -> Any:
    if not isinstance(plan, dict):
        return plan
    if "array" in plan:
        return arrays[plan["array"]].to(device)
    inner = {name: _put_together(one, arrays, device) for name, one in plan["fields"].items()}
    return FORMS[plan["form"]](**inner)


def digest(learned: Any) -> str:
    """Give the digest of everything that was learned."""
    arrays: dict[str, torch.Tensor] = {}
    plan = _taken_apart(learned, "learned", arrays)
    found = blake2b(json.dumps(plan, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        found.update(arrays[name].numpy().tobytes())
    return found.hexdigest()


def moved(learned: Any, device: str) -> Any:
    """Give what was learned on another device."""
    arrays: dict[str, torch.Tensor] = {}
    return _put_together(_taken_apart(learned, "learned", arrays), arrays, device)


def write(
    path: str | Path,
    learned: Any,
    facts: Mapping[str, Any],
    arrays: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write what was learned, plain facts, and further arrays beside it."""
    found = dict(arrays or {})
    header = {"format": FORMAT, "learned": _taken_apart(learned, "learned", found), **facts}
    text = json.dumps(header, sort_keys=True)
    save_file(found, str(path), metadata={"seatrial_simnl": text})


def read(path: str | Path) -> tuple[Any, dict[str, Any], dict[str, torch.Tensor]]:
    """Read what was learned, the facts, and all arrays."""
    try:
        with safe_open(str(path), framework="pt") as file:
            header = (file.metadata() or {}).get("seatrial_simnl")
            arrays = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        msg = f"{path} cannot be read as a saved adapter: {error}"
        raise ModelError(msg) from error
    if header is None:
        msg = f"{path} is a safetensors file, but no saved adapter of this plugin"
        raise ModelError(msg)
    facts = json.loads(header)
    if facts.pop("format") != FORMAT:
        msg = f"{path} was written by another version of seatrial-simnl; repair the model anew"
        raise ModelError(msg)
    learned = _put_together(facts.pop("learned"), arrays, "cpu")
    return learned, facts, arrays
