"""What the conformance kit tries the components on."""

from __future__ import annotations

from seatrial.testing import Samples

from ._generated import Hashed, generated_articles
from ._pairs import cases_of, sample_pairs

__all__ = ["samples"]


def samples() -> Samples:
    """Give pairs whose order stands in the pictures, and two towers that know nothing."""
    articles = generated_articles("pictures", articles=8, seed=1)
    return Samples(cases=cases_of(sample_pairs(articles, per_article=2, seed=1)), models=[Hashed()])
