"""The classes of scikit-learn that can be stored, with what each learns."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from seatrial.errors import ModelError

__all__ = ["FITTED", "class_named", "name_of"]

LINEAR = ("n_features_in_", "coef_", "intercept_")
CLASSIFIER = ("classes_", *LINEAR)
COUNTS = (
    *("n_features_in_", "classes_", "class_count_", "feature_count_"),
    *("feature_log_prob_", "class_log_prior_"),
)
COMPONENTS = ("n_features_in_", "components_", "explained_variance_", "singular_values_")

STORED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sklearn.pipeline": {"Pipeline": (), "FeatureUnion": ()},
    "sklearn.feature_extraction": {"DictVectorizer": ("feature_names_", "vocabulary_")},
    "sklearn.feature_extraction.text": {
        "CountVectorizer": ("fixed_vocabulary_", "vocabulary_"),
        "HashingVectorizer": (),
        "TfidfTransformer": ("n_features_in_", "idf_"),
        "TfidfVectorizer": ("fixed_vocabulary_", "vocabulary_", "_tfidf"),
    },
    "sklearn.preprocessing": {
        "LabelBinarizer": ("classes_", "y_type_", "sparse_input_"),
        "MaxAbsScaler": ("n_features_in_", "scale_", "max_abs_"),
        "MinMaxScaler": ("n_features_in_", "scale_", "min_", "data_min_", "data_max_"),
        "Normalizer": ("n_features_in_",),
        "RobustScaler": ("n_features_in_", "center_", "scale_"),
        "StandardScaler": ("n_features_in_", "mean_", "var_", "scale_"),
    },
    "sklearn.decomposition": {
        "PCA": (*COMPONENTS, "mean_", "noise_variance_", "n_components_"),
        "TruncatedSVD": COMPONENTS,
    },
    "sklearn.linear_model": {
        "LinearRegression": LINEAR,
        "LogisticRegression": CLASSIFIER,
        "Perceptron": CLASSIFIER,
        "Ridge": LINEAR,
        "SGDClassifier": CLASSIFIER,
    },
    "sklearn.svm": {"LinearSVC": CLASSIFIER},
    "sklearn.naive_bayes": {
        "BernoulliNB": COUNTS,
        "ComplementNB": (*COUNTS, "feature_all_"),
        "GaussianNB": ("n_features_in_", "classes_", "theta_", "var_", "class_prior_"),
        "MultinomialNB": COUNTS,
    },
    "sklearn.neural_network": {
        "MLPClassifier": (
            *("n_features_in_", "classes_", "coefs_", "intercepts_", "n_layers_"),
            *("n_outputs_", "out_activation_", "_label_binarizer"),
        ),
    },
}

FITTED = {name: fitted for classes in STORED.values() for name, fitted in classes.items()}
"""What each class learns and its answers depend on, by the name that stands in files."""

HOMES = {name: home for home, classes in STORED.items() for name in classes}


def class_named(name: str) -> Any:
    """Give the class of a name in a file: one of those above, never another."""
    if name not in HOMES:
        msg = f"no scikit-learn class that is stored is called {name!r}: {_list()}"
        raise ModelError(msg)
    return getattr(import_module(HOMES[name]), name)


def name_of(estimator: Any) -> str:
    """Name the class of an estimator, or raise `ModelError` with the list of those stored."""
    kind = type(estimator)
    name = kind.__name__
    if name not in HOMES or class_named(name) is not kind:
        msg = f"{kind.__module__}.{kind.__qualname__} cannot be stored without pickle: {_list()}"
        raise ModelError(msg)
    return name


def _list() -> str:
    return f"use {', '.join(sorted(HOMES))}"
