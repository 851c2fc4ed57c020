"""Images of a conversation: their order, their places and those that show nothing."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_clinical import (
    image_order,
    image_turn,
    images,
)
from seatrial_metrics import accuracy

import seatrial as sea
from seatrial.errors import NotApplicable


def apply(perturbation, value, severity=1):
    return perturbation.at(severity)(value, seed=3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_images_that_show_nothing_come_behind_the_others(dtype):
    picture = np.ones((6, 8, 1), dtype)
    talk = ({"role": "user", "content": ("What is it?", picture)},)
    text, first, *more = apply(images, talk, 4)[0]["content"]
    assert (text, first is picture, len(more)) == ("What is it?", True, 4)
    assert {(one.dtype, one.shape) for one in more} == {(picture.dtype, picture.shape)}
    assert len({one.tobytes() for one in more}) == 4
    with pytest.raises(NotApplicable, match="holds no image"):
        apply(images, ({"role": "user", "content": "May she take it?"},))


def pictured(*parts, count=4):
    """Put grey images, which tell their place, in the places of None."""
    greys = iter(np.full((4, 4, 1), 10 * at, np.uint8) for at in range(1, count + 1))
    content = tuple(next(greys) if one is None else one for one in parts)
    return ({"role": "user", "content": content},)


def greys(talk):
    return [int(one[0, 0, 0]) for one in talk[-1]["content"] if not isinstance(one, str)]


QUESTION = "Is a fracture to be seen?"


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_so_many_images_change_places_and_the_words_stay_where_they_are(severity):
    talk = pictured(None, None, QUESTION, None, None)
    found = apply(image_order, talk, severity)
    assert sorted(greys(found)) == [10, 20, 30, 40]
    moved = sum(one != other for one, other in zip(greys(talk), greys(found), strict=True))
    assert moved == min(severity + 1, 4)
    assert found[0]["content"][2] == QUESTION


@pytest.mark.parametrize(
    "question",
    [
        "What does the second image show?",
        "Is it better on image 3?",
        "Was it there before?",
        "Did the tumour grow?",
        "Compare the current with the prior study.",
        "Which image is darkest?",
        "Which of them shows a fracture?",
        "What scan shows a fracture?",
    ],
)
def test_images_keep_their_order_where_a_word_may_refer_to_it(question):
    with pytest.raises(NotApplicable, match="may refer to the order of the images"):
        apply(image_order, pictured(None, None, question))


@pytest.mark.parametrize("perturbation", [image_order, image_turn])
def test_one_image_has_no_order(perturbation):
    talk = pictured(None, QUESTION)
    value = sea.Case("c", talk, "the first") if perturbation is image_turn else talk
    with pytest.raises(NotApplicable, match="fewer than two images"):
        apply(perturbation, value)


@pytest.mark.parametrize(
    ("count", "before", "after"),
    [
        (2, "first", "second"),
        (2, "The second image", "The first image"),
        (4, "SECOND", "THIRD"),
        (5, "Image 4.", "Image 2."),
        (5, "visit 3", "visit 3"),
    ],
)
def test_the_place_that_is_asked_for_turns_with_the_images(count, before, after):
    talk = pictured(*[None] * count, QUESTION, count=count)
    case = sea.Case("c", {"talk": talk, "options": (before, "none")}, before)
    found = apply(image_turn, case)
    assert found.target == after
    assert greys(found.input["talk"]) == greys(talk)[::-1]
    again = apply(image_turn, found)
    assert (again.target, greys(again.input["talk"])) == (before, greys(talk))


@pytest.mark.parametrize(
    ("question", "target", "told"),
    [
        ("Is it larger on the first image?", "the second", "itself names a place"),
        (QUESTION, "yes", "names no place"),
        (QUESTION, "the first or the second", "names no place, or several"),
        (QUESTION, "the fifth", "an image that is not there"),
        (QUESTION, 7, "names no place"),
    ],
)
def test_a_place_that_is_not_clear_is_left(question, target, told):
    with pytest.raises(NotApplicable, match=told):
        apply(image_turn, sea.Case("c", pictured(None, None, question), target))


def test_a_model_that_takes_the_first_image_fails_when_the_order_turns():
    """It finds the darkest image, or takes the first; clean, both are right."""
    cases = [
        sea.Case(f"c{at}", pictured(None, None, None, "Which image is darkest?"), "the first")
        for at in range(40)
    ]
    places = ("the first", "the second", "the third")

    def sees(talks):
        return [places[greys(talk).index(min(greys(talk)))] for talk in talks]

    def guesses(talks):
        return ["the first" for _ in talks]

    plan = sea.Plan(perturbations=[image_turn()], metrics=[accuracy()], seed=1)
    for model, turned in ((sees, 1.0), (guesses, 0.0)):
        cells = sea.run(plan, model=model, cases=cases).cells
        assert [one.scores["metrics.accuracy"] for one in cells] == [1.0, turned]
