"""The documentation says what is true: every block of code in it runs."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import invalidate_caches
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import frozen
from markdown_it import MarkdownIt

import seatrial
from seatrial import errors, statistics
from seatrial._demand_list import DEMANDS
from seatrial.cli._commands import seatrial as command_line

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "core/README.md", "contrib/*.md", "docs/**/*.md", "plugins/*/README.md")
    for page in ROOT.glob(pattern)
    if "_build" not in page.parts
)
NO_TEST = re.compile(r"<!-- no-test: \S.* -->\n?")
FILE = re.compile(r"# (\S+\.\w+)\n")
ANSWERS = (0, 1, 3)  # the exit statuses of a trial that took place
ELLIPSIS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@frozen
class Block:
    language: str
    text: str
    line: int
    follows: bool = False


def blocks_of(page: Path) -> list[Block]:
    """Find the fenced blocks of a page that are not excused by a comment just above them."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    before_each = pairwise([None, *tokens])
    return [
        Block(
            token.info.strip(),
            token.content,
            token.map[0] + 1,
            follows=bool(before) and before.type == "fence",
        )
        for before, token in before_each
        if token.type == "fence"
        and not (before and before.type == "html_block" and NO_TEST.fullmatch(before.content))
    ]


def run_python(block: Block, page: Path, namespace: dict[str, object]) -> None:
    padding = "\n" * block.line  # so that a traceback names the page's own line
    exec(compile(padding + block.text, str(page), "exec"), namespace)


def run_console(block: Block, page: Path) -> None:
    """Run each `$ command`, and compare its output with what stands below it, if anything."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in block.text.split("$ ")[1:]:
        line, _, wanted = command.partition("\n")
        done = subprocess.run(
            shlex.split(line),
            env={**os.environ, "PATH": path, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        where = f"{page.relative_to(ROOT)}:{block.line}: {line}"
        told = f"{where}\n{done.stdout}{done.stderr}"
        assert done.returncode in ANSWERS, told
        assert "Traceback" not in done.stderr, told
        if wanted.strip():
            check_output(wanted, done.stdout, where)


def check_output(wanted: str, printed: str, where: str) -> None:
    same = doctest.OutputChecker().check_output(wanted, printed, ELLIPSIS)
    assert same, f"{where} prints\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_a_page_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "src"), *sys.path])
    modules = set(sys.modules)
    namespace: dict[str, object] = {"__name__": "page"}
    try:
        for block in blocks_of(page):
            if block.language == "toml":
                tomllib.loads(block.text)
            if block.language in ("python", "toml") and (named := FILE.match(block.text)):
                file = tmp_path / named[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
                invalidate_caches()
                if block.language == "toml" and "priorities" in tomllib.loads(block.text):
                    seatrial.load_specification(file)
            elif block.language == "python":
                capsys.readouterr()
                run_python(block, page, namespace)
            elif block.language == "text" and block.follows:
                where = f"{page.relative_to(ROOT)}:{block.line}: the block above"
                check_output(block.text, capsys.readouterr().out, where)
            elif block.language == "console":
                run_console(block, page)
    finally:
        for name in set(sys.modules) - modules:
            if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


@pytest.mark.parametrize(
    ("page", "face"),
    [("python.md", seatrial), ("errors.md", errors), ("statistics.md", statistics)],
    ids=["python", "errors", "statistics"],
)
def test_every_public_name_has_its_place_in_the_reference(page, face):
    text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    directive = re.compile(r"^\.\. (auto\w+|data|currentmodule):: ([\w.]+)", re.MULTILINE)
    documented, module = [], ""
    for kind, name in directive.findall(text):
        if kind == "currentmodule":
            module = name
        elif module == face.__name__:
            documented.append(name)
    assert sorted(documented) == sorted(face.__all__)


def test_the_reference_lists_every_command():
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `seatrial ([\w-]+)", text, re.MULTILINE)
    assert sorted(listed) == sorted(command_line.commands)


def test_the_reference_names_every_option():
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    options = {
        option
        for command in command_line.commands.values()
        for one in command.params
        for option in one.opts
        if option.startswith("--")
    }
    assert not {option for option in options if not re.search(rf"`{option}\b", text)}


def test_every_requirement_has_a_question_and_a_specification_to_copy_from():
    page = ROOT / "docs" / "how-to" / "which-demand.md"
    text = page.read_text(encoding="utf-8")
    asked = {
        name
        for row in re.findall(r"^\| .*\?.* \| (.*) \| \[", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    specifications = [tomllib.loads(b.text) for b in blocks_of(page) if b.language == "toml"]
    copied = {
        name
        for one in specifications
        for priority in one["priorities"]
        for name in priority["require"]
    }
    assert asked - {"where"} == copied == set(DEMANDS)


def test_the_example_is_the_same_wherever_it_stands():
    def example(page: str) -> str:
        return next(b.text for b in blocks_of(ROOT / page) if b.text.startswith("import seatrial"))

    (start,) = {
        example(page).partition("print(report)")[0] for page in ("README.md", "core/README.md")
    }
    assert start


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", tmp_path / "trees", ROOT / "docs", tmp_path / "html"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "html" / "index.html").exists()


def test_links_between_pages_lead_somewhere():
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not dead
