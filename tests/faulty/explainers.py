"""Faults of explainers."""

# ruff: noqa: DTZ011, ICN001, NPY002 - faults on purpose

import datetime

import numpy as np
import seatrial_probes as probes
from attrs import evolve

from faulty._spoil import spoilt


def explains(name, base=probes.bag_of_words):
    def register(change):
        spoilt(base, name)(
            lambda explain: (
                lambda model, outcomes, /, *, seed: change(
                    explain(model, outcomes, seed=seed), outcomes, seed
                )
            )
        )
        return change

    return register


def predicting(found, change):
    return evolve(found, predictor=lambda cases: change(list(found.predict(cases)), cases))


@explains("predicts_percent")
def _(found, outcomes, seed):
    return predicting(found, lambda p, _: [100 * one for one in p])


@explains("predicts_success")
def _(found, outcomes, seed):
    return predicting(found, lambda p, _: [1 - one for one in p])


@explains("predicts_one_too_few")
def _(found, outcomes, seed):
    return predicting(found, lambda p, _: p[1:])


@explains("reads_the_target")
def _(found, outcomes, seed):
    return predicting(
        found,
        lambda p, cases: [q / (1 + (c.target is None)) for q, c in zip(p, cases, strict=True)],
    )


@explains("divides_by_failures")
def _(found, outcomes, seed):
    rate = len(outcomes) / sum(not one.right for one in outcomes)
    return evolve(found, summary=f"one in {rate}: {found.summary}")


@explains("explains_by_the_clock")
def _(found, outcomes, seed):
    return evolve(found, summary=f"{found.summary} ({datetime.date.today().year})")


@explains("explanation_reseeds")
def _(found, outcomes, seed):
    np.random.seed(seed % 2**32)
    return found


@explains("says_nothing")
def _(found, outcomes, seed):
    return evolve(found, summary=" ")
