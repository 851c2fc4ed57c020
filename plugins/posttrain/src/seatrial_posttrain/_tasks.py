"""The tasks of an evaluation, and those of FinEval (Ke et al. 2025, table 1) by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from seatrial import Case, Metric, Use, default_registry, load_cases
from seatrial.errors import ParameterError
from seatrial.kit import did_you_mean, plain

from ._asking import ANSWERS

__all__ = ["CAPABILITIES", "FINEVAL", "KINDS", "Task", "cases_of", "tasks_of"]

CAPABILITIES = ("concept", "task", "instruction following", "reasoning")
KINDS = ("similar", "novel")
PERPLEXITY = "perplexity"

NAMES = {
    "similar": {"task": "FPB FiQA-SA FOMC NER EDTSUM"},
    "novel": {
        "concept": "MMLU AI2-ARC Nq-open MMLU-Finance",
        "task": (
            "Flare-ECTSUM MLESG MA SM-Bigdata SM-ACL SM-CIKM CRA-CCF CRA-CCFraud Flare-German "
            "Flare-Australian CRA-LendingClub CRA-Polish CRA-Taiwan CRA-ProroSeguro "
            "CRA-TravelInsurance Flare-TATQA FinanceBench"
        ),
        "instruction following": "MT-bench",
        "reasoning": (
            "MathQA Social-IQA Open-book-qa Hellaswag Winogrande PIQA CFA-Easy CFA-Challenge"
        ),
    },
}
METRICS = {
    "metrics.rouge-1": ("NER", "EDTSUM", "Flare-ECTSUM"),
    "metrics.mcc": ("CRA-CCF", "CRA-Polish"),
    "metrics.exact-match": ("Nq-open",),
    "posttrain.judged-right": ("Flare-TATQA", "FinanceBench"),
    "posttrain.judged-score": ("MT-bench",),
}
DIRECT = ("FPB", "FiQA-SA", "FOMC", "NER", "EDTSUM", "MMLU-Finance", "Flare-ECTSUM", "MLESG", "MA")

FINEVAL: Mapping[str, Mapping[str, str]] = {
    name: {
        "capability": capability,
        "kind": kind,
        "metric": next((m for m, some in METRICS.items() if name in some), "metrics.accuracy"),
        "answers": (
            "as it is" if name == "MT-bench" else "direct" if name in DIRECT else "reasoned"
        ),
    }
    for kind, several in NAMES.items()
    for capability, names in several.items()
    for name in names.split()
}
"""What table 1 and table 3 of the paper say of each task: only its cases are missing."""


def _metric(given: Any) -> Use[Metric] | None:
    if given is None or given == PERPLEXITY:
        return None
    if isinstance(given, str):
        given = {"use": given}
    if isinstance(given, Mapping) and "use" in given and not set(given) - {"use", "params"}:
        named = default_registry().get(given["use"], Metric)
        given = named(**(given.get("params") or {}))
    use = given() if isinstance(given, Metric) else given
    if not isinstance(use, Use):
        msg = (
            f"metric must be a metric, the name of one, a table with use and params, or "
            f"{PERPLEXITY!r}, got {given!r}"
        )
        raise ParameterError(msg)
    if live := [name for name, value in use.params.items() if callable(value)]:
        msg = (
            f"the metric {use.component.name} stands in the records of a run with its parameters: "
            f"give {live[0]} as an import string, or a table with use and params"
        )
        raise ParameterError(msg)
    use.build()  # what it lacks is found before anything is trained
    return use


@frozen(kw_only=True)
class Task:
    """Some cases, how they are asked, and the metric that scores the answers.

    `capability` and `kind` (similar to what was trained on, or novel) are the row and column of
    FinEval. `metric` is a metric or its name, or "perplexity", which asks nothing.
    """

    name: str
    cases: tuple[Case, ...]
    metric: Use[Metric] | None = field(default=None, converter=_metric)
    answers: str = "direct"
    options: tuple[str, ...] = field(default=(), converter=tuple)
    capability: str = "task"
    kind: str = "novel"

    def __attrs_post_init__(self) -> None:
        name: Any = self.name
        if not isinstance(name, str):
            msg = f"a task of the evaluation needs a name, and has {name!r}"
            raise ParameterError(msg)
        for key, known in (("answers", ANSWERS), ("capability", CAPABILITIES), ("kind", KINDS)):
            if getattr(self, key) not in known:
                msg = (
                    f"{key} of the task {self.name!r} must be one of {', '.join(known)}, "
                    f"not {getattr(self, key)!r}"
                )
                raise ParameterError(msg)
        if self.metric is None or self.answers == "as it is":
            return
        for case in self.cases:
            options = self.options
            if isinstance(case.input, Mapping):
                options = tuple(case.input.get("options", options))
            if options and case.target is not None and case.target not in options:
                msg = (
                    f"case {case.id!r} of the task {self.name!r} has the target {case.target!r}, "
                    f"which is none of its options: {', '.join(map(repr, options))}"
                )
                raise ParameterError(msg)


def tasks_of(given: Sequence[Any]) -> tuple[Task, ...]:
    """Read tasks from tables, as they stand in a recipe; a `Task` is taken as it is."""
    tasks = tuple(one if isinstance(one, Task) else _read(one) for one in given)
    names = [one.name for one in tasks]
    if twice := [name for name in names if names.count(name) > 1]:
        msg = f"two tasks of the evaluation are named {twice[0]!r}"
        raise ParameterError(msg)
    return tasks


def _read(given: Any) -> Task:
    if not isinstance(given, Mapping) or "cases" not in given:
        msg = f"a task of the evaluation is a table with cases = ..., not {given!r:.80}"
        raise ParameterError(msg)
    known = ("task", "name", "cases", "metric", "answers", "options", "capability", "kind")
    if odd := [key for key in given if key not in known]:
        msg = f"a task of the evaluation has no {odd[0]!r}{did_you_mean(odd[0], known)}"
        raise ParameterError(msg)
    table = dict(given)
    preset = table.pop("task", None)
    if preset is not None and preset not in FINEVAL:
        msg = f"FinEval has no task {preset!r}{did_you_mean(preset, FINEVAL)}"
        raise ParameterError(msg)
    facts = {"metric": "metrics.accuracy"}
    whole = {**facts, "name": preset, **FINEVAL.get(preset or "", {}), **table}
    whole["cases"] = tuple(cases_of(whole["cases"]))
    return Task(**whole)


def cases_of(given: Any) -> Sequence[Case]:
    """Load cases: a table with `file` or `use`, rows, or what else `load_cases` takes."""
    given = plain(given) if isinstance(given, Mapping | tuple) else given
    if isinstance(given, Mapping) and "file" in given:
        options = {key: one for key, one in given.items() if key != "file"}
        known = list(inspect.signature(load_cases).parameters)[1:]
        if odd := [key for key in options if key not in known]:
            hint = did_you_mean(odd[0], known)
            msg = f"the cases of {given['file']} have no {odd[0]!r}{hint}; they take "
            raise ParameterError(msg + ", ".join(known))
        return load_cases(given["file"], **options)
    if isinstance(given, Mapping) and "use" in given:
        from seatrial.kit import import_string

        made = import_string(given["use"], what="cases")
        return load_cases(made(**given.get("params", {})))
    return load_cases(given)
