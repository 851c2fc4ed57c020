"""Checks of audits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import evolve

from .._cases import Case, Outcome, answer_of
from .._components import Audit, Metric, Perturbation, Use
from .._findings import Finding
from .._plans import Plan
from ._common import built
from ._examples import examples_of
from ._results import NotExercised, Skipped, expect
from ._samples import Samples

__all__ = ["CHECKS", "results"]


def _plan() -> Plan:
    shout = Perturbation(
        name="sample.shout",
        summary="Write in capitals.",
        modality="text",
        factory=lambda: lambda text, *, seed: text.upper(),  # noqa: ARG005 - the protocol names it
    )
    equal = Metric(
        name="sample.equal",
        summary="Fraction of answers that equal their target.",
        factory=lambda: (
            lambda targets, answers: [
                float(target == answer) for target, answer in zip(targets, answers, strict=True)
            ]
        ),
        per_case=True,
    )
    return Plan(perturbations=(shout,), metrics=(equal,), severities=(1,))


def _experiments(use: Use[Audit], samples: Samples, model: Any) -> Iterator[Sequence[Any]]:
    """Give a small experiment, and the same with every case again, half of them mislabelled."""
    again = [
        evolve(case, id=f"{case.id}-again", target=(case, other)[place % 2].target)
        for place, (case, other) in enumerate(zip(samples.cases, samples.cases[::-1], strict=True))
    ]
    for cases in (samples.cases, (*samples.cases, *again)):
        yield cases if use.component.reads == "cases" else _outcomes(cases, model)


def _outcomes(cases: Sequence[Case], model: Any) -> tuple[Outcome, ...]:
    answers = map(answer_of, model([case.input for case in cases]))
    return tuple(
        Outcome(case=case, input=case.input, prediction=answer, right=answer.value == case.target)
        for case, answer in zip(cases, answers, strict=True)
    )


def findings(
    use: Use[Audit], samples: Samples, *, with_model: bool = True
) -> list[tuple[Sequence[Any], tuple[Any, ...]]]:
    """Audit small experiments and the audit's examples: what each looked at, what was found."""
    (check,) = built(use)
    model = samples.model(use.component.needs)
    given = model if with_model else None
    found = [
        (material, tuple(check(_plan(), given, material)))
        for material in _experiments(use, samples, model)
    ]
    for one in examples_of(use) if use.component.examples is not None else ():
        looked_into = one.model if with_model else None
        found.append((one.material, tuple(check(one.plan, looked_into, one.material))))
    return found


def _all_findings(found: Sequence[tuple[Sequence[Any], tuple[Any, ...]]]) -> list[Any]:
    return [one for _, some in found for one in some]


def results(use: Use[Audit], samples: Samples) -> list[str]:
    """Write down what it finds in every experiment."""
    return [repr(found) for _, found in _sound(use, samples)]


def check_gives_findings(use: Use[Audit], samples: Samples) -> None:
    """It gives findings, or none.

    Yield `seatrial.Finding(name, summary, level=..., fix=...)`.
    """
    for one in _all_findings(findings(use, samples)):
        expect(isinstance(one, Finding), f"it gives {one!r:.80}, not a Finding")


def _sound(use: Use[Audit], samples: Samples) -> list[tuple[Sequence[Any], tuple[Any, ...]]]:
    found = findings(use, samples)
    if not all(isinstance(one, Finding) for one in _all_findings(found)):
        msg = "it does not give findings"
        raise NotExercised(msg)
    return found


def check_examples_come_out(use: Use[Audit], _: Samples) -> None:
    """It finds what its positive examples say, and nothing in its negative ones.

    Declare `examples="package.module:function"`; the function gives `seatrial.testing.Example`s,
    one at least of each: Example(cases, finds=("name-of-the-finding",)) and Example(cases).
    """
    (check,) = built(use)
    examples = examples_of(use)
    expect(
        any(one.finds for one in examples), "none of its examples is one where it finds something"
    )
    expect(not all(one.finds for one in examples), "none of its examples is one where it is silent")
    for place, one in enumerate(examples, start=1):
        found = [finding.name for finding in check(one.plan, one.model, one.material)]
        missed = [name for name in one.finds if name not in found]
        given = ", ".join(found) or "nothing"
        expect(not missed, f"example {place}: it finds {given}, not {', '.join(missed)}")
        expect(one.finds or not found, f"example {place}: it must stay silent, and finds {given}")


def check_same_findings_twice(use: Use[Audit], samples: Samples) -> None:
    """The same experiment gives the same findings.

    Draw from a fixed seed, and keep nothing between calls.
    """
    one, other = _all_findings(_sound(use, samples)), _all_findings(findings(use, samples))
    expect(one == other, f"first {one}, then {other}")


def check_findings_can_be_acted_on(use: Use[Audit], samples: Samples) -> None:
    """An error or a warning says what to do, and names only cases that are there.

    Give `fix=` and the ids of the cases (`cases=`); a level of "note" needs neither.
    """
    for material, found in _sound(use, samples):
        ids = {getattr(one, "case", one).id for one in material}
        for one in found:
            complete = one.level == "note" or bool(one.fix.strip())
            expect(complete, f"its finding {one.name} is {one.level!r} and says no fix")
            strange = [name for name in one.cases if name not in ids]
            expect(not strange, f"its finding {one.name} names {strange[:1]}, which is no case")


def check_looks_without_a_model(use: Use[Audit], samples: Samples) -> None:
    """Where there is no model, it looks at the rest; whoever cannot states `needs`.

    `model` is None when the cases alone are audited.
    """
    _sound(use, samples)
    if use.component.needs:
        msg = f"it needs a model with {' and '.join(use.component.needs)}"
        raise Skipped(msg)
    try:
        findings(use, samples, with_model=False)
    except Exception as error:
        msg = f"without a model it raises {type(error).__name__}: {error}"
        raise AssertionError(msg) from error


CHECKS: tuple[Callable[[Use[Audit], Samples], None], ...] = (
    check_gives_findings,
    check_examples_come_out,
    check_same_findings_twice,
    check_findings_can_be_acted_on,
    check_looks_without_a_model,
)
