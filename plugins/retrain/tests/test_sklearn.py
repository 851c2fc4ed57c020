"""Training a clone of a scikit-learn estimator on clean and perturbed cases."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import seatrial_retrain as retrain
from seatrial_metrics import accuracy
from seatrial_nlpaug import keyboard
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import seatrial as sea
from seatrial.testing import check

DRINKS = ("water", "tea", "coffee", "juice", "milk", "lemonade")
FOODS = ("bread", "butter", "cheese", "apples", "noodles", "pancakes")


def cases(count=40, start=0):
    return [
        sea.Case(f"{name}-{at}", f"I would like some {name} number {at}", kind)
        for kind, names in (("drink", DRINKS), ("food", FOODS))
        for name in names
        for at in range(start, start + count // len(names) + 1)
    ]


def fitted(*steps, refusals=()):
    pipeline = make_pipeline(*(steps or (TfidfVectorizer(), LogisticRegression())))
    train = cases()
    pipeline.fit([one.input for one in train], [one.target for one in train])
    return retrain.Estimator(pipeline, refusals=refusals)


def right(model, some):
    answers = model([case.input for case in some])
    return np.mean([a.value == case.target for a, case in zip(answers, some, strict=True)])


def test_the_face_loads_nothing_heavy():
    code = "import sys, seatrial_retrain; print(*{'numpy', 'sklearn', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_it_keeps_what_every_adapter_must_keep():
    results = check(retrain.sklearn())
    assert {one.outcome for one in results} == {"passed"}


def test_it_withstands_what_it_was_trained_on():
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3))
    model = fitted(characters, LogisticRegression())
    plan = sea.Plan(perturbations=[keyboard()], metrics=[accuracy()], severities=[5], seed=7)
    train = cases()
    mixed = [*train, *sea.perturbed(plan, train)]
    fixed = sea.repair(retrain.sklearn(), model=model, cases=mixed)
    other = list(sea.perturbed(plan, cases(start=100)))
    assert right(fixed, other) > right(model, other) + 0.03
    assert set(fixed.learned_from) == {one.id for one in train}


def test_it_learns_from_the_training_part_of_a_report():
    plan = sea.Plan(perturbations=[keyboard()], metrics=[accuracy()], severities=[3], seed=7)
    report = sea.run(plan, model=fitted(), cases=cases())
    fixed = sea.repair(retrain.sklearn(), report=report)
    vocabulary = fixed.estimator[0].vocabulary_
    held_out = [one for one in report.outcomes() if one.case.id not in fixed.learned_from]
    learned = [one for one in report.outcomes() if one.case.id in fixed.learned_from]
    assert {one.perturbation for one in learned} == {"clean", "nlpaug.keyboard"}
    words = {word for one in learned for word in TfidfVectorizer().build_analyzer()(one.input)}
    assert set(vocabulary) == words
    assert held_out
