"""Tiny towers for all tests of one session."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Give the folder of each family."""
    from seatrial_order import random_towers

    families = ("clip", "siglip", "blip", "roberta", "vit")
    return {name: random_towers(tmp_path_factory.mktemp(name), name) for name in families}
