"""A plugin of two good components."""

from sample_plugins.good import few, right
from seatrial import hookimpl


@hookimpl
def seatrial_metrics():
    return (right,)


@hookimpl
def seatrial_audits():
    return (few,)
