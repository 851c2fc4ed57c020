"""What the conformance kit tries the adapters on: small classifiers of texts."""

from __future__ import annotations

from seatrial.testing import Samples

from ._estimator import Estimator

__all__ = ["networks", "samples"]


def samples() -> Samples:
    """Give a classifier that was trained on half of the kit's own cases."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    found = Samples()
    some = found.cases[::2]
    classifier = make_pipeline(TfidfVectorizer(), LogisticRegression())
    classifier.fit([case.input for case in some], [case.target for case in some])
    return Samples(models=[Estimator(classifier)])


def networks() -> Samples:
    """Give an untrained network over the letters of the kit's own texts."""
    from ._letters import Letters

    return Samples(models=[Letters.fresh()])
