"""A model card: what was trained on, how the stages went, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.kit import Table

from ._capabilities import Capabilities
from ._sources import DataCard
from ._stages import Step

__all__ = ["data_table", "model_card"]


def data_table(cards: Sequence[DataCard]) -> Table:
    """Lay out the data card of each source."""
    names = ("source", "stage", "domain", "rows", "left out", "characters", "quality")
    return Table(names, [_row(one) for one in cards])


def _row(one: DataCard) -> Sequence[str]:
    rated = "" if one.quality is None else f"{one.quality:.2f}"
    sizes = (f"{one.rows:,}", f"{one.left_out:,}", f"{one.characters:,}")
    return (one.source, one.stage, one.domain, *sizes, rated)


def model_card(
    steps: Sequence[Step],
    cases: Mapping[str, Any],
    cards: Sequence[DataCard],
    compared: Capabilities | None,
) -> str:
    """Write it as Markdown; `cases` counts those that were given, trained on and left out."""
    left = "".join(
        f"; {count:,} left out by {'the ablation' if why == 'ablation' else 'their quality'}"
        for why, count in cases["left_out"].items()
        if count
    )
    told = f"Trained on {cases['trained_on']:,} of {cases['given']:,} cases{left}."
    parts = ["# Model card", "## Training data", told, _markdown(data_table(cards))]
    for one in steps:
        first, last = one.training[0]["loss"], one.training[-1]["loss"]
        facts = "".join(
            f", {value:,} {key.replace('_', ' ')}"
            for key, value in one.manifest.items()
            if isinstance(value, int)
        )
        told = f"`{one.manifest['adapter']}`: {len(one.training)} steps{facts}; loss "
        told += f"{first:.3f} to {last:.3f}."
        parts += [f"## Stage: {one.name}", told, f"![curves]({one.name}.svg)"]
    if compared is not None:
        table = compared.table()
        parts += ["## Capabilities, before and after", _markdown(table)]
        parts += ["\n".join(f"- {note}" for note in table.notes)]
    return "\n\n".join(parts) + "\n"


def _markdown(table: Table) -> str:
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
