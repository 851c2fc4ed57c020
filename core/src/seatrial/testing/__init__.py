"""The conformance kit: what a plugin's components must keep, as checks that say how to mend them.

    from seatrial.testing import parametrize
    from seatrial_nlpaug import keyboard, ocr

    @parametrize([keyboard, ocr])
    def test_conforms(component, run_check):
        run_check(component)

Without pytest: `print(summary(check(keyboard)))`. The fixture `empty_registry` comes with
`pytest_plugins = ["seatrial.testing.fixtures"]`; `installed` needs no fixture.
Importing this module loads neither pytest nor numpy.
"""

from __future__ import annotations

from ._examples import Example
from ._installed import installed
from ._kit import check, check_distribution, checks_of
from ._pytest import parametrize
from ._results import CheckResult, NotExercised, Skipped, summary
from ._samples import Answers, SampleModel, Samples

__all__ = [
    "Answers",
    "CheckResult",
    "Example",
    "NotExercised",
    "SampleModel",
    "Samples",
    "Skipped",
    "check",
    "check_distribution",
    "checks_of",
    "installed",
    "parametrize",
    "summary",
]
