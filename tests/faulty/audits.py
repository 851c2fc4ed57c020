"""Faults of audits."""

import random

import seatrial_audits as audits

from faulty._spoil import spoilt
from seatrial import Finding


def finds(name, base=audits.answer_imbalance, **more):
    def register(change):
        spoilt(base, name, **more)(
            lambda check: (
                lambda plan, model, cases, /: [*check(plan, model, cases), *change(model, cases)]
            )
        )
        return change

    return register


@finds("finding_without_a_fix")
def _(model, cases):
    return [Finding("imbalance", f"{len(cases)} cases", level="error")]


@finds("finding_of_unknown_cases", audits.too_few_clusters)
def _(model, cases):
    return [Finding("few", "too few", level="warning", cases=("nobody",), fix="add cases")]


@finds("finding_is_a_text", audits.missing_scores)
def _(model, cases):
    return ["too few cases"]


@finds("finding_is_drawn", audits.near_duplicates)
def _(model, cases):
    return [Finding("drawn", f"{random.random()}", fix="none")]


@finds("asks_the_model_that_is_not_there", audits.split_leak)
def _(model, cases):
    model([cases[0].input])
    return []


@finds("finds_in_the_order_of_a_set", audits.gold_in_prompt)
def _(model, cases):
    return [
        Finding("words", " ".join({word for one in cases for word in one.input.split()}), fix="-")
    ]
