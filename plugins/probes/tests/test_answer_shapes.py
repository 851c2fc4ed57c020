"""The shapes in which recorded answers come make no difference to what is learned from them."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from seatrial_metrics import accuracy
from seatrial_probes import answers
from seatrial_probes._answer_shapes import Shapes
from seatrial_probes._comparing import chosen_beside_others
from seatrial_probes._rendering import read

import seatrial as sea
from seatrial import Case, Outcome, Prediction

WHO = ("children", "students", "nurses", "drivers", "farmers", "sailors")
PLACES = ("park", "house", "market", "station", "school", "harbour")


def asked(seed, count=240):
    """Passage, question, options, the place of the answer, and whether it is right."""
    drawn = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        who, place = drawn.choice(WHO), drawn.choice(PLACES)
        said = int(drawn.integers(2))
        right = (who in WHO[:3]) == (said == 0) if drawn.random() < 0.9 else drawn.random() < 0.5
        passage = f"In {number} the {who} met at the {place}."
        question = f"did the {who} meet at the {place}?"
        rows.append((passage, question, (who, place), said, bool(right)))
    return rows


YES_NO = ("Yes", "No")


def offered(passage, question):
    return {"passage": passage, "question": question, "options": YES_NO}


BOOLQ = {
    "texts": lambda p, q, a: (offered(p, q), a),
    "letters": lambda p, q, a: (offered(p, q), {"Yes": "A", "No": "(B)"}[a]),
    "booleans": lambda p, q, a: (offered(p, q), a == "Yes"),
    "true-and-false": lambda p, q, a: (offered(p, q), str(a == "Yes")),
    "lower-case": lambda p, q, a: (offered(p, q), f" {a.lower()}."),
    "numpy": lambda p, q, a: (offered(p, q), np.bool_(a == "Yes")),
}

BARE = {
    "parts": lambda p, q, a: ({"passage": p, "question": q}, a),
    "booleans": lambda p, q, a: ({"passage": p, "question": q}, a == "Yes"),
    "prompt": lambda p, q, a: (f"Passage: {p}\nQuestion: {q}\nAnswer:", f" {a}"),
    "prompt-that-says-how": lambda p, q, a: (
        f"Passage: {p} \nQuestion: {q}\nAnswer (yes or no): ",
        a,
    ),
    "prompt-as-part": lambda p, q, a: ({"prompt": f"Passage: {p}\nQuestion: {q}\nAnswer:"}, a),
    "message": lambda p, q, a: (
        ({"role": "user", "content": f"Passage: {p}\nQuestion: {q}\nAnswer:"},),
        a.lower(),
    ),
    "after-an-example": lambda p, q, a: (
        f"Passage: Seen.\nQuestion: is it?\nAnswer: Yes\n\nPassage: {p}\nQuestion: {q}\nAnswer:",
        a,
    ),
}


def sentence(passage):
    return passage.replace("met at", "met at the _ or").strip()


CHOICE = {
    "texts": lambda s, o, at: ({"sentence": s, "options": o}, o[at]),
    "places": lambda s, o, at: ({"sentence": s, "options": list(o)}, at + 1),
    "places-from-0": lambda s, o, at: ({"sentence": s, "options": o}, at),
    "places-as-texts": lambda s, o, at: (
        {"sentence": s, "option1": o[0], "option2": o[1]},
        str(at + 1),
    ),
    "names": lambda s, o, at: (
        {"sentence": s, "option1": o[0], "option2": o[1]},
        f"option{at + 1}",
    ),
    "part-by-part": lambda s, o, at: ({"sentence": s, "option1": o[0], "option2": o[1]}, o[at]),
    "by-letter": lambda s, o, at: (
        {"sentence": s, "choices": dict(zip("AB", o, strict=True))},
        "AB"[at],
    ),
    "lettered-text": lambda s, o, at: (
        {"sentence": s, "options": f"A. {o[0]}\nB. {o[1]}"},
        "AB"[at],
    ),
    "prompt": lambda s, o, at: (
        f"Sentence: {s}\nOption 1: {o[0]}\nOption 2: {o[1]}\nAnswer (1 or 2): ",
        f"{at + 1}",
    ),
}


def boolq(shape):
    return lambda row: shape(row[0], row[1], YES_NO[row[3]])


def winogrande(shape):
    return lambda row: shape(sentence(row[0]), row[2], row[3])


SETS = {
    "boolq": (boolq, BOOLQ, "texts"),
    "boolq-without-options": (boolq, BARE, "parts"),
    "winogrande": (winogrande, CHOICE, "texts"),
}


def read_so(made):
    pairs = [made(row) for row in asked(3, 20)]
    inputs, given = [one for one, _ in pairs], [Prediction(one) for _, one in pairs]
    rows = Shapes.of(inputs, given).rows(inputs, given)
    # How the answer is spelt is only for those who read findings.
    spelt = {"true": "yes", "false": "no"}
    said = [one.prediction.value.strip().casefold() for one in rows]
    return [(dict(one.input), spelt.get(a, a)) for one, a in zip(rows, said, strict=True)]


@pytest.mark.parametrize(
    ("task", "shape"), [(task, shape) for task, (_, shapes, _) in SETS.items() for shape in shapes]
)
def test_every_shape_is_read_alike(task, shape):
    make, shapes, plain = SETS[task]
    assert read_so(make(shapes[shape])) == read_so(make(shapes[plain]))


@pytest.mark.parametrize(
    "text",
    [
        "Buy milk.",
        "Dear A. Miller,\nB. Jones wrote: 1. come 2. go",
        "3. is the first here\n4. is the second",
    ],
)
def test_a_text_that_lists_no_options_stays_as_it_is(text):
    (row,) = Shapes.of([text], ["yes"]).rows([text], ["yes"])
    assert row.input == text
    assert row.prediction.value == "yes"


def outcomes(rows, made, name):
    found = []
    for number, row in enumerate(rows):
        given, answer = made(row)
        case = Case(f"{name}-{number}", given)
        found.append(Outcome(case=case, input=given, prediction=Prediction(answer), right=row[-1]))
    return found


@pytest.mark.parametrize(
    "made",
    [boolq(BARE["prompt-that-says-how"]), winogrande(CHOICE["prompt"])],
    ids=["boolq", "winogrande"],
)
def test_prompts_of_a_published_split_are_explained(made):
    found = sea.explain(
        answers(),
        outcomes=outcomes(asked(1), made, "training"),
        held_out=outcomes(asked(2), made, "test"),
    )
    assert found.auroc is not None
    assert found.auroc > 0.85


def test_answers_of_a_file_are_explained_on_the_split_that_is_given(tmp_path):
    rows = [*asked(1), *asked(2)]
    with (tmp_path / "cases.csv").open("w", newline="") as cases:
        table = csv.writer(cases)
        table.writerow(["id", "passage", "question", "target"])
        for at, (passage, question, _, said, right) in enumerate(rows):
            table.writerow([f"q{at}", passage, question, str((said == 0) == right)])
    with (tmp_path / "answers.csv").open("w", newline="") as given:
        table = csv.writer(given)
        table.writerow(["id", "answer"])
        table.writerows([f"q{at}", str(row[3] == 0)] for at, row in enumerate(rows))
    cases = sea.load_cases(tmp_path / "cases.csv", input=["passage", "question"])
    report = sea.run(
        sea.Plan(metrics=[accuracy()]), sea.load_answers(tmp_path / "answers.csv"), cases
    )
    test = [one for one in report.outcomes() if int(one.case.id[1:]) >= len(rows) // 2]
    found = sea.explain(answers(), report=report, held_out=test)
    directly = boolq(BARE["booleans"])
    assert found.grade.training.outcomes == len(rows) // 2
    assert found.auroc == pytest.approx(
        sea.explain(
            answers(),
            outcomes=outcomes(rows[: len(rows) // 2], directly, "training"),
            held_out=outcomes(rows[len(rows) // 2 :], directly, "test"),
        ).auroc,
        abs=0.02,
    )


def test_the_chosen_option_is_compared_as_by_hand():
    given = read({"sentence": "The cup is on the shelf, the red cup", "options": ("Shelf", "cup")})
    found = {name: one.value for name, one in chosen_beside_others(given, "cup").items()}
    assert found == {
        "longer": np.log2(4) - np.log2(6),
        "repeats": 0.0,
        "more often": 1.0,
        "first": 1.0,
    }
    assert chosen_beside_others(given, "plate") == {}


def test_a_model_that_takes_what_is_named_first_is_found_out():
    drawn = np.random.default_rng(8)
    found = []
    for number in range(700):
        first, second = (f"{drawn.choice(WHO)} {at}" for at in drawn.integers(0, 99, 2))
        options = [first, second] if drawn.random() < 0.5 else [second, first]
        said = int(drawn.integers(2))
        # Wrong mostly where it took the noun that comes first, wherever the option stands.
        right = drawn.random() < (0.25 if options[said] == first else 0.75)
        given = {"sentence": f"The {first} met the {second} as _ came.", "options": options}
        case = Case(f"case-{number}", given)
        answer = Prediction(str(said + 1))
        found.append(Outcome(case=case, input=given, prediction=answer, right=bool(right)))
    grade = sea.explain(answers(), outcomes=found[:450], held_out=found[450:])
    assert grade.auroc > 0.75 - 3 * 0.031
    assert max(grade.baselines.values()) < 0.65
