"""How a component is spoilt in one thing, and all that are.

`spoilt(base, name)` names the entry and takes a function from the right factory's result to the
wrong one; `declared` spoils the declaration alone. Factories are module-level names, so that other
processes find them.
"""

import inspect
import sys

from attrs import evolve

FAULTS = {}


def spoilt(base, name, **declared):
    """Register a component whose factory's result goes through the decorated function."""

    def register(change):
        def factory(**params):
            return change(base.build(params))

        module = change.__module__
        factory.__signature__ = inspect.signature(base.load())
        factory.__module__, factory.__qualname__ = module, name
        setattr(sys.modules[module], name, factory)
        FAULTS[name] = evolve(base, factory=f"{module}:{name}", **declared)
        return change

    return register


def declared(name, component, **changes):
    FAULTS[name] = evolve(component, **changes)
