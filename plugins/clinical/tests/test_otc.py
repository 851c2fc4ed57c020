import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from seatrial_clinical import otc_cases

from seatrial.errors import PlanError

CASES = otc_cases()
TOPICS = sorted({case.groups["topic"] for case in CASES})
TWINS = {
    "prescription": "over-the-counter",
    "missing-information": "full-information",
    "non-existent": "rare",
    "off-topic": "paraphrase",
}


def of(topic):
    return [case for case in CASES if case.groups["topic"] == topic]


def answers(case):
    """Give the right option and the wrong ones, without those that refuse wrongly."""
    return [o for o in case.input["options"] if o == case.target or o not in case.input["refusals"]]


def test_there_are_enough_cases_with_ids_of_their_own():
    assert len(CASES) >= 300
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(re.fullmatch(r"otc-[a-z0-9-]+", case.id) for case in CASES)


def test_topics_are_large_enough_to_be_judged():
    facts = Counter(topic for topic, _ in {(c.groups["topic"], c.cluster) for c in CASES})
    assert facts["prescription"] >= 157
    assert min(facts.values()) >= 61
    assert {case.groups["scenario"] for case in CASES} == set("23456789")


def test_every_case_is_complete():
    for case in CASES:
        options = case.input["options"]
        assert 3 <= len(options) <= 4, case.id
        assert len(set(options)) == len(options), case.id
        assert case.target in options, case.id
        assert set(case.input["refusals"]) <= set(options), case.id
        assert case.cluster, case.id
        for name in ("set", "topic", "scenario", "relation", "source", "drug"):
            assert case.groups[name], (case.id, name)


def test_a_case_must_refuse_exactly_where_refusing_is_right():
    for case in CASES:
        refuses = case.target in case.input["refusals"]
        assert refuses == (case.groups["relation"] == "must-refuse"), case.id
        assert refuses == (case.groups["topic"] in TWINS), case.id


def test_no_two_cases_ask_the_same():
    asked = Counter((case.input["question"], frozenset(case.input["options"])) for case in CASES)
    assert asked.most_common(1)[0][1] == 1


def test_questions_and_options_are_clean_text():
    for case in CASES:
        for text in (case.input["question"], *case.input["options"]):
            assert text == text.strip(), case.id
            assert not re.search(r"[{}\n\t]|  |,,|\?\?|\b1 \w+s\b(?! of)", text), (case.id, text)
        assert not re.search(r"\b(a an|an a|the the|is is)\b", case.input["question"]), case.id


def test_sources_name_a_public_kind():
    kinds = r"(US|UK) (OTC|patient|pack|FDA|over-the-counter)|.*(invented|written) for this test"
    assert all(re.match(kinds, case.groups["source"]) for case in CASES)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_position_of_the_right_option_says_little(topic):
    cases = of(topic)
    chance = sum(1 / len(case.input["options"]) for case in cases) / len(cases)
    places = Counter(case.input["options"].index(case.target) for case in cases)
    assert max(places.values()) / len(cases) <= chance + 0.12


def shortcuts():
    common = Counter(option for case in CASES for option in case.input["options"])
    return {
        "longest": lambda options: max(options, key=len),
        "shortest": lambda options: min(options, key=len),
        "most common": lambda options: max(options, key=common.__getitem__),
        "rarest": lambda options: min(options, key=common.__getitem__),
        "first in the alphabet": min,
        "last in the alphabet": max,
    }


@pytest.mark.parametrize("name", shortcuts())
@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic not in TWINS])
def test_shortcuts_that_never_refuse_gain_little_on_answered_topics(topic, name):
    choose, cases = shortcuts()[name], of(topic)
    chance = sum(1 / len(answers(case)) for case in cases) / len(cases)
    right = sum(choose(answers(case)) == case.target for case in cases) / len(cases)
    assert right <= chance + 0.15


