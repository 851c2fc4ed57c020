"""Tiny towers with random weights, in the files that transformers writes."""

from __future__ import annotations

from pathlib import Path

import pytest

WORDS = "work with the gather mix shape finish dough frame paint cloth stone glass paper clay .".split()
FAMILIES = ("clip", "siglip", "blip", "roberta", "vit")
SIDE = 16
WINDOW = 14
WIDTH = 32
SIZES = {
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
IMAGES = SIZES | {"image_size": SIDE, "patch_size": 4}


def save_tokenizer(folder: Path, window: int = WINDOW) -> int:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = ["<start>", "<pad>", "<unk>", "<end>", *WORDS]
    tokenizer = Tokenizer(models.WordLevel({one: at for at, one in enumerate(names)}, "<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 0), ("<end>", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<end>",
        bos_token="<start>",
        model_max_length=window,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)
    return len(names)


def _written(folder: Path, module) -> Path:
    import torch

    for parameter in module.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    module.save_pretrained(folder)
    return folder


def save(folder: Path, family: str) -> Path:
    """Write a CLIP, SigLIP or BLIP, a RoBERTa or a ViT into a folder."""
    import torch
    import transformers

    torch.manual_seed(0)
    special = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 3}
    texts = SIZES | special | {"vocab_size": len(WORDS) + 4, "max_position_embeddings": WINDOW}
    if family != "vit":
        save_tokenizer(folder)
    if family != "roberta":
        transformers.ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(
            folder
        )
    if family == "roberta":
        options = texts | {"max_position_embeddings": WINDOW + 2, "type_vocab_size": 1}
        return _written(folder, transformers.RobertaModel(transformers.RobertaConfig(**options)))
    if family == "vit":
        return _written(folder, transformers.ViTModel(transformers.ViTConfig(**IMAGES)))
    if family == "clip":
        config = transformers.CLIPConfig(text_config=texts, vision_config=IMAGES, projection_dim=24)
        return _written(folder, transformers.CLIPModel(config))
    if family == "siglip":
        config = transformers.SiglipConfig(text_config=texts, vision_config=IMAGES)
        return _written(folder, transformers.SiglipModel(config))
    config = transformers.BlipConfig(
        text_config=texts | {"encoder_hidden_size": WIDTH, "is_decoder": False},
        vision_config=IMAGES,
        image_text_hidden_size=24,
    )
    return _written(folder, transformers.BlipForImageTextRetrieval(config))


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Give the folder of each family."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    found = {name: save(tmp_path_factory.mktemp(name), name) for name in FAMILIES}
    logging.set_verbosity(verbosity)
    if bars:
        logging.enable_progress_bar()
    return found
