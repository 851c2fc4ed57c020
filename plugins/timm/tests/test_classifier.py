"""Image classifiers: probabilities, names of classes, activations, folders, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from seatrial_timm import ImageClassifier, image_classifier, image_tower, imagenet_names

from seatrial.errors import ModelError, ParameterError

CLASSES = ("benign", "malignant", "normal")
FAMILIES = ["test_resnet", "test_vit", "test_convnext", "mobilenetv3_small_050"]


@pytest.fixture(scope="module")
def pictures():
    """Four random pictures in colours: they only have to differ."""
    draw = np.random.default_rng(0)
    return [draw.integers(0, 256, (40, 48, 3), dtype=np.uint8) for _ in range(4)]


@pytest.fixture
def saved(timm, tmp_path):
    """Save a model of random weights as timm does; give its module and its folder."""

    def save(name="test_resnet", *, names=CLASSES, **options):
        torch.manual_seed(0)
        module = timm.create_model(name, pretrained=False, num_classes=len(CLASSES), **options)
        torch.nn.init.normal_(module.get_classifier().weight, std=0.5)
        folder = tmp_path / name
        labels = {"label_names": list(names)} if names else {}
        timm.models.save_for_hf(module, str(folder), model_config=labels, safe_serialization=True)
        return module.eval(), folder

    return save


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_folder_that_timm_wrote_answers_as_timm_does(timm, saved, pictures, name):
    from PIL import Image

    module, folder = saved(name)
    config = timm.data.resolve_data_config({}, model=module)
    transform = timm.data.create_transform(**config)
    with torch.inference_mode():
        batch = torch.stack([transform(Image.fromarray(one)) for one in pictures])
        expected = softmax(module(batch).double().numpy())
    answers = image_classifier(str(folder))(pictures)
    for answer, row in zip(answers, expected, strict=True):
        assert answer.value == CLASSES[row.argmax()]
        assert tuple(answer.probabilities) == CLASSES
        np.testing.assert_allclose(list(answer.probabilities.values()), row, atol=1e-4)


def test_a_file_of_weights_and_names_do_as_well(timm, saved, pictures, tmp_path):
    module, folder = saved()
    file = tmp_path / "w.safetensors"
    save_file(module.state_dict(), file)
    by_name = image_classifier("timm:test_resnet", weights=str(file), classes=CLASSES)
    # timm knows this architecture's preprocessing, and the folder says the same
    assert by_name(pictures) == image_classifier(str(folder))(pictures)
    assert by_name.identity != image_classifier(str(folder)).identity


def test_a_batch_changes_no_answer(saved, pictures):
    model = image_classifier(str(saved()[1]))
    assert model(pictures) == [model([one])[0] for one in pictures]
    assert model([]) == []


def test_grey_12_bits_and_floats_are_the_same_picture(saved):
    _, folder = saved()
    grey = np.random.default_rng(1).integers(0, 256, (40, 48, 1), dtype=np.uint8)
    model = image_classifier(str(folder))
    expected = model([np.repeat(grey, 3, axis=2)])
    assert model([grey]) == expected
    assert model([(grey / 255).astype(np.float32)]) == expected
    assert model([grey.astype(np.uint16) * 257]) == expected
    twelve = np.rint(grey * (4095 / 255)).astype(np.uint16)
    assert image_classifier(str(folder), bits=12)([twelve]) == expected
    assert model([twelve]) != expected  # over 16 bits it is nearly black
    with pytest.raises(ModelError, match="bits=12 holds values up to 4095, and this one has 65535"):
        image_classifier(str(folder), bits=12)([np.full((4, 4, 1), 65535, np.uint16)])


def test_a_model_for_grey_pictures_gets_grey(saved):
    _, folder = saved(in_chans=1)
    grey = np.random.default_rng(1).integers(0, 256, (40, 48, 1), dtype=np.uint8)
    model = image_classifier(str(folder))
    assert model.tower.module.conv1[0].in_channels == 1
    assert model([grey]) == model([np.repeat(grey, 3, axis=2)])


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((4, 4), np.uint8), "must be an array H×W×1 or H×W×3"),
        (np.zeros((4, 4, 2), np.uint8), "must be an array H×W×1 or H×W×3"),
        (np.zeros((1, 1, 200), np.uint8), r"not one of shape \(1, 1, 200\)"),
        (np.zeros((4, 4, 3), bool), "must be uint8, uint16, or float32"),
        (np.full((4, 4, 3), np.nan, np.float32), "hold no NaN"),
        (np.full((4, 4, 3), 255.0, np.float32), "divide by 255"),
    ],
)
def test_what_is_no_picture_is_refused(saved, picture, message):
    with pytest.raises(ModelError, match=message):
        image_classifier(str(saved()[1]))([picture])


def test_one_pixel_is_a_picture(saved):
    assert image_classifier(str(saved()[1]))([np.zeros((1, 1, 3), np.uint8)])[0].value in CLASSES


def test_lite0_names_imagenets_classes(photographs):
    model = image_classifier()
    assert len(set(model.labels)) == 1000
    assert model.labels[207] == "golden retriever"
    assert {model.labels[place] for place in (134, 517)} == {"crane (134)", "crane (517)"}
    assert len(imagenet_names()) == 1000
    temple, flower = model(photographs)
    assert temple.value in {"palace", "monastery"}
    assert flower.probabilities["daisy"] > 0.2
    assert sum(flower.probabilities.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["a", "b"], "tells 3 classes apart, and classes= names 2"),
        (["a", "b", "c", "d"], "tells 3 classes apart, and classes= names 4"),
    ],
)
def test_a_wrong_number_of_classes_is_said(saved, pictures, classes, message):
    with pytest.raises(ModelError, match=message):
        image_classifier(str(saved()[1]), classes=classes)(pictures)


def test_classes_without_names_are_asked_for(saved, pictures):
    with pytest.raises(ModelError, match=r"tells 3 classes apart: name them, classes=\["):
        image_classifier(str(saved(names=None)[1]))(pictures)


@pytest.mark.parametrize("classes", [["a", "a", "b"], ["a", "", "b"], ["a", 1, "b"]])
def test_names_that_are_none_are_refused_at_once(classes):
    with pytest.raises(ParameterError, match=r"named twice|must be names"):
        image_classifier(classes=classes)


def test_the_identity_follows_names_weights_and_options(saved):
    folder = str(saved()[1])
    one = image_classifier(folder).identity
    assert one == image_classifier(folder).identity
    others = {
        image_classifier(folder, classes=["a", "b", "c"]).identity,
        image_classifier(folder, bits=12).identity,
        image_classifier(folder, crop=1.0).identity,
    }
    assert len(others | {one}) == 4


@pytest.mark.parametrize("name", FAMILIES)
def test_activations_are_what_leaves_the_stages(saved, pictures, name):
    module, folder = saved(name)
    model = image_classifier(str(folder))
    found = model.activations(pictures, poolings=("mean", "max"), tokens=(2,))
    assert len(found) == 4
    assert found.predictions == model(pictures)
    batch = torch.cat(list(model.tower.batches(pictures)))
    with torch.inference_mode():
        expected = module.forward_intermediates(batch, intermediates_only=True)
    assert found.layers == tuple(range(1, len(expected) + 1))
    for layer, maps in enumerate(expected, start=1):
        wanted = maps.numpy()
        np.testing.assert_allclose(found.at(layer, "mean"), wanted.mean((2, 3)), atol=1e-4)
        np.testing.assert_allclose(found.at(layer, "max"), wanted.max((2, 3)), atol=1e-4)
    flat = expected[1].flatten(2).transpose(1, 2).numpy()
    np.testing.assert_allclose(np.stack(found.tokens(2)), flat, atol=1e-4)


def test_activations_of_lite0_end_in_its_answers(photographs):
    model = image_classifier()
    found = model.activations(photographs, layers=(3, 16))
    assert found.layers == (3, 16)
    assert found.at(16, "mean").shape == (2, 320)
    assert found.predictions == model(photographs)


def test_activations_are_kept_by_content(saved, pictures, tmp_path, monkeypatch):
    model = image_classifier(str(saved()[1]))
    cache = tmp_path / "kept"
    first = model.activations(pictures, cache=cache)
    monkeypatch.setattr(type(model.tower), "stages", None)  # nothing is computed again
    again = model.activations(pictures, cache=cache)
    np.testing.assert_array_equal(first.at(2, "mean"), again.at(2, "mean"))
    assert again.predictions == first.predictions
    assert again.layers == first.layers
    monkeypatch.undo()
    model.activations(pictures[:2], cache=cache)
    assert len(list(cache.iterdir())) == 2
    for file in cache.iterdir():
        file.write_bytes(b"damaged")
    mended = model.activations(pictures, cache=cache)
    np.testing.assert_array_equal(first.at(2, "mean"), mended.at(2, "mean"))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"layers": (9,)}, "no layer 9: this model has 1 to 5"),
        ({"layers": (0,)}, "no layer 0"),
        ({"poolings": ("last",)}, "no pooling 'last': poolings are mean, max"),
    ],
)
def test_layers_and_poolings_that_do_not_exist_are_named(saved, pictures, asked, message):
    with pytest.raises(ModelError, match=message):
        image_classifier(str(saved()[1])).activations(pictures, **asked)


def test_what_was_not_kept_is_said(saved, pictures):
    found = image_classifier(str(saved()[1])).activations(pictures, layers=(1,))
    with pytest.raises(ModelError, match="there are the layers 1 with mean"):
        found.at(2, "mean")
    with pytest.raises(ModelError, match=r"ask for activations with tokens=\(1,\)"):
        found.tokens(1)


def test_a_folder_without_weights_is_said_and_pickles_are_not_loaded(saved, pictures):
    _, folder = saved()
    (folder / "model.safetensors").unlink()
    for file in folder.glob("*.bin"):
        file.unlink()
    with pytest.raises(ModelError, match=r"holds no model\.safetensors$"):
        image_classifier(str(folder))(pictures)
    torch.save({"weight": torch.zeros(1)}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin may hold pickled code"):
        image_classifier(str(folder))(pictures)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", r"config\.json cannot be read"),
        ("[]", "names no architecture of timm"),
        (json.dumps({"architecture": "resnet_18"}), "timm has no model 'resnet_18'"),
        (
            json.dumps({"architecture": "test_resnet", "model_args": {"checkpoint_path": "x"}}),
            "model_args may not set checkpoint_path",
        ),
        (
            json.dumps({"architecture": "test_resnet", "model_args": {"width": 3}}),
            "does not fit timm's test_resnet",
        ),
        (json.dumps({"architecture": "test_vit"}), "does not fit timm's test_vit"),
    ],
)
def test_a_damaged_configuration_is_named(saved, pictures, config, message):
    _, folder = saved()
    (folder / "config.json").write_text(config)
    with pytest.raises(ModelError, match=message):
        image_classifier(str(folder))(pictures)


def test_a_folder_needs_a_configuration(tmp_path, pictures):
    with pytest.raises(ModelError, match=r"config\.json cannot be read: .*No such file"):
        image_classifier(str(tmp_path))(pictures)
    with pytest.raises(ParameterError, match="come from the folder: leave weights out"):
        image_classifier(str(tmp_path), weights="x.safetensors")


def test_a_classifier_is_a_tower_with_names(saved, pictures):
    model = image_classifier(str(saved()[1]))
    assert isinstance(model, ImageClassifier)
    tower = image_tower(str(saved()[1]), crop=None)
    np.testing.assert_array_equal(model.embed_image(pictures), tower.embed_image(pictures))
    assert not model.module.training


@pytest.mark.parametrize("size", [(160, 160), (320, 320), (90, 200)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_module_takes_pictures_and_gives_the_gradient(saved, size, channels):
    model = image_classifier(str(saved()[1]))
    y, x = np.mgrid[0 : size[0], 0 : size[1]] / max(size)
    smooth = np.stack([x, y, (x + y) / 2], axis=2)[:, :, :channels]
    picture = np.rint(smooth * 255).astype(np.uint8)
    given = torch.tensor(picture / 255, dtype=torch.float32).movedim(-1, 0)[None]
    given.requires_grad_()
    logits = model.module(given)
    probabilities = logits.softmax(1)[0].tolist()
    expected = list(model([picture])[0].probabilities.values())
    np.testing.assert_allclose(probabilities, expected, atol=0.02)  # torch resizes without rounding
    logits[0, 0].backward()
    assert given.grad.abs().max() > 0


def test_a_copy_can_be_trained_and_the_original_stays(saved, pictures):
    from copy import deepcopy

    model = image_classifier(str(saved()[1]))
    before = model(pictures)
    learner = model.with_module(deepcopy(model.module))
    assert learner(pictures) == before
    optimizer = torch.optim.SGD(learner.module.parameters(), lr=0.5)
    targets = ["normal"] * len(pictures)
    losses = []
    for _ in range(3):
        loss = learner.training_loss(pictures, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert learner(pictures) != before
    assert model(pictures) == before
    with pytest.raises(ModelError, match="the target 'cat' is none of the classes benign, mal"):
        learner.training_loss(pictures, ["cat"] * 4)


def test_the_gradient_search_finds_a_worse_picture(saved):
    import seatrial as sea

    model = image_classifier(str(saved()[1]))
    draw = np.random.default_rng(3)
    inputs = [draw.random((160, 160, 3), dtype=np.float32) for _ in range(3)]
    cases = [
        sea.Case(f"p{place}", one, answer.value)
        for place, (one, answer) in enumerate(zip(inputs, model(inputs), strict=True))
    ]
    found = sea.default_registry()
    plan = sea.Plan(
        perturbations=[found.get("threats.projected-gradient")()],
        metrics=[found.get("metrics.accuracy")()],
        severities=[5],
        seed=1,
    )
    report = sea.run(plan, model=model, cases=cases)
    assert report.accounting.scored == report.accounting.planned
    sure = {True: {}, False: {}}
    for record in report.records():
        probability = record.prediction.probabilities[record.case.target]
        sure[record.severity == 0][record.case.id] = probability
    for case in cases:
        assert sure[False][case.id] < sure[True][case.id]
