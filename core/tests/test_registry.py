from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from seatrial import Metric, Perturbation, Registry, default_registry, hookimpl
from seatrial.errors import (
    PluginConflictError,
    PluginContractError,
    PluginError,
    PluginLoadError,
    PluginWarning,
    SeatrialError,
    UnknownComponentError,
)

GOOD = """
@hookimpl
def seatrial_perturbations():
    return (perturbation("good.shout"), perturbation("good.whisper"))


@hookimpl
def seatrial_metrics():
    return (metric("good.length"),)
"""


@pytest.fixture
def good(install):
    return install("good", GOOD)


def local(name="here.shout", kind=Perturbation):
    more = {"modality": "text"} if kind is Perturbation else {}
    return kind(name=name, summary="Shouts.", factory=str, **more)


def test_an_empty_registry_sees_nothing_of_the_machine(good):
    assert Registry().namespaces() == ()


def test_reading_what_is_installed_imports_nothing(good, installed):
    registry = installed("good")
    assert registry.namespaces() == ("good",)
    assert str(registry.source("good")) == "acme-good 1.0"
    assert "fake_acme_good" not in sys.modules


def test_a_component_is_found_by_its_name(good, installed):
    registry = installed("good")
    assert registry.get("good.shout").summary == "Changes something."
    assert registry.get("good.length", Metric).name == "good.length"
    assert [one.name for one in registry.components("good")] == [
        "good.shout",
        "good.whisper",
        "good.length",
    ]


def plugged(registry):
    """List what plugins offer, without what comes with the core."""
    return [one for one in registry.all() if one.namespace != "seatrial"]


def test_getting_a_component_imports_its_plugin_and_no_other(good, install, installed):
    install("other", "raise RuntimeError('nobody asked for this')")
    assert installed("good", "other").get("good.shout")
    assert "fake_acme_other" not in sys.modules


def test_listing_gives_one_kind_in_order_of_namespaces(good, install, installed):
    install("also", "@hookimpl\ndef seatrial_metrics():\n    return [metric('also.words')]\n")
    registry = installed("good", "also")
    assert [one.name for one in registry.all(Metric)] == ["also.words", "good.length"]
    assert [one.namespace for one in registry.all()[:4]] == ["also", *["good"] * 3]
    assert {one.namespace for one in registry.all()[4:]} == {"seatrial"}


def test_two_registries_are_never_equal_and_both_can_be_hashed():
    assert len({Registry(), Registry()}) == 2


def test_the_default_registry_is_read_once():
    assert default_registry() is default_registry()


def test_an_unknown_name_gets_the_nearest_one(good, installed):
    with pytest.raises(UnknownComponentError) as caught:
        installed("good").get("good.shuot")
    assert str(caught.value) == "good has no 'good.shuot'; did you mean good.shout?"


def test_where_none_is_near_all_names_are_told(good, installed):
    names = ", ".join(one.name for one in installed("good").components("good"))
    with pytest.raises(UnknownComponentError) as caught:
        installed("good").get("good.zzz")
    assert str(caught.value) == f"good has no 'good.zzz'; it has {names}"
    with pytest.raises(UnknownComponentError) as caught:
        installed("good").get("good")
    assert str(caught.value) == f"'good' is a namespace, not a component; it has {names}"


def test_an_unknown_namespace_gets_the_nearest_one(good, installed):
    with pytest.raises(UnknownComponentError) as caught:
        installed("good").get("goood.shout")
    assert str(caught.value) == (
        "no installed plugin provides the namespace 'goood' of 'goood.shout'; "
        "did you mean good.shout?"
    )


def test_only_official_names_are_suggested_for_installation():
    with pytest.raises(UnknownComponentError, match=r"try: pip install seatrial-torchio$"):
        Registry().get("torchio.ghosting")
    with pytest.raises(UnknownComponentError) as caught:
        Registry().get("evil.ghosting")
    assert "pip" not in str(caught.value)


