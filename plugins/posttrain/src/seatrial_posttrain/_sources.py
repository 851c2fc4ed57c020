"""Where training data comes from: each source with its stage, domain and quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from seatrial import Case
from seatrial.errors import ParameterError, PlanError

from ._tasks import cases_of

__all__ = [
    "DOMAINS",
    "STAGES",
    "DataCard",
    "card_of",
    "domain_of",
    "good_enough",
    "source",
    "stage_of",
]

STAGES = ("cpt", "it", "pa")
DOMAINS = ("in", "general")
UNNAMED = "cases"


def source(
    cases: Any,
    *,
    name: str,
    domain: str,
    stage: str | None = None,
    quality: str | None = None,
    threshold: float | None = None,
) -> tuple[Case, ...]:
    """Read a source of training data, and note in the groups of each case what it is for.

    `cases` is a table as in a specification (`file` and its columns, or `use`), or what
    `load_cases` takes. `stage` is "cpt" (documents), "it" (instructions) or "pa" (questions to
    sample preferences from); without it, a case without a target whose input is a text is a
    document, and another an instruction. `domain` is "in" (the one that is adapted to) or
    "general". `quality` names a group with a number; rows below `threshold` are not trained on.

    A preference that is there already is a case of stage "pa" whose target is a mapping with
    `chosen` and `rejected`.
    """
    if stage is not None and stage not in STAGES:
        msg = f"the stage of source {name!r} must be one of {', '.join(STAGES)}, not {stage!r}"
        raise ParameterError(msg)
    if domain not in DOMAINS:
        msg = f"the domain of source {name!r} must be one of {', '.join(DOMAINS)}, not {domain!r}"
        raise ParameterError(msg)
    number: Any = threshold
    if number is not None and (quality is None or not isinstance(number, int | float)):
        wants = "quality, the group that it is of" if quality is None else "to be a number"
        msg = f"threshold of source {name!r} needs {wants}, and is {threshold!r}"
        raise ParameterError(msg)
    facts: dict[str, Any] = {"source": name, "domain": domain}
    if stage is not None:
        facts["stage"] = stage
    if quality is not None:
        facts |= {"quality": quality, "threshold": threshold}
    return tuple(
        evolve(one, id=f"{name}/{one.id}", groups={**one.groups, **facts})
        for one in cases_of(cases)
    )


def stage_of(case: Case) -> str:
    """Say what a case is for."""
    stated = case.groups.get("stage")
    if stated in STAGES:
        return str(stated)
    return "cpt" if case.target is None and isinstance(case.input, str) else "it"


def domain_of(case: Case) -> str:
    """Say which domain a case is of; one that says nothing is of the one that is adapted to."""
    return str(case.groups.get("domain", DOMAINS[0]))


def good_enough(case: Case) -> bool:
    """Say whether a case reaches the quality that its source asks for."""
    threshold = case.groups.get("threshold")
    return threshold is None or _quality(case) >= threshold


def _quality(case: Case) -> float:
    name = case.groups["quality"]
    found = case.groups.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        msg = f"case {case.id!r} has no number {name!r} to tell its quality by, but {found!r}"
        raise PlanError(msg)
    return float(found)


@frozen(kw_only=True)
class DataCard:
    """What a source has: rows, those left out for their quality, characters, and mean quality."""

    source: str
    stage: str
    domain: str
    rows: int
    left_out: int
    characters: int
    quality: float | None


def card_of(cases: Sequence[Case]) -> tuple[DataCard, ...]:
    """Describe each source, stage by stage."""
    parts: dict[tuple[str, str, str], list[Case]] = {}
    for one in cases:
        key = (str(one.groups.get("source", UNNAMED)), stage_of(one), domain_of(one))
        parts.setdefault(key, []).append(one)
    return tuple(_card(key, some) for key, some in sorted(parts.items()))


def _card(key: tuple[str, str, str], cases: Sequence[Case]) -> DataCard:
    kept = [one for one in cases if good_enough(one)]
    rated = [_quality(one) for one in kept if "quality" in one.groups]
    name, stage, domain = key
    return DataCard(
        source=name,
        stage=stage,
        domain=domain,
        rows=len(kept),
        left_out=len(cases) - len(kept),
        characters=sum(_size(one.input) + _size(one.target) for one in kept),
        quality=sum(rated) / len(rated) if rated else None,
    )


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, Sequence) else 0
