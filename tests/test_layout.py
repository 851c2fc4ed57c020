"""The repository keeps its own rules: one word names a plugin, and no machine is named."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from seatrial._components import KINDS

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
DISTRIBUTIONS = [ROOT / "core", *PLUGINS]
FRAGMENT = re.compile(r"[a-z0-9-]+\.(breaking|deprecation|change)\.md")
# What only one machine would say: somebody's folder, an index, a host of packages.
MACHINE = re.compile(
    r"(?<![\w.~<])/(?:home|root|Users|work|mnt|opt)/\w|--(?:extra-)?index-url|\bfile:///?\w"
    r"|\b(?:files\.pythonhosted|pypi|download\.pytorch)\.org\b"
)
LISTED = {"namespace", "distribution", "summary", "kinds", "source", "maintainer", "license"}

each_plugin = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
each_distribution = pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda path: path.name)


def metadata(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(folder):
    project = metadata(folder)
    extras = project.get("optional-dependencies", {}).values()
    return [Requirement(line) for lines in (project["dependencies"], *extras) for line in lines]


def pinned():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(Requirement(line).name) for line in lines}


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so which files are tracked is unknown")
    return [path for name in listed.stdout.split("\0")[:-1] if (path := ROOT / name).is_file()]


@each_plugin
def test_one_word_names_a_plugin(plugin):
    name = plugin.name
    project = metadata(plugin)
    assert project["name"] == f"seatrial-{name}"
    assert project["entry-points"] == {"seatrial": {name: f"seatrial_{name}"}}
    assert [path.name for path in (plugin / "src").iterdir() if path.is_dir()] == [
        f"seatrial_{name}"
    ]


@each_plugin
def test_a_plugin_is_typed_and_tested(plugin):
    assert (plugin / "src" / f"seatrial_{plugin.name}" / "py.typed").exists()
    assert list((plugin / "tests").glob("test_*.py"))


@each_plugin
def test_a_plugin_asks_for_a_range_of_the_core(plugin):
    asked = [str(one.specifier) for one in requirements(plugin) if one.name == "seatrial"]
    assert asked == ["<0.2,>=0.1"]


@each_distribution
def test_a_distribution_has_a_readme_a_changelog_and_fragments(folder):
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# ")
    changelog = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "<!-- towncrier release notes start -->\n" in changelog
    strange = [path.name for path in (folder / "changelog.d").glob("*.md")]
    assert not [name for name in strange if not FRAGMENT.fullmatch(name)]


@each_distribution
def test_dependencies_are_ranges_and_are_pinned_for_ci(folder):
    ours = {metadata(one)["name"] for one in DISTRIBUTIONS}
    exact = [str(one) for one in requirements(folder) if "==" in str(one.specifier)]
    assert not exact
    known = pinned() | ours
    assert not [
        one.name for one in requirements(folder) if canonicalize_name(one.name) not in known
    ]


def test_every_distribution_says_the_same_about_python_and_its_licence():
    said = {(metadata(one)["requires-python"], metadata(one)["license"]) for one in DISTRIBUTIONS}
    assert said == {(">=3.11", "Apache-2.0")}


def test_all_brings_every_official_plugin():
    extras = metadata(ROOT / "core")["optional-dependencies"]
    brought = {Requirement(line).name for line in extras["all"]}
    assert brought == {metadata(plugin)["name"] for plugin in PLUGINS}


def test_every_plugin_is_measured_by_coverage_and_stands_in_the_readme():
    root = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    measured = root["tool"]["coverage"]["run"]["source_pkgs"]
    assert sorted(measured) == sorted(["seatrial", *(f"seatrial_{one.name}" for one in PLUGINS)])
    listed = re.findall(r"\]\(plugins/(\w+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [one.name for one in PLUGINS]


def test_no_tracked_file_names_a_machine_or_an_index():
    named = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), start=1)
        named += [
            f"{path.relative_to(ROOT)}:{at}: {line}" for at, line in lines if MACHINE.search(line)
        ]
    assert not named


@pytest.mark.parametrize(
    "line", ["cd " + "/home" + "/ada", "pip install --index" + "-url x", "see py" + "pi.org/simple"]
)
def test_a_line_that_names_a_machine_is_found(line):
    assert MACHINE.search(line)


def test_no_module_is_longer_than_400_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix == ".py"
        and "src" in path.parts
        and (lines := path.read_text(encoding="utf-8").count("\n")) > 400
    }
    assert not long


def test_the_directory_of_plugins_by_others_is_complete_and_claims_nothing_twice():
    path = ROOT / "contrib" / "directory.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("plugins", [])
    check_directory(entries)


def test_the_directory_refuses_an_entry_that_claims_an_official_namespace():
    entry = dict.fromkeys(LISTED, "text") | {"namespace": "nlpaug", "kinds": ["perturbations"]}
    with pytest.raises(AssertionError):
        check_directory([entry])
    check_directory([entry | {"namespace": "shout"}])


def check_directory(entries):
    claimed = [one.name for one in PLUGINS]
    for entry in entries:
        assert set(entry) == LISTED, entry
        assert entry["kinds"], entry
        assert set(entry["kinds"]) <= set(KINDS), entry
        assert entry["namespace"] not in claimed, entry
        claimed.append(entry["namespace"])
