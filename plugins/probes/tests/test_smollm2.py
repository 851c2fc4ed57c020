"""The explainers that ask a language model for words, with a real one."""

from __future__ import annotations

import pytest
from seatrial_probes import chain_of_thought, verbal

from seatrial import Case, Outcome, Prediction
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
