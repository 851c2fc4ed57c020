"""One thread for what a probe computes, so that its sums do not depend on how many there are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock, local

__all__ = ["one_thread"]

BUSY = RLock()
HERE = local()
"""Says by `limited` whether this thread is in such a block already."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread inside a `with` block or a decorated function.

    BLAS and torch cut sums into as many parts as they have threads, and the last bits of a sum
    depend on where it was cut. Libraries that are imported later are not limited. The limits are
    those of the process, so only one block runs at a time; a model is asked outside of it.
    """
    if getattr(HERE, "limited", False):
        yield
        return
    import scipy.linalg  # noqa: F401 - it brings a BLAS of its own
    from threadpoolctl import threadpool_limits

    torch = sys.modules.get("torch")
    with BUSY, threadpool_limits(1):
        before = torch.get_num_threads() if torch else 1
        HERE.limited = True
        try:
            if torch:
                torch.set_num_threads(1)
            yield
        finally:
            HERE.limited = False
            if torch:
                torch.set_num_threads(before)
