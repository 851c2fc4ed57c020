"""Seeds that depend on what they are for, never on the order in which they are drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from operator import index
from threading import RLock
from typing import Any

from ._values import number_of
from .errors import ParameterError

__all__ = ["derive", "seeded"]

_GLOBAL_GENERATORS = RLock()
SEED_SCHEME = 1  # stored with every run; golden tests freeze the mapping


def derive(root: int, *path: str | int) -> int:
    """Give the seed of one thing: 63 bits of blake2b over the JSON path that names it.

    The seed of a perturbed input is `derive(plan.seed, component.name, case.id, replicate)`.
    Severity is not in the path, so the rungs of a ladder share their randomness: curves are smooth,
    and differences between severities have less variance (common random numbers).

    Returns an `int` in [0, 2**63), which `random`, numpy, torch and albumentations all accept.
    """
    import hashlib  # a declaration needs no seed, and OpenSSL takes milliseconds to load

    try:
        text = _encoder()([root, *path])
    except TypeError as error:
        msg = f"a seed is derived from texts and whole numbers, got {[root, *path]!r:.80}"
        raise ParameterError(msg) from error
    digest = hashlib.blake2b(text.encode(), digest_size=8, person=b"seatrial").digest()
    return int.from_bytes(digest, "big") >> 1


@cache
def _encoder() -> Callable[[Any], str]:
    from json import JSONEncoder

    # index: a whole number of numpy
    return JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=index).encode


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators inside a `with` block, and restore them afterwards.

    Covers `random`, and numpy and torch (on every device that is in use) if they are already
    imported; this function imports neither. It is for libraries that draw from global generators.
    Blocks in several threads wait for each other, so that they do not mix their numbers.
    """
    import random

    given: Any = number_of(seed)
    if not isinstance(given, int):
        msg = f"seed must be a whole number, got {seed!r:.80}"
        raise ParameterError(msg)
    seed = given
    numpy = sys.modules.get("numpy")
    torch = sys.modules.get("torch")
    with _GLOBAL_GENERATORS, ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        random.seed(seed)
        if numpy:
            stack.callback(numpy.random.set_state, numpy.random.get_state())
            numpy.random.seed(seed % 2**32)
        if torch:
            devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
            stack.enter_context(torch.random.fork_rng(devices=devices))
            torch.random.manual_seed(seed)
        yield
