"""The demonstration, step by step: train, try, repair, try again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import evolve
from seatrial_retrain import torch as retrain
from seatrial_torchio import anisotropy, bias_field, gamma, ghosting, motion, noise, spike

import seatrial as sea

from . import brain_mask_specification, repaired_specification, segmentation_specification
from ._cases import brain_cases, slabs_of, tissue_cases, training_cases
from ._models import brain_mask, thresholds, tissue_net
from ._sheet import write_sheet
from ._tables import cost, mask_table, tissue_table
from ._training import train_tissue_net

__all__ = ["demonstrate", "repair_examples"]

SEED = 11
FIELDS = 9
SEVERITIES = (3, 4, 5)
OTHERS = (noise, ghosting, spike, gamma, anisotropy, motion)
OTHER_SEVERITIES = (3, 5)
"""The severities of the artefacts that are trained on once."""
CLEAN = 14


def demonstrate(to: Path, *, draws: int, steps: int, epochs: int) -> None:
    """Do all of it, and print what came of it; the same line goes on where it stopped."""
    weights = to / "tissue-net.safetensors"
    to.mkdir(parents=True, exist_ok=True)
    if not weights.exists():
        _tell(f"Training a small U-Net on clean slices, {steps} steps")
        train_tissue_net(weights, steps=steps)
    weak = tissue_net(weights)
    cases = tissue_cases(draws=draws)
    spec = _asked(segmentation_specification(), cases)
    runs = {
        "thresholds": _tried(spec, thresholds(), to / "thresholds"),
        "before": _tried(spec, weak, to / "before"),
    }
    _tell("Retraining a copy of the U-Net on bias fields")
    adapter = retrain(epochs=epochs, batch=2)
    fixed = sea.repair(adapter, model=weak, cases=repair_examples(), seed=7, to=to / "repaired")
    capped = _compared_with(_asked(repaired_specification(), cases), to / "before")
    runs["after"] = _tried(capped, fixed, to / "after")
    judged = {name: sea.judge(spec, one) for name, one in runs.items()}
    print(tissue_table(judged))
    print(cost(sea.judge(capped, runs["after"]), runs["before"], runs["after"]))
    mask = _asked(brain_mask_specification(), brain_cases(draws=draws))
    found = _tried(mask, brain_mask(), to / "brain-mask")
    print(mask_table(sea.judge(mask, found)))
    models: dict[str, Any] = {"thresholds": thresholds(), "before": weak, "after": fixed}
    print(f"Pictures, before and after: {write_sheet(to / 'before-and-after.png', models)}")
    print(f"Intervals: seatrial judge {segmentation_specification()} {to / 'after'}")


def repair_examples(
    *, clean: int = CLEAN, severities: Sequence[int] = OTHER_SEVERITIES
) -> list[sea.Case]:
    """Give the training blocks: clean, under bias fields, and under each other artefact.

    `clean` is how often they come clean, and `severities` are those of the other artefacts, which
    come once, so that they are not forgotten. Draws are others than those of the trial, and no
    slice of the test is among them.
    """
    (case,) = training_cases()
    drawn = [evolve(case, id=f"{case.id} {at}") for at in range(FIELDS // len(SEVERITIES))]
    failed = sea.Plan(perturbations=[bias_field()], severities=SEVERITIES, seed=SEED)
    others = sea.Plan(perturbations=[one() for one in OTHERS], severities=severities, seed=SEED)
    perturbed = [*sea.perturbed(failed, drawn), *sea.perturbed(others, [case])]
    copies = [evolve(case, id=f"{case.id} clean {at}") for at in range(clean)]
    return [slab for one in (*perturbed, *copies) for slab in slabs_of(one)]


def _compared_with(spec: sea.Specification, folder: Path) -> sea.Specification:
    """Name the run that a repair is compared with."""

    def told(priority: sea.Priority) -> sea.Priority:
        kept = priority.require.get("retained")
        if kept is None:
            return priority
        return evolve(priority, require={"retained": {**kept, "reference": str(folder)}})

    return evolve(spec, priorities=[told(one) for one in spec.priorities])


def _asked(path: Path, cases: Sequence[sea.Case]) -> sea.Specification:
    """Read a specification, to be asked of several models on these cases."""
    return evolve(sea.load_specification(path), model=None, cases=tuple(cases))


def _tried(spec: sea.Specification, model: Any, to: Path) -> sea.Report:
    _tell(f"{to.name}: {spec.title}")
    return sea.run(spec, model, to=to)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
