"""The checks as pytest tests, one for each check and component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .._components import Component, Use
from ..errors import PlanError
from ._kit import Check, checks_of, expectations, run_one, tried, used
from ._results import NotExercised, Skipped
from ._samples import Samples

if TYPE_CHECKING:
    import pytest

__all__ = ["parametrize"]


def parametrize(
    components: Iterable[Component | Use[Any]],
    *,
    expected_failures: Mapping[str, Mapping[str, str]] | None = None,
    samples: Samples | None = None,
    strict: bool = False,
) -> pytest.MarkDecorator:
    """Make one pytest test per check and component: "nlpaug.ocr-same_seed_same_output".

        @parametrize([keyboard, ocr])
        def test_conforms(component, run_check):
            run_check(component)

    `expected_failures` maps names of components to names of checks to reasons, beside those that
    the components declare; they become strict expected failures of pytest. With `strict`, a check
    that was not exercised fails, as in `seatrial check --strict`; else it is skipped. Raises
    `PlanError` for a name that is unknown, or an empty reason.
    """
    import pytest

    uses = [used(component) for component in components]
    announced = dict(expected_failures or {})
    if unknown := sorted(announced.keys() - {use.component.name for use in uses}):
        msg = f"expected failures of {', '.join(unknown)}, which is not among the components"
        raise PlanError(msg)
    tests = []
    for use in uses:
        own, given = tried(use, samples)
        reasons = expectations(use, announced.get(use.component.name, {}))
        for name, one in checks_of(use).items():
            marks = (
                [pytest.mark.xfail(strict=True, reason=reasons[name])] if name in reasons else []
            )
            title = f"{use.label}-{name.removeprefix('check_')}"
            tests.append(
                pytest.param(own, _runner(one, given, strict=strict), id=title, marks=marks)
            )
    return pytest.mark.parametrize(("component", "run_check"), tests)


def _runner(
    one: Check, samples: Samples, *, strict: bool
) -> Callable[[Component | Use[Any]], None]:
    def run_check(component: Component | Use[Any]) -> None:
        import pytest

        try:
            run_one(one, used(component), samples)
        except Skipped as skipped:
            if strict and isinstance(skipped, NotExercised):
                pytest.fail(f"not exercised: {skipped}")
            pytest.skip(str(skipped))

    return run_check
