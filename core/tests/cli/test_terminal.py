"""Every command in a terminal of 80 and of 120 columns: nothing overflows, no word is cut.

What stands on the screen is kept in `captures/`. After a change that is meant, write it anew with
`UPDATE_CAPTURES=1 pytest core/tests/cli/test_terminal.py`, and read the difference.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from shutil import rmtree

import pytest

if sys.platform == "win32":
    pytest.skip("it has no pseudo-terminals", allow_module_level=True)

from terminal import WIDE, called, screen, typed

from seatrial.cli._commands import seatrial

CAPTURES = Path(__file__).parent / "captures"
WIDTHS = (80, 120)
DIGEST = re.compile(r"\b[0-9a-f]{12}\b")
COMMANDS = {
    "list": ("list",),
    "show": ("show", "shop.scramble"),
    "calibrate": ("calibrate", "shop.scramble", "--on", "shop_model:cases", "--seeds", "2"),
    "audit": ("audit", "spec.toml"),
    "run": ("run", "spec.toml", "--to", "runs/spec", "--quiet"),
    "judge": ("judge", "spec.toml", "runs/spec"),
    "cases": ("cases", "runs/spec", "--priority", "Turned", "--failed", "--limit", "3"),
    "replay": ("replay", "runs/spec", "q2@shop.scramble:2", "--spec", "spec.toml"),
    "coverage": ("coverage", "spec.toml", "incidents.csv"),
    "report": ("report", "runs/reported"),  # other tests keep results beside the other runs
    "compare": ("compare", "runs/spec", "runs/clerk", "--spec", "spec.toml"),
    "explain": ("explain", "runs/many", "--with", "shop.turned"),
    "repair": (
        *("repair", "--with", "shop.hire", "--model", "shop_model:bot"),
        *("--cases", "shop_model:cases", "--to", "made"),
    ),
    "check": ("check", "desk"),
    "new-plugin": ("new-plugin", "shout"),
    "schema": ("schema", "repair"),
}


@pytest.fixture(scope="module")
def runs(built, run):
    from_clerk = (built / "spec.toml").read_text("utf-8").replace(":bot", ":clerk")
    (built / "clerk.toml").write_text(from_clerk, encoding="utf-8")
    of_many = (built / "spec.toml").read_text("utf-8").replace(":cases", ":many")
    (built / "many.toml").write_text(of_many, encoding="utf-8")
    for name, to in (("clerk", "clerk"), ("many", "many"), ("spec", "reported")):
        assert run(built, "run", f"{name}.toml", "--to", f"runs/{to}").returncode in (0, 1, 3)
    return built


@pytest.fixture
def shown(runs, shop, call, monkeypatch):
    """Give what a command writes to a terminal of some width."""

    def shown(name, width):
        rmtree("seatrial-shout", ignore_errors=True)  # a new plugin is written once
        data, status = called(lambda: call(*COMMANDS[name]), width, monkeypatch)
        assert status in (0, 1, 3), data.decode()
        return data

    return shown


def test_every_command_is_tried():
    assert set(COMMANDS) == set(seatrial.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_stands_on_the_screen(name, shown):
    whole = words_of(screen(shown(name, WIDE), WIDE))
    for width in WIDTHS:
        data = shown(name, width)
        lines = screen(data, width)
        assert lines == screen(data, WIDE), "a line is wider than the terminal"
        assert words_of(lines) <= whole, "a word is cut"
        check(f"{name}-{width}.txt", lines)


def words_of(lines):
    """Give the words on a screen, without rules, and without what only a narrow one says."""
    said = " ".join(lines).partition("not shown for want of room")[0]
    return {word for word in said.split() if word.strip("─")}


def check(name, lines):
    """Compare a screen with the one that is kept."""
    kept = CAPTURES / name
    shown = DIGEST.sub("0123456789ab", "\n".join(lines)) + "\n"
    if os.environ.get("UPDATE_CAPTURES"):
        CAPTURES.mkdir(exist_ok=True)
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8"), f"the screen differs from {kept}"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_run_shows_its_progress_and_leaves_a_clean_screen(runs, width):
    command = [sys.executable, "-m", "seatrial.cli", "run", "spec.toml", "--to", f"runs/{width}"]
    data, status = typed(
        command, width, cwd=runs, PYTHONPATH=str(runs), SEATRIAL_PLUGINS="shop,desk"
    )
    assert status in (0, 1, 3), data.decode()
    lines = screen(data, width)
    assert lines == screen(data, WIDE)
    assert any(line.startswith("measuring ") for line in lines)
    assert data.count(b"\x1b[?25h") >= data.count(b"\x1b[?25l")  # the cursor is back


def test_what_differs_is_coloured_word_by_word_and_letter_by_letter(shown):
    data = shown("cases", 80)
    assert b"\x1b[1;7;31m" in data  # a letter that is gone, in reverse red
    assert b"\x1b[1;7;32m" in data  # a letter that has come, in reverse green
    assert b"[-" not in data


def test_colours_can_be_turned_off(runs):
    command = [sys.executable, "-m", "seatrial.cli", *COMMANDS["judge"]]
    place = {"cwd": runs, "PYTHONPATH": str(runs), "SEATRIAL_PLUGINS": "shop,desk"}
    data, _ = typed(command, 80, **place, NO_COLOR="1")
    assert b"\x1b[3" not in data
