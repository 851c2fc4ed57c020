"""What an endpoint did wrong, and what may be told of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from attrs import field, frozen

from seatrial import Failed

__all__ = ["Fault", "Secrets", "of_status", "retry_after"]

PASSING = (408, 409, 425, 429)
SPENT = ("insufficient_quota", "billing_hard_limit_reached", "credit_balance_too_low")
ACCESS = {401: "the endpoint does not accept the key", 402: "the account has to be paid for"}
"""Status codes that every further request would meet."""

SHOWN = 300
KEYS = re.compile(r"\b(?:sk|pk|gsk|xai|hf|key)[-_][\w*.-]{6,}|(?i:\bbearer\s+)[\w.~+/=-]{6,}")
HIDDEN = "[key]"


class Fault(Exception):  # noqa: N818 - it becomes an answer, and is raised no further
    """One request that has no answer: why, whether it may pass, and what it cost."""

    def __init__(self, reason: str, **more: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.more = more

    def answer(self, secrets: Secrets, usage: Mapping[str, float]) -> Failed:
        """Give it as the answer to an input, without any key in its text."""
        return Failed(secrets.hidden(self.reason), usage=usage, **self.more)


@frozen
class Secrets:
    """Texts that are never stored or shown."""

    _known: tuple[str, ...] = field(repr=False, default=())

    def hidden(self, text: str) -> str:
        """Take the keys out of a text, and whatever looks like one."""
        return KEYS.sub(HIDDEN, self.without(text))

    def without(self, text: str) -> str:
        """Take the keys themselves out of a text."""
        for one in self._known:
            text = text.replace(one, HIDDEN)
        return text


def of_status(status: int, error: Any, headers: Mapping[str, str] | None = None) -> Fault:
    """Judge a status code, with the `error` of the body if there is one."""
    said = error.get("message") if isinstance(error, Mapping) else error
    told = f": {' '.join(str(said).split())[:SHOWN]}" if said else ""
    names = {str(error.get(key)) for key in ("code", "type")} if isinstance(error, Mapping) else ()
    if any(one in SPENT for one in names):
        return Fault(f"the quota of the account is spent{told}", stops=True)
    if status in ACCESS:
        return Fault(f"{ACCESS[status]} ({status}){told}", stops=True)
    passing = status in PASSING or status >= 500  # noqa: PLR2004 - a server's own failure
    after = retry_after(headers or {}) if passing else None
    return Fault(f"the endpoint answered {status}{told}", retryable=passing, retry_after=after)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how many seconds a server asks to wait; None where it does not say."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        given = headers.get(name)
        if given is None:
            continue
        try:
            return max(0.0, float(given) / unit)
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(given).timestamp() - time())
        except (TypeError, ValueError):
            continue
    return None