def test_another_kind_is_named_for_what_it_is(good, installed):
    with pytest.raises(
        UnknownComponentError, match=r"^'good\.shout' is a perturbation, not a metr"
    ):
        installed("good").get("good.shout", Metric)
    registry = Registry()
    registry.register(SimpleNamespace(), "empty")
    with pytest.raises(UnknownComponentError, match=r"empty has no 'empty\.thing'$"):
        registry.get("empty.thing")


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


def test_two_distributions_that_claim_one_namespace_are_both_named(good, install, installed):
    install("twice", GOOD, distribution="first-one", version="1.2")
    install("twice", GOOD, distribution="second-one", version="3.4")
    registry = installed("good", "twice")
    with pytest.raises(PluginConflictError) as caught:
        registry.get("twice.shout")
    assert "first-one 1.2" in str(caught.value)
    assert "second-one 3.4" in str(caught.value)
    assert "fake_first_one" not in sys.modules
    assert registry.get("good.shout")


def test_a_generator_hook_is_fine(install, installed):
    install("lazy", "@hookimpl\ndef seatrial_metrics():\n    yield metric('lazy.one')")
    assert installed("lazy").get("lazy.one", Metric)


def test_a_cached_hook_is_fine(install, installed):
    install(
        "once",
        """
        from functools import cache

        @hookimpl
        @cache
        def seatrial_metrics():
            return (metric("once.one"),)
        """,
    )
    assert installed("once").get("once.one")


def test_a_hook_may_go_by_another_name(install, installed):
    code = "@hookimpl(specname='seatrial_metrics')\ndef mine():\n    return (metric('own.one'),)"
    install("own", code)
    assert installed("own").get("own.one")


def test_an_optional_hook_of_a_newer_core_loads(install, installed):
    install(
        "newer",
        """
        @hookimpl(optionalhook=True)
        def seatrial_holograms():
            raise RuntimeError("nobody calls this")

        @hookimpl
        def seatrial_metrics():
            return (metric("newer.one"),)
        """,
    )
    assert installed("newer").get("newer.one")


def test_a_helper_that_only_begins_like_a_hook_is_no_fault(install, installed):
    install("help", "def seatrial_version():\n    return '1'\n")
    assert installed("help").components("help") == ()


def test_lazy_attributes_of_a_plugin_stay_asleep(install, installed):
    install(
        "lazy",
        """
        class Proxy:
            def __getattribute__(self, name):
                raise RuntimeError(f"the proxy was asked for {name}")

        heavy = Proxy()

        def __getattr__(name):
            raise RuntimeError(f"the module was asked for {name}")

        def __dir__():
            return [*globals(), "seatrial_audits", "more"]

        @hookimpl
        def seatrial_metrics():
            return (metric("lazy.one"),)
        """,
    )
    assert installed("lazy").get("lazy.one")


@pytest.mark.parametrize(
    ("plugins", "block", "usable"),
    [
        (None, None, ("first", "second")),
        ("", None, ()),
        ("first", None, ("first",)),
        (" first , second,", None, ("first", "second")),
        (None, "first", ("second",)),
        ("first,second", "second", ("first",)),
        (None, "", ("first", "second")),
    ],
)
def test_lists_act_before_anything_is_imported(
    plugins, block, usable, tmp_path, install, monkeypatch
):
    for name in ("first", "second"):
        install(name, f"open({str(tmp_path / name)!r}, 'w').close()")
    if plugins is not None:
        monkeypatch.setenv("SEATRIAL_PLUGINS", plugins)
    if block is not None:
        monkeypatch.setenv("SEATRIAL_BLOCK", block)
    registry = Registry.installed()
    for name in ("first", "second"):
        if name in usable:
            assert registry.components(name) == ()
        else:
            assert name not in registry.namespaces()
            with pytest.raises(UnknownComponentError, match="installed but switched off"):
                registry.components(name)
        assert (tmp_path / name).exists() == (name in usable)


def test_blocking_one_of_two_claims_is_not_needed_when_nobody_asks(install, installed):
    install("twice", GOOD, distribution="first-one")
    install("twice", GOOD, distribution="second-one")
    assert "twice" not in Registry.installed(block=["twice"]).namespaces()


