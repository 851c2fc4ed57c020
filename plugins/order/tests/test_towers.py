"""Towers read from files against the modules of transformers, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from seatrial_order import Cached, generated_articles, modality_gap, random_towers, towers

from seatrial.errors import ModelError, ParameterError

PAIRS = {"clip": ("clip",), "siglip": ("siglip",), "blip": ("blip",), "two": ("roberta", "vit")}
STEPS = [step for one in generated_articles("both", articles=2, seed=0) for step in one.steps]
TEXTS = [step.headline for step in STEPS]
IMAGES = [step.image for step in STEPS]


def made(folders, name, **options):
    return towers(*[folders[one] for one in PAIRS[name]], **options)


def expected(folders, name):
    """Run transformers' own classes, by their own way to features."""
    import transformers

    def loaded(kind, folder):
        return kind.from_pretrained(folder).eval()

    tokenizer = transformers.AutoTokenizer.from_pretrained(folders[PAIRS[name][0]])
    full = {"padding": "max_length"} if name == "siglip" else {"padding": True}
    tokens = tokenizer(TEXTS, return_tensors="pt", **full)
    if name == "siglip":
        tokens = {"input_ids": tokens["input_ids"]}
    pixels = torch.from_numpy(np.stack(IMAGES)).permute(0, 3, 1, 2).float() / 255 * 2 - 1
    if name == "clip":
        whole = loaded(transformers.CLIPModel, folders["clip"])
    if name == "siglip":
        whole = loaded(transformers.SiglipModel, folders["siglip"])
    if name in ("clip", "siglip"):
        texts = whole.get_text_features(**tokens).pooler_output
        return texts, whole.get_image_features(pixel_values=pixels).pooler_output
    if name == "blip":
        whole = loaded(transformers.BlipForImageTextRetrieval, folders["blip"])
        found = whole(**tokens, pixel_values=pixels, use_itm_head=False)
        return whole.text_proj(found.question_embeds[:, 0]), whole.vision_proj(
            found.last_hidden_state[:, 0]
        )
    text, image = transformers.RobertaModel, transformers.ViTModel
    return (
        loaded(text, folders["roberta"])(**tokens).last_hidden_state[:, 0],
        loaded(image, folders["vit"])(pixel_values=pixels).last_hidden_state[:, 0],
    )


@pytest.mark.parametrize("name", PAIRS)
def test_rows_are_those_of_transformers(folders, name):
    one = made(folders, name)
    with torch.inference_mode():
        texts, images = expected(folders, name)
    assert one.embed_text(TEXTS) == pytest.approx(texts.numpy(), abs=2e-5)
    assert one.embed_image(IMAGES) == pytest.approx(images.numpy(), abs=2e-5)
    assert one.shared_space == (name != "two")
    assert one.embed_text([]).shape == (0, texts.shape[1])
    assert one(TEXTS[:2]) == [1, 1]
    many = made(folders, name, batch_size=8)
    assert many.embed_text(TEXTS) == pytest.approx(one.embed_text(TEXTS), abs=2e-5)
    assert many.identity == one.identity
    assert modality_gap(one.embed_image(IMAGES), one.embed_text(TEXTS), paired=True).gap > 0


def test_a_hub_name_is_read_from_the_local_cache(folders, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    here = tmp_path / "models--someone--small-clip"
    (here / "refs").mkdir(parents=True)
    (here / "refs" / "main").write_text("abc123")
    shutil.copytree(folders["clip"], here / "snapshots" / "abc123")
    found = towers("someone/small-clip").embed_text(TEXTS)
    assert np.array_equal(found, made(folders, "clip").embed_text(TEXTS))


@pytest.mark.parametrize("pooling", ["mean", "pooler"])
def test_the_other_poolings(folders, pooling):
    import transformers

    found = made(folders, "two", pooling=pooling)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders["roberta"])
    whole = transformers.RobertaModel.from_pretrained(folders["roberta"]).eval()
    text = TEXTS[0]
    with torch.inference_mode():
        states = whole(**tokenizer(text, return_tensors="pt"))
    wanted = states.pooler_output if pooling == "pooler" else states.last_hidden_state.mean(dim=1)
    longer = f"{text} the dough"  # padding must not count
    assert found.embed_text([text, longer])[0] == pytest.approx(wanted[0].numpy(), abs=2e-5)
    assert found.embed_image(IMAGES).shape == (8, 32)


