"""Fake installed distributions, and fresh interpreters that see them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from seatrial import Registry

sys.path.insert(0, str(Path(__file__).parent / "stand_ins"))  # for worker processes too

HEAD = """
from seatrial import Metric, Perturbation, hookimpl


def perturbation(name, **more):
    return Perturbation(
        **{
            "name": name,
            "summary": "Changes something.",
            "modality": "text",
            "factory": "fake_factories:build",
            "ladder": ({"amount": 0.1}, {"amount": 0.2}, {"amount": 0.3}),
            **more,
        }
    )


def metric(name):
    return Metric(name=name, summary="Scores something.", factory="fake_factories:score")


"""


@pytest.fixture(scope="session")
def head():
    """What every fake plugin begins with; its length in lines is part of some messages."""
    return HEAD


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An empty folder on the path, where distributions can be put; nothing imported stays."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delenv("SEATRIAL_PLUGINS", raising=False)
    monkeypatch.delenv("SEATRIAL_BLOCK", raising=False)
    monkeypatch.delenv("SEATRIAL_STRICT", raising=False)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


@pytest.fixture
def install(site):
    """Put a distribution there: a module and its metadata, as an installer leaves them."""

    def install(namespace, code, *, distribution=None, version="1.0", requires="", module=None):
        distribution = distribution or f"acme-{namespace}"
        module = module or f"fake_{distribution.replace('-', '_')}"
        (site / f"{module}.py").write_text(HEAD + dedent(code), encoding="utf-8")
        info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        if requires:
            metadata += f"Requires-Dist: {requires}\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        entry = f"[seatrial]\n{namespace} = {module}\n"
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        return site / f"{module}.py"

    return install


@pytest.fixture
def nlpaug(install):
    """A fake nlpaug that hides a real one: the first distribution of a name on the path counts."""
    return install(
        "nlpaug",
        """
        @hookimpl
        def seatrial_perturbations():
            return tuple(perturbation(f"nlpaug.{name}") for name in ("keyboard", "ocr", "swap"))


        @hookimpl
        def seatrial_metrics():
            return (metric("nlpaug.fluency"),)
        """,
        distribution="seatrial-nlpaug",
        version="9.0",
    )


@pytest.fixture
def installed(site):
    """A registry of these installed namespaces and no other."""

    def installed(*namespaces):
        return Registry.installed(allow=namespaces)

    return installed


@pytest.fixture
def python(tmp_path):
    """Run code in a fresh interpreter that sees the fake distributions; give what it prints."""

    def python(code: str, **environment: str) -> str:
        path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", dedent(code)],
            env={**os.environ, "PYTHONPATH": path.rstrip(os.pathsep), **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return python


@pytest.fixture
def write(tmp_path):
    """Write a file and give its path."""

    def write(text: str, name: str = "pharmacy.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def good(install):
    """Install a plugin that is fine."""
    from plugin_stand_ins import GOOD

    return install("good", GOOD)