def test_a_local_object_can_be_registered():
    class Mine:
        @staticmethod
        @hookimpl
        def seatrial_perturbations():
            return (local("here.shout"),)

        @hookimpl
        def seatrial_metrics(self):
            return (local("here.length", Metric),)

    registry = Registry()
    registry.register(Mine(), "here")
    assert registry.namespaces() == ("here",)
    assert str(registry.source("here")) == "local"
    assert [one.name for one in plugged(registry)] == ["here.shout", "here.length"]


def test_a_local_module_can_be_registered():
    module = ModuleType("mine")
    module.seatrial_metrics = hookimpl(lambda: [local("here.length", Metric)])
    registry = Registry()
    registry.register(module, "here")
    assert registry.get("here.length")


def test_a_broken_local_object_leaves_its_namespace_free():
    registry = Registry()
    with pytest.raises(PluginContractError, match="add @hookimpl above"):
        registry.register(SimpleNamespace(seatrial_metrics=lambda: ()), "here")
    registry.register(
        SimpleNamespace(seatrial_metrics=hookimpl(lambda: [local("here.length", Metric)])), "here"
    )
    assert registry.get("here.length")


def test_a_local_object_cannot_take_a_taken_namespace(good, installed):
    registry = installed("good")
    with pytest.raises(PluginConflictError, match=r"'good' is already taken by acme-good 1\.0"):
        registry.register(SimpleNamespace(), "good")
    registry.register(SimpleNamespace(), "here")
    with pytest.raises(PluginConflictError, match="'here' is already taken by local"):
        registry.register(SimpleNamespace(), "here")


def test_every_value_has_a_provenance(nlpaug, installed):
    registry = installed("nlpaug")
    before = registry.source("nlpaug")
    registry.get("nlpaug.keyboard")
    assert registry.source("nlpaug") == before
    assert (before.plugin, before.distribution, before.version) == (
        "nlpaug",
        "seatrial-nlpaug",
        "9.0",
    )
    with pytest.raises(UnknownComponentError):
        registry.source("nowhere")


def test_a_fresh_interpreter_tells_broken_from_missing(good, install, python):
    install("bad", "raise SystemExit('bye')")
    printed = python(
        """
        import warnings
        import seatrial
        from seatrial import Perturbation, errors

        registry = seatrial.Registry.installed(allow=["good", "bad"])
        for name in ("good.shout", "bad.one", "gone.one"):
            try:
                print(type(registry.get(name)).__name__)
            except errors.SeatrialError as error:
                print(type(error).__name__)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            print(len(registry.all(Perturbation)), [one.category.__name__ for one in caught])
        """
    )
    assert printed.splitlines() == [
        "Perturbation",
        "PluginLoadError",
        "UnknownComponentError",
        "2 ['PluginWarning']",
    ]


def test_every_error_of_a_registry_is_caught_at_the_root():
    with pytest.raises(SeatrialError):
        Registry().get("keyboard")


def test_a_name_without_its_namespace_gets_the_full_one_and_imports_nothing(install, installed):
    install("loud", 'raise RuntimeError("imported")\nname = "loud.shout"\n')
    install("low", 'other = "low.whisper"\n')
    registry = installed("loud", "low")
    for name in ("shout", "shuot"):
        with pytest.raises(UnknownComponentError, match=r"did you mean loud\.shout\?"):
            registry.get(name)
    assert not [name for name in sys.modules if name.startswith("fake_acme_l")]


def test_a_name_of_several_namespaces_gets_all_of_them(install, installed):
    install("loud", 'name = "loud.shout"\n')
    install("low", 'other = "low.shout"\n')
    with pytest.raises(UnknownComponentError, match=r"mean loud\.shout or low\.shout\?"):
        installed("loud", "low").get("shout")


def test_a_plugin_that_is_asked_for_and_not_installed_is_warned_of(install, monkeypatch):
    install("loud", "")
    monkeypatch.setenv("SEATRIAL_PLUGINS", "lod,loud")
    with pytest.warns(PluginWarning, match="not installed: 'lod'; did you mean loud"):
        Registry.installed()
