"""What it costs to start: the import, the command's help, and one component among 200 plugins.

    python benchmarks/startup.py

Each figure is a median over interleaved runs of fresh interpreters, beside a named peer; the time
of the processor is given too, which a busy machine lengthens less. Byte code is kept between runs,
as that of an installed package is.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

PLUGIN = """
from seatrial import Perturbation, hookimpl

@hookimpl
def seatrial_perturbations():
    return (Perturbation(name="{name}.one", summary="S.", modality="text", factory="no:where"),)
"""
GET = """
import seatrial
registry = seatrial.default_registry()
registry.get("dummy0.one")
"""
GET_TIMED = """
import time
import seatrial
{first}
start = time.perf_counter()
{then}
print(time.perf_counter() - start)
"""


def site_of(folder: Path, plugins: int) -> Path:
    """Install so many dummy plugins into an empty folder."""
    site = folder / str(plugins)
    for k in range(plugins):
        name = f"dummy{k}"
        info = site / f"seatrial_{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: seatrial-{name}\nVersion: 1\n"
        )
        (info / "entry_points.txt").write_text(f"[seatrial]\n{name} = seatrial_{name}\n")
        (site / f"seatrial_{name}.py").write_text(PLUGIN.format(name=name))
    return site


def once(code: str, site: Path | None = None) -> tuple[float, float]:
    """Run code in a fresh interpreter: seconds on the clock, and of the processor.

    Code that prints a number has timed itself, and that is both.
    """
    environment = {**os.environ, "PYTHONPATH": str(site)} if site else dict(os.environ)
    arguments = [sys.executable, "-c", code]
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - start, os.times()
    if done.stdout.count("\n") == 1:
        return float(done.stdout), float(done.stdout)
    used = after.children_user - before.children_user
    return wall, used + after.children_system - before.children_system


def medians(runs: int, **codes: tuple[str, Path | None]) -> dict[str, tuple[float, float]]:
    """Give the median milliseconds of each, taking turns after a first turn that only warms up."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in codes}
    for _ in range(runs + 1):
        for name, (code, site) in codes.items():
            found[name].append(once(code, site))
    return {
        name: (
            median(wall for wall, _ in times[1:]) * 1e3,
            median(cpu for _, cpu in times[1:]) * 1e3,
        )
        for name, times in found.items()
    }


def main() -> None:
    """Give the interpreters a place for their byte code, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="interleaved runs of each")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "bytecode"))
        report(runs, Path(folder))


def report(runs: int, folder: Path) -> None:
    """Measure, and print one line for each figure."""
    found = medians(
        runs,
        bare=("import attrs, pluggy", None),
        ours=("import attrs, pluggy, seatrial", None),
    )
    (bare, bare_cpu), (ours, ours_cpu) = found["bare"], found["ours"]
    print(
        f"import seatrial: {ours:.0f} ms, against {bare:.0f} ms for Python with attrs and pluggy: "
        f"{ours / bare:.2f} ×, {ours - bare:.0f} ms more (bound: 40 ms; of the processor: "
        f"{ours_cpu - bare_cpu:.0f} ms more)"
    )

    help_ = "import sys; from seatrial.cli import main; main(['--help'])"
    found = medians(runs, bare=("pass", None), ours=(help_, None))
    (bare, _), (ours, ours_cpu) = found["bare"], found["ours"]
    torch = "with" if importlib.util.find_spec("torch") else "without"
    print(
        f"seatrial --help: {ours:.0f} ms {torch} torch installed, against {bare:.0f} ms for bare "
        f"Python (bound: 500 ms; of the processor: {ours_cpu:.0f} ms)"
    )

    one, many = (site_of(folder, plugins) for plugins in (1, 200))
    read, get = "registry = seatrial.default_registry()", 'registry.get("dummy0.one")'
    for what, code in {
        "the whole process": GET,
        "reading what is installed": GET_TIMED.format(first="", then=read),
        "getting one component": GET_TIMED.format(first=read, then=get),
    }.items():
        found = medians(runs, one=(code, one), many=(code, many))
        (few, few_cpu), (most, most_cpu) = found["one"], found["many"]
        print(
            f"{what}, with 200 plugins against 1: {most:.1f} ms against {few:.1f} ms: "
            f"{most / few:.2f} × (bound: 1.2 ×; of the processor: {most_cpu / few_cpu:.2f} ×)"
        )


if __name__ == "__main__":
    main()
