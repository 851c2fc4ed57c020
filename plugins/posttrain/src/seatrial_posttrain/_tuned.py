"""A model that was trained: its files, and how training went."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import define, field
from safetensors import SafetensorError

from seatrial.errors import ModelError, StoreError
from seatrial.kit import Table, freeze, plain

from ._curves import curves
from ._processes import Processes

if TYPE_CHECKING:
    from seatrial_transformers import CausalLM, Trainable

__all__ = ["Tuned", "load", "retold", "tuned"]

TRAINING = "training.jsonl"
CURVES = "training.svg"


def _steps(values: Iterable[Mapping[str, float]]) -> tuple[Mapping[str, float], ...]:
    return tuple(values)


@define(eq=False, slots=False)
class Tuned:
    """A trained language model, which has all that `model`, a `CausalLM`, has.

    `save` writes safetensors, configuration and tokenizer, which `causal_lm(folder)` reads, too;
    beside them are the steps (`training.jsonl`) and their curves (`training.svg`).
    """

    model: CausalLM
    training: tuple[Mapping[str, float], ...] = field(converter=_steps)
    """What was told of each step: its loss, and what else belongs to the adapter."""
    manifest: Mapping[str, Any] = field(converter=freeze)
    """What it was trained on, in numbers."""
    trained_on: tuple[str, ...] | None = None
    """The ids of the cases that it was trained on, None where they are all that were given."""

    @property
    def identity(self) -> str:
        """The identity of the trained weights and the options."""
        return self.model.identity

    @property
    def summary(self) -> Table | None:
        """What was gained and forgotten, for a recipe with an evaluation."""
        from ._capabilities import Capabilities, Change

        told = self.manifest.get("capabilities")
        if not told:
            return None
        changes = [Change(**one) for one in told]
        return Capabilities(changes, self.manifest["confidence"]).table()

    def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any]:
        """Answer inputs as the trained model does."""
        return self.model(inputs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)

    def save(self, path: str | Path) -> None:
        """Copy its files to a new folder."""
        try:
            shutil.copytree(self.model.path, path)
        except (OSError, shutil.Error) as error:
            msg = f"the trained model cannot be written to {path}: {error}"
            raise StoreError(msg) from error


def tuned(
    trainable: Trainable,
    module: Any,
    training: Sequence[Mapping[str, float]],
    manifest: Mapping[str, Any],
    processes: Processes,
) -> Tuned:
    """Write a trained module with its tokenizer to files of its own, which go when it does.

    The main process writes, and the others link to its files.
    """

    def write(folder: Path) -> None:
        with _quiet():
            module.save_pretrained(folder)
        trainable.tokenizer.save_pretrained(folder)
        (folder / CURVES).write_text(curves(training), "utf-8")

    made = _written(write, trainable, training, manifest) if processes.main else None
    written = processes.told(None if made is None else made.model.path)

    def link(folder: Path) -> None:
        leave = shutil.ignore_patterns(TRAINING)
        shutil.copytree(written, folder, copy_function=os.link, ignore=leave, dirs_exist_ok=True)

    if made is None:
        made = _written(link, trainable, training, manifest)
    processes.wait()
    return made


def retold(
    made: Tuned,
    training: Sequence[Mapping[str, float]],
    manifest: Mapping[str, Any],
    more: Mapping[str, str] = MappingProxyType({}),
) -> Tuned:
    """Give the same model in other files, with other facts, and more texts beside it."""

    def write(folder: Path) -> None:
        shutil.copytree(made.model.path, folder, dirs_exist_ok=True)
        for name, text in more.items():
            (folder / name).write_text(text, "utf-8")

    return _written(write, made.trainable, training, manifest)


def _written(
    write: Callable[[Path], None],
    trainable: Trainable,
    training: Sequence[Mapping[str, float]],
    manifest: Mapping[str, Any],
) -> Tuned:
    folder = Path(tempfile.mkdtemp(prefix="seatrial-posttrain-"))
    try:
        write(folder)
        text = "".join(json.dumps(plain(one)) + "\n" for one in (manifest, *training))
        (folder / TRAINING).write_text(text, "utf-8")
    except (OSError, shutil.Error, SafetensorError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        msg = f"the trained model cannot be written to {folder}: {error}; TMPDIR names another disk"
        raise StoreError(msg) from error
    made = Tuned(trainable.reloaded(folder), training, manifest)
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the progress bars of transformers out of the user's own."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def load(path: str | Path, /, *, model: Any) -> Tuned:
    """Read what `Tuned.save` wrote; `model` is the original, whose options are kept."""
    file = Path(path) / TRAINING
    try:
        lines = file.read_text("utf-8").splitlines()
        manifest, *training = [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        msg = f"{path} holds no trained model: {error}"
        raise ModelError(msg) from error
    return Tuned(model.trainable.reloaded(path), training, manifest)
