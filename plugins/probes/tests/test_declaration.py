"""The face of the plugin: every component is declared once and imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest
import seatrial_probes

from seatrial import Explainer, default_registry

EXPLAINERS = seatrial_probes.seatrial_explainers()


def test_the_face_offers_every_explainer_and_declares_it_through_the_hook():
    offered = [getattr(seatrial_probes, name) for name in seatrial_probes.__all__]
    declared = [one for one in offered if isinstance(one, Explainer)]
    assert set(declared) == set(EXPLAINERS)
    assert len({one.name for one in declared}) == len(EXPLAINERS)


@pytest.mark.parametrize("explainer", EXPLAINERS, ids=lambda one: one.name)
def test_the_registry_finds_each_by_its_name(explainer):
    assert default_registry().get(explainer.name) == explainer


def test_declaring_imports_nothing_heavy():
    code = (
        "import sys, seatrial_probes; "
        "print(*(m for m in ('numpy', 'scipy', 'sklearn', 'torch') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
