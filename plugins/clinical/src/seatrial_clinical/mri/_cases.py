"""Cases of brains: what training may see, and what is kept from it for the test.

Neighbouring slices are nearly equal, so the template is cut into blocks of slices. Every third
block is for the test; where it begins and ends, a slice is for neither.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from attrs import evolve

from seatrial import Case, Volume

from ._net import IGNORED
from ._phantoms import phantom
from ._template import Array, template

__all__ = ["brain_cases", "slabs_of", "tissue_cases", "training_cases"]

BLOCK = 8
EVERY, TEST = 3, 1


def _for_test(slices: int) -> Array:
    return np.asarray(np.arange(slices) // BLOCK % EVERY == TEST)


def _for_training(slices: int) -> Array:
    beside = np.convolve(_for_test(slices), [1, 1, 1], mode="same") > 0
    return np.asarray(~beside)


def _only(labels: Array, chosen: Array) -> Volume:
    """Mark every voxel outside the chosen slices as one that does not count."""
    held = np.where(chosen, labels, IGNORED).astype(np.uint8)
    return Volume(held, template().affine)


def tissue_cases(*, draws: int = 12, phantoms: int = 0) -> list[Case]:
    """Give cases of grey (1) and white matter (2), scored on the test blocks alone.

    The template comes `draws` times: artefacts are drawn anew for each, so a draw is what is
    independent (its cluster), and a verdict on them holds for this one volume. `phantoms` are as
    many simulated volumes. The group `volume` says which is which, and `counts` what a cluster is:
    "draws" of artefacts, or "volumes", each of which is one whatever was drawn. Only the latter can
    say anything of patients.
    """
    held = template()
    clean = held.volume
    target = _only(held.labels, _for_test(held.t1.shape[2]))
    found = [
        Case(f"mni152-{at:02}", clean, target, {"volume": "mni152", "counts": "draws"})
        for at in range(draws)
    ]
    found.append(Case("mni152", clean, target, {"volume": "mni152", "counts": "volumes"}, "mni152"))
    for at in range(phantoms):
        case = phantom(f"phantom-{at:02}", target, seed=at)
        groups = {"volume": "simulated", "counts": "draws"}
        found.append(evolve(case, groups=groups))
    return found


def training_cases() -> list[Case]:
    """Give the training blocks of the template, one case with slices to be cut by `slabs_of`."""
    held = template()
    target = _only(held.labels, _for_training(held.t1.shape[2]))
    return [Case("mni152-training", held.volume, target, cluster="mni152 training blocks")]


def slabs_of(case: Case) -> Iterator[Case]:
    """Cut a case of the template, perturbed or not, into its training blocks.

    Each is a cluster of its own, so that whole blocks can be held out. Nothing of the other slices
    is in them.
    """
    slices = _for_training(case.input.array.shape[-1])
    blocks = np.arange(len(slices)) // BLOCK
    for block in np.unique(blocks[slices]).tolist():
        here = np.flatnonzero(slices & (blocks == block))
        part, mask = (_slab(one, here) for one in (case.input, case.target))
        if (mask.array % IGNORED).any():
            yield evolve(
                case,
                id=f"{case.id} block {block}",
                input=part,
                target=mask,
                cluster=f"training block {block}",
            )


def _slab(volume: Volume, here: Array) -> Volume:
    first = int(here[0])
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, 2] * first
    return Volume(volume.array[..., first : int(here[-1]) + 1].copy(), affine)


def brain_cases(*, draws: int = 12) -> list[Case]:
    """Give cases of the brain (1): the template, `draws` times.

    Brain is where grey and white matter make up more than half of a voxel.
    """
    held = template()
    brain = Volume((held.labels > 0).astype(np.uint8), held.affine)
    groups = {"volume": "mni152", "counts": "draws"}
    return [Case(f"mni152-{at:02}", held.volume, brain, groups) for at in range(draws)]
