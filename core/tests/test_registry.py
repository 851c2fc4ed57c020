from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
from plugin_stand_ins import GOOD, plugged

from seatrial import Metric, Perturbation, Registry, default_registry, hookimpl
from seatrial.errors import (
    PluginConflictError,
    PluginContractError,
    PluginWarning,
    SeatrialError,
    UnknownComponentError,
)


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


def test_a_name_that_is_not_near_gets_no_suggestion(install, installed):
    install("loud", 'name = "loud.noise"\n')
    with pytest.raises(UnknownComponentError) as caught:
        installed("loud").get("nope")
    assert str(caught.value) == "there is no component 'nope'; seatrial list shows all"


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
