"""How often rules, or rules and a judge, agree with a reader of 334 answers.

    python benchmarks/answer_agreement.py [--judge module:model --cache FOLDER]

The answers and their labels are in plugins/metrics/tests/labelled_answers.tsv, which says how they
were made; no rule was written from them.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from seatrial_metrics import answer_agreement

LABELLED = Path(__file__).parents[1] / "plugins/metrics/tests/labelled_answers.tsv"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--judge", help="the import string of a model that reads answers")
    parser.add_argument("--cache", help="the folder in which its replies are kept")
    options = parser.parse_args()
    with LABELLED.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(
            (line for line in lines if not line.startswith("#")),
            delimiter="\t",
            quoting=csv.QUOTE_NONE,
        )
        labelled = [(row["answer"], row["kind"]) for row in rows]
    print(answer_agreement(labelled, judge=options.judge, cache=options.cache))


if __name__ == "__main__":
    main()
