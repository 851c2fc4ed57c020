"""A short value that determines the answer is found, however it is written, and others are not."""

from __future__ import annotations

import numpy as np
import pytest
import seatrial_audits as audits
from seatrial_audits._numerals import number_of

import seatrial as sea

SEEDS = range(20)
NUMBERS = ("one", "two", "three")
ROMAN = ("I", "II", "III")
OPTIONS = ("even", "odd")
ORDINALS = ("first", "second", "third")
PERMUTED = ("7", "2", "5")


def found_in(cases, model=None):
    return list(audits.gold_in_prompt.build()(sea.Plan(), model, cases))


def stories(seed, count=120, **parts):
    """Make questions of three options; `parts` give further parts from (draw, place, number)."""
    draw = np.random.default_rng([seed, 41])
    cases = []
    for at in range(count):
        options = tuple(f"{one} {at}" for one in draw.permutation(["walk home", "eat", "call"]))
        place = int(draw.integers(3))
        asked = {"question": f"What happens next in the long story number {at} of the whole book?"}
        asked |= {name: make(draw, place, at) for name, make in parts.items()}
        cases.append(sea.Case(f"q{at}", {**asked, "options": options}, options[place]))
    return cases


def after(text):
    return lambda _, place, at: f"Please read story {at} well.\n{text(place)}"


LEAKS = {
    "counted from 1": {"note": after(lambda place: f"Correct answer: {place + 1}")},
    "counted from 0": {"note": after(lambda place: f"The answer is ({place}).")},
    "a number word": {"note": after(lambda place: f"Solution = {NUMBERS[place]}")},
    "a roman numeral": {"note": after(lambda place: f"answer -> {ROMAN[place]}")},
    "a letter": {"note": after(lambda place: f"Answer key: option {'cab'[place]}")},
    "a permuted code": {"note": after(lambda place: f"correct: {PERMUTED[place]}")},
    "a word of the option": {"note": after(lambda place: f"gold: {'xyz'[place]}, as ever")},
    "a name that says nothing": {"note": after(lambda place: f"hint: {place}")},
    "a tag": {"note": after(lambda place: f"<meta>{place}</meta> and so on")},
    "a number as a part": {"label": lambda _, place, __: place},
    "a mark among zeros": {"row": lambda _, place, __: [int(at == place) for at in range(3)]},
    "a letter as a part": {"label": lambda _, place, __: "ABC"[place]},
    "the end of an id": {"source": lambda _, place, at: f"item-{at}-{PERMUTED[place]}"},
    "a part without a telling name": {
        "difficulty": lambda _, place, __: ("low", "mid", "high")[place]
    },
}


@pytest.mark.parametrize("how", LEAKS)
def test_a_value_that_determines_the_place_is_an_error(how):
    for seed in SEEDS:
        (found,) = found_in(stories(seed, **LEAKS[how]))
        assert (found.name, found.level) == ("gold-in-prompt", "error")
        assert found.effect > 0.9


def listed(begin, end=lambda _: ""):
    def write(at, place, options):
        lines = [begin(n, n == place) + o + end(n == place) for n, o in enumerate(options)]
        return "\n".join([f"What is next in story {at}?", *lines])

    return write


WRITTEN = {
    "a name within a line": lambda at, place, _: f"Story {at}. Richtige Antwort: {place + 1}",
    "a letter before": lambda at, place, _: f"{'CAB'[place]}) What is next in story {at}?",
    "a number behind": lambda at, place, _: f"What is next in story {at}? ({place})",
    "a star at the right one": listed(lambda _, right: "* " if right else "- "),
    "an ordinal": lambda at, place, _: (
        f"What is next in story {at}? Choose the {ORDINALS[place]} option."
    ),
    "an ordinal at first": lambda at, place, _: (
        f"The {ORDINALS[place]} choice is right. What is next in story {at}?"
    ),
    "a letter in a sentence": lambda at, place, _: (
        f"In story {at}, go with {'ABC'[place]} and tell what is next, in one word."
    ),
    "another language": lambda at, place, _: (
        f"Was folgt in {at}? Nimm die {('erste', 'zweite', 'dritte')[place]} Antwort."
    ),
    "the option once more": lambda _, place, options: (
        f"Is it {options[0]}, {options[1]} or {options[2]}? They say {options[place]}."
    ),
    "a word behind": listed(lambda *_: "- ", lambda right: " (correct)" if right else ""),
    "a full stop behind": listed(lambda *_: "- ", lambda right: "." if right else ""),
    "two marks behind": listed(lambda *_: "- ", lambda right: " ✓" if right else " ✗"),
    "capitals": lambda at, place, options: "\n".join(
        [f"What is next in story {at}?"]
        + [one.upper() if n == place else one for n, one in enumerate(options)]
    ),
    "a box that is ticked": listed(lambda n, right: f"{'abc'[n]}) [{'x' if right else ' '}] "),
}
LISTED = {
    "numbers": listed(lambda n, _: f"{n + 1}. "),
    "letters": listed(lambda n, _: f"({'ABC'[n]}) "),
    "dashes": listed(lambda *_: "- "),
    "one line": lambda at, _, options: f"Story {at}? Choose: " + "; ".join(options),
}


