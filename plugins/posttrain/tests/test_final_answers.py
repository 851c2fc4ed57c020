"""Final-answer pairs from sampled answers."""

from __future__ import annotations

import pytest
import seatrial_posttrain as posttrain
from seatrial_transformers import causal_lm

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, PlanError


@pytest.fixture(scope="module")
def writer(folder):
    return causal_lm(folder, max_new_tokens=40)


def judge(case, text):
    return len(text) % 2 == 0


def test_a_right_and_a_wrong_sample_become_a_pair(writer, tmp_path):
    some = [sea.Case(f"c{n}", f"word {n}", "x", cluster=f"k{n}") for n in range(3)]
    how = {"samples": 12, "temperature": 1.5, "seed": 4, "per_case": 2}
    found = posttrain.final_answer_pairs(writer, some, judge=judge, **how, to=tmp_path / "f.jsonl")
    assert found
    for one in found:
        assert judge(None, one.chosen)
        assert not judge(None, one.rejected)
        assert "temperature 1.5, seed 4, 12 samples" in one.reason
    assert found.counts["final-answer pairs"] == len(found)
    assert found.clusters == {"k0", "k1", "k2"}
    again = posttrain.final_answer_pairs(writer, some, judge=None, **how, to=tmp_path / "f.jsonl")
    assert again == found
    assert again.counts == found.counts
    assert posttrain.final_answer_pairs(writer, some, judge=judge, **how) == found


def test_sampling_goes_on_where_it_was_cut_off(writer, tmp_path):
    some = [sea.Case(f"c{n}", f"word {n}", "x") for n in range(2)]
    how = {"samples": 3, "temperature": 1.5, "seed": 4}
    whole = posttrain.final_answer_pairs(writer, some, judge=judge, **how, to=tmp_path / "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_text("utf-8")
    (tmp_path / "b.jsonl").write_text(lines[:-20], "utf-8")
    again = posttrain.final_answer_pairs(writer, some, judge=judge, **how, to=tmp_path / "b.jsonl")
    assert again == whole
    assert (tmp_path / "b.jsonl").read_text("utf-8") == lines


def test_a_judge_that_answers_nonsense_makes_no_pair(writer):
    some = [sea.Case(f"c{n}", f"word {n}", "x") for n in range(3)]
    found = posttrain.final_answer_pairs(
        writer, some, judge=lambda case, text: "maybe", samples=12, temperature=1.5, seed=4
    )
    assert found == ()
    assert found.counts["left out: the judge gave no judgement"] >= 1
    assert found.counts["left out: no answer is usable"] == 3


def test_what_cannot_be_sampled_is_refused(writer):
    with pytest.raises(ParameterError, match="temperature must be positive"):
        posttrain.final_answer_pairs(writer, [], judge=judge, temperature=0)
    with pytest.raises(ParameterError, match="samples must be"):
        posttrain.final_answer_pairs(writer, [], judge=judge, samples=0)
    with pytest.raises(PlanError, match="has options"):
        posttrain.final_answer_pairs(
            writer, [sea.Case("c", {"question": "q", "options": ("a", "b")})], judge=judge
        )


def test_what_samples_no_answers_and_what_judges_none_are_named(writer):
    with pytest.raises(ModelError, match="the attribute `trainable`"):
        posttrain.final_answer_pairs(lambda inputs: inputs, [], judge=len)
    with pytest.raises(ParameterError, match=r"such as judged_by\(model\), not 'app:judge'"):
        posttrain.final_answer_pairs(writer, [], judge="app:judge")
