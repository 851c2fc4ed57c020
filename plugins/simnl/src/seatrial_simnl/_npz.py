"""Labelled images in one npz file, as MedMNIST publishes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from seatrial import Case
from seatrial.errors import FileError, PlanError

from ._augment import three_channels
from ._data import PARTS, ImageData, assembled

__all__ = ["medmnist", "npz_file"]

ORGANS = (
    "bladder",
    "left femur",
    "right femur",
    "heart",
    "left kidney",
    "right kidney",
    "liver",
    "left lung",
    "right lung",
    "pancreas",
    "spleen",
)

MEDMNIST: Mapping[str, tuple[str, ...]] = {
    "bloodmnist": (
        "basophil",
        "eosinophil",
        "erythroblast",
        "immature granulocyte",
        "lymphocyte",
        "monocyte",
        "neutrophil",
        "platelet",
    ),
    "breastmnist": ("malignant", "normal or benign"),
    "dermamnist": (
        "actinic keratosis and intraepithelial carcinoma",
        "basal cell carcinoma",
        "benign keratosis-like lesion",
        "dermatofibroma",
        "melanoma",
        "melanocytic nevus",
        "vascular lesion",
    ),
    "octmnist": ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    "organamnist": ORGANS,
    "organcmnist": ORGANS,
    "organsmnist": ORGANS,
    "pathmnist": (
        "adipose",
        "background",
        "debris",
        "lymphocytes",
        "mucus",
        "smooth muscle",
        "normal colon mucosa",
        "cancer-associated stroma",
        "colorectal adenocarcinoma epithelium",
    ),
    "pneumoniamnist": ("normal", "pneumonia"),
    "tissuemnist": (
        "collecting duct, connecting tubule",
        "distal convoluted tubule",
        "glomerular endothelial cells",
        "interstitial endothelial cells",
        "leukocytes",
        "podocytes",
        "proximal tubule segments",
        "thick ascending limb",
    ),
}
"""The classes of MedMNIST's flat sets with one label (Yang et al., Scientific Data 2023)."""


def npz_file(path: str | Path, *, classes: Sequence[str] | None = None) -> ImageData:
    """Read arrays called `train_images` and `train_labels`, and so for val and test.

    Images are [n, H, W] or [n, H, W, 3], uint8 or float in [0, 1]; grey ones get three channels.
    Labels are [n] or [n, 1]: class names, or numbers of `classes`, from 0. Arrays called just
    `images` and `labels` are for training.
    """
    file = Path(path)
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise FileError(str(file), (f"{file} cannot be read as npz: {error}",)) from error
    cases: dict[str, list[Case]] = {}
    for name, images in arrays.items():
        before, _, after = name.rpartition("_")
        if after != "images" or (before or "train") not in PARTS:
            continue
        label = f"{before}_labels" if before else "labels"
        if label not in arrays:
            msg = f"{file} has {name} and no {label}"
            raise FileError(str(file), (msg,))
        targets = _targets(file, label, arrays[label], classes)
        if len(targets) != len(images):
            msg = f"{file}: {name} holds {len(images)} and {label} {len(targets)}"
            raise FileError(str(file), (msg,))
        cases[PARTS[before or "train"]] = [
            Case(f"{before or 'train'}-{place}", three_channels(image), target)
            for place, (image, target) in enumerate(zip(images, targets, strict=True))
        ]
    if not cases:
        msg = f"{file} has no train_images; it has {', '.join(arrays) or 'nothing'}"
        raise FileError(str(file), (msg,))
    return assembled(cases, classes, where=str(file), lazy=False)


def medmnist(path: str | Path) -> ImageData:
    """Read a file of MedMNIST, with the class names of the set that it is named after.

    For a set that is not known here, or a renamed file, `npz_file` takes the names.
    """
    file = Path(path)
    flag = file.stem.casefold().partition("_")[0]
    if flag not in MEDMNIST:
        msg = (
            f"{file.name} is named after none of {', '.join(MEDMNIST)}; use npz_file(path, "
            "classes=[...])"
        )
        raise PlanError(msg)
    return npz_file(file, classes=MEDMNIST[flag])


def _targets(file: Path, name: str, labels: Any, classes: Sequence[str] | None) -> list[str]:
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels  # noqa: PLR2004 - MedMNIST's column
    if flat.ndim != 1:
        msg = f"{file}: {name} has the shape {labels.shape}; one label for each image is read here"
        raise FileError(str(file), (msg,))
    if flat.dtype.kind in "US":
        return [str(one) for one in flat.astype(str)]
    if flat.dtype.kind not in "iu":
        msg = f"{file}: {name} must be names or whole numbers, not {flat.dtype}"
        raise FileError(str(file), (msg,))
    if classes is None:
        msg = f"{file}: {name} are numbers, so classes=[...] must say what they stand for"
        raise PlanError(msg)
    if len(flat) and not 0 <= flat.min() <= flat.max() < len(classes):
        outside = [int(one) for one in flat if not 0 <= one < len(classes)]
        msg = f"{file}: {name} has {outside[0]}, and the {len(classes)} classes count from 0"
        raise FileError(str(file), (msg,))
    return [classes[int(one)] for one in flat]
