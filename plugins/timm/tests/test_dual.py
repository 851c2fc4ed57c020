"""The dual encoder: a linear map between two towers, checked in closed form and on real images."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from seatrial_timm import dual_encoder, imagenet_names
from seatrial_timm._ridge import fit, unit

from seatrial.errors import ModelError, ParameterError

DATA = Path(__file__).parents[4] / "shared" / "data" / "cifar10_subset"


class Pictures:
    """An image tower of four channels."""

    identity = "pictures"

    def __init__(self, classes=1000):
        self.classifier = np.random.default_rng(0).normal(size=(classes, 4)).astype(np.float32)

    def embed_image(self, images):
        rows = [[*image.mean((0, 1)), image.std()] for image in images]
        return np.asarray(rows, dtype=np.float32).reshape(-1, 4)


class Words:
    """A text tower of eight channels."""

    identity = "words"

    def __init__(self):
        self.asked = []

    def embed_text(self, texts):
        self.asked += texts
        digests = [hashlib.sha256(text.encode()).digest()[:8] for text in texts]
        return np.array([list(digest) for digest in digests], dtype=np.float32).reshape(-1, 8)


@pytest.fixture
def images():
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, (5, 6, 3), dtype=np.uint8) for _ in range(6)]


def small(**options):
    return dual_encoder(Pictures(), Words(), **options)


def test_the_map_is_the_minimum_of_the_penalised_squares():
    rng = np.random.default_rng(0)
    texts, rows = rng.normal(size=(50, 6)), rng.normal(size=(50, 3))
    found = fit(texts, rows, 2.5)
    x = texts / np.linalg.norm(texts, axis=1, keepdims=True)
    x, y = x - x.mean(0), rows - rows.mean(0)
    # Ridge regression is least squares with sqrt(penalty) times the unit matrix appended.
    appended = np.vstack([x, np.sqrt(2.5) * np.eye(6)])
    expected = np.linalg.lstsq(appended, np.vstack([y, np.zeros((6, 3))]), rcond=None)[0]
    np.testing.assert_allclose(found.matrix, expected, atol=1e-10)
    np.testing.assert_allclose(found(texts), x @ expected, atol=1e-5)
    assert found(texts).dtype == np.float32


def test_the_map_is_made_of_imagenets_names_in_the_prompt_and_made_once():
    model = small(prompt="a drawing of {}")
    mapped = model.embed_text(["anything", "else"])
    assert mapped.shape == (2, 4)
    words = list(model.text_tower.asked)
    assert words == [*(f"a drawing of {name}" for name in imagenet_names()), "anything", "else"]
    model.embed_text(["more"])
    assert model.text_tower.asked == [*words, "more"]


def test_the_answer_is_the_class_with_the_nearest_direction(images):
    model = small(classes=["cat", "dog", "ship"], scale=10)
    texts = unit(model.embed_text([f"a photo of a {name}." for name in model.classes]))
    cosines = unit(model.embed_image(images)) @ texts.T
    for answer, row in zip(model(images), cosines, strict=True):
        assert answer.value == model.classes[int(row.argmax())]
        expected = np.exp(10 * row) / np.exp(10 * row).sum()
        assert list(answer.probabilities) == ["cat", "dog", "ship"]
        assert list(answer.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert model([]) == []


def test_centring_subtracts_the_mean_feature_of_other_images(images):
    model = small(classes=["cat", "dog"])
    centred = model.centred(images[:4])
    np.testing.assert_allclose(centred.embed_image(images[:4]).mean(0), 0, atol=1e-4)
    mean = model.embed_image(images[:4]).mean(0)
    np.testing.assert_allclose(
        centred.embed_image(images), model.embed_image(images) - mean, atol=1e-4
    )
    np.testing.assert_array_equal(centred.embed_text(["cat"]), model.embed_text(["cat"]))
    assert centred.identity != model.identity
    assert centred.identity != model.centred(images[4:]).identity
    assert centred.classes == model.classes
    again = centred.centred(images[:4])
    np.testing.assert_array_equal(again.embed_image(images), centred.embed_image(images))


def test_identity_changes_with_every_option():
    options = [{}, {"ridge": 1}, {"prompt": "{}"}, {"scale": 1}, {"classes": ["cat"]}]
    assert len({small(**one).identity for one in options}) == len(options)
    other = Words()
    other.identity = "other words"
    assert dual_encoder(Pictures(), other).identity != small().identity
    with pytest.raises(ModelError, match="has no identity"):
        _ = dual_encoder(Pictures(), Nameless()).identity


class Nameless(Words):
    identity = None

    def __repr__(self):
        return "Nameless()"


def test_a_tower_without_imagenets_classes_cannot_be_mapped():
    with pytest.raises(ModelError, match="classifies 7 classes"):
        dual_encoder(Pictures(7), Words()).embed_text(["cat"])


def test_without_classes_there_is_no_answer(images):
    with pytest.raises(ModelError, match="needs classes"):
        small()(images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["cat", "cat"]}, "named twice"),
        ({"classes": ["cat", " "]}, "must be names"),
        ({"classes": [1]}, "must be names"),
        ({"prompt": "a photo"}, "has one {}"),
        ({"ridge": 0}, "ridge"),
        ({"scale": -1}, "scale"),
        ({"image_tower": "resnet18"}, "named as in 'timm:resnet18'"),
        ({"image_tower": Words()}, "image_tower .* lacks embed_image, classifier"),
        ({"text_tower": Pictures()}, "text_tower .* lacks embed_text"),
        ({"layers": 3}, "layers"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(options, message):
    with pytest.raises(ParameterError, match=message):
        dual_encoder(**options)


@pytest.fixture(scope="module")
def real():
    return dual_encoder(classes=["temple", "flower", "dog", "car", "sofa"])


def test_the_real_towers_tell_a_temple_from_a_flower(real, photographs):
    answers = real(photographs)
    assert [answer.value for answer in answers] == ["temple", "flower"]
    assert real.embed_image(photographs).shape == (2, 1280)
    assert real.embed_text(["a temple"]).shape == (1, 1280)


def test_a_run_takes_it_as_a_model(real, photographs):
    from seatrial_metrics import accuracy

    import seatrial as sea

    cases = [sea.Case("0", photographs[0], "temple"), sea.Case("1", photographs[1], "dog")]
    report = sea.run(sea.Plan(metrics=[accuracy()], seed=1), model=real, cases=cases)
    (cell,) = report.cells
    assert cell.scores["metrics.accuracy"] == 0.5


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA.name} is not here: accuracy is NOT tested")
def test_zero_shot_accuracy_on_cifar10():
    from PIL import Image

    names = sorted(one.name for one in (DATA / "test").iterdir())
    files = [(name, file) for name in names for file in sorted((DATA / "test" / name).iterdir())]
    model = dual_encoder(classes=names)
    answers = model([np.asarray(Image.open(file)) for _, file in files])
    right = np.mean(
        [answer.value == name for answer, (name, _) in zip(answers, files, strict=True)]
    )
    assert 0.42 < right < 0.55