@pytest.mark.parametrize("name", PAIRS)
def test_a_text_that_is_too_long_is_refused_or_cut_before_its_end_token(folders, name):
    start = "mix the dough " * 4 + "mix"  # 13 words of at most 14 between the two ends
    long = [f"{start} {word} shape" for word in ("clay", "glass")]
    with pytest.raises(ModelError, match=r"17 tokens and its tower reads 16.*shorten=True"):
        made(folders, name).embed_text(long)
    one = made(folders, name, shorten=True)
    rows = one.embed_text([*long, f"{start} clay", TEXTS[0]])
    assert one.shortened == {long[0]: f"{start} clay", long[1]: f"{start} glass"}
    assert one.tokens(long)["input_ids"][:, -1].tolist() == [3, 3]
    assert np.abs(rows[0] - rows[1]).max() > 1e-3
    assert rows[0] == pytest.approx(rows[2], abs=1e-5)
    if name == "clip":  # read by its end token: without it, all texts of one beginning are equal
        module = one.module.text
        ids = one.tokens(long)["input_ids"]
        ids[:, -1] = ids[:, -2]
        with torch.inference_mode():
            blind = module({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
        assert torch.equal(blind[0], blind[1])


def test_any_text_tower_stands_beside_any_image_tower(folders):
    one = towers(folders["roberta"], folders["clip"])
    assert not one.shared_space
    assert one.embed_text(TEXTS).shape == (8, 32)
    assert np.array_equal(one.embed_image(IMAGES), made(folders, "clip").embed_image(IMAGES))
    both = towers(folders["blip"], folders["vit"])
    assert np.array_equal(both.embed_text(TEXTS), made(folders, "blip").embed_text(TEXTS))


def test_an_image_tower_of_timm(folders, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "timm" / "tests")
    from torchvision_apart import imported_timm

    timm = imported_timm()
    torch.manual_seed(0)
    module = timm.create_model("resnet10t", num_classes=3).eval()
    timm.models.save_for_hf(module, tmp_path, safe_serialization=True)
    one = towers(folders["roberta"], tmp_path)
    from seatrial_timm import image_tower

    wanted = image_tower(str(tmp_path)).embed_image(IMAGES)
    assert one.embed_image(IMAGES) == pytest.approx(wanted, abs=1e-5)
    assert one.module.image.width == wanted.shape[1]


def test_what_cannot_be_read_is_named(folders, tmp_path):
    with pytest.raises(ModelError, match="no model at"):
        towers(tmp_path / "nowhere").embed_text(["a"])
    with pytest.raises(ModelError, match="roberta model, which has one tower"):
        towers(folders["roberta"]).embed_text(["a"])
    with pytest.raises(ParameterError, match="families"):
        random_towers(tmp_path, "bert")
    with pytest.raises(ParameterError, match="pooling"):
        towers(folders["clip"], pooling="last")
    with pytest.raises(ParameterError, match="colour"):
        towers(folders["clip"], colour=1)
    with pytest.raises(ModelError, match="takes texts, not int"):
        made(folders, "clip").embed_text([3])
    with pytest.raises(ModelError, match="H×W"):
        made(folders, "clip").embed_image([np.zeros((4, 4), np.uint8)])
    broken = shutil.copytree(folders["clip"], tmp_path / "broken")
    (broken / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match="cannot be read as a tower"):
        towers(broken).embed_image(IMAGES)
    (broken / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"no \.safetensors"):
        towers(broken).embed_image(IMAGES)


def test_cached_towers_give_the_same_rows(folders):
    one = made(folders, "clip")
    assert np.array_equal(Cached(one).embed_text(TEXTS), one.embed_text(TEXTS))
    assert Cached(one).shared_space
