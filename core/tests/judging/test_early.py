"""Runs that stop each priority as soon as it is decided."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.judging._looks import Order
from seatrial.runs._looks import Looked

CASES = [
    sea.Case(f"c{n:04}", f"item number {n:04}", "yes", {"half": "ab"[n % 2]}, f"k{n // 2}")
    for n in range(600)
]


def right():
    return lambda targets, answers: [float(a == b) for a, b in zip(targets, answers, strict=True)]


def shorten(letters):
    return lambda text, *, seed: text[: len(text) - letters]


accuracy = sea.Metric(
    name="early.accuracy", summary="Fraction right.", per_case=True, factory=right
)
clip = sea.Perturbation(
    name="early.clip",
    summary="Cut the end off.",
    modality="text",
    factory=shorten,
    ladder=({"letters": 1}, {"letters": 3}),
)


class Bot:
    """Right with a probability set by the length of the input, drawn by the input itself."""

    identity = "bot-1"

    def __init__(self, clean: float, clipped: float) -> None:
        self.clean, self.clipped, self.asked = clean, clipped, []

    def __call__(self, inputs):
        self.asked += inputs
        return ["yes" if self._right(text) else "no" for text in inputs]

    def _right(self, text: str) -> bool:
        probability = self.clean if len(text) == len("item number 0000") else self.clipped
        return random.Random(f"{text}").random() < probability


def specify(**priorities: dict) -> sea.Specification:
    made = [
        sea.Priority(name, **{"metric": accuracy(), **given}) for name, given in priorities.items()
    ]
    return sea.Specification("Early", priorities=made, seed=5)


LEVEL = {"require": {"at_least": 0.6}}
DROP = {"perturbations": [clip()], "severities": [2], "require": {"max_drop": 0.2}}


def test_a_clear_case_is_decided_by_a_fraction_and_agrees_with_measuring_everything():
    spec = specify(level=LEVEL, drop=DROP)
    bot, whole = Bot(0.97, 0.95), Bot(0.97, 0.95)
    early = sea.judge(spec, sea.run(spec, model=bot, cases=CASES, stop="decided"))
    full = sea.judge(spec, sea.run(spec, model=whole, cases=CASES))
    assert [v.outcome for v in early.verdicts] == [v.outcome for v in full.verdicts]
    assert early.outcome == "pass"
    assert len(bot.asked) < 0.4 * len(whole.asked)
    for verdict in early.verdicts:
        assert f"decided after {verdict.cases_used} of 600 cases" in verdict.note
        low, high = verdict.interval
        assert low <= verdict.estimate <= high


def test_a_clear_failure_stops_even_sooner():
    spec = specify(level=LEVEL)
    bot = Bot(0.1, 0.1)
    found = sea.judge(spec, sea.run(spec, model=bot, cases=CASES, stop="decided"))
    assert found.outcome == "fail"
    assert len(bot.asked) <= 62  # the first look, at a tenth of the clusters


def test_near_the_threshold_a_run_gives_up_when_a_decision_is_unlikely():
    spec = specify(level={"require": {"at_least": 0.9}})
    bot = Bot(0.9, 0.9)
    (verdict,) = sea.judge(spec, sea.run(spec, model=bot, cases=CASES, stop="decided")).verdicts
    assert verdict.outcome == "inconclusive"
    assert 100 < len(bot.asked) < len(CASES)
    assert f"too close to tell after {len(bot.asked)} of 600 cases" in verdict.note
    assert verdict.cases_used == len(bot.asked)


def test_a_demand_that_stays_open_is_measured_to_the_end_and_that_is_said():
    spec = specify(level={"require": {"at_least": 0.9}})
    some = CASES[:44]
    bot = Bot(0.95, 0.95)
    (verdict,) = sea.judge(spec, sea.run(spec, model=bot, cases=some, stop="decided")).verdicts
    assert verdict.outcome == "inconclusive"
    assert len(bot.asked) == verdict.cases_used == len(some)
    assert "every case was measured" in verdict.note


def test_a_demand_that_is_no_mean_is_measured_to_the_end():
    spec = specify(group={"require": {"worst_group": {"by": "half", "threshold": 0.5}}})
    bot = Bot(0.95, 0.95)
    found = sea.judge(spec, sea.run(spec, model=bot, cases=CASES, stop="decided"))
    assert found.outcome == "pass"
    assert len(bot.asked) == len(CASES)


def test_whole_clusters_are_measured():
    spec = specify(level=LEVEL)
    bot = Bot(0.97, 0.97)
    report = sea.run(spec, model=bot, cases=CASES, stop="decided", batch_size=7)
    seen = {record.case_id for record in report.records()}
    for case in CASES:
        partner = f"c{int(case.id[1:]) ^ 1:04}"
        assert (case.id in seen) == (partner in seen)


def test_what_is_not_needed_counts_as_skipped_and_the_accounting_closes():
    spec = specify(level=LEVEL, drop=DROP)
    report = sea.run(spec, model=Bot(0.97, 0.95), cases=CASES, stop="decided")
    account = report.accounting
    assert account.planned == 1200
    assert account.skipped == 1200 - sum(1 for _ in report.records())
    assert account.skipped > 600


def test_the_budget_is_kept_and_the_most_at_risk_goes_first():
    spec = specify(
        calm={"require": {"at_least": 0.5}, "where": {"half": "a"}, "weight": 0.1},
        near={"require": {"at_least": 0.93}, "where": {"half": "b"}, "weight": 5},
    )
    bot = Bot(0.95, 0.95)
    report = sea.run(spec, model=bot, cases=CASES, stop="decided", budget=100)
    assert len(bot.asked) == 100
    halves = [case.groups["half"] for case in CASES if case.input in set(bot.asked)]
    assert halves.count("b") > 4 * halves.count("a")
    outcomes = {v.priority: v.outcome for v in sea.judge(spec, report).verdicts}
    assert outcomes["near"] == "inconclusive"


def test_an_interrupted_run_goes_on_to_the_same_report(tmp_path: Path):
    spec = specify(level={"require": {"at_least": 0.9}}, drop=DROP)
    sea.run(spec, model=Bot(0.95, 0.9), cases=CASES, stop="decided", to=tmp_path / "one")

    class Stop(KeyboardInterrupt):
        pass

    for at in (1, 3, 5, 6):
        seen = iter(range(at))

        def stop(progress, seen=seen):
            if progress.measured and next(seen, None) is None:
                raise Stop

        with pytest.raises(Stop):
            sea.run(
                spec,
                model=Bot(0.95, 0.9),
                cases=CASES,
                stop="decided",
                to=tmp_path / "two",
                observers=[stop],
            )
    bot = Bot(0.95, 0.9)
    kept = sum(1 for _ in sea.Report.load(tmp_path / "two").records())
    report = sea.run(spec, model=bot, cases=CASES[::-1], stop="decided", to=tmp_path / "two")
    again = 3  # a model whose identity is only asserted is asked again about some clean cases
    assert 0 < len(bot.asked) <= sum(1 for _ in report.records()) - kept + again
    texts = [(tmp_path / name / "report.json").read_bytes() for name in ("one", "two")]
    assert texts[0] == texts[1]
    found = [sea.judge(spec, sea.Report.load(tmp_path / name)) for name in ("one", "two")]
    assert found[0] == found[1]


def test_errors_are_supposed_the_worst_and_the_best():
    class Sick(Bot):
        def __call__(self, inputs):
            if any(text.endswith("7") for text in inputs):
                msg = "no sevens"
                raise ValueError(msg)
            return super().__call__(inputs)

    spec = specify(level=LEVEL)
    found = sea.judge(spec, sea.run(spec, model=Sick(1.0, 1.0), cases=CASES, stop="decided"))
    assert found.outcome == "pass"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stop": "decide"}, "stop must be 'decided'"),
        ({"budget": 10}, "goes with stop='decided'"),
        ({"stop": "decided", "budget": 0}, "positive number"),
    ],
)
def test_what_makes_no_sense_is_refused(options, words):
    with pytest.raises(PlanError, match=words):
        sea.run(specify(level=LEVEL), model=Bot(1, 1), cases=CASES, **options)


def test_a_plan_demands_nothing_and_cannot_be_decided():
    with pytest.raises(PlanError, match="only a specification"):
        sea.run(sea.Plan(metrics=[accuracy()]), model=Bot(1, 1), cases=CASES, stop="decided")


def test_looking_often_keeps_the_error_rate():
    """False passes at the threshold, over whole runs of the engine; the nominal rate is .2."""
    wrong = 0
    runs = 120
    spec = specify(level={"require": {"at_least": 0.8, "confidence": 0.8}})
    for number in range(runs):
        luck = random.Random(number)
        answers = {case.input: luck.random() < 0.8 for case in CASES[:80]}

        def bot(inputs, answers=answers):
            return ["yes" if answers[text] else "no" for text in inputs]

        report = sea.run(spec, model=bot, cases=CASES[:80], stop="decided")
        wrong += sea.judge(spec, report).outcome == "pass"
    assert wrong / runs <= 0.2 + 3 * (0.2 * 0.8 / runs) ** 0.5


def test_a_failure_that_must_share_its_error_is_measured_until_it_stands():
    """Of two demands each fails only at .975, so what fails at .95 alone may not stop the run."""
    spec = specify(
        both={"require": {"at_least": 0.93, "at_most": 1.0}},
        alone={"require": {"at_least": 0.93}},
    )
    report = sea.run(spec, model=Bot(0.86, 0.86), cases=CASES, stop="decided")
    both, alone = sea.judge(spec, report).verdicts
    assert both.outcome == alone.outcome == "fail"
    assert both.cases_used >= alone.cases_used


@pytest.mark.parametrize("batch_size", [1, 7])
def test_adding_cases_keeps_the_order_of_those_that_were_there(batch_size):
    spec = specify(level={"require": {"at_least": 0.9}})

    def asked(cases):
        bot = Bot(0.9, 0.9)
        sea.run(spec, model=bot, cases=cases, stop="decided", batch_size=batch_size)
        return bot.asked

    some = CASES[:60]
    first, second = asked(some), asked(CASES[:80])
    known = {case.input for case in some}
    again = [text for text in second if text in known]
    both = min(len(first), len(again))
    assert both > 20
    assert again[:both] == first[:both]


def places(clusters, seed, looks=None):
    cases = [sea.Case(f"{at}", "", cluster=name) for at, name in enumerate(clusters)]
    looked = Looked(looks or (1,) * len(cases), 1, 0)
    return Order.of(cases, looked, seed, sequential=True).rank


def test_the_order_is_one_of_whole_clusters_and_hangs_on_the_seed():
    clusters = [f"k{at // 3}" for at in range(60)]
    ranks = places(clusters, 1)
    assert sorted(ranks.tolist()) == list(range(60))
    ordered = [clusters[at] for at in ranks.argsort()]
    assert ordered == [one for name in dict.fromkeys(ordered) for one in [name] * 3]
    assert (places(clusters, 2) != ranks).any()


def test_what_was_judged_before_comes_first():
    clusters = [f"k{at // 3}" for at in range(60)]
    looks = tuple(2 if at % 2 else 1 for at in range(30)) + (2,) * 30
    ranks = places(clusters, 1, looks)
    assert set(ranks[:30].tolist()) == set(range(30))  # a cluster was judged with its first case
