"""Checks that hold for every kind: what a component gives depends on nothing but what it is given.

Each kind says how it is exercised (`Exercise`: everything that it makes of the samples, written so
that equal results are equal texts); what is changed around it is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from .._components import Use
from ._common import built
from ._fresh import importable, results_elsewhere
from ._results import NotExercised, expect
from ._samples import Samples
from ._surroundings import SURROUNDINGS, another_random_state, in_a_thread, random_state, watched

__all__ = ["Check", "Exercise", "checks_for", "exercised_here"]

Check = Callable[[Use[Any], Samples], None]
Exercise = Callable[[Use[Any], Samples], list[str]]


@frozen(eq=False)
class _Once:
    """A component with its samples, remembered by identity, so that it is exercised once."""

    exercise: Exercise
    use: Use[Any]
    samples: Samples

    def __hash__(self) -> int:
        return hash((self.exercise, id(self.use), id(self.samples)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and (
            self.exercise is other.exercise
            and self.use is other.use
            and self.samples is other.samples
        )


@frozen
class _Seen:
    results: list[str]
    randomness: list[str] = field(factory=list)
    process: list[str] = field(factory=list)


def _noticed(run: Callable[[], list[str]]) -> tuple[list[str], list[str], list[str]]:
    """Exercise once, and list which global generators and what of the process were changed."""
    with another_random_state():
        before = random_state()
        results, process = watched(run)
        after = random_state()
    return results, [name for name, state in before.items() if after[name] != state], process


@lru_cache(maxsize=2)
def _seen(once: _Once) -> _Seen:
    built(once.use)  # what its library does when it is imported is not at issue

    def run() -> list[str]:
        return once.exercise(once.use, once.samples)

    results, randomness, process = _noticed(run)
    if randomness or process:  # a library that is imported late may set itself up, once
        results, randomness, process = _noticed(run)
    return _Seen(results, randomness, process)


def exercised_here(exercise: Exercise, use: Use[Any], samples: Samples) -> list[str]:
    """Give what a component makes of the samples; it is computed once."""
    return _seen(_Once(exercise, use, samples)).results


def _differ(here: list[str], there: list[str]) -> str | None:
    if len(here) != len(there):
        return f"{len(there)} results in place of {len(here)}"
    count = sum(one != other for one, other in zip(here, there, strict=True))
    return f"{count} of {len(here)} results differ" if count else None


def _repeatable(exercise: Exercise, use: Use[Any], samples: Samples) -> None:
    """Raise `NotExercised` where a result is another each time: then nothing can be compared."""
    with another_random_state():
        again = watched(lambda: exercise(use, samples))[0]
    if _differ(exercised_here(exercise, use, samples), again):
        msg = "it gives other results each time, which is another check"
        raise NotExercised(msg)


def checks_for(
    exercise: Exercise, *, travels: bool = True, repeats: bool = True
) -> tuple[Check, ...]:
    """Make the checks of a kind.

    `travels` says whether it can be exercised in another process, `repeats` whether the kind has a
    check of its own that results are the same each time.
    """

    def check_global_randomness_is_left_alone(use: Use[Any], samples: Samples) -> None:
        """The global generators of `random`, numpy and torch are as they were.

        Draw from a generator of your own, or wrap the library that draws from a global one in
        `with seatrial.seeded(seed):`.
        """
        for name in _seen(_Once(exercise, use, samples)).randomness:
            msg = f"it changed the global generator of {name}"
            raise AssertionError(msg)

    def check_process_is_left_alone(use: Use[Any], samples: Samples) -> None:
        """The current directory, the environment, numpy's and torch's settings stay, stdout too.

        They belong to the whole process: put back what you change, and log instead of printing.
        """
        changed = _seen(_Once(exercise, use, samples)).process
        expect(not changed, f"it changed {', '.join(changed)}")

    def check_surroundings_do_not_matter(use: Use[Any], samples: Samples) -> None:
        """Another directory, thread, time and state of the global generators change nothing.

        Read files relative to `__file__`, never the clock, and draw from the seed alone; write
        nothing into the current directory.
        """
        here = exercised_here(exercise, use, samples)
        factory = use.component.factory
        module = factory if isinstance(factory, str) else factory.__module__
        package = module.partition(":")[0].partition(".")[0]

        def there(names: Mapping[str, Any]) -> list[str]:
            with ExitStack() as stack:
                for surrounding in names.values():
                    stack.enter_context(surrounding(package))
                return watched(lambda: in_a_thread(lambda: exercise(use, samples)))[0]

        if difference := _differ(here, there(SURROUNDINGS)):
            if repeats:
                _repeatable(exercise, use, samples)
            causes = [
                name for name, one in SURROUNDINGS.items() if _differ(here, there({name: one}))
            ]
            where = ", ".join(causes) or "in another thread, or when it is exercised again"
            msg = f"{difference} {where}"
            raise AssertionError(msg)

    def check_same_result_in_a_fresh_process(use: Use[Any], samples: Samples) -> None:
        """Another process, with another hash seed, directory and time zone, gives the same.

        Look for `hash()` of texts and for the order of sets: both differ from process to process.
        """
        factory = importable(use.component.factory)
        here = exercised_here(exercise, use, samples)
        if samples.models and use.component.needs and samples.made_by is None:
            msg = "live models do not travel to another process"
            raise NotExercised(msg)
        there = results_elsewhere(factory, use, samples)
        if difference := _differ(here, there):
            _repeatable(exercise, use, samples)
            msg = f"{difference} in a fresh process"
            raise AssertionError(msg)

    found: tuple[Check, ...] = (
        check_global_randomness_is_left_alone,
        check_process_is_left_alone,
        check_surroundings_do_not_matter,
    )
    return (*found, check_same_result_in_a_fresh_process) if travels else found
