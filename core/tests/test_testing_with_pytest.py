"""The conformance kit under pytest, and the registry that a test installs plugins in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import seatrial
from seatrial import Case, Perturbation, Plan
from seatrial.errors import PlanError, PluginContractError
from seatrial.testing import installed

pytest_plugins = ["pytester"]

SHOUT = Perturbation(
    name="demo.shout",
    summary="Shout.",
    modality="text",
    factory=lambda: lambda text, *, seed: text.upper(),
)


def test_pytest_gets_one_test_for_each_check(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytester.makepyfile(
        """
        from sample_plugins.bad import backwards
        from sample_plugins.good import text
        from seatrial.testing import parametrize

        name = "check_effect_grows_along_the_ladder"

        @parametrize([text, backwards], expected_failures={"bad.backwards": {name: "by design"}})
        def test_conforms(component, run_check):
            run_check(component)

        @parametrize([text], expected_failures={"good.text": {name: "it shrinks"}})
        def test_expects_too_much(component, run_check):
            run_check(component)

        @parametrize([backwards])
        def test_finds(component, run_check):
            run_check(component)
        """
    )
    result = pytester.runpytest_subprocess("-rA", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=77, skipped=4, xfailed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*PASSED*::test_conforms?good.text-same_seed_same_output?",
            "*FAILED*::test_expects_too_much?good.text-effect_grows_along_the_ladder?*",
            "*FAILED*::test_finds?bad.backwards-effect_grows_along_the_ladder?*",
        ],
        consecutive=False,
    )


def test_pytest_fails_on_what_was_not_exercised_where_it_is_asked_to(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytester.makepyfile(
        """
        from attrs import evolve
        from sample_plugins.good import few
        from seatrial.testing import parametrize

        bare = evolve(few, name="good.bare", examples=None)

        @parametrize([bare])
        def test_conforms(component, run_check):
            run_check(component)

        @parametrize([bare], strict=True)
        def test_is_exercised(component, run_check):
            run_check(component)
        """
    )
    result = pytester.runpytest_subprocess(
        "-rA", "-p", "no:cacheprovider", "-k", "examples_come_out"
    )
    result.assert_outcomes(skipped=1, failed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*not exercised: it declares no examples*"])


def test_a_plugin_is_installed_for_the_length_of_a_block():
    class Plugin:
        @seatrial.hookimpl
        def seatrial_perturbations(self):
            return (SHOUT,)

    machine = seatrial.default_registry().namespaces()
    with installed(Plugin()) as registry:
        assert registry.namespaces() == ("demo",)
        assert seatrial.default_registry() is registry
        plan = Plan(perturbations=["demo.shout"])
        report = seatrial.run(plan, model=lambda texts: texts, cases=[Case("one", "hello")])
        assert [one.prediction.value for one in report.records()] == ["hello", "HELLO"]
    assert seatrial.default_registry().namespaces() == machine
    assert "SEATRIAL_PLUGINS" not in os.environ


def test_a_plugin_that_breaks_the_contract_is_not_installed():
    class Plugin:
        def seatrial_perturbations(self):
            return (SHOUT,)

    with pytest.raises(PluginContractError, match="add @hookimpl"), installed(Plugin()):
        pass
    with pytest.raises(PlanError, match="declares no component"), installed(object()):
        pass


def test_the_fixture_gives_an_empty_registry(pytester):
    pytester.makeconftest('pytest_plugins = ["seatrial.testing.fixtures"]')
    pytester.makepyfile(
        """
        import pytest
        import seatrial

        def test_sees_nothing(empty_registry):
            assert empty_registry.namespaces() == ()
            assert seatrial.default_registry() is empty_registry
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
