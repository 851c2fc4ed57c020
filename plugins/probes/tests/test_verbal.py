"""The verbal explainer, with models that follow a script."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from seatrial_probes import verbal
from seatrial_probes._verbal import _listed
from sklearn.metrics import roc_auc_score

from seatrial.errors import ModelError, ParameterError


def said(text):
    return SimpleNamespace(text=text)


class Writer:
    """Writes what it was told to write, and remembers what it was asked."""

    def __init__(self, *texts):
        self.texts, self.prompts = texts, []

    def generate(self, prompts, *, max_new_tokens=None):
        start = len(self.prompts)
        self.prompts += prompts
        return [said(self.texts[(start + n) % len(self.texts)]) for n in range(len(prompts))]


class Reader:
    """Says wrong where a word of the hypotheses stands in the input; asked in writing."""

    def __init__(self):
        self.prompts = []

    def doubts(self, prompt):
        known, _, rest = prompt.partition("Here is a new input:")
        text = rest.partition("Judge only")[0]
        words = set(re.findall(r"about (\w+)", known))
        return any(word in text for word in words)

    def generate(self, prompts, *, max_new_tokens=None):
        self.prompts += prompts
        return [said("It will be WRONG." if self.doubts(p) else "right") for p in prompts]


class Chooser(Reader):
    """The same, asked for log-likelihoods; it leans to wrong, as small models do."""

    def choices(self, prompts, options):
        self.prompts += prompts
        assert all(list(one) == ["right", "wrong"] for one in options)
        return [
            SimpleNamespace(log_likelihoods=(-9.0, -6.0 + 2 * self.doubts(one))) for one in prompts
        ]


GOOD = "Some thoughts:\n- Questions about children\n2. Questions about aspirin\n"
BAD = "- Questions about zinc\n- questions about ZINC\n"


def explain(use, outcomes, model=None, seed=3):
    return use.build()(model, outcomes, seed=seed)


def graded(found, outcomes):
    scores = found.predict([one.case for one in outcomes])
    return roc_auc_score([not one.right for one in outcomes], scores)


@pytest.mark.parametrize("reader", [Reader, Chooser])
def test_hypotheses_that_hold_rank_unseen_failures(reader, planted):
    outcomes = planted(400, sure=1.0)
    use = verbal(writer=Writer(BAD, "- Questions about children", BAD), reader=reader())
    found = explain(use, outcomes)
    assert [one.summary for one in found.findings] == ["Questions about children"]
    assert found.details["selected"] == {"round": 2}
    assert graded(found, planted(200, sure=1.0, seed=4)) > 0.75
    assert found.details["searched"]["p"] < 0.01


def test_probabilities_of_failure_agree_with_the_rate_although_the_reader_leans(planted):
    outcomes = planted(400, sure=1.0)
    found = explain(verbal(writer=Writer(GOOD), reader=Chooser()), outcomes)
    cases = [one.case for one in outcomes]
    rate = sum(not one.right for one in outcomes) / len(outcomes)
    assert sum(found.predict(cases)) / len(cases) == pytest.approx(rate, abs=0.08)


def test_every_prompt_holds_as_many_right_as_wrong_answers_in_mixed_order(planted):
    writer = Writer(GOOD)
    explain(verbal(writer=writer, reader=Reader(), rounds=4, examples=10), planted(400))
    assert len(writer.prompts) == 4
    words = [re.findall(r"This was (right|wrong)\.", one) for one in writer.prompts]
    assert all(one.count("right") == one.count("wrong") == 5 for one in words)
    assert all(one not in (sorted(one), sorted(one, reverse=True)) for one in words)
    assert len(set(map(tuple, words))) > 1


def test_the_reader_sees_only_the_words_and_an_unseen_input(planted):
    reader, outcomes = Reader(), planted(200)
    found = explain(verbal(writer=Writer(GOOD), reader=reader), outcomes)
    selecting = len(reader.prompts)
    assert selecting == found.details["calls"]["selecting"]
    case = planted(1, seed=77)[0].case
    found.predict([case])
    asked = reader.prompts[selecting:]
    assert len(asked) == found.details["calls"]["for each case"] == 4
    for prompt in asked:
        assert "Questions about children" in prompt
        assert str(case.input) in prompt
        assert "This was" not in prompt
        assert not [one for one in outcomes if one.input != case.input and one.input in prompt]
    assert len(set(asked)) > 1, "each reading asks in another order"


def test_what_is_selected_on_was_hidden_from_the_writer(planted):
    writer, reader = Writer(GOOD), Reader()
    outcomes = planted(60)
    explain(verbal(writer=writer, reader=reader, examples=40), outcomes)
    read = {p.partition("new input:")[2].partition("Judge")[0].strip() for p in reader.prompts}
    shown = {text for p in writer.prompts for text in re.findall(r"Input \d+:\n(.*)", p)}
    twice = {one.input for one in outcomes if sum(o.input == one.input for o in outcomes) > 1}
    assert read
    assert not (read & shown) - twice


def test_by_default_the_explained_model_writes_and_reads(planted):
    class Both(Chooser):
        def generate(self, prompts, *, max_new_tokens=None):
            return [said(GOOD) for _ in prompts]

    found = explain(verbal(), planted(400, sure=1.0), model=Both())
    assert len(found.findings) == 2
    assert graded(found, planted(200, sure=1.0, seed=4)) > 0.6


def test_a_list_is_bounded_and_says_nothing_twice():
    many = "\n".join(f"{n}) hypothesis {n}" for n in range(1, 30))
    assert len(_listed(many, 6)) == 6
    assert _listed(BAD, 6) == ("Questions about zinc",)
    assert _listed("This was right.\nbut new", 6, "Input 1:\nThis was right.") == ("but new",)
    assert _listed("no bullets\n\nbut lines", 6) == ("no bullets", "but lines")
    assert len(_listed("- " + "x" * 5000, 6)[0]) <= 301


def test_a_writer_that_writes_nothing_predicts_the_same_for_all(planted):
    outcomes = planted()
    found = explain(verbal(writer=Writer("  \n"), reader=Reader()), outcomes)
    rate = sum(not one.right for one in outcomes) / len(outcomes)
    assert "no hypothesis" in found.summary
    assert found.predict([one.case for one in outcomes[:3]]) == pytest.approx([rate] * 3)


def test_where_nothing_can_be_kept_the_first_list_is_taken(planted):
    outcomes = planted()
    few = [next(one for one in outcomes if one.right is right) for right in (True, False)]
    found = explain(verbal(writer=Writer(GOOD, BAD), reader=Reader()), few)
    assert len(found.findings) == 2
    assert "too few" in found.details["selected"]["reason"]
    assert found.predict([]) == []


@pytest.mark.parametrize("right", [True, False])
def test_without_a_contrast_nothing_is_asked(right, planted):
    writer = Writer(GOOD)
    outcomes = [one for one in planted() if one.right is right]
    found = explain(verbal(writer=writer), outcomes)
    assert (found.predictor, writer.prompts) == (None, [])


def test_the_same_seed_asks_the_same(planted):
    asked = []
    for _ in range(2):
        writer, reader = Writer(GOOD, BAD), Reader()
        explain(verbal(writer=writer, reader=reader), planted())
        asked.append((writer.prompts, reader.prompts))
    assert asked[0] == asked[1]


def test_what_cannot_work_is_refused(planted):
    with pytest.raises(ModelError, match=r"writer must have generate"):
        explain(verbal(), planted(), model=len)
    with pytest.raises(ModelError, match=r"reader must have generate"):
        explain(verbal(writer=Writer(GOOD), reader=len), planted())
    with pytest.raises(ParameterError, match="rounds"):
        verbal(rounds=0).build()
    broken = Chooser()
    broken.choices = lambda prompts, _: (
        [SimpleNamespace(log_likelihoods=(None, -1.0))] * len(prompts)
    )
    with pytest.raises(ModelError, match="log-likelihoods"):
        explain(verbal(writer=Writer(GOOD), reader=broken), planted())
