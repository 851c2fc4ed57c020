"""Models, cases and turns of conversations named by an import string, as in a file."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ._importing import IMPORT_STRING, import_string
from ._signatures import misfit
from ._values import FrozenMapping, optional_mapping, plain
from .errors import ModelError, ParameterError, PlanError

__all__ = ["Reference", "StoredReference"]


@frozen
class Reference:
    """A model, cases or a turn of a conversation: an import string and, for a factory, parameters.

    With `params` (even empty ones) the imported object is called with them; without, it is used as
    it is, like the `module:app` of a web server. As the content of a user's or a tool's message it
    names a function from the answers so far (a tuple of texts) to what is said.
    """

    use: str = field()
    params: FrozenMapping | None = field(default=None, converter=optional_mapping)

    @use.validator
    def _importable(self, _: Any, use: Any) -> None:
        if not isinstance(use, str) or not IMPORT_STRING.fullmatch(use):
            msg = f"{use!r} must read 'package.module:name'"
            raise PlanError(msg)

    def __str__(self) -> str:
        """Write it as a name, or as a call."""
        if self.params is None:
            return self.use
        return f"{self.use}({', '.join(f'{k}={v!r}' for k, v in plain(self.params).items())})"

    def __call__(self) -> Any:
        """Import the object, and call it when parameters are given."""
        found = import_string(self.use, what="")
        if self.params is None:
            return found
        params = plain(self.params)
        try:
            return found(**params)
        except TypeError as error:  # asked first: a decorated function may take more than it says
            if why := misfit(found, params):
                msg = f"{self.use}: {why}"
                raise ParameterError(msg) from error
            raise


@frozen
class StoredReference(Reference):
    """A reference that was read from a run directory: it can be read, and is not imported."""

    def __call__(self) -> Any:
        """Refuse, and say what the user can do."""
        msg = (
            f"the run directory names {self}, and what a directory names is not imported: "
            "pass model=, or Report.load(path, trust=True) (--model or --trust on the command line)"
        )
        raise ModelError(msg)
