"""Fine-tuning both towers and a head, on one CPU or many GPUs, by accelerate."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from attrs import frozen
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader

from seatrial import Case, derive, seeded
from seatrial.errors import ModelError
from seatrial.kit import cluster_of
from seatrial.protocols import Work
from seatrial.statistics import held_out

from ._checkpoint import Progress
from ._features import Modality
from ._heads import FEW
from ._network import OrderNetwork
from ._recipe import Recipe, job_of
from ._towers import Towers
from ._tuned import TunedModel

__all__ = ["tuned"]

CHECKPOINT: Final = 500  # steps


def tuned(
    towers: Towers,
    cases: Sequence[Case],
    modality: Modality,
    recipe: Recipe,
    seed: int,
    work: Work | None,
) -> TunedModel:
    """Train a copy of the towers with a new head, and give the best epoch's model."""
    job = job_of(towers, cases, modality, recipe, seed)
    directory = None if work is None else work.directory
    file = None if directory is None else directory / f"{job}.safetensors"
    with seeded(derive(seed, "fine-tune")):
        copied = towers.with_module(copy.deepcopy(towers.module))
        copied.module.requires_grad_(True)
        for name in recipe.freeze:
            getattr(copied.module, name).requires_grad_(False)
        network = OrderNetwork(copied, recipe.head, modality, recipe.hidden)
        training = _Training(towers, network, cases, recipe, seed)
        progress = training.run(file, work)
    network.cpu().load_state_dict(progress.best)
    copied.module.requires_grad_(False).eval().to(towers.device)
    return TunedModel(
        towers.with_module(copied.module),
        network.head(),
        modality,
        original=towers,
        epochs=progress.epochs,
        losses=progress.losses,
    )


@frozen(eq=False)
class _Training:
    towers: Towers
    network: OrderNetwork
    cases: Sequence[Case]
    recipe: Recipe
    seed: int

    def run(self, file: Path | None, work: Work | None) -> Progress:
        recipe = self.recipe
        accelerator = self._accelerator()
        learned = [one for one in self.network.parameters() if one.requires_grad]
        adam = torch.optim.Adam(learned, lr=recipe.learning_rate)
        model, optimizer = accelerator.prepare(self.network, adam)
        network = accelerator.unwrap_model(model)
        train, test = self._parts()
        progress = Progress()
        if file is not None and file.is_file():
            progress = Progress.read(file, network, adam)
        steps = len(self._batches(accelerator, train))
        while len(progress.epochs) < recipe.epochs:
            epoch = len(progress.epochs)
            draw = np.random.default_rng(derive(self.seed, "epoch", epoch))
            loader = self._batches(accelerator, draw.permutation(train).tolist())
            if done := progress.step - epoch * steps:
                loader = accelerator.skip_first_batches(loader, done)
            self._train_mode(network)
            for rows in loader:
                torch.manual_seed(
                    derive(self.seed, "step", progress.step, accelerator.process_index)
                )
                odds, labels = self._odds(model, network, rows)
                loss = binary_cross_entropy_with_logits(odds, labels)
                accelerator.backward(loss)
                optimizer.step()
                optimizer.zero_grad()
                progress.step += 1
                progress.losses.append(float(loss.detach()))
                if not isfinite(progress.losses[-1]):
                    msg = (
                        f"the loss is not finite at step {progress.step}: train with a learning "
                        f"rate below {recipe.learning_rate:g}"
                    )
                    raise ModelError(msg)
                if work is not None:
                    work.progress(progress.step, steps * recipe.epochs)
                if file is not None and progress.step % CHECKPOINT == 0:
                    self._write(accelerator, file, progress, network, adam)
            self._close_epoch(accelerator, progress, network, test, steps)
            if file is not None:
                self._write(accelerator, file, progress, network, adam)
        return progress

    def _accelerator(self) -> Accelerator:
        # The pooler of a tower, say, may be on no path to the head.
        unused = DistributedDataParallelKwargs(find_unused_parameters=True)
        wanted = torch.device(self.towers.device).type
        try:
            found = Accelerator(cpu=wanted == "cpu" or None, kwargs_handlers=[unused])
        except ValueError as error:  # it is set up once in a process
            msg = f"accelerate cannot train on {wanted} in this process: {error}"
            raise ModelError(msg) from error
        if found.device.type != wanted:
            msg = (
                f"the towers are on {wanted}, and in this process accelerate works on "
                f"{found.device.type}: train them in a process of their own"
            )
            raise ModelError(msg)
        return found

    def _parts(self) -> tuple[list[int], list[int]]:
        """Hold whole articles out to choose the epoch by, where there are enough of them."""
        every = np.arange(len(self.cases))
        clusters = [cluster_of(one) for one in self.cases]
        if not self.recipe.validation or len(set(clusters)) < FEW:
            return every.tolist(), []
        labels = [one.target for one in self.cases]
        out = held_out(labels, clusters, fraction=self.recipe.validation, seed=self.seed)
        return every[~out].tolist(), every[out].tolist()

    def _batches(self, accelerator: Accelerator, rows: Sequence[int]) -> Any:
        numbered: Any = list(rows)
        loader: Any = DataLoader(numbered, batch_size=self.recipe.batch_size)
        return accelerator.prepare_data_loader(loader)

    def _train_mode(self, network: OrderNetwork) -> None:
        network.train()
        for name in self.recipe.freeze:
            if hasattr(network, name):
                getattr(network, name).eval()  # its running means stay too, and nothing is dropped

    def _odds(self, model: Any, network: OrderNetwork, rows: Any) -> tuple[Any, Any]:
        some = [self.cases[at] for at in rows.tolist()]
        given = network.inputs(self.towers, [one.input for one in some])
        half = self.recipe.precision == "bfloat16"
        with torch.autocast(torch.device(self.towers.device).type, torch.bfloat16, enabled=half):
            odds = model(*given).float()
        return odds, torch.tensor([float(one.target) for one in some], device=odds.device)

    def _close_epoch(
        self,
        accelerator: Accelerator,
        progress: Progress,
        network: OrderNetwork,
        test: Sequence[int],
        steps: int,
    ) -> None:
        """Measure the epoch, and keep its weights where they are the best so far."""
        found = {"loss": float(np.mean(progress.losses[-steps:]))}
        if test:
            found["accuracy"] = self._accuracy(accelerator, network, test)
        before = [one["accuracy"] for one in progress.epochs if test]
        if not test or found["accuracy"] > max(before, default=-1.0):
            held = network.state_dict().items()
            progress.best = {name: one.detach().cpu().clone() for name, one in held}
        progress.epochs.append(found)

    def _accuracy(
        self, accelerator: Accelerator, network: OrderNetwork, test: Sequence[int]
    ) -> float:
        network.eval()
        right = []
        with torch.inference_mode():
            for rows in self._batches(accelerator, test):
                odds, labels = self._odds(network, network, rows)
                right.append(accelerator.gather_for_metrics((odds > 0) == (labels > 0)).cpu())
        return float(torch.cat(right).double().mean())

    def _write(
        self,
        accelerator: Accelerator,
        file: Path,
        progress: Progress,
        network: OrderNetwork,
        adam: Any,
    ) -> None:
        if accelerator.is_main_process:
            progress.write(file, network, adam)
        accelerator.wait_for_everyone()
