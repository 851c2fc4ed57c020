"""Every error that seatrial raises on purpose.

SeatrialError
├── PluginError                      a plugin as a whole is at fault
│   ├── PluginLoadError              it exists but failed to import
│   ├── PluginContractError          it imported but what it declares breaks the contract
│   └── PluginConflictError          two distributions claim one namespace
├── UnknownComponentError            (LookupError) no such component or namespace
├── ComponentLoadError               (ImportError) declared, but its factory will not import
├── ParameterError                   (TypeError) the factory does not take that, or no such severity
├── PlanError                        (ValueError) cases, a plan or a specification make no sense
│   └── FileError                    the same, in a file; `.problems` lists each with its place
├── ModelError                       (ValueError) a model lacks what is asked of it
├── MetricError                      (ValueError) a metric is undefined on what it was given
├── NotApplicable                    (ValueError) a perturbation does not apply to this case
├── AuditError                       (ValueError) an audit found errors; `.findings` lists them
├── StoreError                       (OSError) a run directory cannot be read or written
└── TrialError                       (RuntimeError) a component failed while running
    └── ComponentError               the same, with `.what` failed and `.why`

Messages are lower case, name the thing and say what to do.
Warnings derive from `SeatrialWarning`: `PluginWarning` when a listing leaves out a broken plugin,
`AuditWarning` when an audit found something that does not stop a run, `ObserverWarning` when an
observer of a run raised.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._findings import Finding

__all__ = [
    "AuditError",
    "AuditWarning",
    "ComponentError",
    "ComponentLoadError",
    "FileError",
    "MetricError",
    "ModelError",
    "NotApplicable",
    "ObserverWarning",
    "ParameterError",
    "PlanError",
    "PluginConflictError",
    "PluginContractError",
    "PluginError",
    "PluginLoadError",
    "PluginWarning",
    "SeatrialError",
    "SeatrialWarning",
    "StoreError",
    "TrialError",
    "UnknownComponentError",
]


class SeatrialError(Exception):
    """The root of the tree: catch it to catch everything that seatrial raises on purpose."""


class PluginError(SeatrialError):
    """A plugin as a whole is at fault; `plugin` is its namespace."""

    def __init__(self, message: str, *, plugin: str) -> None:
        super().__init__(message)
        self.plugin = plugin

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), plugin=self.plugin), self.args


class PluginLoadError(PluginError):
    """The plugin is installed but failed to import; the cause is chained."""


class PluginContractError(PluginError):
    """The plugin imported, but what it declares breaks the contract; none of it was adopted."""


class PluginConflictError(PluginError):
    """Two or more distributions claim the same namespace."""


class UnknownComponentError(SeatrialError, LookupError):
    """No installed plugin provides a component of that name."""


class ComponentLoadError(SeatrialError, ImportError):
    """A component is declared, but its factory cannot be imported; the cause is chained."""


class ParameterError(SeatrialError, TypeError):
    """A factory does not take these parameters, or a ladder has no such rung."""


class PlanError(SeatrialError, ValueError):
    """Cases, a plan or a specification make no sense."""


class FileError(PlanError):
    """A file does not say what it should; `problems` has one line per mistake, with its place."""

    def __init__(self, path: str, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.path = path
        self.problems = problems

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.problems)


class ModelError(SeatrialError, ValueError):
    """A model lacks an attribute, an identity or an answer that is asked of it."""


class MetricError(SeatrialError, ValueError):
    """A metric is undefined on what it was given: no cases, or one class where it needs two."""


class NotApplicable(SeatrialError, ValueError):  # noqa: N818 - a statement about a case, not a fault
    """A perturbation does not apply to this case; the record is skipped and says why."""


class AuditError(SeatrialError, ValueError):
    """Audits found errors in the experiment that nobody allowed; `findings` lists them."""

    def __init__(self, message: str, *, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), findings=self.findings), self.args


class StoreError(SeatrialError, OSError):
    """A run directory cannot be read or written; nothing already measured is lost."""


class TrialError(SeatrialError, RuntimeError):
    """A component failed while running."""


class ComponentError(TrialError):
    """A component, a model or a case source raised an error of its own; the cause is chained.

    `what` names it and `why` says what it raised; `retryable` is True where the failure may pass by
    itself (a time-out, a lost connection).
    """

    def __init__(self, what: str, why: str, *, retryable: bool = False) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.retryable = retryable

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), retryable=self.retryable), (self.what, self.why)


class SeatrialWarning(UserWarning):
    """The root of seatrial's warnings."""


class AuditWarning(SeatrialWarning):
    """An audit found something that does not stop a run, or an error that was allowed by name."""


class ObserverWarning(SeatrialWarning):
    """An observer of a run raised an error, which did not stop the run."""


class PluginWarning(SeatrialWarning):
    """A broken plugin was left out of a listing."""
