"""What was sampled, judged and corrected, in a file from which the same call goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from seatrial import Case, Failed
from seatrial.errors import ModelError, ParameterError, StoreError
from seatrial.kit import digest, plain

from ._judge import no_reply

__all__ = ["AT_ONCE", "Kept", "name_of"]

AT_ONCE = 64  # answers in one call of a model that judges, which is what an interruption may lose


def name_of(judge: Any) -> str | None:
    """Name what judges: its identity, or None where it has none."""
    found = getattr(judge, "identity", None)
    return found if isinstance(found, str) else None


@frozen(eq=False)
class Kept:
    """What is known already, one fact a line; a line that was cut off counts for nothing."""

    file: Path | None
    _known: dict[str, Any] = field(factory=dict, init=False)

    @classmethod
    def at(cls, file: str | Path | None) -> Kept:
        """Read what a file has."""
        kept = cls(None if file is None else Path(file))
        if kept.file is not None and kept.file.is_file():
            text = kept.file.read_text("utf-8")
            whole = text[: text.rfind("\n") + 1]
            if whole != text:
                kept.file.write_text(whole, "utf-8")
            kept._known.update(json.loads(line) for line in whole.splitlines())
        return kept

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> Any:
        return self._known[key]

    def put(self, key: str, value: Any) -> None:
        """Write down what stands under a key."""
        self._known[key] = value
        if self.file is None:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps([key, value]) + "\n")
        except OSError as error:
            msg = f"{self.file} cannot be written, and what it has is kept: {error}"
            raise StoreError(msg) from error

    def told(
        self,
        what: str,
        judge: Any,
        answers: Sequence[tuple[Case, str]],
        read: Callable[[Any], Any],
    ) -> list[Any]:
        """Give what a judge or critic says of each answer, asking of each once, ever.

        A function is asked about one after the other. A model, which has `each`, is asked about
        many in one call; where some of them have no reply, what is said of the others is kept.
        """
        keys = [_key(what, judge, case, text) for case, text in answers]
        missing = {
            key: one for key, one in zip(keys, answers, strict=True) if key not in self._known
        }
        if missing and judge is None:
            case, _ = next(iter(missing.values()))
            msg = f"an answer to case {case.id!r} is not judged in {self.file}: give the judge"
            raise ParameterError(msg)
        several = getattr(judge, "each", None)
        if several is None:
            for key, one in missing.items():
                self.put(key, read(judge(*one)))
        else:
            self._told_together(several, list(missing.items()), read)
        return [self._known[key] for key in keys]

    def _told_together(
        self,
        several: Callable[[Sequence[tuple[Case, str]]], Sequence[Any]],
        missing: Sequence[tuple[str, tuple[Case, str]]],
        read: Callable[[Any], Any],
    ) -> None:
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            failed = None
            found = several([one for _, one in some])
            for (key, (case, _)), one in zip(some, found, strict=True):
                if isinstance(one, Failed):
                    failed = failed or (case, one)
                else:
                    self.put(key, read(one))
            if failed:
                raise ModelError(no_reply(*failed))


def _key(what: str, judge: Any, case: Case, text: str) -> str:
    return digest([what, name_of(judge), plain(case.input), plain(case.target), text])
