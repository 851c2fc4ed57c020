"""The files of a new plugin: a component that works, its test, and what an installer needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from .._registry import OFFICIAL
from ..errors import PlanError

__all__ = ["KINDS", "write_plugin"]

NAMESPACE: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
PLACE: Final = re.compile(r"@(\w+)@")


@frozen
class _Kind:
    """What differs between plugins of one kind and of another."""

    component: str
    hook: str
    declaration: str
    code: str


KINDS: Final[Mapping[str, _Kind]] = {
    "perturbation": _Kind(
        "Perturbation",
        "seatrial_perturbations",
        """loud = Perturbation(
    name="@namespace@.loud",
    summary="Write some words in capitals.",
    modality="text",
    factory="@package@._loud:loud",
    ladder=tuple({"fraction": fraction} for fraction in (0.1, 0.25, 0.5, 0.7, 0.9)),
    alters=("numbers", "drugs", "negation", "laterality", "options"),  # in capitals, on purpose
)""",
        '''"""Words in capitals."""

from __future__ import annotations

from random import Random

from seatrial.protocols import Perturb


def loud(*, fraction: float) -> Perturb:
    """Write this fraction of the words in capitals, drawn by the seed."""

    def perturb(text: str, /, *, seed: int) -> str:
        draw = Random(seed)
        words = [word.upper() if draw.random() < fraction else word for word in text.split(" ")]
        return " ".join(words)

    return perturb
''',
    ),
    "metric": _Kind(
        "Metric",
        "seatrial_metrics",
        """near = Metric(
    name="@namespace@.near",
    summary="Fraction of answers that are the target, whatever their case.",
    factory="@package@._near:near",
    per_case=True,
    bounds=(0.0, 1.0),
    modality="text",
    examples=((("Yes", "no"), ("yes", "maybe"), 0.5),),
)""",
        '''"""Answers that are the target but for capitals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.errors import MetricError
from seatrial.protocols import Score


def near() -> Score:
    """Score 1 where answer and target are the same text, whatever their case, and else 0."""

    def score(targets: Sequence[Any], predictions: Sequence[Any], /) -> list[float]:
        if not len(targets):
            msg = "there are no answers to score"
            raise MetricError(msg)
        pairs = zip(targets, predictions, strict=True)
        return [float(str(a).casefold() == str(b).casefold()) for a, b in pairs]

    return score
''',
    ),
    "explainer": _Kind(
        "Explainer",
        "seatrial_explainers",
        """words = Explainer(
    name="@namespace@.words",
    summary="How often inputs with each word fail.",
    factory="@package@._words:words",
    modality="text",
)""",
        '''"""Failure rates by word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from seatrial import Case, Explanation, Outcome
from seatrial.protocols import Explain

PRIOR = 2.0


def words() -> Explain:
    """Predict failure from the word of an input that failed most often."""

    def explain(model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        failed: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        for outcome in outcomes:
            there = set(str(outcome.input).split())
            seen.update(there)
            failed.update(there if not outcome.right else ())
        wrong = sum(not outcome.right for outcome in outcomes)
        if wrong in (0, len(outcomes)):
            return Explanation(f"{wrong} of {len(outcomes)} are wrong: nothing to tell apart")
        mean = wrong / len(outcomes)
        # Rates of rare words are drawn to the mean.
        rates = {word: (failed[word] + PRIOR * mean) / (seen[word] + PRIOR) for word in seen}

        def predict(cases: Sequence[Case]) -> list[float]:
            return [
                max((rates.get(word, mean) for word in str(case.input).split()), default=mean)
                for case in cases
            ]

        worst = min(rates, key=lambda word: (-rates[word], word))
        summary = f"inputs with {worst!r} fail most: {rates[worst]:.0%}"
        return Explanation(summary, predictor=predict)

    return explain
''',
    ),
}
"""The kinds of components that a new plugin may start with."""

FACE: Final = '''"""@summary@"""

from __future__ import annotations

from seatrial import @component@, hookimpl

__all__ = ["@value@"]

@declaration@


@hookimpl
def @hook@() -> tuple[@component@, ...]:
    """Declare what this plugin brings. Importing this module must cost nothing."""
    return (@value@,)
'''

PROJECT: Final = """[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "@distribution@"
version = "0.1.0"
description = "@summary@"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["seatrial>=0.1,<0.2"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points.seatrial]
@namespace@ = "@package@"

[tool.hatch.build.targets.wheel]
packages = ["src/@package@"]
"""

README: Final = """# @distribution@

A plugin for seatrial.

```sh
pip install -e '.[test]'
seatrial show @name@
seatrial check @distribution@ --strict    # does it keep what seatrial promises its users?
pytest
```
"""

TEST: Final = '''"""The plugin keeps what seatrial promises its users."""

from __future__ import annotations

from @package@ import @value@

from seatrial.testing import parametrize


@parametrize([@value@])
def test_conforms(component, run_check):
    run_check(component)
'''


def write_plugin(namespace: str, kind: str, folder: Path) -> list[Path]:
    """Write the files of a plugin into a new folder; give their paths.

    Raises `PlanError` for a name that cannot be a namespace, and where the folder is not empty.
    """
    if not NAMESPACE.fullmatch(namespace):
        msg = (
            f"{namespace!r} cannot name a plugin: use small letters, digits and single "
            "underscores, beginning with a letter, as in 'shout'"
        )
        raise PlanError(msg)
    if namespace in OFFICIAL:
        msg = f"{namespace!r} names an official plugin, seatrial-{namespace}: choose another name"
        raise PlanError(msg)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder} exists and is not an empty folder: choose another with --to"
        raise PlanError(msg)
    chosen = KINDS[kind]
    package = f"seatrial_{namespace}"
    value, _, _ = chosen.declaration.partition(" = ")
    said = {
        "namespace": namespace,
        "package": package,
        "distribution": package.replace("_", "-"),
        "component": chosen.component,
        "hook": chosen.hook,
        "value": value,
        "summary": f"A {kind} for seatrial.",
    }
    said["declaration"] = _filled(chosen.declaration, said)
    (said["name"],) = re.findall(r'name="(\S+)"', said["declaration"])
    (module,) = re.findall(r"\.(_\w+):", chosen.declaration)
    files = {
        "pyproject.toml": PROJECT,
        "README.md": README,
        f"src/{package}/__init__.py": FACE,
        f"src/{package}/{module}.py": chosen.code,
        f"src/{package}/py.typed": "",
        f"tests/test_{namespace}.py": TEST,
    }
    written = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(text, said), encoding="utf-8")
        written.append(path)
    return written


def _filled(text: str, said: Mapping[str, str]) -> str:
    return PLACE.sub(lambda found: said[found[1]], text)
