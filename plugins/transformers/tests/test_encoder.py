"""A text encoder against one text at a time, with its own mean."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from seatrial_transformers import text_encoder

from seatrial.errors import ModelError, ParameterError

TEXTS = ["yes", "how do you keep a door open in the wind?", "", "naïve 東京", "take two " * 40]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_tokenizer):
    import transformers

    place = tmp_path_factory.mktemp("encoder")
    config = transformers.BertConfig(
        vocab_size=make_tokenizer(place),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=32,
        initializer_range=0.4,
    )
    from tokenizers.processors import TemplateProcessing

    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|user|> $A <|end|>", special_tokens=[("<|user|>", 1), ("<|end|>", 0)]
    )
    tokenizer.save_pretrained(place)
    torch.manual_seed(1)
    transformers.BertModel(config).eval().save_pretrained(place)
    return place


def one_by_one(encoder, text, pooling):
    module, tokenizer, most = encoder._loaded()
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    parts = [ids[n : n + most - 2] for n in range(0, len(ids), most - 2)] or [[]]
    rows = []
    for part in parts:
        with torch.inference_mode():
            states = module(input_ids=torch.tensor([[1, *part, 0]])).last_hidden_state[0].numpy()
        rows.append(states if pooling == "mean" else states[:1])
    return np.concatenate(rows).mean(0)


@pytest.mark.parametrize("pooling", ["mean", "first"])
@pytest.mark.parametrize("batch_tokens", [1, 70, 4096])
def test_vectors_are_those_of_each_text_by_itself(folder, pooling, batch_tokens):
    encoder = text_encoder(folder, pooling=pooling, batch_tokens=batch_tokens)
    found = encoder.embed_text([*TEXTS, TEXTS[0]])
    assert found.dtype == np.float32
    assert np.array_equal(found[0], found[-1])
    for text, vector in zip(TEXTS, found, strict=False):
        np.testing.assert_allclose(vector, one_by_one(encoder, text, pooling), atol=1e-5)


def test_a_shorter_window_cuts_texts_into_more_parts(folder):
    encoder = text_encoder(folder, max_tokens=8)
    found = encoder.embed_text(TEXTS)
    for text, vector in zip(TEXTS, found, strict=True):
        np.testing.assert_allclose(vector, one_by_one(encoder, text, "mean"), atol=1e-5)
    with pytest.raises(ModelError, match="max_tokens is 64, and the encoder takes 32"):
        text_encoder(folder, max_tokens=64).embed_text(["yes"])


def test_the_window_of_sentence_transformers_is_kept_to(folder, tmp_path):
    import shutil

    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 8}))
    expected = text_encoder(folder, max_tokens=8).embed_text(TEXTS)
    assert np.array_equal(text_encoder(copy).embed_text(TEXTS), expected)


def test_identity_says_what_changes_the_vectors(folder):
    identity = text_encoder(folder).identity
    assert text_encoder(folder, batch_tokens=8).identity == identity
    assert text_encoder(folder, pooling="first").identity != identity
    assert text_encoder(folder, max_tokens=8).identity != identity


def test_no_texts_give_no_rows(folder):
    assert text_encoder(folder).embed_text([]).shape == (0, 16)


def test_what_is_no_text_or_no_encoder_is_an_error(folder, tmp_path):
    with pytest.raises(ModelError, match="takes texts, not int"):
        text_encoder(folder).embed_text([3])
    with pytest.raises(ModelError, match="cannot be read as a text encoder"):
        text_encoder(tmp_path).embed_text(["yes"])
    with pytest.raises(ParameterError, match="'pooling' must be in"):
        text_encoder(folder, pooling="max")
    with pytest.raises(ParameterError, match="its options are pooling, device"):
        text_encoder(folder, poling="mean")
