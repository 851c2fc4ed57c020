"""What `seatrial show` tells about one component."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from .._cases import CLEAN
from .._components import Metric, Modality, Perturbation, Use
from .._tables import Table, figure
from .._values import plain
from ..errors import PlanError
from ..inputs._binding import built
from ..inputs._boundary import call
from ..inputs._distance import distance

if TYPE_CHECKING:
    from .._registry import Registry

__all__ = ["describe", "tables"]

SAMPLE = (
    "Can I take two 200 mg ibuprofen tablets now?\n"
    "My back hurts, and I do not want to wait until tomorrow."
)


def describe(registry: Registry, name: str, text: str | None, seed: int) -> dict[str, Any]:
    """Collect what there is to say about one component, as plain data."""
    component = registry.get(name)
    shown: dict[str, Any] = {
        "name": component.name,
        "kind": component.kind(),
        "summary": component.summary,
        "source": str(registry.source(component.namespace)),
        "revision": component.revision,
        "needs": list(component.needs),
        "parameters": [
            {
                "name": one.name,
                "type": "" if one.annotation is inspect.Parameter.empty else str(one.annotation),
                "default": None if one.default is inspect.Parameter.empty else repr(one.default),
                "ladder": isinstance(component, Perturbation) and one.name in component.ladder[0],
            }
            for one in component.parameters().values()
        ],
    }
    if isinstance(component, Metric):
        shown |= {
            "higher_is_better": component.higher_is_better,
            "per_case": component.per_case,
            "bounds": component.bounds,
        }
    if isinstance(component, Perturbation):
        shown |= {
            "modality": component.modality,
            "values": registry.get(component.modality, Modality).values,
            "alters": list(component.alters),
            "relation": component.relation,
            "changes": "training cases" if component.trains else "inputs",
            "searches": component.searches,
            "ladder": plain(component.ladder),
            "preview": _preview(component, text, seed),
        }
    return shown


def _preview(component: Perturbation, text: str | None, seed: int) -> list[dict[str, Any]]:
    """Apply every rung to a text; searches and other modalities have no preview here."""
    if component.searches:
        if text is not None:
            msg = f"{component.name} searches with a model, so --text shows nothing"
            raise PlanError(msg)
        return []
    if component.modality != "text" or component.sees_case:
        if text is not None:
            msg = f"{component.name} acts on {component.modality!r}, so --text shows nothing"
            raise PlanError(msg)
        return []
    use = Use(component)
    sample = SAMPLE if text is None else text
    rows = [{"severity": 0, "text": sample, "distance": 0.0}]
    for severity in range(1, len(component.ladder) + 1):
        changed = call(component.name, built(use, severity), sample, seed=seed)
        rows.append({"severity": severity, "text": changed, "distance": distance(sample, changed)})
    return rows


def tables(shown: dict[str, Any]) -> list[Table]:
    """Lay a description out as tables."""
    facts: dict[str, Any] = {
        key: shown[key]
        for key in (
            "kind",
            "summary",
            "source",
            "revision",
            "modality",
            "changes",
            "searches",
            "higher_is_better",
            "per_case",
            "bounds",
        )
        if key in shown
    }
    facts |= {key: ", ".join(shown[key]) for key in ("needs", "alters") if shown.get(key)}
    if shown.get("relation"):
        facts["relation"] = shown["relation"]
    found = [Table(("", shown["name"]), [(key, str(value)) for key, value in facts.items()])]
    if shown["parameters"]:
        found.append(
            Table(
                ("parameter", "type", "default", "set by"),
                [
                    (
                        one["name"],
                        one["type"],
                        one["default"] or "",
                        "the ladder" if one["ladder"] else "you",
                    )
                    for one in shown["parameters"]
                ],
            )
        )
    if "ladder" in shown:
        names = list(shown["ladder"][0])
        rows = [
            (str(severity), *(str(rung.get(name, "")) for name in names))
            for severity, rung in enumerate(shown["ladder"], start=1)
        ]
        found.append(Table(("severity", *names), rows))
    if shown.get("preview"):
        rows = [
            (
                str(row["severity"] or CLEAN),
                figure(row["distance"]),
                row["text"].replace("\n", "⏎ "),
            )
            for row in shown["preview"]
        ]
        found.append(Table(("severity", "distance", "preview"), rows))
    return found
