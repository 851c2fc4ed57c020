"""One stage of a recipe: trained once, and kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from seatrial import Reference
from seatrial.protocols import Adapt, Work

from ._curves import curves
from ._processes import Processes
from ._tuned import Tuned, load, retold

__all__ = ["Stage", "Step"]


@frozen
class Step:
    """What a stage did: its name, its manifest, and what was told of each step."""

    name: str
    manifest: Mapping[str, Any]
    training: tuple[Mapping[str, float], ...]

    @property
    def curves(self) -> str:
        """The curves as a picture."""
        return curves(self.training)


@frozen
class _Part:
    """The `Work` of a stage: a folder of its own, and the progress of the whole."""

    directory: Path | None
    work: Work

    @property
    def reference(self) -> Reference | None:
        return None

    def progress(self, done: int, total: int | None = None, /, **figures: float) -> None:
        self.work.progress(done, total, **figures)


@frozen
class Stage:
    """A stage with its place; `done` trains it, or reads what it gave before an interruption."""

    name: str
    work: Work
    seed: int
    processes: Processes

    def file(self, name: str) -> Path | None:
        """Name a file of the stage's folder, None without one."""
        folder = self._folder
        return None if folder is None else folder / name

    @property
    def _folder(self) -> Path | None:
        return None if self.work.directory is None else self.work.directory / self.name

    def done(
        self,
        model: Any,
        examples: Sequence[Any] | Callable[[], tuple[Sequence[Any], Mapping[str, int]]],
        adapt: Adapt,
        steps: list[Step],
    ) -> Tuned:
        """Train from a model, note the step, and give what came out."""
        kept = self.file("model")
        earlier = None if kept is None or not kept.is_dir() else str(kept)
        if place := self.processes.told(earlier):
            made = load(place, model=model)
        else:
            made = self._trained(model, examples, adapt)
            if kept is not None:
                draft = kept.with_suffix(".draft")
                shutil.rmtree(draft, ignore_errors=True)
                made.save(draft)
                draft.rename(kept)
        steps.append(Step(self.name, {"stage": self.name, **made.manifest}, made.training))
        return made

    def _trained(
        self,
        model: Any,
        examples: Sequence[Any] | Callable[[], tuple[Sequence[Any], Mapping[str, int]]],
        adapt: Adapt,
    ) -> Tuned:
        found: Sequence[Any]
        counts: Mapping[str, int]
        found, counts = self.processes.by_main(examples) if callable(examples) else (examples, {})
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        made = adapt(model, found, seed=self.seed, work=_Part(self._folder, self.work))
        assert isinstance(made, Tuned)  # noqa: S101 - for the type checker
        if not counts:
            return made
        return retold(made, made.training, {**made.manifest, "counts": counts})
