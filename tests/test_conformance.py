"""Every component of every official plugin keeps what DESIGN §9 asks of it, and is exercised."""

from __future__ import annotations

import seatrial
from seatrial._registry import OFFICIAL
from seatrial.testing import parametrize

COMPONENTS = [
    component()
    for component in seatrial.default_registry().all()
    if component.namespace in OFFICIAL
]


@parametrize(COMPONENTS, strict=True)
def test_conforms(component, run_check):
    run_check(component)


def test_no_official_plugin_is_left_out():
    checked = {use.component.namespace for use in COMPONENTS}
    assert checked >= {"metrics", "nlpaug", "threats"}
