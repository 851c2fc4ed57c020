"""Pytest fixtures for the tests of plugins.

One line in `conftest.py` makes them known:

    pytest_plugins = ["seatrial.testing.fixtures"]
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .._registry import Registry
from ._installed import isolated

__all__ = ["empty_registry"]


@pytest.fixture
def empty_registry() -> Iterator[Registry]:
    """Give the default registry of this test: empty, and blind to what is installed."""
    with isolated() as registry:
        yield registry
