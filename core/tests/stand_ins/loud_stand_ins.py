"""A plugin of loud noises whose code is never imported, in a registry of its own."""

from __future__ import annotations

from seatrial import Metric, Perturbation, Registry, hookimpl

SHOUT, CRY = (
    Perturbation(
        name=f"loud.{name}",
        summary="Shouts.",
        modality="text",
        factory="no_such_module:shout",
        ladder=[{"amount": k} for k in range(5)],
    )
    for name in ("shout", "cry")
)
ACCURACY, LOSS = (
    Metric(name=f"loud.{name}", summary="Counts.", factory="no_such_module:m", bounds=None)
    for name in ("accuracy", "loss")
)


class Loud:
    @hookimpl
    def seatrial_perturbations(self):
        return SHOUT, CRY

    @hookimpl
    def seatrial_metrics(self):
        return ACCURACY, LOSS


def loud_registry():
    found = Registry()
    found.register(Loud(), "loud")
    return found
