"""CLIP and SigLIP, tiny and random: what goes in, what comes out, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from seatrial_transformers import clip

from seatrial.errors import ModelError, ParameterError

WORDS = ["a", "photo", "of", "the", "cat", "dog", "ship", ".", "large", "small"]
SIDE = 32
WINDOW = 12


def save_tokenizer(folder):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = ["<pad>", "<unk>", "<start>", "<end>", *WORDS]
    tokenizer = Tokenizer(
        models.WordLevel({name: index for index, name in enumerate(names)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 2), ("<end>", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<end>",
        bos_token="<start>",
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)
    return len(names)


def save(folder, family):
    import torch
    import transformers

    size = save_tokenizer(folder)
    sizes = {
        "hidden_size": 24,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    special = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    texts = sizes | {"vocab_size": size, "max_position_embeddings": WINDOW, **special}
    images = sizes | {"image_size": SIDE, "patch_size": 8}
    torch.manual_seed(0)
    if family == "clip":
        config = transformers.CLIPConfig(text_config=texts, vision_config=images, projection_dim=16)
        module = transformers.CLIPModel(config)
        processor = transformers.CLIPImageProcessorPil(
            size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
        )
    else:
        config = transformers.SiglipConfig(text_config=texts, vision_config=images)
        module = transformers.SiglipModel(config)
        processor = transformers.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    for parameter in module.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    module.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    return {name: save(tmp_path_factory.mktemp(name), name) for name in ("clip", "siglip")}


@pytest.fixture(params=["clip", "siglip"])
def folder(request, folders):
    return folders[request.param]


@pytest.fixture(scope="session")
def images():
    rng = np.random.default_rng(0)
    shapes = [(40, 60), (SIDE, SIDE), (7, 5)]
    return [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]


def test_describing_and_identifying_loads_nothing_heavy(folder):
    code = (
        f"import sys, seatrial_transformers as s; s.clip({str(folder)!r}, classes=['a']).identity;"
        "print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def processor_of(folder):
    from transformers import CLIPImageProcessorPil, SiglipImageProcessorPil

    family = CLIPImageProcessorPil if "clip" in folder.name[:4] else SiglipImageProcessorPil
    return family.from_pretrained(folder)


def test_pictures_are_prepared_as_transformers_prepares_them(folder, images):
    from seatrial_transformers._pictures import preparation

    prepare = preparation(folder)
    for image in images:
        theirs = processor_of(folder)(images=image, return_tensors="np")["pixel_values"][0]
        np.testing.assert_allclose(prepare(image), theirs, atol=1e-5)


def test_features_are_those_of_the_whole_model(folder, images):
    import torch

    model = clip(folder)
    texts = ["a photo of a cat .", "ship"]
    pixels = processor_of(folder)(images=images, return_tensors="pt")["pixel_values"]
    tokens = model._loaded.tokenizer(
        texts, padding="max_length", max_length=WINDOW, return_tensors="pt"
    )
    if "siglip" in folder.name:
        del tokens["attention_mask"]
    with torch.inference_mode():
        whole = model.module(pixel_values=pixels, **tokens)
    for ours, theirs in [
        (model.embed_image(images), whole.image_embeds),
        (model.embed_text(texts), whole.text_embeds),
    ]:
        assert ours.dtype == np.float32
        unit = ours / np.linalg.norm(ours, axis=1, keepdims=True)
        np.testing.assert_allclose(unit, theirs.numpy(), atol=2e-5)
    assert not np.allclose(np.linalg.norm(model.embed_text(texts), axis=1), 1, atol=0.1)


def test_the_answer_is_the_class_with_the_nearest_prompt(folder, images):
    model = clip(folder, classes=["cat", "dog", "ship"], prompt="a photo of the {} .")
    texts = model.embed_text([f"a photo of the {name} ." for name in model.classes])
    pictures = model.embed_image(images)
    lengths = np.linalg.norm(pictures, axis=1)[:, None] * np.linalg.norm(texts, axis=1)
    logits = model._loaded.scale * (pictures @ texts.T) / lengths
    for answer, row in zip(model(images), logits, strict=True):
        assert answer.value == model.classes[int(row.argmax())]
        expected = np.exp(row - row.max()) / np.exp(row - row.max()).sum()
        assert list(answer.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-4)
    assert model([]) == []


def test_neighbours_in_a_batch_change_nothing(folder, images):
    model = clip(folder)
    alone = np.concatenate([model.embed_image([image]) for image in images])
    np.testing.assert_array_equal(model.embed_image(images), alone)
    several = clip(folder, batch_size=2)
    np.testing.assert_allclose(several.embed_image(images), alone, atol=1e-5)
    assert several.identity == model.identity
    texts = ["cat", "a photo of the large dog ."]
    np.testing.assert_allclose(several.embed_text(texts), model.embed_text(texts), atol=1e-5)


def test_floats_between_0_and_1_are_the_same_picture(folder, images):
    model = clip(folder)
    floats = [image.astype(np.float32) / 255 for image in images]
    np.testing.assert_array_equal(model.embed_image(floats), model.embed_image(images))


def test_identity_changes_with_what_changes_answers(folder, folders):
    model = clip(folder, classes=["cat"])
    others = [clip(folder), clip(folder, classes=["cat"], prompt="{}"), clip(folders["clip"])]
    if "siglip" not in folder.name:
        others[-1] = clip(folders["siglip"], classes=["cat"])
    assert len({model.identity, *(other.identity for other in others)}) == 4
    assert clip(folder, classes=("cat",)).identity == model.identity


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), np.uint8), "must be an array H×W×1 or H×W×3"),
        (np.zeros((4, 4, 3), np.int64), "must be uint8, uint16, or float32"),
        (np.full((4, 4, 3), 2.0), "must lie in"),
        (np.full((4, 4, 3), np.nan), "must lie in"),
    ],
)
def test_what_is_no_image_is_refused(folders, image, message):
    with pytest.raises(ModelError, match=message):
        clip(folders["clip"]).embed_image([image])


def test_a_text_that_does_not_fit_is_refused_and_never_cut(folder):
    with pytest.raises(ModelError, match="longer than the 12 tokens"):
        clip(folder).embed_text(["cat", "dog " * 20])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "a photo"}, "has one {}"),
        ({"classes": ["cat", "cat"]}, "named twice"),
        ({"classes": ["cat", ""]}, "must be names"),
        ({"dtype": "float16"}, "dtype"),
        ({"layers": 2}, "layers"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(folder, options, message):
    with pytest.raises(ParameterError, match=message):
        clip(folder, **options)


def test_without_classes_there_is_no_answer(folder, images):
    with pytest.raises(ModelError, match="needs classes"):
        clip(folder)(images)


def test_folders_of_something_else_are_refused(tiny, folders, tmp_path):
    with pytest.raises(ModelError, match="it is a llama model"):
        clip(tiny).embed_text(["cat"])
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folders["clip"] / name).read_bytes())
    with pytest.raises(ModelError, match="does not say how its pictures are prepared"):
        clip(tmp_path).embed_text(["cat"])
    (tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": {"size": 9}}))
    with pytest.raises(ModelError, match="image_mean"):
        clip(tmp_path).embed_text(["cat"])
