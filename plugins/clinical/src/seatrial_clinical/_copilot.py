"""The report copilot for brain MRI as values and factories; what computes is in `copilot`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial import Case, Metric, Perturbation, Prediction
from seatrial.errors import ModelError
from seatrial.kit import freeze

if TYPE_CHECKING:
    from .copilot import Copilot

__all__ = [
    "copilot_cases",
    "copilot_specification",
    "mri_copilot",
    "report_fields",
    "scan_artefact",
]

scan_artefact = Perturbation(
    name="clinical.scan-artefact",
    summary="Spoil the volume behind a sheet of slices by an artefact of MR scanners.",
    modality="image",
    factory="seatrial_clinical.copilot._artefacts:scan_artefact",
    ladder=tuple({"rung": rung} for rung in (1, 2, 3, 4, 5)),
    relation="invariant",
    samples="seatrial_clinical._samples:sheets",
)

_KNOWN = freeze({"Sequence": "T1", "Brain": 1400})

report_fields = Metric(
    name="clinical.report-fields",
    revision=3,
    summary="Fraction of the fields of a report that are right.",
    factory="seatrial_clinical._report_fields:report_fields",
    reads="prediction",
    per_case=True,
    examples=(
        (
            (_KNOWN,),
            (Prediction("Sequence: T1-weighted\nBrain: 1,350 mL"),),
            1.0,
        ),
        ((_KNOWN,), (Prediction("Sequence: T2\nBrain: 1350 mL"),), 0.5),
    ),
)


def mri_copilot(
    *, tissue: Mapping[str, Any] | None = None, lines: Sequence[str] | None = None
) -> Copilot:
    """Make a copilot that answers questions on brain MRI and writes a report.

    It is made of real parts, a brain mask, a tissue model, and rules for contrast, halves and
    quality, and it fails where they do. It is there to be put on trial, and not for patients.

    It takes conversations with up to five images, each a sheet of axial slices. `tissue` is the
    model of grey and white matter (`use` and `params`, as in a specification), by default two
    thresholds. `lines` are those of the report that it writes, by default all: "Sequence",
    "Smaller half", "Brain", "White matter", "Quality". Needs `pip install seatrial-clinical[mri]`.
    """
    with _needs_mri():
        from .copilot import Copilot

        return Copilot(tissue=tissue) if lines is None else Copilot(tissue=tissue, lines=lines)


def copilot_cases(*, topics: Sequence[str] | None = None, patients: int = 24) -> list[Case]:
    """Give questions about simulated brains on MRI, and about pictures that show none.

    `input` has the parts `talk` (one message of a user: headers, images, the question), `refusals`
    (what refuses) and, save for reports, `options`; `target` is the right option, or maps the
    fields of a report to what is right. `groups` holds `topic`, `scenario` (of Box 2) and what a
    priority asks for besides: `vendor`, `header`, `organ`, `view`, `pair`, `about`, `kind`.
    `cluster` is the patient or the picture. `topics` keeps some topics.
    """
    with _needs_mri():
        from .copilot import copilot_cases as cases

        return cases(topics=topics, patients=patients)


@contextmanager
def _needs_mri() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        msg = f"the report copilot needs {error.name}: pip install 'seatrial-clinical[mri]'"
        raise ModelError(msg) from error


def copilot_specification() -> Path:
    """Give the path of the specification of a report copilot for brain MRI.

    Its priorities follow the ten scenarios of the robustness-specification paper, Box 2.
    """
    return Path(__file__).with_name("mri-copilot.toml")
