"""A classifier of questions that counts words, and one that takes a vote of its neighbours."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import seatrial as sea

DESKS = ("dose", "order", "stock")
COPIES = 5
GROUPS = 500


def questions(part="training", count=900):
    """Give questions in which one word says the desk; three sites have words of their own."""
    return [
        sea.Case(
            f"{part}-{at}",
            f"please {desk} for {site} number {part}-{at} thanks",
            desk,
            {"site": site},
            f"{part} {at}",
        )
        for at in range(count)
        for desk, site in [(DESKS[at % 3], "abc"[at // 3 % 3])]
    ]


def words(cases, *, seed):
    """Train multinomial naive Bayes, with add-one smoothing."""
    counts, totals = defaultdict(Counter), Counter(one.target for one in cases)
    for one in cases:
        counts[one.target].update(one.input.split())
    known = {word for some in counts.values() for word in some}
    sums = {label: some.total() + len(known) for label, some in counts.items()}

    def score(label, text):
        found = math.log(totals[label])
        for word in text.split():
            if word in known:
                found += math.log((counts[label][word] + 1) / sums[label])
        return found

    labels = sorted(totals)
    return lambda texts: [max(labels, key=lambda label: score(label, text)) for text in texts]


def copied():
    """Give every question of two labels five times."""
    return [
        sea.Case(f"{at}-{copy}", f"question {at}", "ab"[at % 2])
        for at in range(GROUPS)
        for copy in range(COPIES)
    ]


def asked():
    return [sea.Case(f"asked-{at}", f"question {at}.", "ab"[at % 2]) for at in range(GROUPS)]


def vote(cases, *, seed):
    """Answer with the label that most of the training cases of the same question have."""
    votes = defaultdict(Counter)
    for one in cases:
        votes[one.input][one.target] += 1
    return lambda texts: [votes[text.rstrip(".")].most_common(1)[0][0] for text in texts]


def sites(cases, *, seed):
    """Know the questions of those sites that were trained on, and no others."""
    known = {one.groups["site"] for one in cases}

    def model(texts):
        return [
            next(word for word in text.split() if word in DESKS)
            if known & set(text.split())
            else "nobody knows"
            for text in texts
        ]

    return model
