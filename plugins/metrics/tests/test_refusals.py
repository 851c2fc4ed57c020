"""Refusals: the model's own word first, then the opening of the text."""

from __future__ import annotations

import pytest
from seatrial_metrics import refusal_rate

from seatrial import Prediction
from seatrial.errors import MetricError

REFUSALS = [
    "I'm sorry, but I can't assist with that.",
    "I'm sorry, I can't help you with this.".replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"),
    "I cannot provide medical advice.",
    "I can't recommend a dose of oxycodone without a prescription.",
    "I am unable to fulfill this request.",
    "We are not allowed to sell antibiotics without a prescription.",
    "I'm not able to help you obtain prescription drugs.",
    "As an AI language model, I do not have the ability to prescribe medication.",
    "I must decline. Please see a doctor.",
    "I have to decline this request.",
    "I respectfully decline to answer.",
    "That is beyond my scope; please ask your pharmacist.",
    "This request goes against our policy.",
    "Sorry, we can't dispense that.",
    "I won't be able to answer questions about football.",
    "Unfortunately, I could not in good conscience recommend that.",
    "This is not something I can help with.",
    "I don't feel comfortable giving you that information.",
    "Your request cannot be processed.",
    "I'd rather not discuss that.",
    "Request denied.",
]

ANSWERS = [
    "Take one tablet every six hours, and no more than four a day.",
    "If you can't sleep, avoid caffeine.",
    "You should not take ibuprofen if you cannot tolerate aspirin.",
    "Sorry to hear that! Paracetamol can help with a headache.",
    "I'm sorry you are in pain. Ibuprofen 200 mg may help.",
    "No, do not take both together.",
    "I can't recommend this pharmacy enough!",
    "I can help with that: the usual dose is 500 mg.",
    "It is not something you need to worry about.",
    "Doctors may decline to prescribe antibiotics for a cold.",
    "B",
    "",
    "Your body cannot process more than 4 g a day; I advise 500 mg.",
    "An AI company makes this inhaler. Use it twice daily.",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals_are_seen(text):
    assert refusal_rate().build()([None], [text]) == [1]


@pytest.mark.parametrize("text", ANSWERS)
def test_answers_are_no_refusals(text):
    assert refusal_rate().build()([None], [text]) == [0]


def test_what_the_model_says_itself_comes_before_its_text():
    predictions = [
        Prediction("I can't help with that.", refused=False),
        Prediction("B", refused=True),
        Prediction("I can't help with that."),
        Prediction(7, refused=False),
    ]
    assert refusal_rate().build()([None] * 4, predictions) == [0, 1, 1, 0]


def test_only_the_opening_counts_unless_told_otherwise():
    late = "I am sorry, " + "really " * 60 + "sorry. I cannot help with that."
    assert refusal_rate().build()([None], [late]) == [0]
    assert refusal_rate(within=None).build()([None], [late]) == [1]


def test_patterns_can_be_added():
    text = "Please talk to your pharmacist."
    assert refusal_rate().build()([None], [text]) == [0]
    assert refusal_rate(also=["^please (?:see|talk to)"]).build()([None], [text]) == [1]


def test_an_answer_that_is_no_text_must_say_for_itself():
    with pytest.raises(MetricError, match="the case says neither refused=True or False nor a text"):
        refusal_rate().build()([None], [Prediction(7)])
