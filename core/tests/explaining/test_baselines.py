"""What the trivial baselines read, what they learn from, and what they score."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from explain_stand_ins import children, outcomes

import seatrial as sea
from seatrial.explaining._baselines import TOGETHER, fit_baselines, folds_of
from seatrial.inputs import _outcome_features as readings
from seatrial.statistics import auroc


def fitted(learning, held):
    return fit_baselines(learning, held, [one.case.id for one in learning], 0)


def area(held, scores):
    return auroc([not one.right for one in held], scores, None, 0.95).estimate


def answering(found, **prediction):
    """Put predictions into outcomes; each value is a function of the outcome."""
    return [
        attrs.evolve(
            one,
            prediction=sea.Prediction(
                **{"value": one.prediction.value, **{k: of(one) for k, of in prediction.items()}}
            ),
        )
        for one in found
    ]


def halves(found):
    return found[: len(found) * 3 // 4], found[len(found) * 3 // 4 :]


def test_rates_are_shrunk_to_the_mean_and_unknown_answers_get_it():
    wrong = {"a": (6, 8), "b": (2, 12)}
    learning = [
        sea.Outcome(
            case=sea.Case(f"{answer}{n}", "x"),
            input="x",
            prediction=sea.Prediction(answer),
            right=n >= failed,
        )
        for answer, (failed, count) in wrong.items()
        for n in range(count)
    ]
    held = [attrs.evolve(learning[0], prediction=sea.Prediction(one)) for one in "abc"]
    found, _ = fitted(learning, held)
    mean = 8 / 20
    wanted = [(6 + 2 * mean) / 10, (2 + 2 * mean) / 14, mean]
    assert found["answer"].scores == pytest.approx(wanted)


def test_labels_of_held_out_outcomes_change_nothing():
    learning, held = halves(outcomes(fails=children))
    turned = [attrs.evolve(one, right=not one.right) for one in held]
    one, other = fitted(learning, held)[0], fitted(learning, turned)[0]
    assert one.keys() == other.keys()
    for name, found in one.items():
        assert np.array_equal(found.scores, other[name].scores)
        assert found.cross_validated == other[name].cross_validated


def test_each_finds_what_it_reads():
    yes = lambda text, draw: draw.random() < 0.5
    base = outcomes(400, fails=yes)
    sure = lambda one: 0.9 if one.right else 0.6
    cases = {
        "margin": answering(base, details=lambda one: {"margin": sure(one)}),
        "entropy": answering(base, probabilities=lambda one: {"y": sure(one), "n": 1 - sure(one)}),
        "answer": answering(base, value=lambda one: "yes" if one.right else "no"),
        "length": [attrs.evolve(one, input=one.input + " so" * 20 * one.right) for one in base],
        "bag-of-words": [
            attrs.evolve(one, input=one.input + (" a" if one.right else " b")) for one in base
        ],
        "perturbation": [attrs.evolve(one, severity=int(one.right)) for one in base],
        "position": [
            attrs.evolve(
                one,
                input={"q": "x", "options": [n, "no", "yes"] if one.right else ["no", "yes", n]},
                prediction=sea.Prediction("yes"),
            )
            for n, one in zip(map(str, range(400)), base, strict=True)
        ],
    }
    for name, found in cases.items():
        learning, held = halves(found)
        seen = fitted(learning, held)[0]
        assert area(held, seen[name].scores) > 0.95, name
        assert seen[name].cross_validated > 0.95, name
        assert area(held, seen[TOGETHER].scores) > 0.95, name


def test_the_direction_comes_from_the_training_part_and_never_from_the_test():
    base = answering(outcomes(200), details=lambda one: {"margin": float(one.right)})
    learning, held = halves(base)
    turned = answering(held, details=lambda one: {"margin": float(not one.right)})
    assert area(held, fitted(learning, held)[0]["margin"].scores) == 1
    assert area(held, fitted(learning, turned)[0]["margin"].scores) == 0


def test_a_margin_is_read_from_probabilities_where_the_model_states_none():
    (one,) = answering(outcomes(1), probabilities=lambda _: {"a": 0.5, "b": 0.2, "c": 0.3})
    assert readings.margin_in(one) == pytest.approx(0.2)
    assert readings.entropy_in(one) == pytest.approx(1.0297, abs=1e-4)
    (stated,) = answering([one], details=lambda _: {"margin": 7})
    assert readings.margin_in(stated) == 7
    (odd,) = answering([one], details=lambda _: {"margin": float("nan")})
    assert readings.margin_in(odd) is None
    assert readings.entropy_in(attrs.evolve(one, prediction=None)) is None


def test_what_cannot_be_read_is_left_out_and_says_why():
    found = [
        attrs.evolve(one, input=np.zeros(3), prediction=sea.Prediction(np.zeros(2)))
        for one in outcomes(80)
    ]
    baselines, left_out = fitted(*halves(found))
    assert not baselines
    assert left_out == {
        "answer": "no answer is a text or a number",
        "position": "the inputs have no options",
        "margin": "none has a margin",
        "entropy": "none has probabilities",
        "length": "none has a text",
        "bag-of-words": "no input has a text",
        "perturbation": "there is only one",
    }


def test_free_answers_are_read_by_their_length():
    draw = np.random.default_rng(1)
    found = answering(
        outcomes(400),
        value=lambda one: "".join(draw.choice(list("abcdef"), 40 if one.right else 12)),
    )
    learning, held = halves(found)
    assert area(held, fitted(learning, held)[0]["answer"].scores) > 0.95


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("yes", "yes"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (True, "True"),
        (np.True_, "True"),
        (float("nan"), None),
        (np.zeros(2), None),
        (None, None),
    ],
)
def test_an_answer_is_a_text_or_a_number(value, read):
    (one,) = answering(outcomes(1), value=lambda _: value)
    assert readings.answer_in(one) == read


def test_options_that_are_pictures_have_no_position():
    (one,) = outcomes(1)
    pictures = attrs.evolve(one, input={"options": [np.zeros(2), np.ones(2)]})
    assert readings.options_in(pictures) == ()
    assert readings.options_in(attrs.evolve(one, input={"options": ["a", 2]})) == ("a", 2)


def test_a_refusal_is_one_answer():
    found = answering(
        outcomes(200),
        value=lambda one: f"I cannot help with {one.case.id}",
        refused=lambda one: not one.right,
    )
    learning, held = halves(found)
    assert area(held, fitted(learning, held)[0]["answer"].scores) > 0.95


def test_options_that_never_change_are_the_answer():
    found = [
        attrs.evolve(one, input={"question": one.input, "options": ["no", "yes"]})
        for one in outcomes(100)
    ]
    assert "so it is the answer" in fitted(*halves(found))[1]["position"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("one", "one"),
        ({"question": "one", "options": ["two", "three"]}, "one\ntwo\nthree"),
        (({"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}), "one\ntwo"),
        (np.zeros(2), None),
        (3, None),
    ],
)
def test_the_texts_of_any_input_are_found(value, text):
    assert readings.text_of(sea.Case("a", value).input) == text


def test_parts_keep_clusters_whole_and_labels_even():
    labels = np.arange(120) % 3 == 0
    clusters = [str(number // 2) for number in range(120)]
    parts = folds_of(labels, clusters, 5)
    assert np.array_equal(parts[::2], parts[1::2])
    counts = [labels[parts == part].sum() for part in range(4)]
    assert (sum(counts), max(counts) - min(counts) <= 2) == (40, True)


def test_together_they_are_stacked_without_what_they_memorised():
    """Two causes, one baseline each: both together must do better than either alone."""

    def fails(text, draw):
        return draw.random() < (0.7 if "child" in text else 0.3)

    draw = np.random.default_rng(2)
    found = answering(
        outcomes(800, fails=fails),
        details=lambda one: {"margin": draw.normal(0.8 if one.right else 0.0)},
    )
    learning, held = halves(found)
    seen = fitted(learning, held)[0]
    alone = max(one.cross_validated for name, one in seen.items() if name != TOGETHER)
    assert seen[TOGETHER].cross_validated > alone + 0.02
    assert area(held, seen[TOGETHER].scores) > area(held, seen["margin"].scores)
