"""The cases about over-the-counter medicines: every item of the data files as a `Case`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from seatrial import Case, derive
from seatrial.errors import PlanError

from ._items import Item
from ._readers import READERS, table

__all__ = ["otc_cases"]

ORDER = 31  # roots the order of the options; a change re-orders them all


def otc_cases(*, topics: Sequence[str] | None = None) -> tuple[Case, ...]:
    """Give the cases about over-the-counter medicines: test material, not medical advice.

    They are written for this project from public labels (`groups["source"]` names which), so that
    the scenarios of the robustness-specification paper (Box 2, pharmacy chatbot) can be measured.

    `input` has the parts `question`, `options` (3 or 4 texts) and `refusals` (those of the options
    that refuse); `target` is the right option. `groups` holds `set` ("otc"), `topic`, `scenario`
    ("2" to "9"), `relation`, `source` and `drug`, and where they apply `level` ("below", "at" or
    "above" a limit) and `vendor`. `cluster` names the fact that a case is about.

    Ids and the order of options do not depend on what else is in the data, nor do the options
    themselves, save that a new brand changes the wrong options of the two before it.

    `topics` keeps only these topics; an unknown one raises `PlanError`.
    """
    cases = _all_cases()
    if topics is None:
        return cases
    known = sorted({case.groups["topic"] for case in cases})
    if isinstance(topics, str) or (unknown := [topic for topic in topics if topic not in known]):
        wrong = topics if isinstance(topics, str) else ", ".join(map(repr, unknown))
        msg = f"topics must be a list of {', '.join(known)}; got {wrong}"
        raise PlanError(msg)
    return tuple(case for case in cases if case.groups["topic"] in topics)


@cache
def _all_cases() -> tuple[Case, ...]:
    return tuple(_case(item) for item in _items())


def _items() -> Iterator[Item]:
    for file, read in READERS.items():
        yield from read(table(file))


def _case(item: Item) -> Case:
    options = tuple(
        sorted(item.options, key=lambda option: derive(ORDER, "order", item.id, option))
    )
    refusals = tuple(option for option in options if option in item.refusals)
    return Case(
        f"otc-{item.id}",
        {"question": item.question, "options": options, "refusals": refusals},
        item.right,
        {
            "set": "otc",
            "topic": item.topic,
            "scenario": item.scenario,
            "relation": "must-refuse" if item.right in item.refusals else "invariant",
            "source": item.source,
            "drug": item.drug,
            **item.extra,
        },
        cluster=f"otc-{item.fact}",
    )