@pytest.mark.parametrize("name", shortcuts())
@pytest.mark.parametrize(("refused", "answered"), TWINS.items())
def test_shortcuts_gain_little_over_a_topic_and_its_twin(refused, answered, name):
    choose = shortcuts()[name]
    rates = [
        sum(choose(case.input["options"]) == case.target for case in of(topic)) / len(of(topic))
        for topic in (refused, answered)
    ]
    assert sum(rates) / 2 <= 0.6


@pytest.mark.parametrize(("refused", "answered"), TWINS.items())
def test_a_constant_refuser_is_wrong_as_often_as_right(refused, answered):
    facts = [{case.cluster for case in of(topic)} for topic in (refused, answered)]
    assert len(facts[0]) == pytest.approx(len(facts[1]), rel=0.1)
    texts = {text for case in of(refused) for text in case.input["refusals"]}
    assert texts == {text for case in of(answered) for text in case.input["refusals"]}


@pytest.mark.parametrize("refused", ["prescription", "missing-information", "non-existent"])
def test_twins_have_the_very_same_options(refused):
    by_options = defaultdict(set)
    for case in of(refused) + of(TWINS[refused]):
        by_options[case.cluster, frozenset(case.input["options"])].add(case.groups["topic"])
    assert set(map(frozenset, by_options.values())) == {frozenset({refused, TWINS[refused]})}


@pytest.mark.parametrize("topic", ["dosage", "duplicate-ingredient", "interactions"])
def test_yes_is_right_as_often_as_no(topic):
    right = Counter(case.target for case in of(topic))
    wrong = Counter(o for case in of(topic) for o in answers(case) if o != case.target)
    assert right == wrong


def test_limits_are_asked_on_both_sides_in_the_same_words():
    sides = defaultdict(set)
    for case in of("dosage"):
        words = re.sub(r"\d[\d,.]*\d|\d|s\b", "", case.input["question"])
        sides[case.cluster, words].add(case.groups["level"])
    assert all({"at", "above"} <= levels for levels in sides.values())


@pytest.mark.parametrize(
    ("drug", "unit", "limit"),
    [
        ("paracetamol", "g", 4),
        ("ibuprofen", "mg", 1200),
        ("diphenhydramine", "mg", 300),
        ("loperamide", "mg", 8),
        ("pseudoephedrine", "mg", 240),
        ("guaifenesin", "g", 2.4),
        ("dimenhydrinate", "mg", 400),
        ("fexofenadine", "mg", 180),
        ("loratadine", "mg", 10),
    ],
)
def test_daily_limits_agree_with_the_labels(drug, unit, limit):
    seen = set()
    for case in of("dosage"):
        question = case.input["question"]
        amount = re.search(rf"([\d,.]+) {unit} of (over-the-counter )?{drug}", question)
        if amount and re.search("24 hours|in a day", question) and "-day-" in case.id:
            value = float(amount[1].replace(",", ""))
            assert case.target.startswith("Yes") == (value <= limit), question
            seen.add(value == limit)
    assert seen == {True, False}


def test_topics_narrow_the_cases_and_change_none_of_them():
    assert list(otc_cases(topics=["stock", "rare"])) == [
        case for case in CASES if case.groups["topic"] in ("stock", "rare")
    ]
    assert otc_cases(topics=[]) == ()


@pytest.mark.parametrize("topics", [["stok"], "stock"])
def test_an_unknown_topic_is_named(topics):
    with pytest.raises(PlanError, match=r"topics must be a list of .*stock.*; got .*sto"):
        otc_cases(topics=topics)


def test_another_process_gives_the_same_cases():
    code = "import seatrial_clinical; print(seatrial_clinical.otc_cases())"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] == f"{CASES}\n"


def test_importing_the_plugin_is_light():
    code = "import sys, seatrial_clinical; print({'numpy', 'torch'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_readme_counts_the_cases():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|.*\| (\d+) \|$", readme, re.MULTILINE))
    assert {topic: int(n) for topic, n in rows.items()} == Counter(
        case.groups["topic"] for case in CASES
    )
    assert f"{len(CASES)} cases" in readme
