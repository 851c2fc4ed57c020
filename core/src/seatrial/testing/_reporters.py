"""Checks of reporters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from .._cases import Case
from .._components import Metric, Perturbation, Reporter, Use
from .._plans import Priority, Specification
from ..errors import SeatrialError
from ._common import built
from ._results import NotExercised, expect
from ._samples import Samples

__all__ = ["CHECKS", "results"]

R = Use[Reporter]
ODD = ("=1+1", "a|b <b>[/red]", "line\nbreak", "\x1b[31m", "请", "")


def _equal() -> Metric:
    def score(targets: Any, answers: Any, /) -> list[float]:
        return [float(one == other) for one, other in zip(targets, answers, strict=True)]

    return Metric(
        name="sample.equal",
        summary="Fraction of answers that equal their target.",
        factory=lambda: score,
        per_case=True,
    )


@cache
def bundle() -> Any:
    """Give the results of a tiny experiment; they are shared."""
    return measured()


def measured() -> Any:
    """Measure and judge a tiny experiment whose texts are odd on purpose."""
    from ..runs._bundle import Bundle
    from ..verbs._run import run

    shout = Perturbation(
        name="sample.capitals",
        summary="Write in capitals.",
        modality="text",
        factory=lambda: lambda text, /, *, seed: text.upper(),  # noqa: ARG005 - the protocol
    )
    cases = [Case(f"odd {text}", f"{text} number {i}", text) for i, text in enumerate(ODD)]
    priority = Priority(
        "right [/bold] | 1", perturbations=(shout(),), metric=_equal()(), require={"at_least": 0.5}
    )
    specification = Specification("sample", priorities=(priority,), seed=0)
    report = run(
        specification, model=lambda texts: [one.split(" ")[0] for one in texts], cases=cases
    )
    from ..verbs._judge import judge

    return Bundle(report=report, judgement=judge(specification, report))


def bundles() -> dict[str, Any]:
    """Give a report alone, a judgement alone, and both."""
    from ..runs._bundle import Bundle

    whole = bundle()
    return {
        "a report": Bundle(report=whole.report),
        "a judgement": Bundle(judgement=whole.judgement),
        "both": whole,
    }


def rendered(use: R) -> dict[str, bytes]:
    """Render every bundle that the reporter takes, or raise `NotExercised`."""
    (render,) = built(use)
    found = {}
    for name, one in bundles().items():
        try:
            found[name] = render(one)
        except SeatrialError:
            continue
    if not found:
        msg = "it renders none of the sample results"
        raise NotExercised(msg)
    return found


def results(use: R, _: Samples) -> list[str]:
    """Write down what it renders."""
    return [repr(one) for one in rendered(use).values()]


def check_renders_bytes(use: R, _: Samples) -> None:
    """A report, a judgement or both become the bytes of a file, or are refused with a reason.

    Return bytes; raise an error of `seatrial.errors` where a result is missing that you need.
    """
    (render,) = built(use)
    reasons = []
    for name, one in bundles().items():
        try:
            data = render(one)
        except SeatrialError as error:
            reasons.append(str(error).strip())
            continue
        except Exception as error:
            msg = f"{name} raises {type(error).__name__}: {error}"
            raise AssertionError(msg) from error
        expect(isinstance(data, bytes), f"{name} becomes {type(data).__name__}, not bytes")
        expect(data, f"{name} becomes an empty file")
    expect(len(reasons) < len(bundles()), f"it renders nothing: {'; '.join(reasons)}")
    expect(all(reasons), "it refuses results without saying why")


def check_renders_the_same_twice(use: R, _: Samples) -> None:
    """The same results give the same bytes.

    Leave out the time, random identifiers and the order of sets.
    """
    one, other = rendered(use), rendered(use)
    differ = [name for name in one if one[name] != other.get(name)]
    expect(not differ, f"{', '.join(differ)} became other bytes the second time")


def check_results_are_left_alone(use: R, _: Samples) -> None:
    """The results say the same after they were rendered.

    Copy before you sort or format.
    """
    (render,) = built(use)
    whole = measured()
    before = repr([one.as_dict() for one in whole.named().values()])
    try:
        render(whole)
    except SeatrialError as error:
        msg = f"it does not render all results: {error}"
        raise NotExercised(msg) from error
    after = repr([one.as_dict() for one in whole.named().values()])
    expect(before == after, "rendering changed the results in place")


def check_suffix_is_of_a_file(use: R, _: Samples) -> None:
    """The suffix is that of a file: a dot and letters.

    Write `suffix=".html"`.
    """
    suffix = use.component.suffix
    expect(re.fullmatch(r"(\.[a-z0-9]+)+", suffix), f"{suffix!r} is no suffix such as '.html'")


CHECKS: tuple[Callable[[R, Samples], None], ...] = (
    check_renders_bytes,
    check_renders_the_same_twice,
    check_results_are_left_alone,
    check_suffix_is_of_a_file,
)
