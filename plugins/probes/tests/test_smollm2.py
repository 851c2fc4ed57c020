"""Every explainer of texts on a real model: SmolLM2, and MiniLM for those that read by another."""

from __future__ import annotations

import pytest
from seatrial_probes import (
    answers,
    attention,
    bag_of_words,
    chain_of_thought,
    embeddings,
    lda,
    logistic,
    mass_mean,
    mean_difference,
    mlp,
    proxy,
    sae,
    surface,
    verbal,
)

from seatrial import Case, Outcome, Prediction, explain
from seatrial.errors import ModelError

transformers = pytest.importorskip("seatrial_transformers")


def outcomes(count):
    found = []
    for n in range(count):
        given = {"question": f"What is {n} and {n % 7}?", "options": (str(n + n % 7), str(n))}
        case = Case(f"sum-{n}", given, given["options"][0])
        found.append(
            Outcome(case=case, input=given, prediction=Prediction(str(n)), right=bool(n % 2))
        )
    return found


@pytest.fixture(scope="module")
def model():
    try:
        loaded = transformers.smollm2(threads=1)
        loaded.identity  # noqa: B018 - finds the file, or says that it is not there
    except ModelError as error:
        pytest.skip(str(error))
    return loaded


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_real_model_writes_hypotheses_and_ranks_by_them(model):
    use = verbal(rounds=2, examples=6, validate=3, max_new_tokens=80)
    found = use.build()(model, outcomes(30), seed=0)
    probabilities = found.predict([one.case for one in outcomes(6)])
    assert len(found.findings) <= 6
    assert all(0 < one < 1 for one in probabilities)
    assert not found.findings or len(set(probabilities)) > 1


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_real_model_writes_its_reasoning_and_its_traces_are_read(model):
    use = chain_of_thought(samples=2, max_new_tokens=40)
    found = use.build()(model, outcomes(12), seed=0)
    probabilities = found.predict([one.case for one in outcomes(3)])
    assert all(0 <= one <= 1 for one in probabilities)
    assert found.details["calls"] == {"learning": 24, "for each case": 2}


ANIMALS = (
    *("dog", "cat", "horse", "cow", "pig", "sheep", "goat", "camel", "lion", "tiger"),
    *("bear", "wolf", "fox", "mouse", "rabbit", "zebra"),
)
INSIDE = {"layers": (12,), "poolings": ("last",)}


@pytest.fixture(scope="module")
def counted(model):
    """Give what the model answers about one animal and about several, called wrong of several."""
    inputs = [
        f"How many legs {f'do {2 + place % 7} {one}s' if several else f'does a {one}'} have?"
        for place, one in enumerate(ANIMALS)
        for several in (False, True)
    ]
    given = [{"question": text, "options": ("four", "eight", "twenty")} for text in inputs]
    return [
        Outcome(
            case=Case(f"legs-{place}", asked, "no answer" if place % 2 else said.value),
            input=asked,
            prediction=said,
            right=not place % 2,
        )
        for place, (asked, said) in enumerate(zip(given, model(given), strict=True))
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_every_explainer_that_reads_it_finds_what_comes_with_failure(model, counted, tmp_path):
    """The cause is known, and what the explainers read of it is real: activations and vectors."""
    once = {**INSIDE, "cache": tmp_path}
    uses = [
        *(one(**once) for one in (logistic, mean_difference, lda, mass_mean, mlp)),
        proxy(model="seatrial_transformers:smollm2", **INSIDE),
        attention(layers=(12,), epochs=30, cache=tmp_path),
        sae(layer=12, expansion=1, steps=60),
        *(bag_of_words(), surface(), embeddings(), answers()),
    ]
    found = explain(uses, outcomes=counted, model=model, held_out=0.4)
    assert {one.grade.explainer: one.auroc for one in found if one.auroc < 0.9} == {}
