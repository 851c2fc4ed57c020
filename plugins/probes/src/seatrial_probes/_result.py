"""What the benchmark found: a table, a curve, a figure, all of it plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from attrs import asdict, field, frozen

from seatrial import Explanation, Finding
from seatrial.errors import StoreError
from seatrial.kit import write_atomically

__all__ = ["Point", "Row", "WhyItFailed"]

FILE = "why-it-failed.json"


def _ends(ends: Any) -> tuple[float, float]:
    return float(ends[0]), float(ends[1])


def _pair(ends: Any) -> tuple[float, float] | None:
    return None if ends is None else _ends(ends)


@frozen(kw_only=True)
class Point:
    """One layer: the AUROC of its probe on the test outcomes, with a 99.9 % interval.

    `validation` is the AUROC by which the strength `C` was chosen.
    """

    layer: int
    auroc: float
    interval: tuple[float, float] = field(converter=_ends)
    validation: float | None
    C: float


@frozen(kw_only=True)
class Row:
    """One line of the table: an explainer or a baseline, graded on the same test outcomes.

    `gain` is its AUROC minus that of the best baseline, paired; `p` is one-sided, not corrected.
    """

    name: str
    kind: str
    auroc: float | None
    interval: tuple[float, float] | None = field(converter=_pair)
    gain: float | None = None
    gain_interval: tuple[float, float] | None = field(default=None, converter=_pair)
    p: float | None = None


@frozen(kw_only=True)
class WhyItFailed:
    """Says whether a model's failures on a task can be predicted, and by what.

    - `judged`: how many cases were answered, right and wrong, until there were `k` of each.
    - `split`: how many outcomes each part has, and how many of them are failures.
    - `rows`: every explainer and baseline with the AUROC of failure on the test outcomes, and its
      gain over `best_baseline` (the one that was best on the training part). Explainers come
      first, best first. Ends of intervals are one-sided at `confidence`.
    - `detectable`: the AUROC that so many test outcomes show to be better than chance with a
      power of .8.
    - `curve`: the test AUROC of a probe of every layer (pooling `pooling`), with 99.9 % intervals;
      every layer is shown, none is selected.
    - `explanations`: what each explainer said, in the order in which they were asked.
    """

    task: str
    k: int
    seed: int
    judged: Mapping[str, int]
    split: Mapping[str, Mapping[str, int]]
    rows: tuple[Row, ...]
    best_baseline: str | None
    detectable: float | None
    confidence: float
    curve: tuple[Point, ...] = ()
    pooling: str | None = None
    explanations: tuple[Explanation, ...] = field(default=(), repr=False, eq=False)

    def markdown(self) -> str:
        """Give the table as Markdown, with what it rests on below."""
        head = (
            f"| {self.task} | AUROC | interval | gain over {self.best_baseline} | interval |",
            "|---|---|---|---|---|",
        )
        return "\n".join([*head, *map(self._line, self.rows), "", *self._notes()])

    def _line(self, row: Row) -> str:
        name = f"{row.name} *" if row.name == self.best_baseline else row.name
        cells = (_number(row.auroc), _range(row.interval), _number(row.gain, "+"))
        return f"| {' | '.join((name, *cells, _range(row.gain_interval, '+')))} |"

    def _notes(self) -> Iterator[str]:
        judged, test = self.judged, self.split["test"]
        yield (
            f"{judged['right']:,} right and {judged['wrong']:,} wrong of {judged['cases']:,} cases "
            f"judged; {self.k:,} of each taken; tested on {test['outcomes']:,} of them "
            f"({test['wrong']:,} wrong). Each end of an interval is one-sided at "
            f"{self.confidence:.4g}. * is the baseline that was best on the training part."
        )
        if self.detectable is not None:
            yield f"An AUROC of {self.detectable:.3f} would be detected with a power of .8."

    def __str__(self) -> str:
        return self.markdown()

    def figure(self) -> str:
        """Draw the AUROC of every layer as an SVG text; see `figure` for several tasks."""
        from ._figure import figure

        return figure([self])

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data, ready for JSON."""
        found: dict[str, Any] = _data(
            asdict(self, recurse=True, filter=lambda fact, _: fact.name != "explanations")
        )
        data = [
            {
                "summary": one.summary,
                "findings": [asdict(finding) for finding in one.findings],
                "auroc": one.auroc,
                "interval": one.interval,
                "baselines": one.baselines,
                "details": one.details,
            }
            for one in self.explanations
        ]
        return {"format": 1, **found, "explanations": _data(data)}

    def save(self, folder: str | Path) -> None:
        """Write `why-it-failed.json`, `table.md` and `figure.svg` (with a curve) to a folder."""
        target = Path(folder)
        text = json.dumps(self.as_dict(), indent=2, allow_nan=False) + "\n"
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"cannot write the result to {target}: {error.strerror}"
            raise StoreError(msg) from error
        write_atomically(target / "table.md", self.markdown() + "\n")
        if self.curve:
            write_atomically(target / "figure.svg", self.figure())
        write_atomically(target / FILE, text)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read back what `save` wrote; the explanations then have no predictor."""
        path = Path(folder) / FILE
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            msg = f"cannot read {path}: {error}"
            raise StoreError(msg) from error
        if data.pop("format", None) != 1:
            msg = f"{path} is no result of the benchmark that this version can read"
            raise StoreError(msg)
        rows = tuple(Row(**row) for row in data.pop("rows"))
        curve = tuple(Point(**one) for one in data.pop("curve"))
        said = tuple(_explanation(one) for one in data.pop("explanations"))
        return cls(**data, rows=rows, curve=curve, explanations=said)


def _explanation(data: Mapping[str, Any]) -> Explanation:
    findings = [Finding(**one) for one in data["findings"]]
    return Explanation(**{**data, "findings": findings, "interval": _pair(data["interval"])})


def _data(value: Any) -> Any:
    """Turn mappings into dictionaries, sequences into lists and numpy's numbers into Python's."""
    if isinstance(value, Mapping):
        return {str(key): _data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_data(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _number(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{value:{sign}.3f}"


def _range(ends: Sequence[float] | None, sign: str = "") -> str:
    return "" if ends is None else " … ".join(_number(end, sign) for end in ends)
