"""Labels drawn by lot for real questions set off no alarm, but for a draw in hundreds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import seatrial_audits as audits
from attrs import evolve

import seatrial as sea

DRAWS = 200
TESTS = {
    "boolq": (audits.order_correlation, audits.prompt_shortcut, audits.gold_in_prompt),
    "siqa": (
        audits.order_correlation,
        audits.option_shortcut,
        audits.gold_in_prompt,
        audits.answer_imbalance,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TESTS)
def test_labels_by_lot_set_off_no_alarm(name, drawn, judged):
    """A probability of one in a thousand for each audit: of 200 draws none, or rarely one."""
    alarms = Counter()
    for seed in range(DRAWS):
        rng = np.random.default_rng([seed, 5])
        cases = drawn(name, seed, count=200)
        targets = rng.permutation([case.target for case in cases]).tolist()
        by_lot = []
        for at, case in enumerate(cases):
            options = case.input.get("options")
            target = options[rng.integers(len(options))] if options else targets[at]
            by_lot.append(evolve(case, id=f"q{at}", target=target))
        outcomes, _ = judged(by_lot, seed)
        for audit in TESTS[name]:
            alarms.update(one.name for one in audit.build()(sea.Plan(), None, by_lot))
        for audit in (audits.outcome_order, audits.failure_shortcut):
            alarms.update(one.name for one in audit.build()(sea.Plan(), None, outcomes))
    assert sum(alarms.values()) <= 2, alarms


def test_cases_of_one_class_are_looked_at():
    cases = [sea.Case(f"q{at}", f"return the money of order {at}", "money") for at in range(60)]
    looked = audits.gold_in_prompt.build()
    assert list(looked(sea.Plan(), None, cases)) == []
    assert [one.name for one in sea.audit(sea.Plan(), None, cases)] == ["answer-imbalance"]