def asked(seed, write):
    return [
        sea.Case(case.id, {"question": write(at, place, options), "options": options}, case.target)
        for at, case in enumerate(stories(seed))
        for options in [case.input["options"]]
        for place in [options.index(case.target)]
    ]


@pytest.mark.parametrize("how", WRITTEN)
def test_a_sign_at_the_question_or_at_an_option_is_an_error(how):
    for seed in range(5):
        (found,) = found_in(asked(seed, WRITTEN[how]))
        assert (found.name, found.level) == ("gold-in-prompt", "error")


@pytest.mark.parametrize("how", LISTED)
def test_options_that_are_listed_mark_none(how):
    for seed in range(5):
        assert found_in(asked(seed, LISTED[how])) == []


@pytest.mark.parametrize(
    "codes", [{"yes": 1, "no": 0}, {"yes": "b", "no": "a"}, {"yes": 0.93, "no": 0.2}]
)
def test_a_value_that_determines_the_class_is_an_error(codes):
    for seed in SEEDS:
        draw = np.random.default_rng([seed, 43])
        targets = draw.choice(["yes", "no"], 120).tolist()
        cases = [
            sea.Case(
                f"q{at}",
                {
                    "question": f"Is the statement number {at} of the long list true?",
                    "meta": {"score": codes[one]},
                },
                one,
            )
            for at, one in enumerate(targets)
        ]
        (found,) = found_in(cases)
        assert found.level == "error"


CLEAN = {
    "id": lambda _, __, at: f"item-{at}",
    "number": lambda _, __, at: at,
    "category": lambda draw, *_: str(draw.choice(["news", "sport", "art"])),
    "difficulty": lambda draw, *_: int(draw.integers(5)),
    "label": lambda draw, *_: str(draw.choice(["A", "B", "C"])),
    "score": lambda draw, *_: float(draw.random()),
    "year": lambda draw, *_: int(draw.integers(1990, 2025)),
    "note": lambda draw, *_: f"Worked example. Answer: {draw.integers(3)}\nNow answer:",
}


def test_short_values_that_determine_nothing_set_off_no_alarm():
    for seed in SEEDS:
        assert found_in(stories(seed, count=200, **CLEAN)) == [], seed


TEXT = (
    "the a red old big dog cat house man child reads runs sees takes first second third option "
    "choice answer true false left right one two three A B C yes no correct choose good then next "
    "before after in on under with city year story page line word"
)
WORDS = TEXT.split()


def innocent(seed):
    """Draw questions of one of five kinds, of words that also name options, and by lot a target."""
    draw = np.random.default_rng([seed, 77])
    many, kind = int(draw.integers(2, 5)), seed % 5
    cases = []
    for at in range(int(draw.choice([60, 120, 240]))):
        said = " ".join(draw.choice(WORDS, size=int(draw.integers(5, 25))))
        options = tuple(f"{' '.join(draw.choice(WORDS, size=2))} {n}{at}" for n in range(many))
        place = int(draw.integers(many))
        asked = {"question": f"{said}?", "options": options}
        target = options[place]
        if kind == 1:
            asked, target = f"{said}?", str(draw.choice(["yes", "no", "maybe"]))
        elif kind == 2:
            asked["passage"] = f"{said} {' '.join(options)}"
            asked["question"] = f"which, {draw.choice(WORDS)}?"
        elif kind == 3:
            lines = [f"{'ABCD'[n]}. {option}" for n, option in enumerate(options)]
            asked = {"question": "\n".join([said, *lines]), "year": int(draw.integers(1990, 2020))}
            target = "ABCD"[place]
        elif kind == 4:
            shown = "ABCD"[draw.integers(many)]
            asked["question"] = f"Example: Answer: {shown}. Now choose the best. {said.title()}?"
        cases.append(sea.Case(f"q{at}", asked, target))
    return cases


