"""Plugins that are broken: what is said of them, and whom they do not hurt."""

from __future__ import annotations

import pytest
from plugin_stand_ins import plugged

from seatrial.errors import (
    PluginContractError,
    PluginError,
    PluginLoadError,
    PluginWarning,
)

BROKEN = {
    "import error": (
        "import no_such_library_at_all",
        PluginLoadError,
        "failed to import: ModuleNotFoundError: No module named 'no_such_library_at_all'",
    ),
    "syntax error": ("def (:", PluginLoadError, "failed to import: SyntaxError"),
    "exit at import": ("raise SystemExit(3)", PluginLoadError, "failed to import: SystemExit: 3"),
    "wrong kind": (
        "@hookimpl\ndef seatrial_metrics():\n    return (perturbation('bad.shout'),)",
        PluginContractError,
        "seatrial_metrics must return Metric values in a tuple, got 'bad.shout', a perturbation",
    ),
    "no component": (
        "@hookimpl\ndef seatrial_metrics():\n    return (str,)",
        PluginContractError,
        "seatrial_metrics must return Metric values in a tuple, got <class 'str'>",
    ),
    "bare component": (
        "@hookimpl\ndef seatrial_metrics():\n    return 7",
        PluginContractError,
        "seatrial_metrics must return Metric values in a tuple, got 7",
    ),
    "returns nothing": (
        "@hookimpl\ndef seatrial_metrics():\n    metric('bad.length')",
        PluginContractError,
        "seatrial_metrics must return Metric values in a tuple, got None",
    ),
    "wrong namespace": (
        "@hookimpl\ndef seatrial_metrics():\n    return (metric('good.length'),)",
        PluginContractError,
        "returns 'good.length', which must be named 'bad.…', like the entry point",
    ),
    "duplicate name": (
        "@hookimpl\ndef seatrial_metrics():\n    return (metric('bad.one'), metric('bad.one'))",
        PluginContractError,
        "returns 'bad.one', which is declared twice",
    ),
    "duplicate name across hooks": (
        (
            "@hookimpl\ndef seatrial_metrics():\n    return [metric('bad.one')]\n\n\n"
            "@hookimpl\ndef seatrial_perturbations():\n    return [perturbation('bad.one')]"
        ),
        PluginContractError,
        "returns 'bad.one', which is declared twice",
    ),
    "undecorated": (
        "def seatrial_metrics():\n    return (metric('bad.one'),)",
        PluginContractError,
        "add @hookimpl above 'def seatrial_metrics'",
    ),
    "misspelt": (
        "@hookimpl\ndef seatrial_metric():\n    return (metric('bad.one'),)",
        PluginContractError,
        "seatrial has no hook 'seatrial_metric'; did you mean seatrial_metrics?",
    ),
    "newer": (
        "@hookimpl\ndef seatrial_holograms():\n    return ()",
        PluginContractError,
        (
            "seatrial has no hook 'seatrial_holograms' (a hook of a newer seatrial may be marked "
            "@hookimpl(optionalhook=True))"
        ),
    ),
    "arguments": (
        "@hookimpl\ndef seatrial_metrics(config):\n    return ()",
        PluginContractError,
        "seatrial_metrics gets no arguments, but asks for config",
    ),
    "wrapper": (
        "@hookimpl(wrapper=True)\ndef seatrial_metrics():\n    return ()",
        PluginContractError,
        "generator function",
    ),
    "raising": (
        "@hookimpl\ndef seatrial_metrics():\n    raise KeyError('weights')",
        PluginLoadError,
        "seatrial_metrics() raised KeyError: 'weights'",
    ),
    "exiting": (
        "@hookimpl\ndef seatrial_metrics():\n    raise SystemExit(3)",
        PluginLoadError,
        "seatrial_metrics() raised SystemExit: 3",
    ),
    "half valid": (
        "@hookimpl\ndef seatrial_metrics():\n    yield metric('bad.one')\n    raise OSError('ill')",
        PluginLoadError,
        "seatrial_metrics() raised OSError: ill",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_plugin_says_what_to_change(fault, install, installed):
    code, kind, message = BROKEN[fault]
    install("bad", code)
    with pytest.raises(kind) as caught:
        installed("bad").get("bad.one")
    assert message in str(caught.value)
    assert str(caught.value).startswith("the plugin 'bad' of acme-bad 1.0")
    assert "\n" not in str(caught.value)
    assert caught.value.plugin == "bad"
    if kind is PluginLoadError:
        assert caught.value.__cause__ is not None


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_plugin_hurts_nobody_else(fault, good, install, installed):
    install("bad", BROKEN[fault][0])
    registry = installed("good", "bad")
    with pytest.raises(PluginError):
        registry.get("bad.one")
    assert registry.get("good.shout")
    with pytest.warns(PluginWarning, match="the plugin 'bad'") as warned:
        found = plugged(registry)
    assert [one.name for one in found] == ["good.shout", "good.whisper", "good.length"]
    assert len(warned) == 1


@pytest.mark.parametrize("fault", BROKEN)
def test_nothing_of_a_broken_plugin_is_adopted(fault, install, installed):
    install("bad", BROKEN[fault][0])
    registry = installed("bad")
    for _ in range(2):
        with pytest.raises(PluginError):
            registry.components("bad")
    with pytest.warns(PluginWarning):
        assert plugged(registry) == []


@pytest.mark.parametrize("fault", ["undecorated", "misspelt", "arguments", "raising", "wrong kind"])
def test_a_broken_hook_is_found_by_file_and_line(fault, head, install, installed):
    file = install("bad", BROKEN[fault][0])
    with pytest.raises(PluginError) as caught:
        installed("bad").get("bad.one")
    assert f"{file}:{len(head.splitlines()) + 1}: " in str(caught.value)


def test_a_broken_plugin_is_imported_once_and_remembered(tmp_path, install, installed):
    log = tmp_path / "log"
    install(
        "bad",
        f"""
        with open({str(log)!r}, "a") as log:
            log.write("x")
        raise ValueError("no")
        """,
    )
    registry = installed("bad")
    caught = []
    for _ in range(3):
        with pytest.raises(PluginLoadError) as one:
            registry.get("bad.one")
        caught.append(one.value)
    assert log.read_text() == "x"
    assert caught[0] is caught[2]
    depth = []
    for _ in range(2):
        with pytest.raises(PluginLoadError) as one:
            registry.get("bad.one")
        depth.append(len(one.traceback))
    assert depth[0] == depth[1]


def test_a_strict_listing_raises(good, install, installed, monkeypatch):
    install("bad", "raise ValueError('no')")
    monkeypatch.setenv("SEATRIAL_STRICT", "1")
    with pytest.raises(PluginLoadError):
        installed("good", "bad").all()
    monkeypatch.setenv("SEATRIAL_STRICT", "0")
    with pytest.warns(PluginWarning):
        assert plugged(installed("good", "bad"))


def test_a_failed_import_quotes_what_the_plugin_asks_of_the_core(install, installed):
    install("bad", "import seatrial.gone", requires="seatrial<0.2,>=0.1")
    with pytest.raises(PluginLoadError, match=r"\(it asks for seatrial<0\.2,>=0\.1, and seatrial "):
        installed("bad").get("bad.one")


def test_a_requirement_of_another_plugin_is_not_taken_for_the_core(install, installed):
    install("bad", "import seatrial.gone", requires="seatrial-metrics>=4")
    with pytest.raises(PluginLoadError) as caught:
        installed("bad").get("bad.one")
    assert "it asks for" not in str(caught.value)
