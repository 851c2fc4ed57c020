"""Words and word sequences as TF-IDF vectors."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["word_vectorizer"]

WORD: Final = r"(?u)\b\w+(?:['’]\w+)?\b"


def word_vectorizer(*, longest: int, least: int, most: int) -> Any:
    """Make scikit-learn's vectoriser of up to `longest` words in a row.

    Logarithmic counts and rows of unit norm; what stands in fewer than `least` texts is left out,
    and of the rest the `most` frequent are kept.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=(1, longest),
        min_df=least,
        max_features=most,
        sublinear_tf=True,
        token_pattern=WORD,
    )
