"""An identity follows from code and files, so that no verdict outlives what it is about."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

import attrs
import pytest

import seatrial as sea
from seatrial._reference import Reference
from seatrial.errors import ModelError
from seatrial.inputs._identity import changes, of_component, of_reference
from seatrial.inputs._models import subject_of
from seatrial.inputs._origin import identity_of
from seatrial.inputs._sources import sources_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory that can be imported from; its modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


@pytest.fixture
def write(folder):
    """Write a file, at another time than any before."""
    times = iter(range(10**9, 2 * 10**9))

    def write(name, text):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        os.utime(path, (now := next(times), now))
        return path

    return write


def text_of(use="bot:model", **params):
    return of_reference(Reference(use, params or None)).text


SHAPES = {
    "plain": "import helper",
    "from": "from helper import answer",
    "renamed": "import helper as h",
    "lazily": "def model(x):\n    import helper",
    "in a method": "class A:\n    def f(self):\n        from helper import answer as a",
    "if it fails": "try:\n    import nothing_there\nexcept ImportError:\n    import helper",
    "by function": "from importlib import import_module\nh = import_module('helper')",
    "by builtin": "h = __import__('helper')",
    "through another": "import between",
    "in a lambda": "load = lambda: __import__('helper').answer",
    "async": "async def model(x):\n    import helper",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_change_in_what_is_imported_is_a_change(shape, write):
    write("between.py", "import helper")
    write("helper.py", "answer = 'y'")
    write("bot.py", SHAPES[shape] + "\n")
    before = text_of()
    write("helper.py", "answer = 'n'")
    assert text_of() != before
    write("helper.py", "answer = 'y'")
    assert text_of() == before


PACKAGED = {
    "relative module": "from . import helper",
    "relative name": "from .helper import answer",
    "absolute": "from pack import helper",
    "dotted": "import pack.helper",
    "by function": "import importlib\nimportlib.import_module('.helper', __package__)",
}


@pytest.mark.parametrize("shape", PACKAGED)
def test_modules_of_a_package_are_followed(shape, write):
    write("pack/__init__.py", "")
    write("pack/helper.py", "answer = 'y'")
    write("pack/bot.py", PACKAGED[shape] + "\n")
    before = text_of("pack.bot:model")
    write("pack/helper.py", "answer = 'n'")
    assert text_of("pack.bot:model") != before


def test_a_relative_import_goes_up_as_many_levels_as_it_has_dots(write):
    write("pack/__init__.py", "")
    write("pack/helper.py", "answer = 'y'")
    write("pack/deep/__init__.py", "")
    write("pack/deep/bot.py", "from ..helper import answer\nfrom .... import beyond\n")
    assert "pack.helper" in sources_of("pack.deep.bot").modules


def test_what_a_package_runs_when_it_is_imported_belongs_to_it(write):
    write("pack/__init__.py", "setting = 1")
    write("pack/sub/__init__.py", "")
    write("pack/sub/bot.py", "def model(x): ...")
    before = text_of("pack.sub.bot:model")
    write("pack/__init__.py", "setting = 2")
    assert text_of("pack.sub.bot:model") != before


def test_what_is_not_imported_changes_nothing(write):
    write("bot.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import other\n")
    write("other.py", "a = 1")
    before = text_of()
    write("other.py", "a = 2")
    write("unrelated.py", "b = 1")
    assert text_of() == before


def test_odd_sources_are_named_by_their_bytes(write, folder):
    write("bot.py", "import broken, circular, space.inner, native, nothing_there\n")
    write("broken.py", "def (:")
    write("circular.py", "import bot, circular")
    write("space/inner.py", "a = 1")  # a namespace package
    (folder / "native.so").write_bytes(b"\x7fELF")
    found = sources_of("bot").modules
    assert {"bot", "broken", "circular", "space.inner"} <= found.keys()
    before = text_of()
    write("broken.py", "def )")
    assert text_of() != before


def test_nothing_is_imported_to_find_what_is(write):
    write("bot.py", "import loud.deep\n")
    write("loud/__init__.py", "raise RuntimeError('imported')")
    write("loud/deep.py", "raise RuntimeError('imported')")
    assert sources_of("bot").modules.keys() == {"bot", "loud", "loud.deep"}
    assert "loud" not in sys.modules


def test_a_folder_of_the_path_may_come_later(write, folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder / "src"))
    write("bot.py", "import nothing_there_yet")
    sources_of("bot")
    write("src/nothing_there_yet.py", "a = 1")
    assert "nothing_there_yet" in sources_of("bot").modules


def test_installed_packages_and_the_standard_library_are_named_by_version(write):
    from importlib.metadata import version

    write("bot.py", "import json, os.path, numpy.linalg, yaml_that_is_not_there\n")
    found = sources_of("bot")
    assert found.modules.keys() == {"bot"}
    assert found.versions == {"numpy": version("numpy")}


def test_seatrial_itself_is_no_part_of_a_model(write):
    write("bot.py", "import seatrial as sea\nfrom seatrial import Case\n")
    assert sources_of("bot").modules.keys() == {"bot"}


def test_plugins_are_followed():
    assert "seatrial_nlpaug._chars" in sources_of("seatrial_nlpaug._chars").modules


def test_every_file_that_a_parameter_names_belongs_to_it(write):
    write("bot.py", "def model(**_): ...")
    write("w.npz", "1")
    write("deep/list.txt", "1")
    write("model/config.json", "1")
    params = {"weights": "w.npz", "more": {"lists": ["deep/list.txt", 3]}, "path": "model"}
    last = text_of(**params)
    for name in ("w.npz", "deep/list.txt", "model/config.json", "model/new.json"):
        write(name, "2")
        assert text_of(**params) != last, name
        last = text_of(**params)


def test_a_parameters_value_belongs_to_it_and_its_order_does_not(write):
    write("bot.py", "def model(**_): ...")
    assert text_of(a=1, b="x") == text_of(b="x", a=1)
    assert len({text_of(a=1), text_of(a=2), text_of(a="1"), text_of(b=1)}) == 4


def test_a_file_that_is_the_default_of_a_factory_belongs_to_it(write):
    write("bot.py", "def make(path='w.txt'):\n    return lambda xs: xs")
    write("w.txt", "1")
    before = subject_of(Reference("bot:make", {})).identity
    write("w.txt", "2")
    assert subject_of(Reference("bot:make", {})).identity != before


def test_code_that_a_parameter_names_belongs_to_it(write):
    write("bot.py", "def model(**_): ...")
    write("base.py", "a = 1")
    before = text_of(model="base:thing")
    write("base.py", "a = 2")
    assert text_of(model="base:thing") != before


def test_a_cache_makes_no_other_model(write):
    write("bot.py", "def model(**_): ...")
    write("kept/a", "1")
    before = text_of(cache="kept")
    write("kept/b", "2")
    assert text_of(cache="kept") == before


def test_a_stated_identity_is_kept_beside_the_code(write):
    write("bot.py", "def model(xs): return xs\nmodel.identity = 'mine 1'\n")
    known = subject_of("bot:model").known
    assert known.derived
    assert known.text.startswith("mine 1 [")


def test_what_answers_from_elsewhere_is_not_derived(write):
    write("bot.py", "def model(xs): return xs\nmodel.remote = True\n")
    assert not subject_of("bot:model").known.derived


def test_a_live_object_is_what_it_says(write):
    def model(xs):
        return xs

    assert subject_of(model).known is None
    with pytest.raises(ModelError, match="has no identity"):
        subject_of(model).durable_identity()
    model.identity = lambda: "live 1"
    known = subject_of(model).known
    assert (known.text, known.derived) == ("live 1", False)
    for wrong in ("", 3, lambda: 1 / 0):
        model.identity = wrong
        with pytest.raises(sea.errors.SeatrialError, match="identity"):
            subject_of(model)


def test_a_module_that_is_not_a_file_is_not_derived():
    assert not of_reference(Reference("nowhere_at_all:model")).derived


def test_a_script_that_names_itself_is_followed(folder):
    code = """
        from seatrial.inputs._sources import sources_of
        print(list(sources_of("__main__").modules))
    """
    (folder / "script.py").write_text(dedent(code))
    done = subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stdout.strip() == "['__main__']"
    done = subprocess.run(
        [sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# Components


def change(**more):
    return sea.Perturbation(
        **{
            "name": "local.change", "summary": "For a test.", "modality": "text",
            "factory": "bot:change", **more,
        }
    )  # fmt: skip


def test_a_components_code_and_files_belong_to_it(write):
    write("bot.py", "import helper\ndef change(**_): ...")
    write("helper.py", "a = 1")
    write("words.txt", "a")
    use = change()(words="words.txt")
    texts = [identity_of(use).text]
    for name in ("bot.py", "helper.py", "words.txt"):
        write(name, "b = 2\nimport helper")
        texts.append(identity_of(use).text)
    assert len(set(texts)) == 4
    assert all(one.startswith("local [") for one in texts)


def test_the_files_of_a_ladder_belong_to_it(write):
    write("bot.py", "")
    write("words.txt", "a")
    use = change(ladder=({"words": "words.txt"},))()
    before = identity_of(use).text
    write("words.txt", "b")
    assert identity_of(use).text != before


def test_what_a_component_depends_on_belongs_to_it(write):
    write("bot.py", "")
    write("inner.py", "")
    outer = change(components=("of",))(of=change(name="local.inner", factory="inner:change")())
    before = identity_of(outer).text
    write("inner.py", "a = 1")
    assert identity_of(outer).text != before


def test_a_live_factory_is_named_by_its_module():
    live = attrs.evolve(change(), factory=lambda: None)
    assert any(name.startswith("module ") for name in identity_of(live()).parts)


def test_a_plugins_distribution_stands_first():
    use = sea.default_registry().get("nlpaug.keyboard")()
    assert identity_of(use).text.startswith("seatrial-nlpaug ")
    assert of_component(use, "x 1").text.startswith("x 1 [")


def test_what_has_changed_is_said_part_by_part():
    before = {"module bot": "1", "version torch": "2.1", "file w": "1", "module old": "1"}
    after = {"module bot": "2", "version torch": "2.2", "file w": "1", "file new": "1"}
    assert changes(before, after) == (
        "file new is new",
        "module bot has changed",
        "module old is no longer used",
        "torch 2.1 became 2.2",
    )
    assert changes(after, after) == ()
