"""Log-probabilities by the model that was handed over, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import torch

from seatrial.errors import ModelError
from seatrial.kit import digest, write_atomically

from ._pairs import Pair
from ._processes import Processes
from ._rows import log_probabilities

__all__ = ["reference_log_probabilities", "weights_digest"]

SCHEME = 1
"""Raised whenever the same weights and tokens would give other numbers."""

EVERY = 64  # pairs, which is what an interruption may lose


def reference_log_probabilities(
    module: Any,
    pairs: Sequence[Pair],
    *,
    shares: bool,
    cache: Path | None,
    processes: Processes | None = None,
) -> list[tuple[float, float]]:
    """Give those of the chosen and the rejected completion of each pair.

    What lies in the cache is not computed again. It is named after the weights and the tokens
    themselves, so whatever changes either (a template, a tokenizer, a training step) is another
    entry, and whatever changes neither (a folder's name, a learning rate) is not. Of several
    processes each computes its part.
    """
    several = processes or Processes()
    name = digest([SCHEME, weights_digest(module), shares])
    file = None if cache is None else cache / f"{name}.json"
    known = several.told(_read(file))
    missing = list({one.key: one for one in pairs if one.key not in known}.values())
    for start in range(0, len(missing), EVERY):
        some = missing[start : start + EVERY]
        found = several.joined(
            {one.key: _both(module, one, shares) for one in some[several.index :: several.count]}
        )
        for pair in some:
            if not all(map(isfinite, found[pair.key])):
                msg = f"the model gives the pair of case {pair.case!r} no finite log-probability"
                raise ModelError(msg)
        known |= found
        if file is not None and several.main:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, json.dumps(known))
    return [known[one.key] for one in pairs]


def _both(module: Any, pair: Pair, shares: bool) -> tuple[float, float]:
    with torch.inference_mode():
        chosen, rejected = log_probabilities(module, pair, shares=shares)
    return float(chosen), float(rejected)


def _read(file: Path | None) -> dict[str, tuple[float, float]]:
    if file is None or not file.is_file():
        return {}
    try:
        found: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
        return {key: (float(one[0]), float(one[1])) for key, one in found.items()}
    except (ValueError, TypeError, IndexError, AttributeError):
        return {}  # damaged: computed again


def weights_digest(module: Any) -> str:
    """Name a module by its weights and the configuration that says how they are used."""
    config = module.config.to_dict()
    for where in ("_name_or_path", "transformers_version"):
        config.pop(where, None)
    found = hashlib.blake2b(json.dumps(config, sort_keys=True, default=str).encode())
    for name, tensor in sorted(module.state_dict().items()):
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
