"""Faults written into copies of the official plugins are all found by the conformance kit."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from seatrial.testing import Samples, Skipped, checks_of
from seatrial.testing._kit import run_one, used

sys.path.insert(0, str(Path(__file__).parent))
faulty = import_module("faulty")
FAULTS = faulty.FAULTS
LEAST = 60


def first_failure(component):
    use = used(component)
    samples = Samples()
    if use.component.kind() == "adapter":
        samples = Samples(models=[faulty.Towers()], cases=faulty.pictures())
    expected = use.component.expected_failures
    for name, one in checks_of(use).items():
        try:
            run_one(one, use, samples)
        except Skipped:
            continue
        except Exception:  # noqa: BLE001 - a component that crashes has failed the check
            if name not in expected:
                return name
        else:
            if name in expected:
                return name
    return None


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # one of them leaves a file
    monkeypatch.setattr(faulty.Towers, "__call__", faulty.Towers.__call__)
    assert first_failure(FAULTS[name])


def test_there_are_many_faults():
    assert len(FAULTS) >= LEAST
