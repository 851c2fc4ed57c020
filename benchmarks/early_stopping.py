"""Count the cases that verdicts need when a run may stop early, on what a real run measured.

    seatrial run SPEC --to RUN
    python benchmarks/early_stopping.py SPEC RUN [experiments]

Takes every demand of a specification that is a mean over cases, with the scores that a finished run
really measured and the threshold that the specification states. Runs of 300, 1,000 and 2,000 cases
are drawn from them by whole clusters, as if more cases of the same kind had been there, and the
fraction of cases measured until the wagers decide is counted (all of them where they do not).
Prints a line for each setting, and exits with 1 if the median over all settings exceeds a quarter.
"""

from __future__ import annotations

import sys

import numpy as np

from seatrial import Report, load_specification
from seatrial.errors import SeatrialError
from seatrial.judging._early_stopping import judged_early
from seatrial.judging._figures import figure_of
from seatrial.judging._question import questions_of
from seatrial.statistics._sequential import last_look, log_stake

SIZES, AT_MOST = (300, 1_000, 2_000), 0.25


def main(spec: str, run: str, experiments: int) -> int:
    """Print a line for each setting."""
    specification, report = load_specification(spec), Report.load(run)
    generator = np.random.default_rng(specification.seed)
    fractions = []
    print(f"{'priority: demand':66s}{'estimate':>9s}" + "".join(f"{n:>9,}" for n in SIZES))
    for priority in specification.priorities:
        try:
            questions = questions_of(priority, report, specification.seed)
        except SeatrialError as error:
            print(f"{priority.name}: left out: {error}")
            continue
        for question in questions:
            if not judged_early(question):
                continue
            figure = figure_of(question.requirement, question.evidence)
            low, high = figure.bounds
            names, codes = np.unique(figure.clusters.astype(str), return_inverse=True)
            sizes = np.bincount(codes).astype(float)
            sums = np.bincount(codes, figure.values)
            threshold, largest = question.requirement.threshold, sizes.max()
            if question.at_most:
                sums, low, high, threshold = -sums, -high, -low, -threshold
            alpha = last_look(priority.confidence) - priority.confidence
            found = []
            for n in SIZES:
                clusters = max(1, round(n / sizes.mean()))
                drawn = generator.integers(len(names), size=(experiments, clusters))
                gains = sums[drawn] - threshold * sizes[drawn]
                decided = log_stake(gains, (threshold - low) * largest) >= -np.log(alpha)
                decided |= log_stake(-gains, (high - threshold) * largest) >= -np.log(alpha)
                first = np.where(decided.any(axis=1), decided.argmax(axis=1) + 1, clusters)
                found.append(float(np.median(first)) / clusters)
            fractions += found
            setting = (
                f"{priority.name}: {question.requirement.name} {question.requirement.threshold:g}"
            )
            estimate = float(figure.values.mean())
            print(
                f"{setting:66s}{estimate:9.3f}" + "".join(f"{fraction:9.1%}" for fraction in found)
            )
    median = float(np.median(fractions))
    print(
        f"\nmedian fraction of cases over {len(fractions)} settings: {median:.1%} "
        f"(bound {AT_MOST:.0%})"
    )
    return int(median > AT_MOST)


if __name__ == "__main__":
    spec, run, *more = sys.argv[1:]
    sys.exit(main(spec, run, int(more[0]) if more else 200))
