"""planned = scored + refused + errored + skipped, whatever happens."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trial_stand_ins import bot, orders, picky, plan, shout

import seatrial as sea
from seatrial.errors import ModelError, NotApplicable, StoreError
from seatrial.runs._records import Accounting
from seatrial.verbs._run import run

FATES = ("fine", "refuse", "raise", "nan", "object", "metric raises")


def score(targets, predictions):
    if any(one.value == "metric raises" for one in predictions):
        raise ValueError("no")
    return [float("nan") if one.value == "nan" else 1.0 for one in predictions]


moody_metric = sea.Metric(
    name="stand.moody", summary="Moods.", factory=lambda: score, per_case=True, reads="prediction"
)


def moody_perturbation(fates):
    def factory():
        def apply(text, /, *, seed):
            fate = fates[int(text.split()[0])]
            if fate == "skip":
                raise NotApplicable("not this one")
            if fate == "break":
                raise KeyError("broken")
            return text if fate == "same" else f"{text} again"

        return apply

    return sea.Perturbation(name="stand.moods", summary="Moods.", modality="text", factory=factory)


def moody_model(moods, short):
    def model(texts):
        answers = []
        for text in texts:
            mood = moods[int(text.split()[0])][text.endswith("again")]
            if mood == "raise":
                raise RuntimeError("moody")
            answers.append(
                object()
                if mood == "object"
                else sea.Prediction(mood, refused=True if mood == "refuse" else None)
            )
        return answers[:-1] if short and len(answers) > 1 else answers

    return model


@given(
    st.lists(
        st.tuples(
            st.sampled_from(FATES),
            st.sampled_from(FATES),
            st.sampled_from(("change", "same", "skip", "break")),
        ),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
    st.integers(1, 9),
)
def test_the_accounting_closes_and_tells_the_truth(fates, short, size):
    cases = [sea.Case(str(i), f"{i} text", "x") for i in range(len(fates))]
    model = moody_model([(clean, changed) for clean, changed, _ in fates], short)
    perturbation = moody_perturbation([fate for *_, fate in fates])
    asked = partial(
        run, sea.Plan(perturbations=[perturbation()], metrics=[moody_metric()]), model, cases
    )
    if short and size > 1:
        # A wrong number of answers has stopped the run since then, whatever else went wrong.
        try:
            report = asked(batch_size=size)
        except ModelError:
            return
    else:
        report = asked(batch_size=size)

    def status(mood):
        return {"fine": "scored", "refuse": "refused"}.get(mood, "errored")

    wanted = Counter()
    for clean, changed, fate in fates:
        wanted[status(clean)] += 1
        known = {"skip": "skipped", "break": "errored", "same": status(clean)}
        wanted[known.get(fate, status(changed))] += 1
    found = report.accounting
    assert found.planned == 2 * len(cases) == len(list(report.records()))
    for name in ("scored", "refused", "errored", "skipped"):
        assert getattr(found, name) == wanted[name]
    assert sum(cell.accounting.planned for cell in report.cells) == found.planned


def test_an_accounting_that_does_not_close_cannot_be_made():
    with pytest.raises(StoreError, match="does not close"):
        Accounting(planned=4, scored=1, refused=1, errored=1, skipped=0)


def test_the_accounting_is_printed_with_the_report():
    report = run(plan(shout(), picky(), severities=(1,)), bot, orders(10))
    line = "planned 30 = scored 28 + refused 0 + errored 1 + skipped 1"
    assert line in str(report)
    assert line in report._repr_html_()
