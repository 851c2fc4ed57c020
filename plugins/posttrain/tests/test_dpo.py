"""Preference alignment: what the first step is, what stays, and how it goes on."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys

import pytest
import seatrial_posttrain as posttrain
import torch
from seatrial_posttrain._copies import LoRA, copied, trainable_copy
from seatrial_posttrain._pairs import pairs_of
from seatrial_posttrain._reference import reference_log_probabilities, weights_digest
from seatrial_posttrain._rows import log_probabilities
from seatrial_posttrain._samples import saved
from seatrial_transformers import causal_lm

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, PlanError
from seatrial.testing import check

FAST = {"learning_rate": 1e-2, "batch_size": 2, "rank": 4}


def weights(model):
    return {name: one.clone() for name, one in model.trainable.module.state_dict().items()}


def test_the_face_loads_nothing_heavy():
    code = "import sys, seatrial_posttrain; print(*{'numpy', 'torch', 'peft'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.slow
def test_it_keeps_what_every_adapter_must_keep():
    results = check(posttrain.dpo())
    assert [one for one in results if one.outcome != "passed"] == []


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"rank": 0},
        {"dropout": 0.5},
        {"kind": "cdpo", "label_smoothing": 0.1},
        {"kind": "robust", "label_smoothing": 0.1},
    ],
    ids=["lora", "full", "dropout", "cdpo", "robust"],
)
def test_the_first_step_compares_equal_models(model, preferences, more):
    fixed = sea.repair(posttrain.dpo(**{**FAST, **more}), model=model, cases=preferences, seed=3)
    first, *rest = fixed.training
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert rest[-1]["loss"] != pytest.approx(math.log(2), abs=1e-3)


def test_the_model_own_dropout_stays_off(tmp_path, preferences):
    model = causal_lm(saved(tmp_path / "m", attention_dropout=0.4))
    fixed = sea.repair(posttrain.dpo(**FAST), model=model, cases=preferences)
    assert fixed.training[0]["loss"] == pytest.approx(math.log(2), abs=1e-6)


def test_the_reference_is_the_model_that_was_handed_over(model, preferences):
    with torch.no_grad():
        for one in model.module.parameters():
            one.add_(0.05)
    fixed = sea.repair(posttrain.dpo(**FAST), model=model, cases=preferences)
    assert fixed.training[0]["loss"] == pytest.approx(math.log(2), abs=1e-6)


def test_it_learns_to_prefer_and_leaves_the_original_alone(model, preferences):
    before = weights(model)
    modes = [one.training for one in model.module.modules()]
    asks = [one.requires_grad for one in model.module.parameters()]
    told = []
    fixed = sea.repair(
        posttrain.dpo(**FAST, epochs=4), model=model, cases=preferences, observers=[told.append]
    )
    assert fixed.training[-1]["accuracy"] == 1
    names = ("loss", "margin", "chosen_reward", "rejected_reward")
    figures = [{name: one[name] for name in names} for one in fixed.training]
    assert [one.figures for one in told] == [{}, *figures]
    for pair in pairs_of(model.trainable, preferences):
        gaps = []
        for asked in (model, fixed):
            with torch.inference_mode():
                chosen, rejected = log_probabilities(asked.module, pair, shares=True)
            gaps.append(float(chosen - rejected))
        assert gaps[1] > gaps[0]
    assert all(torch.equal(one, before[name]) for name, one in weights(model).items())
    assert modes == [one.training for one in model.module.modules()]
    assert asks == [one.requires_grad for one in model.module.parameters()]


def test_one_row_gives_what_two_rows_give(model, preferences):
    pairs = pairs_of(model.trainable, preferences)
    for pair in pairs:
        model.module.requires_grad_(False)
        shared = log_probabilities(model.module, pair, shares=True)
        apart = log_probabilities(model.module, pair, shares=False)
        assert [float(one) for one in shared] == pytest.approx([float(o) for o in apart], abs=1e-4)
        for ids, found in ((pair.chosen, apart[0]), (pair.rejected, apart[1])):
            whole = torch.tensor([[*pair.prompt, *ids]])
            each = model.module(input_ids=whole).logits[0].log_softmax(-1)
            start = len(pair.prompt)
            by_hand = sum(float(each[start + at - 1, token]) for at, token in enumerate(ids))
            assert float(found) == pytest.approx(by_hand, abs=1e-4)


def test_gradients_of_one_row_are_those_of_two(model, preferences):
    (pair, *_) = pairs_of(model.trainable, preferences)
    found = []
    for shares in (True, False):
        copy = copied(model.module).requires_grad_(True)
        chosen, rejected = log_probabilities(copy, pair, shares=shares)
        (chosen - 0.5 * rejected).backward()
        found.append(torch.cat([one.grad.flatten() for one in copy.parameters()]))
    assert torch.allclose(*found, atol=1e-4, rtol=1e-4)


def test_a_merged_model_is_the_one_that_was_trained(model, preferences):
    module, finished = trainable_copy(
        copied(model.module), LoRA(rank=4, alpha=8, dropout=0.3), seed=0
    )
    with torch.no_grad():
        for name, one in module.named_parameters():
            if "lora_B" in name:
                one.normal_(std=0.05)
    module.eval()
    ids = torch.arange(40)[None]
    before = module(input_ids=ids).logits
    clean = model.module(input_ids=ids).logits
    after = finished()(input_ids=ids).logits
    assert (after - before).abs().max() < 5e-6 * before.abs().max()
    assert (after - clean).abs().max() > 1e-2


def test_a_saved_model_is_read_as_any_other(model, preferences, tmp_path):
    fixed = sea.repair(posttrain.dpo(**FAST), model=model, cases=preferences, to=tmp_path / "fixed")
    again = sea.repair(posttrain.dpo(**FAST), model=model, cases=preferences, to=tmp_path / "fixed")
    plain = causal_lm(tmp_path / "fixed" / "model", max_new_tokens=4)
    asked = [one.input for one in preferences]
    assert [one.value for one in plain(asked)] == [one.value for one in fixed(asked)]
    for other in (again, plain):
        for name, one in weights(other).items():
            assert torch.equal(one, weights(fixed)[name])
    assert again.identity == fixed.identity
    assert plain.identity == fixed.model.identity != model.identity
    assert list((tmp_path / "fixed" / "model").glob("*.safetensors"))


KILLED = """
import os, runpy, signal, sys

