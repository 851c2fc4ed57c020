"""What a mean is over, cases or clusters, and how many equal clusters a verdict is worth."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from demand_stand_ins import answering, demand, items, reword, right_unless, said, verdict
from trial_stand_ins import even

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.statistics import mean_of_bounded, paired_drop, proportion

SIZES = (40, *(1, 2, 3) * 10)
CLUSTERS = np.repeat(np.arange(len(SIZES)), SIZES)


def clustered(sizes=SIZES):
    labels = np.repeat(np.arange(len(sizes)), sizes).tolist()
    return [sea.Case(f"{i:04}", f"{i} text", "yes", cluster=f"p{c}") for i, c in enumerate(labels)]


def wrong(i, rung):
    return i % 9 == 0 if rung else i % 40 == 0


RIGHT = np.array([not wrong(i, "r1") for i in range(len(CLUSTERS))], dtype=float)
CLEAN = np.array([not wrong(i, "") for i in range(len(CLUSTERS))], dtype=float)


@pytest.mark.parametrize(
    ("require", "values", "bounds"),
    [({"at_least": 0.5}, RIGHT, (0, 1)), ({"max_drop": 0.5}, CLEAN - RIGHT, (-1, 1))],
)
def test_every_cluster_counts_alike_where_the_priority_says_so(require, values, bounds):
    priority = demand({**require, "weigh": "clusters"})
    found = verdict(priority, right_unless(wrong), clustered())
    means = np.bincount(CLUSTERS, values) / SIZES
    expected = mean_of_bounded(values, CLUSTERS, 0.95, bounds, weigh="clusters")
    assert found.estimate == pytest.approx(means.mean())
    assert found.interval == pytest.approx(expected.ends, abs=1e-6)
    assert found.cases_used == len(values)
    assert found.details["estimand"] == "mean over clusters"
    assert found.details["effective_clusters"] == len(SIZES)
    assert f"mean over clusters, in {len(SIZES)} clusters" in found.note
    assert (
        found.details["worst_cluster"]
        == f"p{np.argmax(-means if 'at_least' in require else means)}"
    )


def test_every_case_counts_alike_by_default():
    found = verdict(demand({"at_least": 0.5}), right_unless(wrong), clustered())
    assert found.estimate == pytest.approx(RIGHT.mean())
    assert found.interval == pytest.approx(proportion(RIGHT, CLUSTERS, 0.95).ends)
    named = verdict(demand({"at_least": 0.5, "weigh": "cases"}), right_unless(wrong), clustered())
    assert named.interval == found.interval
    worth = sum(SIZES) ** 2 / np.square(SIZES).sum()
    assert found.details["effective_clusters"] == pytest.approx(worth)
    assert f"mean over cases, in 31 clusters, as good as {worth:.3g} equal ones" in found.note


def test_a_cluster_that_holds_half_of_the_cases_is_worth_a_quarter_of_all():
    cases = clustered((99, *(1,) * 99))
    found = verdict(demand({"at_least": 0.2}), right_unless(lambda i, r: False), cases)
    assert found.note == "mean over cases, in 100 clusters, as good as 3.96 equal ones"
    assert found.outcome == "pass"
    strict = sea.Specification("t", priorities=[demand({"at_least": 0.9})], seed=1)
    (told,) = sea.forecast(strict, cases).priorities
    assert told.can_pass is False
    assert "198 cases in 100 clusters, as good as 3.96 equal ones" in told.obstacle


def test_cases_without_clusters_have_no_such_note():
    found = verdict(demand({"at_least": 0.2}), right_unless(lambda i, r: False), items(60))
    assert found.note == ""
    assert found.details["estimand"] == "mean over cases"


LEVEL = {"at_least": 0.2}


@pytest.mark.parametrize("score", [None, said])
@pytest.mark.parametrize("require", [LEVEL, {"max_drop": 0.9}, {"worst_severity": 0.1}])
def test_a_larger_cluster_to_expect_widens_the_interval(require, score):
    fields = {} if score is None else {"metric": score}
    model = right_unless(wrong)
    if score is not None:
        model = answering(lambda i, r: 0.9 * (not wrong(i, r)))
    cases = clustered((2,) * 40)
    ends = [
        verdict(demand({**require, **more}, **fields), model, cases).interval
        for more in ({}, {"largest_cluster": 2}, {"largest_cluster": 20})
    ]
    assert ends[0] == pytest.approx(ends[1])
    assert ends[2][0] < ends[0][0]
    assert ends[2][1] > ends[0][1]


def test_the_largest_cluster_is_that_of_the_statistics():
    cases = clustered((2,) * 40)
    labels = np.repeat(np.arange(40), 2)
    values = np.array([float(not wrong(i, "r1")) for i in range(80)])
    clean = np.array([float(not wrong(i, "")) for i in range(80)])
    found = verdict(demand({**LEVEL, "largest_cluster": 20}), right_unless(wrong), cases)
    assert found.interval == pytest.approx(proportion(values, labels, 0.95, largest=20).ends)
    found = verdict(demand({"max_drop": 0.5, "largest_cluster": 20}), right_unless(wrong), cases)
    expected = paired_drop(clean, values, labels, 0.95, largest=20)
    assert found.interval == pytest.approx(expected.ends, abs=1e-6)


def test_a_set_metric_reckons_with_the_largest_cluster_too():
    cases = [
        attrs.evolve(one, target="yes" if at % 3 else "no")
        for at, one in enumerate(clustered((2,) * 40))
    ]
    ends = [
        verdict(demand({**LEVEL, **more}, metric=even), right_unless(wrong), cases).interval
        for more in ({}, {"largest_cluster": 20})
    ]
    assert ends[1][0] < ends[0][0]


def test_a_cluster_larger_than_was_stated_is_named():
    found = verdict(demand({**LEVEL, "largest_cluster": 10}), right_unless(wrong), clustered())
    assert "cluster p0 has 40 cases, and largest_cluster says 10" in found.note
    plain = verdict(demand(LEVEL), right_unless(wrong), clustered())
    assert found.interval == plain.interval


@pytest.mark.parametrize(
    ("require", "told"),
    [
        ({"at_least": 0.5, "weigh": "patients"}, "weigh: must be 'cases' or 'clusters'"),
        ({"at_least": 0.5, "largest_cluster": 0}, "largest_cluster: must be a whole number"),
        (
            {"at_least": 0.5, "largest_cluster": 9, "weigh": "clusters"},
            "largest_cluster: says nothing where every cluster counts alike",
        ),
    ],
)
def test_a_setting_that_means_nothing_is_refused(require, told):
    with pytest.raises(PlanError, match=told):
        demand(require)


@pytest.mark.parametrize(
    ("require", "metric"),
    [
        ({"at_least": 0.5}, even),
        ({"ece": 0.5}, None),
        ({"worst_severity": 0.5}, said),
        ({"corruption_error": {"at_most": 1, "reference": {"stand.reword": 0.5}}}, said),
    ],
)
def test_clusters_count_alike_only_in_a_mean_over_cases(require, metric):
    priority = demand({**require, "weigh": "clusters"}, metric=metric, uses=(reword,))
    assert "is no mean over cases, so clusters cannot count alike in it" in priority.problem()


def test_both_settings_are_read_from_a_file(tmp_path):
    (tmp_path / "s.toml").write_text(
        'format = 1\ntitle = "t"\nseed = 1\n[[priorities]]\nname = "it"\n'
        'relation = "must-refuse"\nrequire = { at_least = 0.9, weigh = "clusters" }\n'
        '[[priorities]]\nname = "other"\nrelation = "must-refuse"\n'
        "require = { at_least = 0.9, largest_cluster = 50 }\n"
    )
    first, second = sea.load_specification(tmp_path / "s.toml").priorities
    assert (first.weigh, first.largest_cluster) == ("clusters", None)
    assert (second.weigh, second.largest_cluster) == ("cases", 50)