def test_what_a_task_is_about_is_a_warning_and_no_error():
    """ "Select" begins the task here, and the dose does follow from the weight."""
    draw = np.random.default_rng(5)
    weights = draw.choice([10, 20, 30], 200).tolist()
    cases = [
        sea.Case(f"q{at}", f"Select a dose for a patient of {one} kg in bed {at}", f"{one * 10} mg")
        for at, one in enumerate(weights)
    ]
    assert {one.level for one in found_in(cases)} == {"warning"}


def test_innocent_sets_set_off_no_alarm():
    """At most one set in twenty; an audit reports what is not there once in a thousand times."""
    assert sum(bool(found_in(innocent(seed))) for seed in range(20)) <= 1


@pytest.mark.parametrize("values", [("7", "8"), ("aspirin", "codeine", "heparin", "insulin")])
def test_what_a_question_is_about_may_determine_its_class(values):
    draw = np.random.default_rng(3)
    drawn = draw.integers(len(values), size=120).tolist()
    cases = [
        sea.Case(
            f"q{at}",
            {"question": f"Patient {at} is told {values[one]} today. Well?", "options": OPTIONS},
            OPTIONS[one % 2],
        )
        for at, one in enumerate(drawn)
    ]
    assert found_in(cases) == []


def test_a_value_that_only_leans_towards_an_answer_is_no_leak():
    def leaning(draw, place, _):
        return place if draw.random() < 0.3 else int(draw.integers(3))

    for seed in SEEDS:
        assert found_in(stories(seed, count=200, level=leaning)) == [], seed


def test_values_that_recur_within_a_cluster_alone_are_not_learned_from():
    for seed in SEEDS:
        draw = np.random.default_rng([seed, 47])
        cases = [
            sea.Case(
                f"q{at}-{again}",
                {"question": f"Which one is it, in the story number {at}?", "patient": at},
                target,
                cluster=f"p{at}",
            )
            for at, target in enumerate(draw.choice(["yes", "no"], 60).tolist())
            for again in range(4)
        ]
        assert found_in(cases) == [], seed


def test_a_part_that_the_template_leaves_out_gives_nothing_away():
    class Asked:
        prompt = "{question}\nAnswer:"

    cases = stories(1, label=lambda _, place, __: place)
    assert found_in(cases, Asked()) == []
    Asked.prompt = "{question} {label}"
    assert len(found_in(cases, Asked())) == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("three", 3),
        ("twenty-one of them", 21),
        ("two hundred five", 205),
        ("three thousand two hundred", 3200),
        ("1,000 mg", 1000),
        ("-2.5", -2.5),
        ("xiv.", 14),
        ("mcmxc", 1990),
        ("word", None),
        ("", None),
    ],
)
def test_numbers_are_read_as_they_are_written(text, number):
    assert number_of(text) == number


def test_the_number_of_an_open_question_is_found_as_a_word():
    words = ("four", "seven", "twelve", "thirty", "fifty-one", "eighty")
    numbers = (4, 7, 12, 30, 51, 80)
    cases = [
        sea.Case(
            f"q{at}", f"How many are there in box {at}?\nAnswer: {word}{more}", f"{number}{at:02}"
        )
        for at, (word, number, more) in enumerate(
            zip(words, numbers, [" hundred"] * 6, strict=True)
        )
    ]
    assert found_in(cases) == []
    right = [
        sea.Case(f"q{at}", f"How many are there in box {at}?\nAnswer: {word}", str(number))
        for at, (word, number) in enumerate(zip(words * 3, numbers * 3, strict=True))
    ]
    assert found_in(right[:12])[0].level == "error"
