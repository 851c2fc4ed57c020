"""Metrics of texts against hand-made pairs and definitions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_metrics import exact_match, rouge_1, rouge_2, rouge_l

from seatrial.errors import MetricError

WORDS = st.lists(st.sampled_from(["dose", "pain", "two", "mg", "daily"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("Paracetamol", "  paracetamol. "),
        ("take two\ntablets", "Take two tablets!"),
        ("don't drive", "Don\N{RIGHT SINGLE QUOTATION MARK}t drive"),
        ("STRASSE", "straße"),
        ("co-codamol", "cocodamol"),
        ("2.5 mg, twice a day", "2.5 mg twice a day."),
        ("ﬁve", "five"),
    ],
)
def test_texts_that_differ_only_in_form_match(target, answer):
    assert exact_match().build()([target], [answer]) == [1]


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("2.5 mg", "25 mg"),
        ("1,000 mg", "1.000 mg"),
        ("-5 C", "5 C"),
        ("10-20 mg", "1020 mg"),
        ("5%", "5"),
        ("1/2 tablet", "12 tablet"),
        ("yes", "no"),
        ("yes", ""),
        ("two tablets", "twotablets"),
    ],
)
def test_texts_that_differ_in_content_do_not_match(target, answer):
    assert exact_match().build()([target], [answer]) == [0]


@pytest.mark.parametrize(
    ("switch", "target", "answer"),
    [
        ("ignore_case", "Yes", "yes"),
        ("ignore_white_space", "a b", "a  b"),
        ("ignore_punctuation", "yes", "yes."),
    ],
)
def test_each_normalisation_can_be_switched_off(switch, target, answer):
    assert exact_match().build()([target], [answer]) == [1]
    assert exact_match(**{switch: False}).build()([target], [answer]) == [0]


def test_a_target_may_be_a_list_of_texts():
    score = exact_match().build()
    assert score([["aspirin", "ASA"]] * 3, ["asa", "Aspirin.", "ibuprofen"]) == [1, 1, 0]


def overlap(one: list, other: list) -> float:
    common = sum(min(one.count(x), other.count(x)) for x in set(one))
    return 2 * common / (len(one) + len(other)) if common else 0.0


def longest_common(one: list, other: list) -> int:
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return 1 + longest_common(one[:-1], other[:-1])
    return max(longest_common(one[:-1], other), longest_common(one, other[:-1]))


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS)
def test_rouge_follows_its_definition(target, answer):
    pair = [" ".join(target)], [" ".join(answer)]
    pairs_of = [list(pairwise(words)) for words in (target, answer)]
    assert rouge_1().build()(*pair) == pytest.approx([overlap(target, answer)])
    assert rouge_2().build()(*pair) == pytest.approx([overlap(*pairs_of)])
    expected = 2 * longest_common(target, answer) / (len(target) + len(answer))
    assert rouge_l().build()(*pair) == pytest.approx([expected])


def test_rouge_measures_precision_and_recall_worked_out_by_hand():
    pair = ["take two tablets daily"], ["take two"]
    assert rouge_1(measure="precision").build()(*pair) == [1]
    assert rouge_1(measure="recall").build()(*pair) == [0.5]
    assert rouge_1().build()(*pair) == pytest.approx([2 / 3])


def test_stems_match_only_when_asked():
    pair = ["two tablets"], ["two tablet"]
    assert rouge_1().build()(*pair) == [0.5]
    assert rouge_1(stem=True).build()(*pair) == [1]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=40), st.booleans())
def test_words_of_plain_english_are_those_of_rouge_score(text, stem):
    from rouge_score.tokenizers import DefaultTokenizer
    from seatrial_metrics._rouge import Words

    assert Words(stem=stem).tokenize(text) == DefaultTokenizer(use_stemmer=stem).tokenize(text)


@pytest.mark.parametrize(
    ("target", "answer", "score"),
    [
        ("le résumé", "le resume", 0.5),
        ("résumé", "re\N{COMBINING ACUTE ACCENT}sume\N{COMBINING ACUTE ACCENT}", 1),
        ("mm²", "mm2", 0),
        ("10⁵", "105", 0),
        ("два раза в день", "два раза", 2 / 3),
        ("हिन्दी भाषा", "हिन्दी", 2 / 3),
        ("每天两次", "每天一次", 0.75),
    ],
)
def test_words_of_every_script_are_compared_whole(target, answer, score):
    assert rouge_1().build()([target], [answer]) == pytest.approx([score])


def test_of_several_references_the_best_counts():
    assert rouge_l().build()([["no match", "two tablets"]], ["Two tablets!"]) == [1]


def test_an_answer_without_words_scores_zero_and_a_target_without_is_an_error():
    assert rouge_1().build()(["two"], ["!!!"]) == [0]
    with pytest.raises(MetricError, match=r"metrics.rouge-1: case 1: its target has no word"):
        rouge_1().build()(["two", "?!"], ["two", "?!"])


@pytest.mark.parametrize("metric", [exact_match, rouge_1])
def test_what_is_no_text_is_refused(metric):
    score = metric().build()
    with pytest.raises(MetricError, match="case 1: expected a text as the answer, got 7"):
        score(["a", "b"], ["a", 7])
    with pytest.raises(MetricError, match="case 0: expected a text or a list of texts, got 3"):
        score([3, "b"], ["a", "b"])
