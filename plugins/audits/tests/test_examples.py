"""One positive and one negative example for each audit of cases."""

from __future__ import annotations

import numpy as np
import pytest
import seatrial_audits as audits

import seatrial as sea

WORDS = (
    *("door", "stone", "tree", "river", "house", "bread"),
    *("night", "cloud", "glass", "paper", "chair", "horse"),
)


def asked(count=60, seed=0):
    """Make questions of unlike words, with targets drawn at random and nothing wrong."""
    draw = np.random.default_rng([seed, 53])
    return [
        sea.Case(
            f"q{at}",
            f"{' '.join(draw.choice(WORDS, 9))} {at}",
            str(draw.choice(["yes", "no"])),
            {"split": ("train", "test")[at % 2]},
        )
        for at in range(count)
    ]


def with_options(count=60, place=None):
    draw = np.random.default_rng(59)
    cases = []
    for at in range(count):
        options = tuple(f"{one} {at}" for one in draw.permutation(WORDS)[:3])
        right = int(draw.integers(3)) if place is None else place
        cases.append(
            sea.Case(f"o{at}", {"question": f"which {at}", "options": options}, options[right])
        )
    return cases


FINE = asked()
POSITIVE = {
    audits.contradictory_duplicates: [*FINE, sea.Case("again", FINE[0].input, "other")],
    audits.split_leak: [*FINE, sea.Case("again", FINE[0].input, FINE[0].target, {"split": "test"})],
    audits.near_duplicates: [*FINE, sea.Case("again", f"{FINE[0].input} then", FINE[0].target)],
    audits.gold_in_prompt: [
        sea.Case(one.id, f"{one.input}\nLabel: {int(one.target == 'yes')}", one.target)
        for one in FINE
    ],
    audits.order_correlation: [
        sea.Case(f"q{at}", one.input, "yes" if at < 30 else "no") for at, one in enumerate(FINE)
    ],
    audits.prompt_shortcut: [
        sea.Case(one.id, one.input + " door" * 9 * (one.target == "yes"), one.target)
        for one in asked(120)
    ],
    audits.answer_imbalance: with_options(place=0),
    audits.too_few_clusters: [
        sea.Case(one.id, one.input, one.target, cluster=f"c{at % 5}") for at, one in enumerate(FINE)
    ],
    audits.truncated_slot: [sea.Case("long", "door " * 600, "yes")],
}
PARAMETERS = {audits.truncated_slot: {"window": 512}}


def found_by(audit, cases):
    return list(audit(**PARAMETERS.get(audit, {})).build()(sea.Plan(), None, cases))


@pytest.mark.parametrize("audit", POSITIVE, ids=lambda audit: audit.name)
def test_the_positive_example_is_found(audit):
    assert found_by(audit, POSITIVE[audit])


@pytest.mark.parametrize("audit", POSITIVE, ids=lambda audit: audit.name)
def test_the_negative_example_is_not(audit):
    assert found_by(audit, with_options() if audit is audits.answer_imbalance else FINE) == []
