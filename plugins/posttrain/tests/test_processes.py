"""Several processes train one model to what one process does.

The launched processes run this file as a script.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import seatrial_posttrain as posttrain
from accelerate.utils import DistributedType
from safetensors.torch import load_file
from seatrial_posttrain._processes import processes_for
from seatrial_posttrain._samples import saved
from seatrial_transformers import causal_lm

import seatrial as sea
from seatrial.errors import ModelError

FAST = {"learning_rate": 1e-2, "epochs": 2, "checkpoint_every": 2, "batch_size": 3}
PAIRS = [
    sea.Preference(f"q {n}?", f"no, {n} " * (n + 1), f"yes, {n}", case_id=str(n)) for n in range(4)
]
CASES = [
    *(sea.Case(f"d{n}", f"profit of {n} rose by {n} percent " * (n + 1)) for n in range(3)),
    *(sea.Case(f"i{n}", f"what is {n} and {n}?", f"it is {2 * n}") for n in range(6)),
]
HELD_OUT = {"name": "sums", "cases": [{"id": "h", "input": "7 and 7?"}], "metric": "perplexity"}
ASKED = [
    sea.Case(f"a{n}", f"word {n}", "x", groups={"stage": "pa"}, cluster=f"a{n}") for n in range(2)
]


def judge(texts):
    """Call an answer of an even length right, once: of several processes one asks."""
    assert os.environ.get("RANK", "0") == "0"
    return [f"[[{'wrong' if len(one) % 2 else 'correct'}]]" for one in texts]


sys.modules["even"] = SimpleNamespace(judge=judge)  # what is kept in a directory names its judge

LEARNED = {
    "lora": (posttrain.dpo(**FAST, rank=4), PAIRS),
    "full": (posttrain.dpo(**FAST, rank=0, gradient_checkpointing=True), PAIRS),
    "joint": (posttrain.joint(**FAST, row_tokens=96), CASES),
    "resumed": (posttrain.joint(**FAST, row_tokens=96), CASES),
    "recipe": (
        posttrain.recipe(
            joint={**FAST, "row_tokens": 96, "learning_rate": 1e-3},
            preference={**FAST, "judge": "even:judge", "samples": 8, "temperature": 1.5},
            evaluation=[HELD_OUT],
        ),
        [*CASES, *ASKED],
    ),
}


def model_of(name, folders):
    return folders / ("tied" if name == "full" else "untied")


def learn(name, folders, to, observers=()):
    """Train as `name` says; of several processes the main one keeps what comes out."""
    adapter, examples = LEARNED[name]
    main = os.environ.get("RANK", "0") == "0"
    model = causal_lm(model_of(name, folders), max_new_tokens=40)
    return sea.repair(
        adapter, model=model, cases=examples, to=to / name if main else None, observers=observers
    )


def shard_on_cpu():
    """Switch FSDP on, which accelerate does on accelerators alone."""
    from accelerate import Accelerator, FullyShardedDataParallelPlugin
    from accelerate.state import AcceleratorState, PartialState

    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2,
        auto_wrap_policy="transformer_based_wrap",
        transformer_cls_names_to_wrap=["LlamaDecoderLayer"],
        cpu_ram_efficient_loading=False,
    )
    Accelerator(cpu=True, fsdp_plugin=plugin)
    for state in (AcceleratorState, PartialState):
        state._shared_state["distributed_type"] = DistributedType.FSDP
    AcceleratorState._shared_state["fsdp_plugin"] = plugin


def interrupt(event):
    if event.done == 3:
        raise KeyboardInterrupt


def interrupt_between_stages():
    begun = []

    def observe(event):
        begun.append(event.done)
        if begun.count(0) == 2:
            raise KeyboardInterrupt

    return observe


def launched(*arguments):
    line = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", __file__]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *line, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    found = tmp_path_factory.mktemp("folders")
    for name in ("tied", "untied"):
        saved(found / name, tie_word_embeddings=name == "tied")
    return found


@pytest.fixture(scope="module")
def alone(folders, tmp_path_factory):
    to = tmp_path_factory.mktemp("alone")
    for name in LEARNED:
        learn(name, folders, to)
    return to


@pytest.mark.slow
@pytest.mark.parametrize("how", ["whole", "sharded"])
def test_two_processes_train_what_one_does(alone, folders, tmp_path, how):
    with pytest.raises(KeyboardInterrupt):
        learn("resumed", folders, tmp_path, observers=[interrupt])
    if how == "sharded":
        with pytest.raises(KeyboardInterrupt):
            learn("recipe", folders, tmp_path, observers=[interrupt_between_stages()])
        assert (tmp_path / "recipe" / "work" / "joint" / "model").is_dir()
    done = launched(folders, tmp_path, how)
    assert done.returncode == 0, done.stderr
    for name in LEARNED:
        one, two = (
            load_file(at / name / "model" / "model.safetensors") for at in (alone, tmp_path)
        )
        before = load_file(model_of(name, folders) / "model.safetensors")
        assert one.keys() == two.keys() == before.keys()
        for key, weights in one.items():
            assert (two[key] - weights).abs().max() < 1e-5, (name, key)
        assert max(float((one[key] - before[key]).abs().max()) for key in one) > 1e-3
        assert (alone / name / "model" / "config.json").read_text() == (
            tmp_path / name / "model" / "config.json"
        ).read_text()


SHARDED = {"distributed_type": "FSDP", "is_fsdp2": True}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"device": SimpleNamespace(type="cuda")}, "the model is on cpu, and accelerate works on"),
        ({"distributed_type": "DEEPSPEED"}, "by FSDP or with the whole model each"),
        ({**SHARDED, "is_fsdp2": False}, "set fsdp_version to 2"),
        (SHARDED, "set fsdp_cpu_ram_efficient_loading to false"),
        ({"mixed_precision": "bf16"}, "training is in float32"),
        ({"is_main_process": False}, "give `to` only where RANK is 0"),
    ],
    ids=["device", "kind", "version", "loading", "precision", "to"],
)
def test_what_processes_cannot_do_is_refused(model, monkeypatch, tmp_path, given, told):
    plugin = SimpleNamespace(cpu_ram_efficient_loading=True)
    facts = {
        "device": SimpleNamespace(type="cpu"),
        "distributed_type": "MULTI_CPU",
        "mixed_precision": "no",
        "is_main_process": True,
        "state": SimpleNamespace(fsdp_plugin=plugin),
        **given,
    }
    facts["distributed_type"] = DistributedType(facts["distributed_type"])
    accelerator = SimpleNamespace(**facts)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("accelerate.Accelerator", lambda **_: accelerator)
    with pytest.raises(ModelError, match=told):
        processes_for(model.trainable.module, SimpleNamespace(directory=tmp_path))


if __name__ == "__main__":
    folders, to, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    if how == "sharded":
        shard_on_cpu()
    module = causal_lm(folders / "tied").trainable.module
    found = processes_for(module, SimpleNamespace(directory=None))
    assert (found.count, found.shards) == (2, how == "sharded")
    for name in LEARNED:
        fixed = learn(name, folders, to)
        if name == "recipe":
            assert fixed.manifest["capabilities"], "every process has what was measured"
        assert fixed(["q?"]), "every process has the model"
