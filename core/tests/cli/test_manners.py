"""How the command line behaves: streams, encodings, quiet, help, words that stay whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.cli._commands import seatrial

COMMANDS = sorted(seatrial.commands)
CODE_PAGE = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_80_columns_and_shows_no_codes(call, capsys, name):
    assert call(*([name] if name else []), "--help") == 0
    out = capsys.readouterr().out
    assert "\\b" not in out
    assert "\b" not in out
    assert not [line for line in out.splitlines()[1:] if line.endswith("...")]
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_quiet_and_speaks_json(name):
    options = {option for one in seatrial.commands[name].params for option in one.opts}
    assert {"--quiet", "-q", "--json"} <= options


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "runs/spec"),
        ("cases", "runs/spec"),
        ("judge", "spec.toml", "runs/spec"),
        ("cases", "runs/spec", "--failed", "--json"),
        ("report", "runs/spec", "--to", "md"),
        ("list",),
        ("--help",),
        ("show", "shop.scramble"),
    ],
)
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_no_encoding_is_a_crash(process, arguments, encoding):
    done = process(*arguments, **{**CODE_PAGE, "PYTHONIOENCODING": encoding})
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1, 3)
    if "md" not in arguments:  # a file, which is UTF-8 wherever it is written
        done.stdout.decode(encoding)
    if "--json" in arguments:
        whole = json.loads(process(*arguments).stdout)
        assert json.loads(done.stdout.decode(encoding)) == whole


def test_an_ascii_style_can_be_asked_for(process):
    done = process("report", "runs/spec", SEATRIAL_ASCII="1")
    assert done.stdout.isascii()
    lines = done.stdout.decode().splitlines()
    assert any(set(line) == {"-", " "} for line in lines)


def test_a_print_at_import_never_breaks_json(process, built):
    (built / "loud.py").write_text(
        "import os\nprint('hello from import')\nos.system('echo hello from a child')\n"
        "from shop_model import bot as loud_bot, cases\n"
    )
    spec = (built / "spec.toml").read_text().replace('"shop_model:bot"', '"loud:loud_bot"')
    (built / "loud.toml").write_text(spec)
    plugin = (built / "shop_plugin.py").read_text()
    (built / "shop_plugin.py").write_text(f"print('hello from the plugin')\n{plugin}")
    try:
        done = process("run", "loud.toml", "--to", "runs/loud", "--json")
    finally:
        (built / "shop_plugin.py").write_text(plugin)
    assert json.loads(done.stdout)["title"].startswith("Letters")
    assert done.stderr.count(b"hello from") == 3


@pytest.mark.parametrize("ends", ["os._exit(0)", "sys.stdout.close()"])
def test_neither_a_sudden_end_nor_a_closed_stdout_is_a_success(process, built, ends):
    """A process that a model ends with 0 would say that every demand is met."""
    (built / "sudden.py").write_text(
        f"import os, sys\nfrom shop_model import cases\ndef model(texts):\n    {ends}\n"
        "    return ['no such answer'] * len(texts)\n"
    )
    spec = (built / "spec.toml").read_text().replace('"shop_model:bot"', '"sudden:model"')
    (built / "sudden.toml").write_text(spec)
    to = f"runs/{'exit' if 'exit' in ends else 'closed'}"
    done = process("run", "sudden.toml", "--to", to, "--json")
    if "exit" in ends:
        assert (done.returncode, b"SystemExit: 0" in done.stderr) == (4, True)
    else:
        assert (done.returncode, json.loads(done.stdout)["outcome"]) == (1, "fail")


def test_quiet_leaves_results_and_errors_alone(process):
    done = process("run", "spec.toml", "--to", "runs/spec", "--quiet")
    assert done.stderr == b""
    assert b"Letters" in done.stdout
    failed = process("judge", "missing.toml", "runs/spec", "--quiet")
    assert b"cannot be read" in failed.stderr
    warned = process("list", "-q", SEATRIAL_PLUGINS="shop,shpo")
    assert warned.stderr == b""
    loud = process("list", SEATRIAL_PLUGINS="shop,shpo")
    assert b"not installed: 'shpo'; did you mean shop?" in loud.stderr


def test_bars_of_libraries_are_not_seen(process, built):
    pytest.importorskip("tqdm")
    (built / "bars.py").write_text(
        "from tqdm import tqdm\nfrom shop_model import bot as plain, cases\n"
        "def bot(texts):\n    return plain([t for t in tqdm(texts)])\n"
    )
    spec = (built / "spec.toml").read_text().replace('"shop_model:bot"', '"bars:bot"')
    (built / "bars.toml").write_text(spec)
    done = process("run", "bars.toml", "--to", "runs/bars")
    assert b"it/s" not in done.stderr
    assert done.returncode in (0, 1, 3), done.stderr


def test_a_closed_pipe_is_no_verdict(built):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "seatrial.cli", "cases", "runs/spec", "--limit", "0"],
        cwd=built,
        env={**os.environ, "SEATRIAL_PLUGINS": "shop,desk"},
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "command", ["list --json", "report runs/spec", "report runs/spec --to csv"]
)
def test_a_full_disk_is_told_in_one_line(built, command):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "seatrial.cli", *command.split()],
            cwd=built,
            env={**os.environ, "SEATRIAL_PLUGINS": "shop,desk"},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    told = b"the results cannot be written to stdout: No space left on device\n"
    assert (done.returncode, done.stderr) == (4, told)


def test_titles_are_no_markup(process):
    out = process("judge", "spec.toml", "runs/spec").stdout.decode()
    assert out.startswith("Letters [bold]to[/bold] a shop: ")


def test_a_byte_order_mark_is_no_mistake(process, built):
    text = (built / "spec.toml").read_text(encoding="utf-8")
    (built / "marked.toml").write_text(text, encoding="utf-8-sig")
    done = process("judge", "marked.toml", "runs/spec")
    assert done.returncode in (0, 1, 3), done.stderr


def test_the_core_is_checked_by_the_name_of_its_distribution():
    command = [sys.executable, "-m", "seatrial.cli", "check", "seatrial", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert {"text", "volume", "table", "serial"} <= {one["component"] for one in found}
