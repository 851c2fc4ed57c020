"""Faults of metrics."""

import random
import time

import seatrial_metrics as metrics

from faulty._spoil import declared, spoilt


def scores(name, base=metrics.accuracy, **more):
    """Register a fault written as a function of the right metric, targets and answers."""

    def register(change):
        spoilt(base, name, **more)(
            lambda score: lambda targets, answers, /: change(score, targets, answers)
        )
        return change

    return register


declared("wrong_direction", metrics.brier, higher_is_better=True)
declared("narrow_bounds", metrics.mcc, bounds=(0.0, 1.0))
declared("wrong_example", metrics.accuracy, examples=((("a", "b"), ("a", "a"), 1.0),))


@scores("counts_errors")
def _(score, targets, answers):
    return [1 - one for one in score(targets, answers)]


@scores("in_percent", metrics.rouge_1)
def _(score, targets, answers):
    return [100 * one for one in score(targets, answers)]


@scores("rounds", metrics.rouge_l)
def _(score, targets, answers):
    return [round(one, 1) for one in score(targets, answers)]


@scores("nan_for_one_class", metrics.ece)
def _(score, targets, answers):
    found = score(targets, answers)
    return found if len(set(targets)) > 1 else float("nan")


@scores("nothing_scores_zero")
def _(score, targets, answers):
    return score(targets, answers) if targets else [0.0]


@scores("nothing_divides_by_zero", metrics.macro_f1)
def _(score, targets, answers):
    return score(targets, answers) if 1 / len(targets) else 0.0


@scores("weighs_by_place", metrics.balanced_accuracy)
def _(score, targets, answers):
    return score([*targets, *targets[:3]], [*answers, *answers[:3]])


@scores("sorts_in_place")
def _(score, targets, answers):
    found = score(targets, answers)
    targets.sort()
    return found


@scores("one_score_too_many")
def _(score, targets, answers):
    return [*score(targets, answers), 1.0]


@scores("compares_with_neighbours")
def _(score, targets, answers):
    found = score(targets, answers)
    return [
        one * (1 - 0.5 * (index > 0 and found[index - 1] == 0)) for index, one in enumerate(found)
    ]


@scores("jitters", metrics.ece)
def _(score, targets, answers):
    return score(targets, answers) * (1 - 1e-12 * random.random())


@scores("scores_by_hash", metrics.auroc)
def _(score, targets, answers):
    return score(targets, answers) * (1 - 1e-13 * (hash(str(targets)) % 1000))


@scores("scores_by_the_clock", metrics.ece)
def _(score, targets, answers):
    return score(targets, answers) * (1 - 1e-17 * time.time())


@scores("crashes_on_no_answer")
def _(score, targets, answers):
    return score(targets, [one + "" if isinstance(targets[0], str) else one for one in answers])
