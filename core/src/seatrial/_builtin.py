"""What comes with the core: modalities, reporters and executors, with bare names."""

from __future__ import annotations

from ._components import Executor, Modality, Reporter
from ._hooks import hookimpl

text = Modality(
    name="text",
    summary="A text, as one string.",
    values="str",
    factory="seatrial.inputs.modalities._text:text",
)

messages = Modality(
    name="messages",
    summary="A conversation: roles and what each said.",
    values=(
        "a sequence of mappings with role (system, user, assistant or tool) and content "
        "(str, a sequence of texts and images, or None where the model is to speak)"
    ),
    factory="seatrial.inputs.modalities._messages:messages",
)

image = Modality(
    name="image",
    summary="An image, greyscale or RGB.",
    values="uint8, uint16, or float32 in [0, 1], array H×W×1 or H×W×3",
    factory="seatrial.inputs.modalities._image:image",
)

volume = Modality(
    name="volume",
    summary="A 3D image with its affine.",
    values="Volume(array C×X×Y×Z of finite numbers, affine 4×4 in mm, RAS+)",
    factory="seatrial.inputs.modalities._volume:volume",
)

mask = Modality(
    name="mask",
    summary="A label for each pixel or voxel.",
    values="integer or bool array H×W or X×Y×Z, or a Volume of integers with one channel",
    factory="seatrial.inputs.modalities._mask:mask",
)

array = Modality(
    name="array",
    summary="An array of numbers: features, signals, tables.",
    values="numeric or bool numpy array",
    factory="seatrial.inputs.modalities._array:array",
)


@hookimpl
def seatrial_modalities() -> tuple[Modality, ...]:
    """Declare the modalities of the core."""
    return (text, messages, image, volume, mask, array)


table = Reporter(
    name="table",
    summary="Every result as a table of plain text.",
    factory="seatrial.runs.reporters._tables:table",
    suffix=".txt",
)

json = Reporter(
    name="json",
    summary="Every result as one JSON object.",
    factory="seatrial.runs.reporters._json:json_",
    suffix=".json",
)

csv = Reporter(
    name="csv",
    summary="Cells, records, verdicts or explanations as CSV, one row each.",
    factory="seatrial.runs.reporters._csv:csv_",
    suffix=".csv",
)

md = Reporter(
    name="md",
    summary="Every result as a Markdown table.",
    factory="seatrial.runs.reporters._tables:md",
    suffix=".md",
)


junit = Reporter(
    name="junit",
    summary="Verdicts as JUnit XML, for CI systems.",
    factory="seatrial.runs.reporters._junit:junit",
    suffix=".xml",
)


@hookimpl
def seatrial_reporters() -> tuple[Reporter, ...]:
    """Declare the reporters of the core."""
    return (table, json, csv, md, junit)


serial = Executor(
    name="serial",
    summary="Measure in this process, one batch after the other.",
    factory="seatrial.engine.executors._serial:serial",
)

threads = Executor(
    name="threads",
    summary="Measure in several threads, which share one model.",
    factory="seatrial.engine.executors._threads:threads",
)

processes = Executor(
    name="processes",
    summary="Measure in several processes, each with a model of its own.",
    factory="seatrial.engine.executors._processes:processes",
    remote=True,
)

futures = Executor(
    name="futures",
    summary="Measure on any executor of concurrent.futures: MPI, Dask, yours.",
    factory="seatrial.engine.executors._futures:futures",
    remote=True,
)


@hookimpl
def seatrial_executors() -> tuple[Executor, ...]:
    """Declare the executors of the core."""
    return (serial, threads, processes, futures)
