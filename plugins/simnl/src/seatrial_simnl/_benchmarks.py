"""Readers of the benchmarks that have a layout of their own: FGVC-Aircraft and ImageNet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from seatrial import Case
from seatrial.errors import FileError, PlanError

from ._data import PARTS, ImageData, assembled
from ._readers import SUFFIXES, case_of, folder_at
from ._wording import plain_name

__all__ = ["fgvc_aircraft", "imagenet", "imagenet_variant", "wordnet_names"]

WORDNET = re.compile(r"n\d{8}")


def fgvc_aircraft(path: str | Path) -> ImageData:
    """Read FGVC-Aircraft: its folder `data`, with `images`, `variants.txt` and the lists of parts.

    `images_variant_train.txt`, `_val.txt` and `_test.txt` have a line for each image: its number
    and its variant. The classes are the 100 variants, in the order of `variants.txt`. Source: Maji
    et al., Fine-Grained Visual Classification of Aircraft (2013).
    """
    root = folder_at(path)
    names = _lines(root / "variants.txt")
    problems: list[str] = []
    cases: dict[str, list[Case]] = {}
    for part in ("train", "val", "test"):
        file = root / f"images_variant_{part}.txt"
        for line, text in enumerate(_lines(file), start=1):
            number, _, name = text.partition(" ")
            if name not in names:
                problems.append(f"{file}:{line}: {name!r} is none of the variants")
                continue
            image = f"images/{number}.jpg"
            cases.setdefault(PARTS[part], []).append(case_of(image, root / image, name))
    if problems:
        raise FileError(str(root), tuple(problems))
    return assembled(cases, names, where=str(root), lazy=True)


def imagenet(path: str | Path, classnames: str | Path) -> ImageData:
    """Read ImageNet: a folder with `train` and `val`, each with a folder for each WordNet number.

    `classnames` is CoOp's `classnames.txt`, with a line for each class: its WordNet number and its
    name. The classes are in the order of that file; where two share a name, the later one gets its
    number in brackets, which prompts leave out. `val` is the test part, as in the papers: there is
    no further part to choose on. Source: Deng et al. (CVPR 2009).
    """
    root, names = folder_at(path), wordnet_names(classnames)
    parts = {"train": root / "train", "test": root / "val"}
    cases = {part: _numbered(folder, names) for part, folder in parts.items() if folder.is_dir()}
    if not cases:
        msg = f"{root} has no folder train or val"
        raise PlanError(msg)
    return assembled(cases, list(names.values()), where=str(root), lazy=True)


def imagenet_variant(path: str | Path, classnames: str | Path) -> ImageData:
    """Read ImageNet-V2, -Sketch, -A or -R: a folder with a folder for each class, all for the test.

    The folders are WordNet numbers or, in V2, the places of the classes from 0. The classes are
    those that the folder has (200 in -A and -R), in ImageNet's order and with the names of
    `imagenet`, so that `domain_trial` compares the logits of these. Sources: Recht et al. (2019),
    Wang et al. (2019), Hendrycks et al. (2021, twice).
    """
    root, names = folder_at(path), wordnet_names(classnames)
    cases = _numbered(root, names)
    there = {case.target for case in cases}
    classes = [name for name in names.values() if name in there]
    return assembled({"test": cases}, classes, where=str(root), lazy=True)


def wordnet_names(path: str | Path) -> dict[str, str]:
    """Read CoOp's `classnames.txt`: the name of each WordNet number, each name once."""
    found: dict[str, str] = {}
    for line, text in enumerate(_lines(Path(path)), start=1):
        number, _, name = text.partition(" ")
        if not (WORDNET.fullmatch(number) and name.strip()) or number in found:
            msg = f"{path}:{line}: {text!r} is no WordNet number with a name, or comes twice"
            raise FileError(str(path), (msg,))
        name = plain_name(name.strip())
        found[number] = f"{name} ({number})" if name in found.values() else name
    return found


def _numbered(root: Path, names: Mapping[str, str]) -> list[Case]:
    listed = list(names)
    cases: list[Case] = []
    for folder in sorted(one for one in root.iterdir() if one.is_dir()):
        number = folder.name
        if number.isdecimal() and int(number) < len(listed):
            number = listed[int(number)]
        if number not in names:
            msg = f"{folder} is named after no class of the names that were given"
            raise PlanError(msg)
        cases += [
            case_of(file.relative_to(root).as_posix(), file, names[number])
            for file in sorted(one for one in folder.rglob("*") if one.suffix.lower() in SUFFIXES)
        ]
    return cases


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(str(file), (f"{file} cannot be read: {error}",)) from error
    return [line.strip() for line in text.splitlines() if line.strip()]
