"""Features by any model that embeds images and texts, kept so that nothing is computed twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from seatrial import Case, derive
from seatrial.errors import ModelError, PlanError

from ._arrays import Matrix, Places, unit
from ._augment import SCHEME, augmented, three_channels
from ._features import Features
from ._identity import data_digest, identity_of, image_digest, targets_of, text_digest
from ._prompts import Prompts
from ._rows import Rows

__all__ = ["extract", "prototypes"]

AT_ONCE = 128
"""How many images or texts a model is handed, and how many rows a file of the cache holds: that
much is lost when work is broken off."""

Progress = Callable[[int, int], None]


@frozen
class _Asked:
    key: str
    name: str
    item: Any


def extract(
    model: Any,
    cases: Sequence[Any],
    *,
    classes: Sequence[str] | None = None,
    prompts: Prompts | None = None,
    views: int = 0,
    seed: int = 0,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Features:
    """Embed images, their augmented views, and the texts of their classes.

    `cases` are cases whose input is an image and whose target is one of `classes` (found in the
    targets when not given), or bare images. `views` is how many augmented views each image gets:
    view k of an image depends on its content, k and `seed`, so more views keep the first ones.
    With `prompts` the features have prototypes. `cache` is a folder for what was computed, found by
    content: other draws, labels and prompts use it again, and work that was broken off goes on.
    `progress` is called with how many rows are there and how many there will be.

    Raises `ModelError` when the model lacks `embed_image` or `embed_text`, or gives no numbers, and
    `StoreError` when the cache is damaged or was made from something else.
    """
    if isinstance(views, bool) or views < 0:
        msg = f"views must be a whole number from 0, not {views!r}"
        raise PlanError(msg)
    if not len(cases):
        msg = "there is nothing to embed: no cases were given"
        raise PlanError(msg)
    labels, names = _places(cases, classes)
    identity = getattr(model, "identity", None) if cache is None else identity_of(model)
    made = {"kind": "images", "backbone": identity, "augmentation": SCHEME, "seed": seed}
    rows = Rows(made, _folder(cache))
    ids: list[str] = []
    digests: list[str] = []
    pending = _pending(cases, rows, views, seed, ids, digests)
    for some in _batches(pending):
        _ask(model, "embed_image", some, rows)
        if progress is not None:
            progress(len(digests) * (1 + views), len(cases) * (1 + views))
    plain = _stacked(rows, digests)
    raw = [_stacked(rows, [_view_key(digest, k) for digest in digests]) for k in range(views)]
    facts = {
        "backbone": identity,
        "augmentation": SCHEME,
        "seed": seed,
        "views": views,
        "data": data_digest(digests, targets_of(cases)),
        "classes": list(names),
        "prompts": None if prompts is None else prompts.written(names),
    }
    return Features(
        ids=tuple(ids),
        classes=names,
        labels=labels,
        plain=unit(plain),
        keys=unit(np.mean(raw, axis=0) if raw else plain),
        views=np.stack([unit(v) for v in raw]) if raw else np.empty((0, *plain.shape), plain.dtype),
        texts={} if prompts is None else prototypes(model, names, prompts, cache=cache),
        facts=facts,
    )


def prototypes(
    model: Any,
    classes: Sequence[str],
    prompts: Prompts,
    *,
    cache: str | Path | None = None,
) -> dict[str, Matrix]:
    """Give a prototype for each class and side: unit(mean over sentences of unit(feature)).

    Float32 [classes, width] under "template", and "negative" and "cupl" where the prompts have
    them.
    """
    if not classes:
        msg = "prototypes need classes"
        raise PlanError(msg)
    identity = getattr(model, "identity", None) if cache is None else identity_of(model)
    rows = Rows({"kind": "texts", "backbone": identity}, _folder(cache))
    sides = prompts.sentences(classes)
    texts = {text_digest(text): text for side in sides.values() for each in side for text in each}
    missing = (_Asked(key, repr(texts[key]), texts[key]) for key in rows.missing(texts))
    for some in _batches(missing):
        _ask(model, "embed_text", some, rows)
    found = {}
    for name, side in sides.items():
        means = [unit(_stacked(rows, map(text_digest, each))).mean(axis=0) for each in side]
        found[name] = unit(np.stack(means))
    return found


def _pending(
    cases: Sequence[Any],
    rows: Rows,
    views: int,
    seed: int,
    ids: list[str],
    digests: list[str],
) -> Iterator[_Asked]:
    """Read each image once, note its id and digest, and give what must be computed."""
    given: set[str] = set()
    for place in range(len(cases)):
        case = cases[place]
        name = case.id if isinstance(case, Case) else f"image {place}"
        image = three_channels(case.input if isinstance(case, Case) else case)
        digest = image_digest(image)
        ids.append(name)
        digests.append(digest)
        if digest in given:
            continue
        given.add(digest)
        if rows.missing([digest]):
            yield _Asked(digest, name, image)
        for k in range(views):
            key = _view_key(digest, k)
            if rows.missing([key]):
                drawn = derive(seed, "simnl.view", digest, k)
                yield _Asked(key, name, augmented(image, seed=drawn))


def _view_key(digest: str, k: int) -> str:
    return f"{digest}/{k}"


def _batches(asked: Iterator[_Asked]) -> Iterator[list[_Asked]]:
    while some := list(islice(asked, AT_ONCE)):
        yield some


def _ask(model: Any, attribute: str, some: list[_Asked], rows: Rows) -> None:
    embed = getattr(model, attribute, None)
    if embed is None:
        msg = f"the model {type(model).__name__} has no `{attribute}`, so it gives no features"
        raise ModelError(msg)
    found = np.asarray(embed([one.item for one in some]), dtype=np.float32)
    if found.ndim != 2 or len(found) != len(some):  # noqa: PLR2004 - a matrix has two
        msg = f"`{attribute}` must give [{len(some)}, width], and gave the shape {found.shape}"
        raise ModelError(msg)
    bad = np.flatnonzero(~(np.isfinite(found).all(axis=1) & found.any(axis=1)))
    if bad.size:
        msg = f"`{attribute}` gives zeros, NaN or infinity for {some[bad[0]].name}"
        raise ModelError(msg)
    rows.add([one.key for one in some], found)


def _stacked(rows: Rows, keys: Any) -> Matrix:
    return np.stack([rows[key] for key in keys])


def _folder(cache: str | Path | None) -> Path | None:
    return None if cache is None else Path(cache)


def _places(cases: Sequence[Any], classes: Sequence[str] | None) -> tuple[Places, tuple[str, ...]]:
    targets = targets_of(cases)
    if not targets:
        return np.empty(0, dtype=np.int64), tuple(classes or ())
    if len(targets) != len(cases) or None in targets:
        msg = "either every case has a target or none: labels for some images only do not line up"
        raise PlanError(msg)
    names = tuple(sorted(set(targets)) if classes is None else classes)
    place = {name: index for index, name in enumerate(names)}
    if len(place) != len(names):
        msg = f"classes names one twice: {names!r:.200}"
        raise PlanError(msg)
    if strange := [one for one in targets if one not in place]:
        msg = f"the label {strange[0]!r} is none of the classes {names!r:.200}"
        raise PlanError(msg)
    return np.array([place[one] for one in targets], dtype=np.int64), names
