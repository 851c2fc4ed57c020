"""Exact match takes away what changes no meaning, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from seatrial_metrics import exact_match

score = exact_match.build()
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn", "Co")), max_size=30)
UNITS = st.sampled_from(["", " mg", "%", " °C", " mm²", " tablets"])


def matches(target, answer):
    there, back = score([target, answer], [answer, target])
    assert there == back
    return there == 1


SAME = [
    ("1,000", "1000"),
    ("1000", "1000.0"),
    ("1,234,567.50", "1234567.5"),
    (".5", "0.5"),
    ("1e3", "1000"),
    ("2.50 mg", "2.5 mg"),
    ("٥", "5"),
    ("10\N{EN DASH}20 mg", "10-20 mg"),
    ("10 - 20 mg", "10-20 mg"),
    ("\N{MINUS SIGN}5 °C", "-5 °C"),
    ("- 5 °C", "-5°C"),
    ("5 %", "5%"),
    ("p < 0.05", "p<0.05"),
    (">= 5", "≥5"),
    ("mm²", "mm^2"),
    ("\N{MICRO SIGN}g", "\N{GREEK SMALL LETTER MU}g"),
    ("㎎", "mg"),
    ("5 MG", "5 mg"),
    *[("½", "1/2"), ("½", "0.5"), ("2½", "2 1/2"), ("2½ mg", "2.5 mg"), ("-¾", "-0.75")],
    *[("1.5 × 10³", "1500"), ("1.5x10^3", "1.5e3"), ("10⁵ CFU/mL", "100,000 CFU/mL")],
    *[("2*10^-3", "0.002"), ("5 per cent", "5%"), ("5 Percent", "5 %"), ("1\u202f000", "1000")],
    *[("٣٫٥", "3.5"), ("10 — 20", "10-20"), ("5mg", "5 mg"), ("37.0mmHg", "37 mmHg")],
    *[("€ 5", "5 €"), ("5$", "$5"), ("US$ 5", "US$5")],
    *[("5 €", "5€."), ("(5 €)", "€5"), ("-5 $", "-$5"), ("5-mg tablet", "5 mg tablet")],
    *[("½mg", "0.5 mg"), ("1e3mg", "1000 mg"), ("10x5mm", "10x5 mm"), ("5 KB", "5 kB")],
    *[("x^{12}", "x^12"), ("\\frac{1}{2}", "\\frac{1}{2}."), ("5\u066a", "5%"), ("\ufe635", "-5")],
    ("A & B", "A&B"),
    ("A, B", "A,B"),
    ("**Yes**", "yes"),
    ("- yes", "yes"),
    ('"5"', "5"),
    ("'5'", "5"),
    ("(yes)", "yes."),
    ("U.S.", "US"),
    ("COVID-19", "Covid19"),
    ("Ａ", "a"),
    ("a\N{COMBINING ACUTE ACCENT}", "á"),
    ("yes\N{ZERO WIDTH SPACE}", "yes"),
    ("-", "\N{EN DASH}"),
    ("", "  "),
]

OTHER = [
    ("first_name", "firstname"),
    ("A'", "A"),
    ("f'(x)", "f(x)"),
    *[("-", ""), ("?", "!"), ("+", "++"), ("%", ""), ("°", ""), ("()", ""), ("∞", "")],
    *[("C#", "C"), ("C++", "C"), ("C#", "C++"), (".NET", "NET"), ("node.js", "nodejs")],
    *[("A&B", "AB"), ("A/B", "AB"), ("A,B", "AB"), ("A->B", "A>B"), ("user@x", "userx")],
    *[("A-", "A"), ("A+", "A"), ("A-", "A+"), ("A*", "A"), ("HIV-", "HIV+")],
    *[("- 5 °C", "5 °C"), ("+5", "5"), ("±5", "5"), ("5--3", "5-3"), ("-x", "x"), ("x-1", "x1")],
    *[("<5", "5"), ("<5", ">5"), ("≤5", "<5"), ("~5", "5"), ("a≠b", "a=b"), ("¬p", "p")],
    *[("10⁵ CFU/mL", "105 CFU/mL"), ("mm²", "mm2"), ("x₁", "x1"), ("10⁻³", "10³"), ("Na⁺", "Na⁻")],
    *[("1,5", "1.5"), ("1,5", "15"), ("1,000", "1.000"), ("007", "7"), ("1.2.3", "1.23")],
    *[("1:2", "12"), ("1/2", "12"), ("2½", "21/2"), ("10-20", "1020"), ("5", "5%"), ("5%", "5‰")],
    *[("section 3.10", "section 3.1"), ("v1.0", "v1.00"), ("B12", "B 12"), ("1e3", "1e-3")],
    *[("$5", "5"), ("$5", "€5"), ("§5", "5"), ("#1", "1"), ("5'", '5"'), ("5!", "5"), ("n!", "n")],
    *[("5 µg", "5 mg"), ("5 mW", "5 MW"), ("mg", "Mg"), ("5 mM", "5 mm"), ("Δ", "δ"), ("ℝ", "R")],
    *[("f(x)", "fx"), ("(2+3)*4", "2+3*4"), ("[0, 1)", "(0, 1]"), ("x_1", "x1")],
    *[("5′", "5″"), ("A′", "A″"), ("1/3", "0.3"), ("120/80", "1.5"), ("1/2/20", "0.5/20")],
    *[("5 $", "5 €"), ("10^5", "10^-5"), ("10^5^2", "100000^2"), ("x10^3", "x1000")],
    *[("section 1/2", "section 0.5"), ("5 per cent", "5"), ("5mg", "5 g"), ("5\xa0000", "5")],
    *[("-$5", "$5"), ("-5 €", "5 €"), ("-√2", "√2"), ("-|x|", "|x|"), ("-[1]", "[1]")],
    *[("-\\frac{1}{2}", "\\frac{1}{2}"), ("\\frac{1}{23}", "\\frac{12}{3}"), ("x^{12}", "x^{1}2")],
    *[("\\sqrt{2}+1", "\\sqrt{2+1}"), ("⌊2.5⌋", "⌈2.5⌉"), ("‖x‖", "x"), ("(n+1)!", "n+1!")],
    *[("HIV (-)", "HIV"), ("HIV -", "HIV"), ("HIV (-)", "HIV (+)"), ("T2m", "T2 m")],
    *[("1/2 × 10^3", "1/2000"), ("6 ÷ 2 × 10³", "6 ÷ 2000"), ("5\u066a", "5"), ("\ufe635", "5")],
    *[("5 Nm", "5 nm"), ("5 mΩ", "5 MΩ"), ("5 pA", "5 Pa"), ("5 mU", "5 MU"), ("5 kb", "5 kB")],
    *[("résumé", "resume"), ("we're", "were"), ("patient's", "patients"), ("not safe", "safe")],
]


@pytest.mark.parametrize(("target", "answer"), SAME)
def test_another_form_of_the_same_matches(target, answer):
    assert matches(target, answer)


@pytest.mark.parametrize(("target", "answer"), OTHER)
def test_what_means_something_else_does_not_match(target, answer):
    assert not matches(target, answer)


def numbers():
    return st.decimals(-(10**9), 10**9, allow_nan=False, places=3)


@given(numbers(), UNITS)
def test_a_number_matches_itself_in_every_format(number, unit):
    plain = f"{number:f}"
    for written in (f"{number:,f}", f"{number:f}00", plain.replace("-", "\N{MINUS SIGN}")):
        assert matches(plain + unit, written + unit)


@given(numbers(), numbers(), UNITS)
def test_numbers_that_differ_never_match(one, other, unit):
    assume(one != other)
    assert not matches(f"{one:,f}{unit}", f"{other:f}{unit}")


@given(st.integers(10**30, 10**60))
def test_long_numbers_are_compared_to_the_last_digit(number):
    assert not matches(str(number), str(number + 1))


@given(st.integers(1, 999), st.sampled_from("-:/.,;+*^=<>×÷±~'_\N{EN DASH}"), st.integers(1, 99))
@example(1, ",", 5)
def test_a_mark_between_digits_is_never_lost(before, mark, after):
    assert not matches(f"{before}{mark}{after}", f"{before}{after}")
    assert not matches(f"{before}{mark}{after}", f"{before} {after}")


@given(TEXTS)
def test_every_text_matches_itself_and_shouted_white_space(text):
    assert matches(text, text)
    assert matches(text, f" \n{text}\t ")


@given(TEXTS)
def test_no_visible_text_matches_nothing(text):
    visible = [one for one in text if unicodedata.category(one)[0] not in "ZC"]
    assume(visible)
    assert not matches(text, "")


@given(st.characters(categories=("P", "S")), st.characters(categories=("P", "S")))
def test_marks_alone_match_only_other_forms_of_themselves(one, other):
    same = unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
    dashes = "\u2010\u2011\u2012\u2013\u2212-"
    quotes = ("'\u2018\u2019\u2032\uff07", '"\u201c\u201d\u2033\uff02', "/\u2044\u2215\uff0f")
    same |= any(one in kind and other in kind for kind in (dashes, *quotes))
    assert same or not matches(one, other)


def test_numbers_stay_as_written_when_told():
    assert exact_match(ignore_number_format=False).build()(["1,000"], ["1000"]) == [0]
