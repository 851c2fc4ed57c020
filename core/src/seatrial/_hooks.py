"""The hooks. Each returns the components of one kind; none takes an argument."""

from __future__ import annotations

from collections.abc import Iterable

from pluggy import HookimplMarker, HookspecMarker

from ._components import (
    Adapter,
    Audit,
    Executor,
    Explainer,
    Metric,
    Modality,
    Perturbation,
    Reporter,
)

__all__ = ["PROJECT", "Specs", "hookimpl", "hookspec"]

PROJECT = "seatrial"
hookspec = HookspecMarker(PROJECT)
hookimpl = HookimplMarker(PROJECT)


class Specs:
    """The hook specifications, as pluggy reads them.

    A plugin is a module with one function per kind that it offers:

        @hookimpl
        def seatrial_perturbations() -> tuple[Perturbation, ...]:
            return (keyboard, ocr)
    """

    @staticmethod
    @hookspec
    def seatrial_perturbations() -> Iterable[Perturbation]:  # type: ignore[empty-body]
        """Declare perturbations."""

    @staticmethod
    @hookspec
    def seatrial_explainers() -> Iterable[Explainer]:  # type: ignore[empty-body]
        """Declare explainers."""

    @staticmethod
    @hookspec
    def seatrial_adapters() -> Iterable[Adapter]:  # type: ignore[empty-body]
        """Declare adapters."""

    @staticmethod
    @hookspec
    def seatrial_metrics() -> Iterable[Metric]:  # type: ignore[empty-body]
        """Declare metrics."""

    @staticmethod
    @hookspec
    def seatrial_audits() -> Iterable[Audit]:  # type: ignore[empty-body]
        """Declare audits."""

    @staticmethod
    @hookspec
    def seatrial_modalities() -> Iterable[Modality]:  # type: ignore[empty-body]
        """Declare modalities."""

    @staticmethod
    @hookspec
    def seatrial_reporters() -> Iterable[Reporter]:  # type: ignore[empty-body]
        """Declare reporters."""

    @staticmethod
    @hookspec
    def seatrial_executors() -> Iterable[Executor]:  # type: ignore[empty-body]
        """Declare executors."""
