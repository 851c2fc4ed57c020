"""A plugin that is fine, and what a registry finds of plugins."""

from __future__ import annotations

GOOD = """
@hookimpl
def seatrial_perturbations():
    return (perturbation("good.shout"), perturbation("good.whisper"))


@hookimpl
def seatrial_metrics():
    return (metric("good.length"),)
"""


def plugged(registry):
    """List what plugins offer, without what comes with the core."""
    return [one for one in registry.all() if one.namespace != "seatrial"]
