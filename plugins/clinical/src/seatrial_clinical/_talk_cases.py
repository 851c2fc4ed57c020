"""Cases that are conversations: those of other cases, planted facts, and calls of a tool."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve

from seatrial import Case, derive

from ._conversations import TIMED_OUT
from ._items import one_of
from ._otc import otc_cases
from ._readers import table

__all__ = ["otc_conversations", "recall_cases", "stock_conversations"]

PART = "talk"
ORDER = 37  # roots the order of the options; a change re-orders them all


def otc_conversations(*, topics: Sequence[str] | None = None) -> tuple[Case, ...]:
    """Give the cases about over-the-counter medicines as conversations of one turn.

    The part `question` becomes `talk`, a user's message; everything else stays.
    """
    return tuple(_as_talk(case) for case in otc_cases(topics=topics))


def _as_talk(case: Case) -> Case:
    parts = dict(case.input)
    talk = ({"role": "user", "content": parts.pop("question")},)
    return evolve(case, id=f"{case.id}-talk", input={PART: talk, **parts})


def recall_cases() -> tuple[Case, ...]:
    """Give questions about a fact that is told first, which `clinical.turns` moves apart.

    `groups` holds `set` ("recall"), `topic` ("recall"), `scenario` ("1") and `kind`; `cluster` is
    the fact. The other options are facts of the same kind, so that guessing gains nothing.
    """
    return tuple(_recall_cases())


def _recall_cases() -> Iterator[Case]:
    for row in table("recall")["kinds"]:
        values = row["values"]
        for at, value in enumerate(values):
            name = f"recall-{row['kind']}-{at + 1}"
            wrong = [values[(at + step) % len(values)] for step in (1, 2, 3)]
            options = _ordered((value, *wrong), name)
            said = f"{row['fact'].format(value=value)} {row['more']} {row['question']}"
            yield Case(
                name,
                {PART: ({"role": "user", "content": said},), "options": options, "refusals": ()},
                value,
                {
                    "set": "recall",
                    "topic": "recall",
                    "scenario": "1",
                    "kind": row["kind"],
                    "relation": "invariant",
                },
                cluster=name,
            )


def stock_conversations() -> tuple[Case, ...]:
    """Give questions that a tool answers: what is in stock, that nothing is, or nothing at all.

    A row of the stock lists gives five cases with the same options. The tool finds the product,
    only its twin, neither of them, times out, or contradicts itself; of the last two nobody can say
    what is in stock. `groups` holds `state`, and `scenario` is "6".
    """
    return tuple(case for row in table("stock")["rows"] for case in _stock_cases(row))


def _stock_cases(row: Mapping[str, str]) -> Iterator[Case]:
    data = table("stock")
    options = {name: text.format(**row) for name, text in data["options"].items()}
    fact = f"stock-talk-{'-'.join(row['asked'].lower().split())}"
    left = derive(0, "left", fact) % 8 + 2
    asked = row["asked"]
    found = {"there": _list(row, left, 0), "same": _list(row, 0, left), "neither": _list(row, 0, 0)}
    disagree = f"{found['there']} | {found['neither']} | error: the two registers disagree"
    states = {
        **{state: (listed, state) for state, listed in found.items()},
        "timeout": (TIMED_OUT, "unknown"),
        "contradiction": (disagree, "unknown"),
    }
    for state, (told, right) in states.items():
        name = f"{fact}-{state}"
        yield Case(
            name,
            {
                PART: (
                    {
                        "role": "user",
                        "content": one_of(data["requests"], "request", name).format(asked=asked),
                    },
                    {"role": "assistant", "content": "", "tool_calls": (_call(asked),)},
                    {"role": "tool", "content": told, "tool_call_id": "call_1"},
                ),
                "options": _ordered(options.values(), name),
                "refusals": (),
            },
            options[right],
            {
                "set": "otc",
                "topic": "stock",
                "scenario": "6",
                "state": state,
                "relation": "invariant",
                "source": row["source"],
                "drug": row["drug"],
            },
            cluster=fact,
        )


def _list(row: Mapping[str, str], asked: int, same: int) -> str:
    return json.dumps({row["asked"]: asked, row["same"]: same})


def _call(asked: str) -> Mapping[str, Any]:
    arguments = json.dumps({"product": asked})
    function = {"name": "stock", "arguments": arguments}
    return {"id": "call_1", "type": "function", "function": function}


def _ordered(options: Any, name: str) -> tuple[str, ...]:
    return tuple(sorted(options, key=lambda option: derive(ORDER, "order", name, option)))
