"""Cases from wherever they come, in one order, and whose fault it is when none come."""

from __future__ import annotations

import sys
from textwrap import dedent

import numpy as np
import pytest

import seatrial as sea
from seatrial._reference import Reference
from seatrial.errors import ComponentError, PlanError
from seatrial.inputs._loading import load_cases


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write the module `shop`, which can be imported for this test."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def module(code):
        (tmp_path / "shop.py").write_text(f"import seatrial as sea\n{dedent(code)}")

    yield module
    sys.modules.pop("shop", None)


def case(name):
    return sea.Case(name, f"text of {name}")


@pytest.mark.parametrize(
    "code",
    [
        "def cases(): return [sea.Case('b', 'x'), sea.Case('a', 'y')]",
        "def cases(): yield from [sea.Case('b', 'x'), sea.Case('a', 'y')]",
        "cases = (sea.Case('b', 'x'), sea.Case('a', 'y'))",
        """
        from seatrial._reference import Reference
        a, b = sea.Case('a', 'y'), sea.Case('b', 'x')
        cases = [Reference('shop:b'), Reference('shop:a')]
        """,
        "import itertools\ncases = lambda: map(sea.Case, 'ba', 'xy')",
    ],
)
def test_cases_come_from_whatever_gives_them_in_the_order_of_their_ids(module, code):
    module(code)
    for given in ("shop:cases", Reference("shop:cases"), [Reference("shop:cases")]):
        assert [one.id for one in load_cases(given)] == ["a", "b"]


def test_live_cases_are_taken_one_by_one_or_together():
    assert load_cases(case("a")) == (case("a"),)
    assert [one.id for one in load_cases(case(name) for name in "cab")] == ["a", "b", "c"]


def test_parameters_reach_the_function_that_makes_cases(module):
    module("def cases(n, prefix='q'): return [sea.Case(f'{prefix}{i}', 'x') for i in range(n)]")
    assert len(load_cases(Reference("shop:cases", {"n": 3}))) == 3


BROKEN = {
    "def cases(): raise OSError('no such file')": "cannot be made: OSError: no such file",
    "def cases(): import sys; sys.exit(0)": "cannot be made: SystemExit: 0",
    "def cases():\n    yield sea.Case('a', 'x')\n    1 / 0": "ZeroDivisionError",
    "def cases(n): ...": "cannot be made: TypeError: .*'n'",
    "def cases(): return 3": "expected cases, got 3",
    "def cases(): return {'input': ['a']}": "expected cases, got {'input'",
    "def cases(): return ['a']": "expected a Case, got 'a'",
    "def cases(): return []": "no cases to measure",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_source_that_fails_is_named(module, code):
    module(code)
    with pytest.raises(PlanError, match=f"(?s){BROKEN[code]}"):
        load_cases("shop:cases")


@pytest.mark.parametrize("code", ["import nowhere_at_all", "import sys; sys.exit(1)", "def ("])
def test_a_module_that_does_not_import_is_named(module, code):
    module(code)
    with pytest.raises(sea.errors.SeatrialError, match="cannot import 'shop:cases'"):
        load_cases("shop:cases")


def test_a_live_source_that_fails_is_the_cases_fault():
    def broken():
        yield case("a")
        raise ValueError

    with pytest.raises(ComponentError, match="the cases: ValueError"):
        load_cases(broken())


def test_a_source_that_prints_keeps_stdout_clean(module, capsys):
    module("print('importing')\ndef cases():\n    print('making')\n    yield sea.Case('a', 'x')")
    load_cases("shop:cases")
    assert capsys.readouterr() == ("", "importing\nmaking\n")


def test_ids_that_are_whole_numbers_are_names():
    cases = load_cases([sea.Case(i, "x", cluster=i // 2) for i in np.arange(3)])
    assert [(one.id, one.cluster) for one in cases] == [("0", "0"), ("1", "0"), ("2", "1")]
    with pytest.raises(PlanError, match="'1' is given more than once"):
        load_cases([sea.Case(1, "x"), sea.Case("1", "x")])


def test_a_source_names_the_modalities_of_its_cases(module):
    module("def cases(): return [sea.Case('a', 'x')]\ncases.modalities = ('audio.clip',)")
    assert load_cases("shop:cases").modalities == ("audio.clip",)
    assert load_cases([Reference("shop:cases"), case("b")]).modalities == ("audio.clip",)
    assert load_cases([case("b")]).modalities == ()


def test_a_misspelt_type_is_named_where_its_file_is_missing(tmp_path):
    (tmp_path / "q.csv").write_text("id,q,t\n1,hello,b\n")
    with pytest.raises(sea.errors.FileError, match="hello does not exist, and the type 'txet' is"):
        sea.load_cases(tmp_path / "q.csv", input="q", target="t", types={"q": "txet"})
