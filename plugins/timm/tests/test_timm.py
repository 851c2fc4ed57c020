"""Models that timm builds: features, preprocessing, weights, and Lite0 against timm's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from seatrial_timm import image_tower

from seatrial.errors import ModelError

FAMILIES = [  # one of each design: what they call their classifier, pooling and features differs
    "resnet18",
    "vit_tiny_patch16_224",
    "convnext_atto",
    "mobilenetv3_small_050",
    "regnety_002",
    "densenet121",
    "mixer_s32_224",
    "swin_tiny_patch4_window7_224",
]
CLASSES = 7
GREY = np.full((4, 4, 3), 128, np.uint8)


@pytest.fixture
def saved(timm, tmp_path):
    """Save a model of random weights; give its module and its file."""

    def save(name, **options):
        torch.manual_seed(0)
        module = timm.create_model(name, pretrained=False, num_classes=CLASSES, **options).eval()
        classifier = module.get_classifier()
        if isinstance(classifier, torch.nn.Linear):  # some begin with zeros, and would answer them
            torch.nn.init.normal_(classifier.weight, std=0.1)
        file = tmp_path / f"{name}.safetensors"
        save_file(module.state_dict(), file)
        return module, str(file)

    return save


@pytest.fixture(scope="module")
def lite0():
    return image_tower().module


@pytest.fixture(scope="module")
def published(timm, lite0):
    """Give timm's EfficientNet-Lite0 with the weights of ours."""
    theirs = timm.create_model("tf_efficientnet_lite0").eval()
    stored = lite0.state_dict().values()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), stored, strict=True)))
    return theirs.to(memory_format=torch.channels_last)  # as ours is, for the same kernels


@settings(max_examples=6, deadline=None)
@given(
    count=st.integers(1, 3),
    height=st.integers(32, 160),
    width=st.integers(32, 160),
    seed=st.integers(0, 99),
)
def test_lite0_equals_timms_bit_for_bit(lite0, published, count, height, width, seed):
    images = torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(seed))
    for batch in (images, images.to(memory_format=torch.channels_last)):
        with torch.inference_mode():
            assert torch.equal(lite0(batch), published(batch))
            features = published.forward_head(published.forward_features(batch), pre_logits=True)
            assert torch.equal(lite0.features(batch), features)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_of_timm_reads_a_local_file(name, saved, photographs):
    theirs, file = saved(name)
    tower = image_tower(f"timm:{name}", weights=file)
    features, logits = tower.embed_image(photographs), tower.logits(photographs)
    assert features.dtype == logits.dtype == np.float32
    assert logits.shape == (2, CLASSES)
    assert tower.classifier.shape == (CLASSES, features.shape[1])
    bias = theirs.get_classifier().bias.detach().numpy()
    np.testing.assert_allclose(features @ tower.classifier.T + bias, logits, rtol=1e-4, atol=1e-4)
    assert not np.allclose(logits[0], logits[1])


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "mixer_s32_224"])
def test_images_are_preprocessed_as_timm_does(timm, name, photographs):
    from PIL import Image
    from seatrial_timm._timm import Named, preprocessing

    config = timm.data.resolve_data_config(timm.get_pretrained_cfg(name).to_dict())
    theirs = timm.data.create_transform(**config)
    ours = preprocessing(Named(name), None, None)
    for image in photographs:
        expected = theirs(Image.fromarray(image)).numpy()
        np.testing.assert_allclose(ours(image), expected, atol=1e-5)


def test_neighbours_in_a_batch_change_nothing(saved, photographs):
    tower = image_tower("timm:resnet18", weights=saved("resnet18")[1])
    alone = np.concatenate([tower.embed_image([image]) for image in photographs])
    np.testing.assert_array_equal(tower.embed_image(photographs), alone)


def test_identity_follows_the_weights(saved):
    module, file = saved("resnet18")
    before = image_tower("timm:resnet18", weights=file).identity
    assert image_tower("timm:resnet18", weights=file).identity == before
    with torch.no_grad():
        module.fc.bias += 1
    save_file(module.state_dict(), file)
    assert image_tower("timm:resnet18", weights=file).identity != before


def test_weights_come_from_the_hub_where_none_are_given(saved, monkeypatch, photographs):
    import huggingface_hub

    _, file = saved("resnet18")
    asked = []
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *a: asked.append(a) or file)
    from_hub = image_tower("timm:resnet18.a2_in1k")
    local = image_tower("timm:resnet18", weights=file)
    np.testing.assert_array_equal(from_hub.logits(photographs), local.logits(photographs))
    assert set(asked) == {("timm/resnet18.a2_in1k", "model.safetensors")}


def test_a_hub_that_does_not_answer_is_named(timm, monkeypatch):
    import huggingface_hub

    def offline(*_):
        msg = "no connection"
        raise OSError(msg)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", offline)
    message = r"hub does not give the weights of resnet18 \(timm/resnet18.a1_in1k\): no connection"
    with pytest.raises(ModelError, match=message):
        image_tower("timm:resnet18").embed_image([GREY])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet_18", "timm has no model 'resnet_18'"),
        ("resnet1", "timm has no model 'resnet1'; it has "),
        ("resnet18.a9", r"no configuration 'resnet18.a9'; of resnet18 it has resnet18.a1_in1k"),
        ("vgg11.nothing", "no configuration 'vgg11.nothing'"),
        ("botnet50ts_256", "publishes no weights for botnet50ts_256 on the hub"),
    ],
)
@pytest.mark.parametrize("asks", ["identity", "module", "classifier"])
def test_what_timm_does_not_have_is_refused(timm, name, message, asks):
    with pytest.raises(ModelError, match=message):
        getattr(image_tower(f"timm:{name}"), asks)


def test_weights_of_another_model_are_refused(timm, tmp_path):
    file = tmp_path / "x.safetensors"
    save_file({"other": torch.zeros(1)}, file)
    with pytest.raises(ModelError, match=r"x.safetensors does not fit timm's resnet18"):
        _ = image_tower("timm:resnet18", weights=str(file)).module


@pytest.mark.parametrize("content", [b"", b"nothing", b"\xff" * 64])
def test_a_damaged_file_is_named(timm, tmp_path, content):
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"x.safetensors cannot be read as weights"):
        _ = image_tower("timm:resnet18", weights=str(file)).module


def test_other_formats_than_safetensors_are_refused(tmp_path):
    (tmp_path / "w.bin").touch()
    for name in ("w.bin", "absent.safetensors"):
        with pytest.raises(ModelError, match=r"is no \.safetensors file"):
            _ = image_tower("timm:resnet18", weights=str(tmp_path / name)).identity


def test_a_model_with_two_classifiers_is_refused(saved):
    _, file = saved("deit_tiny_distilled_patch16_224")
    with pytest.raises(ModelError, match="no single linear classifier"):
        image_tower("timm:deit_tiny_distilled_patch16_224", weights=file).embed_image([GREY])
