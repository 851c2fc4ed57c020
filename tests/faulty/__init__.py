"""Faults written into the official plugins: each entry of `FAULTS` has one thing spoilt."""

from faulty import adapters, audits, explainers, metrics, perturbations, services
from faulty._spoil import FAULTS
from faulty.adapters import Towers, pictures

__all__ = [
    "FAULTS",
    "Towers",
    "adapters",
    "audits",
    "explainers",
    "metrics",
    "perturbations",
    "pictures",
    "services",
]
