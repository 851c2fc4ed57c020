"""Verdicts as JUnit XML, which CI systems show beside the tests of the code."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from ..._tables import figure, printable
from ...errors import ParameterError, PlanError
from ...protocols import Render

__all__ = ["junit"]

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


def junit(*, inconclusive: str = "skipped") -> Render:
    """Write one test case for each priority: a failed one is a failure, an errored one an error.

    What is `inconclusive` is "skipped" or, for a job that must not go on without evidence, a
    "failure".
    """
    if inconclusive not in ("skipped", "failure"):
        msg = f"inconclusive must be 'skipped' or 'failure', got {inconclusive!r}"
        raise ParameterError(msg)
    kinds = {"fail": "failure", "error": "error", "inconclusive": inconclusive}

    def render(bundle: Any, /) -> bytes:
        judgement = bundle.judgement
        if judgement is None:
            msg = "there is no judgement to write: judge the run first (seatrial judge SPEC DIR)"
            raise PlanError(msg)
        told = [kinds.get(one.outcome) for one in judgement.verdicts]
        counts = {
            "tests": str(len(told)),
            "failures": str(told.count("failure")),
            "errors": str(told.count("error")),
            "skipped": str(told.count("skipped")),
        }
        name = _clean(judgement.title)
        whole = ET.Element("testsuites", {"name": "seatrial", **counts})
        suite = ET.SubElement(whole, "testsuite", {"name": name, **counts})
        properties = ET.SubElement(suite, "properties")
        for key, value in (("model", judgement.model), ("outcome", judgement.outcome)):
            ET.SubElement(properties, "property", {"name": key, "value": _clean(value)})
        for verdict, kind in zip(judgement.verdicts, told, strict=True):
            one = {"classname": name, "name": _clean(verdict.priority)}
            case = ET.SubElement(suite, "testcase", one)
            if kind is not None:
                message = {"message": _clean(_summary(verdict))}
                ET.SubElement(case, kind, message).text = _clean(_details(verdict))
            else:
                ET.SubElement(case, "system-out").text = _clean(_details(verdict))
        ET.indent(whole)
        written: bytes = ET.tostring(whole, encoding="utf-8", xml_declaration=True)
        return written + b"\n"

    return render


def _summary(verdict: Any) -> str:
    demanded = ", ".join(f"{one.demand} {one.threshold:g}" for one in verdict.demands)
    return f"{verdict.outcome}: {figure(verdict.estimate)} ({demanded or 'no demand was judged'})"


def _details(verdict: Any) -> str:
    """Write a line for each demand, and the notes."""
    lines = []
    for one in verdict.demands:
        ends = " … ".join(map(figure, one.interval)) if one.interval else "—"
        lines.append(
            f"{one.demand} {one.threshold:g}: {one.outcome}, {figure(one.estimate)} ({ends}) on "
            f"{one.cases_used:,} cases"
        )
        lines += [one.note] if one.note else []
    return "\n".join([*lines, *([verdict.note] if verdict.note not in ("", *lines) else [])])


def _clean(text: str) -> str:
    return FORBIDDEN.sub("?", printable(text, lines=True))
