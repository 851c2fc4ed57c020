"""What a plugin says about itself, and what it costs to hear it."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest
import seatrial_nlpaug
from seatrial_nlpaug import keyboard, ocr, seatrial_perturbations

import seatrial as sea

ALL = seatrial_perturbations()


def test_the_hook_gives_every_public_perturbation_once():
    public = [getattr(seatrial_nlpaug, name) for name in seatrial_nlpaug.__all__]
    values = [one for one in public if isinstance(one, sea.Perturbation)]
    assert len(values) == len(ALL) == 9
    assert set(values) == set(ALL)


def test_every_name_follows_from_the_python_name():
    for one in ALL:
        namespace, _, name = one.name.partition(".")
        assert namespace == "nlpaug"
        assert getattr(seatrial_nlpaug, name.replace("-", "_")) is one


def test_the_registry_finds_the_plugin_under_its_namespace():
    registry = sea.default_registry()
    assert registry.get("nlpaug.keyboard") is keyboard
    assert registry.get("nlpaug.swap-words") is seatrial_nlpaug.swap_words


def test_every_ladder_has_five_rungs_that_all_build():
    for one in ALL:
        assert len(one.ladder) == 5
        for severity in range(1, 6):
            assert callable(one.at(severity))


def test_calling_a_value_binds_nothing_by_default():
    assert keyboard().params == {}
    assert keyboard().label == "nlpaug.keyboard"
    assert ocr(on="question", protect=["Acme"]).params["protect"] == ("Acme",)


def test_declaring_imports_nothing_heavy():
    heavy = ["nlpaug", "numpy", "pandas", "torch", "nltk", "transformers"]
    code = (
        "import sys, seatrial_nlpaug\n"
        "seatrial_nlpaug.seatrial_perturbations()[0](protect=('Acme',))\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert _python(code) == "[]"


def test_editing_order_needs_no_nlpaug():
    code = (
        "import sys\n"
        "from seatrial_nlpaug import delete_words, swap_words\n"
        "delete_words.at(3)('Where does it hurt most', seed=1)\n"
        "swap_words.at(3)('Where does it hurt most', seed=1)\n"
        "print('nlpaug' in sys.modules)"
    )
    assert _python(code) == "False"


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_parameter_has_a_default_or_stands_on_the_ladder(one):
    for name, parameter in one.parameters().items():
        on_ladder = name in one.ladder[0]
        assert on_ladder == (parameter.default is parameter.empty)


def _python(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_building_one_imports_no_torch_and_leaves_it_to_whoever_uses_it():
    code = """
        import sys
        from seatrial_nlpaug import keyboard, spelling
        keyboard.at(3), spelling.at(3)
        assert "torch" not in sys.modules
        from nlpaug.util.selection import filtering
        try:
            import torch
        except ImportError:
            pass
        else:
            assert filtering.torch.Tensor is torch.Tensor
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