again = runpy.run_path(sys.argv[1])["interrupted"]
again(sys.argv[2], sys.argv[3], lambda event: event.done == 3 and os.kill(os.getpid(), 9))
"""


def interrupted(folder, to, observer=print):
    pairs = [
        sea.Preference(f"q {n}?", f"no, {n}", f"yes, {n + 1}", case_id=str(n)) for n in range(5)
    ]
    adapter = posttrain.dpo(**FAST, dropout=0.3, epochs=2, checkpoint_every=2)
    return sea.repair(
        adapter, model=causal_lm(folder), cases=pairs, to=to, observers=[observer], seed=5
    )


@pytest.mark.slow
def test_a_repair_that_was_killed_ends_like_one_that_was_not(folder, tmp_path):
    line = [sys.executable, "-c", KILLED, __file__, str(folder), str(tmp_path / "killed")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    assert subprocess.run(line, env=environment).returncode == -signal.SIGKILL
    seen = []
    interrupted(folder, tmp_path / "killed", seen.append)
    assert seen[0].done == 2  # within the first epoch of three steps, and on into the second
    whole = interrupted(folder, tmp_path / "whole")
    assert seen[0].figures["loss"] == whole.training[1]["loss"]
    killed, whole = (tmp_path / name / "model" for name in ("killed", "whole"))
    for name in ("model.safetensors", "training.jsonl"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_reference_log_probabilities_are_computed_once(model, preferences, tmp_path, monkeypatch):
    pairs = pairs_of(model.trainable, preferences)
    first = reference_log_probabilities(model.module, pairs, shares=True, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    monkeypatch.setattr("seatrial_posttrain._reference.log_probabilities", None)
    assert reference_log_probabilities(model.module, pairs, shares=True, cache=tmp_path) == first
    monkeypatch.undo()
    file.write_text("{", "utf-8")
    assert reference_log_probabilities(model.module, pairs, shares=True, cache=tmp_path) == first
    changed = copied(model.module)
    with torch.no_grad():
        changed.model.norm.weight[0] += 1e-3
    assert weights_digest(changed) != weights_digest(model.module)
    other = reference_log_probabilities(changed, pairs, shares=True, cache=tmp_path)
    assert other != first
    assert len(list(tmp_path.iterdir())) == 2


def test_a_choice_is_learned_as_it_is_scored(model):
    asked = {"question": "May I drive?", "options": ("yes", "no"), "refusals": ("no",)}
    (before,) = model([asked])
    other = next(one for one in ("yes", "no") if one != before.value)
    pair = sea.Preference(asked, other, before.value, case_id="a")
    (tokens,) = pairs_of(model.trainable, [pair])
    with torch.inference_mode():
        chosen, rejected = map(float, log_probabilities(model.module, tokens, shares=True))
    scored = dict(zip(asked["options"], before.details["log_likelihoods"], strict=True))
    assert chosen - rejected == pytest.approx(scored[other] - scored[before.value], abs=2e-3)
    adapter = posttrain.dpo(**FAST, epochs=8)
    fixed = sea.repair(adapter, model=model, cases=[pair])
    assert fixed([asked])[0].value == other


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (("a?", "yes", "yes"), "case 'x' has two equal sides"),
        (("a?", "yes", " "), "case 'x' cannot be learned from: an answer must be a text"),
        (("a?", 3, "yes"), "case 'x' cannot be learned from: an answer must be a text"),
        (("a" * 300, "yes", "no"), "has 3.. tokens, and the model takes 256"),
        (([{"role": "boss", "content": "a?"}], "yes", "no"), "has the role 'boss'"),
        (([{"role": "assistant", "content": "a?"}], "yes", "no"), "nothing to answer"),
        (({"q": "a?", "options": ("yes", "no")}, "yes", "maybe"), "none of the options"),
    ],
    ids=["equal", "empty", "number", "long", "role", "last-turn", "no-option"],
)
def test_a_pair_that_teaches_nothing_is_refused(model, pair, told):
    with pytest.raises((PlanError, ModelError), match=told):
        sea.repair(posttrain.dpo(), model=model, cases=[sea.Preference(*pair, case_id="x")])


def test_control_tokens_in_content_are_text(model):
    pair = sea.Preference("a<|end|>b", "no<|end|>yes", "yes", case_id="x")
    (tokens,) = pairs_of(model.trainable, [pair])
    assert tokens.prompt.count(0) == 1  # where the template ends the user's turn
    assert tokens.chosen.count(0) == 1
    assert tokens.chosen[-1] == tokens.rejected[-1] == 0


def test_a_model_without_a_template_learns_to_end(tmp_path):
    model = causal_lm(saved(tmp_path / "m", chat=None), prompt="Q: {input}\nA:")
    (tokens,) = pairs_of(model.trainable, [sea.Preference("a?", "no", "yes", case_id="x")])
    spelled = model.tokenizer.decode([*tokens.prompt, *tokens.chosen])
    assert spelled == "Q: a?\nA: no<|end|>"


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(model, preferences, tmp_path):
    adapter = posttrain.dpo(
        learning_rate=1e30, rank=0, batch_size=2, epochs=9, warmup=0, checkpoint_every=1
    )
    with pytest.raises(Exception, match="is not finite at step"):
        sea.repair(adapter, model=model, cases=preferences, to=tmp_path / "fixed")
    assert (tmp_path / "fixed" / "work" / "checkpoint.safetensors").is_file()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kind": "kto"}, "there is no loss 'kto'"),
        ({"label_smoothing": 0.1}, "takes no label_smoothing"),
        ({"rank": 0, "dropout": 0.1}, "dropout is that of LoRA"),
        ({"learning_rate": math.nan}, "'learning_rate' must be finite"),
        ({"epochs": 0}, "'epochs' must be >= 1"),
        ({"batch_size": 1.5}, "'batch_size' must be"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(model, preferences, more, told):
    with pytest.raises(ParameterError, match=told):
        sea.repair(posttrain.dpo(**more), model=model, cases=preferences)
