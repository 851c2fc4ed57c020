"""What saves memory and changes no number: chunks of logits, and layers that are computed again."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
import seatrial_posttrain as posttrain
import torch
from seatrial_posttrain import _logits
from seatrial_posttrain._copies import LoRA, copied, trainable_copy
from seatrial_posttrain._curves import curves
from seatrial_posttrain._logits import log_likelihoods

import seatrial as sea
from seatrial.errors import ModelError

FAST = {"learning_rate": 1e-2, "batch_size": 2, "rank": 4}


def gradients(module, found):
    found.sum().backward()
    parts = [one.grad.flatten() for one in module.parameters() if one.grad is not None]
    module.zero_grad()
    return torch.cat(parts)


@pytest.mark.parametrize("rank", [0, 4], ids=["full", "lora"])
def test_logits_in_chunks_are_those_at_once(model, monkeypatch, rank):
    module, _ = trainable_copy(copied(model.module), LoRA(rank=rank, alpha=8, dropout=0), seed=0)
    ids, places = range(40), range(3, 39)
    whole = log_likelihoods(module, ids, places, range(36))
    each = module(input_ids=torch.tensor([list(ids)])).logits[0].detach().log_softmax(-1)
    assert whole.tolist() == pytest.approx(
        [float(each[at, token]) for at, token in zip(places, range(36), strict=True)], abs=1e-5
    )
    expected = gradients(module, whole)
    monkeypatch.setattr(_logits, "LOGITS", 5 * module.config.vocab_size)
    seen = []
    head = module.get_output_embeddings()
    head.register_forward_hook(lambda _, given, __: seen.append(given[0].shape[-2]))
    chunked = log_likelihoods(module, ids, places, range(36))
    assert max(seen) == 5
    assert torch.allclose(chunked, whole, atol=1e-6)
    assert torch.allclose(gradients(module, chunked), expected, atol=1e-5)


def test_a_head_whose_logits_are_capped_is_asked_whole(model, monkeypatch):
    module = copied(model.module)
    expected = log_likelihoods(module, range(9), range(8), range(8))
    module.register_forward_hook(lambda _, __, found: found.__setitem__("logits", found.logits / 2))
    halved = log_likelihoods(module, range(9), range(8), range(8))
    assert not torch.allclose(halved, expected)
    monkeypatch.setattr(_logits, "LOGITS", 2 * module.config.vocab_size)
    assert torch.equal(log_likelihoods(module, range(9), range(8), range(8)), halved)


@pytest.mark.parametrize("more", [{"dropout": 0.4}, {"rank": 0}], ids=["dropout", "full"])
def test_layers_that_are_computed_again_change_nothing(model, preferences, more):
    made = []
    for again in (False, True):
        adapter = posttrain.dpo(**{**FAST, **more}, epochs=2, gradient_checkpointing=again)
        made.append(sea.repair(adapter, model=model, cases=preferences, seed=3))
    assert made[0].training == made[1].training
    one, other = (fixed.module.state_dict() for fixed in made)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_layers_that_are_computed_again_keep_less(model):
    kept = []
    for again in (False, True):
        module, finished = trainable_copy(
            copied(model.module), LoRA(rank=0, alpha=0, dropout=0), seed=0, recompute=again
        )
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda one, sizes=sizes: (sizes.append(one.numel()), one)[1], lambda one: one
        ):
            log_likelihoods(module, range(60), range(59), range(59)).sum()
        kept.append(sum(sizes))
        finished()
        assert not any("forward" in vars(one) for one in module.modules())
    assert kept[1] < 0.6 * kept[0]


def test_a_model_without_such_layers_is_refused():
    with pytest.raises(ModelError, match="Linear has no layers that can be computed again"):
        trainable_copy(
            torch.nn.Linear(2, 2), LoRA(rank=0, alpha=0, dropout=0), seed=0, recompute=True
        )


def test_the_curves_of_a_training_are_drawn(model, preferences, tmp_path):
    fixed = sea.repair(posttrain.dpo(**FAST), model=model, cases=preferences, to=tmp_path / "fixed")
    picture = ET.parse(tmp_path / "fixed" / "model" / "training.svg").getroot()
    told = "".join(picture.itertext())
    assert f"3 steps: loss from 0.693 to {fixed.training[-1]['loss']:.3g}" in told
    assert len(picture.findall(".//{*}path")) == 4 + 5  # a frame for each panel, and its lines
    loss = curves([{"loss": 2.0}, {"loss": 1.0}])
    assert "M" in loss
    assert "margin" not in loss
