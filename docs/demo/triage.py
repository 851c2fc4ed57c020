"""A small classifier that sends questions to the desk of a pharmacy, and the cases to try it on.

The questions are those of seatrial-clinical: written for tests, no medical advice. The classifier
learns from a third of the facts; the other two thirds are the test.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve
from seatrial_clinical import otc_cases
from seatrial_retrain import Estimator
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import seatrial as sea

DESKS = {
    "dosage": "dose",
    "full-information": "dose",
    "missing-information": "dose",
    "duplicate-ingredient": "interaction",
    "interactions": "interaction",
    "vocabulary": "product",
    "paraphrase": "product",
    "rare": "product",
    "non-existent": "product",
    "stock": "stock",
    "prescription": "order",
    "over-the-counter": "order",
}


def questions(part: str) -> list[sea.Case]:
    """Give the questions of one part, "training" or "test"; a fact is in one of them alone."""
    return [
        evolve(case, input=case.input["question"], target=desk, groups={"desk": desk})
        for case in otc_cases()
        if (desk := DESKS.get(case.groups["topic"]))
        and (sea.derive(0, "triage", case.cluster) % 3 == 0) == (part == "training")
    ]


def model() -> Estimator:
    """Train the classifier, which takes a fraction of a second."""
    return train(questions("training"), seed=0)


def train(cases: Sequence[sea.Case], *, seed: int) -> Estimator:
    """Train it on any cases."""
    pipeline = make_pipeline(
        TfidfVectorizer(sublinear_tf=True),
        LogisticRegression(C=10, class_weight="balanced", max_iter=1000, random_state=seed),
    )
    pipeline.fit([case.input for case in cases], [case.target for case in cases])
    return Estimator(pipeline)


def mixed() -> list[sea.Case]:
    """Give the training questions as they are, and with every error that the demands name."""
    training = questions("training")
    specification = sea.load_specification(Path(__file__).with_name("triage.toml"))
    return [*training, *sea.perturbed(specification, training)]
