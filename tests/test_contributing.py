"""The plugin that CONTRIBUTING.md shows passes `seatrial check` as it stands on the page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"
FILE = re.compile(r"`src/(seatrial_shout/\w+\.py)`.*?```python\n(.*?)```", re.DOTALL)
PROJECT = re.compile(r"```toml\n(\[build-system\].*?)```", re.DOTALL)


def installed_from_the_page(folder):
    """Write the page's files as an installer would lay them out; give the names of the modules."""
    page = PAGE.read_text(encoding="utf-8")
    (entry,) = re.findall(r"^shout = \"(\w+)\"$", PROJECT.search(page)[1], re.MULTILINE)
    files = dict(FILE.findall(page))
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    info = folder / "seatrial_shout-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seatrial-shout\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[seatrial]\nshout = {entry}\n")
    return set(files)


def test_the_plugin_on_the_page_passes_every_check(tmp_path):
    names = installed_from_the_page(tmp_path)
    assert names == {"seatrial_shout/__init__.py", "seatrial_shout/_text.py"}
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
        "sys.argv = ['seatrial', 'check', 'shout', '--strict']; "
        "from seatrial.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
