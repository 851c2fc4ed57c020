"""What retraining on bias fields gains and costs, for several training seeds, on each volume.

    python benchmarks/mri_retraining.py --seeds 3 [--colin27 /usr/share/mricron/templates]

For each seed a U-Net is trained on clean slices of the MNI152 template and retrained as in
`make demo-mri`. White matter Dice is measured in the blocks of the template that training has not
seen, on a simulated phantom, and on Colin27 (Debian's mricron-data), where labels are silver: what
two thresholds make of the intensities inside its brain mask. There it is agreement, no accuracy.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import nibabel
import numpy as np
import seatrial_torchio as artefacts
from attrs import evolve
from scipy.ndimage import gaussian_filter
from seatrial_clinical import mri
from seatrial_clinical.mri._demo import repair_examples
from seatrial_clinical.mri._template import halved
from seatrial_metrics import dice
from seatrial_retrain import torch as retrain

import seatrial as sea

TRAINED = "torchio.bias-field"
TRIED = (
    artefacts.bias_field,
    artefacts.noise,
    artefacts.ghosting,
    artefacts.spike,
    artefacts.gamma,
    artefacts.anisotropy,
    artefacts.motion,
)
SEVERITIES = (3, 4, 5)
WHITE = dice(label=2, ignore=255)


def colin27(folder: Path) -> sea.Case:
    """Read Colin27 at 2 mm; tissues are told by three-means of the smoothed intensities."""
    image = nibabel.load(folder / "ch2bet.nii.gz")
    values = halved(np.asarray(image.dataobj))
    inside, smooth = values > 0, gaussian_filter(values, 0.5)
    found = smooth[inside]
    centres = np.percentile(found, [10, 50, 90])
    for _ in range(30):
        nearest = np.abs(found[:, None] - centres).argmin(axis=1)
        centres = np.array([found[nearest == at].mean() for at in range(3)])
    labels = np.zeros(values.shape, np.uint8)
    labels[inside] = nearest
    affine = image.affine @ np.diag([2.0, 2.0, 2.0, 1.0])
    return sea.Case("colin27", sea.Volume(values, affine), sea.Volume(labels, affine))


def volumes(folder: Path | None) -> list[sea.Case]:
    """Give one case for each volume."""
    found = [one for one in mri.tissue_cases(draws=1, phantoms=1) if one.id != "mni152"]
    return [*found, *([] if folder is None else [colin27(folder)])]


def main() -> None:
    """Print a row for each seed and volume."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--colin27", type=Path)
    parser.add_argument("--clean", type=int, default=14, help="how often blocks come clean")
    parser.add_argument("--others", type=int, nargs="+", default=[3, 5], help="severities")
    given = parser.parse_args()
    examples = repair_examples(clean=given.clean, severities=given.others)
    cases = volumes(given.colin27)
    plan = sea.Plan(
        perturbations=[one() for one in TRIED], metrics=[WHITE], severities=SEVERITIES, seed=3
    )
    drawn = [
        evolve(case, id=f"{case.id} draw {at}", groups={"of": case.id})
        for case in cases
        for at in range(given.draws)
    ]
    print("seed volume        clean          bias field 3, 4, 5                     worst other")
    for seed in range(given.first, given.first + given.seeds):
        start = time.process_time()
        weak = mri.train_tissue_net(seed=seed)
        fixed = sea.repair(
            retrain(epochs=given.epochs, batch=2), model=weak, cases=examples, seed=seed
        )
        spent = time.process_time() - start
        before, after = (tables(sea.run(plan, model, drawn)) for model in (weak, fixed))
        for case in cases:
            was, now = before[case.id], after[case.id]
            fields = [f"{was[TRAINED, at]:.2f}→{now[TRAINED, at]:.2f}" for at in SEVERITIES]
            losses = {
                name: np.mean([was[name, at] - now[name, at] for at in SEVERITIES])
                for name in {name for name, at in was if at} - {TRAINED}
            }
            worst = max(losses, key=lambda name: losses[name])
            clean = was["clean", 0], now["clean", 0]
            print(
                f"{seed:4} {case.id:13} {clean[0]:.3f}→{clean[1]:.3f}  {'  '.join(fields)}   "
                f"{worst.removeprefix('torchio.')} {-losses[worst]:+.3f}   "
                f"clean {clean[1] - clean[0]:+.3f}",
                flush=True,
            )
        print(f"     trained and retrained in {spent:.0f} s of processor time", flush=True)


def tables(report: sea.Report) -> dict[str, dict[tuple[str, int], float]]:
    """Give mean Dice by volume, and by artefact and severity."""
    found: dict[str, dict[tuple[str, int], list[float]]] = {}
    owner = {case.id: case.groups["of"] for case in report.cases}
    for one in report.records():
        (score,) = one.scores.values()
        place = one.perturbation or "clean", one.severity
        found.setdefault(owner[one.case_id], {}).setdefault(place, []).append(score)
    return {
        name: {place: float(np.mean(scores)) for place, scores in cells.items()}
        for name, cells in found.items()
    }


if __name__ == "__main__":
    main()
