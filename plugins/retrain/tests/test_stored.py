"""What is stored: every class of the list, bit for bit, and nothing that a file names is run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import seatrial_retrain as retrain
from seatrial_retrain._classes import FITTED, class_named
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

import seatrial as sea
from seatrial.errors import ModelError, PlanError, StoreError

TEXTS = ["red apple", "green apple pie", "blue sky", "grey sky today", "an apple a day", "dark sky"]
LABELS = ["food", "food", "air", "air", "food", "air"]
ROWS = [{"colour": text.split()[0], "words": len(text.split())} for text in TEXTS]
NUMBERS = np.random.default_rng(0).normal(size=(24, 5)).round(3)
CLASSES = np.arange(24) % 3
OTHERS = {"Pipeline", "FeatureUnion", "LabelBinarizer", "DictVectorizer"}


def written(estimator, inputs, tmp_path):
    """Save and load a fitted estimator; give its answers before and after."""
    model = retrain.Estimator(estimator)
    model.save(tmp_path / "kept")
    again = retrain.load(tmp_path / "kept")
    assert again.identity == model.identity
    return model(inputs), again(inputs)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", sorted(FITTED.keys() - OTHERS))
def test_every_class_answers_bit_for_bit_as_before(name, tmp_path):
    step = class_named(name)()
    texts = name.endswith("Vectorizer")
    if name == "TfidfTransformer":
        step, texts = make_pipeline(HashingVectorizer(n_features=64), step), True
    inputs = TEXTS if texts else list(NUMBERS if name[-2:] != "NB" else abs(NUMBERS))
    targets = LABELS if texts else CLASSES.tolist()
    if not hasattr(step, "predict"):
        step = make_pipeline(step, LogisticRegression())
    if "max_iter" in step.get_params():
        step.set_params(max_iter=20)
    before, after = written(step.fit(inputs, targets), inputs, tmp_path)
    assert after == before


def test_mappings_and_unions_are_stored(tmp_path):
    rows = make_pipeline(DictVectorizer(), LogisticRegression(class_weight={"air": 2.0, "food": 1}))
    before, after = written(rows.fit(ROWS, LABELS), ROWS, tmp_path / "rows")
    assert after == before
    both = make_union(
        TfidfVectorizer(dtype=np.float32, stop_words=["an"]), TfidfVectorizer(analyzer="char_wb")
    )
    joined = make_pipeline(both, LogisticRegression()).fit(TEXTS, LABELS)
    before, after = written(joined, TEXTS, tmp_path / "both")
    assert after == before


def test_answers_that_refuse_are_kept(tmp_path):
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    model = retrain.Estimator(fitted, refusals=["air"])
    model.save(tmp_path / "kept")
    refused = [one.refused for one in retrain.load(tmp_path / "kept")(TEXTS)]
    assert refused == [label == "air" for label in LABELS]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (RandomForestClassifier(), "RandomForestClassifier cannot be stored without pickle"),
        (make_pipeline(FunctionTransformer(), LogisticRegression()), "use BernoulliNB, Comp"),
        (make_pipeline(TfidfVectorizer(tokenizer=str.split)), "tokenizer is <method"),
        (make_pipeline(TfidfVectorizer(), memory="cache"), "memory must be None"),
        (make_pipeline(TfidfVectorizer(input="filename")), "input must be 'content'"),
        (LogisticRegression(random_state=np.random.RandomState(0)), "random_state is RandomState"),
    ],
    ids=["forest", "function", "tokenizer", "memory", "input", "random state"],
)
def test_what_cannot_be_stored_is_refused_before_training(step, told):
    class Model:
        estimator = step

        def __call__(self, inputs):
            return ["food"] * len(inputs)

    cases = [sea.Case(str(at), text, "food") for at, text in enumerate(TEXTS)]
    with pytest.raises(ModelError) as caught:
        sea.repair(retrain.sklearn(), model=Model(), cases=cases)
    assert told in str(caught.value)
    assert retrain.Estimator(step).identity is None


@pytest.fixture
def kept(tmp_path):
    """Save a small classifier, and give its folder."""
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    retrain.Estimator(fitted).save(tmp_path / "kept")
    return tmp_path / "kept"


def changed(folder, old, new):
    file = folder / "estimator.json"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return folder


@pytest.mark.parametrize("name", ["os.system", "FunctionTransformer", "seatrial:run", "eval"])
def test_a_class_that_is_not_on_the_list_is_never_made(kept, name):
    with pytest.raises(
        ModelError, match=f"no scikit-learn class that is stored is called '{name}'"
    ):
        retrain.load(changed(kept, '"TfidfVectorizer"', f'"{name}"'))


@pytest.mark.parametrize("name", ["__class__", "predict", "tree_"])
def test_an_attribute_that_nothing_learns_is_refused(kept, name):
    with pytest.raises(ModelError, match=f"may not have '{name}'"):
        retrain.load(changed(kept, '"coef_"', f'"{name}"'))


def test_another_version_of_scikit_learn_is_refused(kept):
    version = json.loads((kept / "estimator.json").read_text("utf-8"))["scikit-learn"]
    with pytest.raises(ModelError, match=r"scikit-learn 0\.1\.2 .* install scikit-learn 0\.1"):
        retrain.load(changed(kept, f'"{version}"', '"0.1.2"'))


def test_pickled_arrays_are_refused(kept):
    np.savez(kept / "arrays.npz", x=np.array([object()], dtype=object))
    with pytest.raises(StoreError, match="holds no estimator that can be read"):
        retrain.load(kept)


@pytest.mark.parametrize("file", ["estimator.json", "arrays.npz"])
def test_a_folder_that_is_cut_short_is_refused(kept, file):
    (kept / file).write_bytes((kept / file).read_bytes()[:40])
    with pytest.raises(StoreError, match="holds no estimator"):
        retrain.load(kept)


def test_a_target_that_is_no_class_is_refused():
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    cases = [sea.Case(str(at), text) for at, text in enumerate(TEXTS)]
    with pytest.raises(PlanError, match="case '0' has the target None"):
        sea.repair(retrain.sklearn(), model=retrain.Estimator(fitted), cases=cases)


def test_the_readme_lists_what_can_be_stored():
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    (told,) = re.findall(r"can be stored: (.*?)\. Another", readme, re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", told)) == sorted(FITTED)
