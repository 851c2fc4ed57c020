"""Tiny towers with random weights, in the files that transformers writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from seatrial import seeded
from seatrial.errors import ParameterError

from ._generated import STAGES, THINGS
from ._quiet import quiet

__all__ = ["random_towers"]

FAMILIES: Final = ("clip", "siglip", "blip", "roberta", "vit")
SPECIAL: Final = ("<start>", "<pad>", "<unk>", "<end>")
WORDS: Final = ("work", "with", "the", ".", *STAGES, *THINGS)
SIDE: Final = 16
WINDOW: Final = 16
SPACE: Final = 24
SIZES: Final = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def random_towers(folder: str | Path, family: str = "clip", *, seed: int = 0) -> Path:
    """Write a tiny CLIP, SigLIP or BLIP, a RoBERTa or a ViT, to try code with; give its folder.

    Two layers of 32 dimensions with random weights; images of 16 × 16 pixels, and texts of up to 16
    tokens, which are the words of `generated_articles`. `towers` reads it.
    """
    import transformers

    if family not in FAMILIES:
        msg = f"the families are {', '.join(FAMILIES)}, not {family!r}"
        raise ParameterError(msg)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if family != "vit":
        _tokenizer().save_pretrained(folder)
    if family != "roberta":
        size = {"height": SIDE, "width": SIDE}
        transformers.ViTImageProcessorPil(size=size).save_pretrained(folder)
    with seeded(seed):
        module = _module(family)
        for parameter in module.parameters():
            if parameter.dim() > 1:
                parameter.data.normal_(std=0.2)
    with quiet():
        module.save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    numbers = {one: at for at, one in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(numbers, "<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 0), ("<end>", 3)]
    )
    start, padding, unknown, end = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=start,
        pad_token=padding,
        unk_token=unknown,
        eos_token=end,
        model_max_length=WINDOW,
        model_input_names=["input_ids", "attention_mask"],
    )


def _module(family: str) -> Any:
    import transformers

    images: dict[str, Any] = SIZES | {"image_size": SIDE, "patch_size": 4}
    special = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 3, "sep_token_id": 3}
    texts: dict[str, Any] = SIZES | special
    texts |= {"vocab_size": len(SPECIAL) + len(WORDS), "max_position_embeddings": WINDOW}
    if family == "roberta":
        texts |= {"max_position_embeddings": WINDOW + 2, "type_vocab_size": 1}
        return transformers.RobertaModel(transformers.RobertaConfig(**texts))
    if family == "vit":
        return transformers.ViTModel(transformers.ViTConfig(**images))
    both: dict[str, Any] = {"text_config": texts, "vision_config": images}
    if family == "clip":
        return transformers.CLIPModel(transformers.CLIPConfig(**both, projection_dim=SPACE))
    if family == "siglip":
        return transformers.SiglipModel(transformers.SiglipConfig(**both))
    texts |= {"encoder_hidden_size": SIZES["hidden_size"], "is_decoder": False}
    config = transformers.BlipConfig(**both, image_text_hidden_size=SPACE)
    return transformers.BlipForImageTextRetrieval(config)
