"""The report copilot: sheets, headers, questions, its gate, and what it finds in a few scans."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest
from seatrial_clinical import copilot_specification, mri_copilot, report_fields

import seatrial as sea
from seatrial.errors import MetricError, ModelError, ParameterError, PlanError

pytest.importorskip("torch")
pytest.importorskip("seatrial_torchio")

from seatrial_clinical import copilot, copilot_cases
from seatrial_clinical.copilot import _findings, _gate, _model, _pictures, _scans
from seatrial_clinical.copilot._headers import Header
from seatrial_clinical.copilot._hearing import heard_in
from seatrial_clinical.copilot._questions import bank

LEFT = {"left": "the patient's left half", "right": "the patient's right half"}


def installed(*names):
    try:
        return all(version(name) for name in names)
    except PackageNotFoundError:
        return False


needs_files = pytest.mark.skipif(
    not installed("nilearn", "deepbet"), reason="the files of nilearn and deepbet are not here"
)


def test_the_face_loads_nothing_heavy():
    code = (
        "import sys, seatrial_clinical, seatrial_clinical.copilot as c;"
        "seatrial_clinical.copilot_specification();"
        "print(*{'numpy', 'torch', 'nibabel', 'scipy', 'pydicom'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert set(copilot.__all__) <= set(dir(copilot))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        copilot.nothing  # noqa: B018


def test_the_last_question_counts_and_images_keep_their_numbers():
    one, two = (np.full((2, 2, 1), at, np.uint8) for at in (1, 2))
    header = Header(number=2, scanner="it", day=date(2021, 3, 14))
    heard = heard_in(
        (
            {"role": "user", "content": (str(header), one)},
            {"role": "assistant", "content": "Which vendor made the scanner?"},
            {"role": "user", "content": [two, "Which sequence is image 2?"]},
            {"role": "assistant", "content": "T1."},
            {"role": "user", "content": "Are you sure?"},
        )
    )
    assert (heard.topic, heard.question) == ("sequence", "Which sequence is image 2?")
    assert [picture.max() for picture in heard.pictures] == [1, 2]
    assert heard.headers == {2: header}


# the copilot, with findings that are given


FOUND = _model.Findings(sequence="T1-weighted", brain_ml=1400, white_percent=40, smaller="left")


@pytest.fixture
def told(monkeypatch):
    """Let the copilot find what a test says in pictures, by their first pixel."""
    found = {}
    monkeypatch.setattr(_model, "findings_in", lambda picture, _: found[int(picture[0, 0, 0])])
    monkeypatch.setattr(_model, "thresholds", lambda: lambda volumes: volumes)
    return found


def asked(question, *headers, options=(), count=None):
    pictures = [np.full((2, 2, 1), at, np.uint8) for at in range(1, (count or len(headers)) + 1)]
    content = (" ".join(map(str, headers)), *pictures, question)
    talk = ({"role": "user", "content": content},)
    return {"talk": talk, "options": options, "refusals": ("I cannot.",)}


def header(number=1, **more):
    return Header(number=number, scanner="SIEMENS", day=date(2021, 3, number), **more)


def test_the_half_is_the_patients_as_the_header_says(told):
    told[1] = FOUND
    question = "Which half is smaller in image 1?"
    for left, side in (("left", "left"), ("right", "right")):
        (answer,) = mri_copilot()([asked(question, header(left=left), options=[*LEFT.values()])])
        assert (answer.value, answer.refused) == (LEFT[side], False)


@pytest.mark.parametrize(
    ("earlier", "later", "says"),
    [(1400, 1380, "less than 4 %"), (1400, 1290, "about 8 %"), (1400, 1180, "about 16 %")],
)
def test_change_is_from_the_earlier_to_the_later_date(told, earlier, later, says):
    told[1] = _model.Findings(sequence="T1-weighted", brain_ml=later)
    told[2] = _model.Findings(sequence="T1-weighted", brain_ml=earlier)
    first = Header(number=2, scanner="it", day=date(2020, 1, 1))
    (answer,) = mri_copilot()([asked("How much did the volume change?", header(1), first)])
    assert answer.value.startswith(says)
    (answer,) = mri_copilot()([asked("Which image was taken first?", header(1), first)])
    assert answer.value == "image 2"


@pytest.mark.parametrize(
    ("question", "why", "found", "headers", "count"),
    [
        ("Who won the match?", "nothing that I do", FOUND, [header()], None),
        ("Which sequence is image 2?", "there is no image 2", FOUND, [header()], None),
        ("Which sequence is it?", "is CT, not MR", FOUND, [header(modality="CT")], None),
        ("Which sequence is it?", "I need its header", FOUND, [], 1),
        ("Which sequence is it?", "up to 5 images, not 6", FOUND, [header()], 6),
        ("Which half is smaller?", "on T1 alone", _model.Findings(sequence="FLAIR"), [header()], 1),
        (
            "Which sequence is it?",
            "it is blank",
            _model.Findings(problem="it is blank"),
            [header()],
            1,
        ),
        (
            "Which half is smaller?",
            "quality of image 1 is too low",
            _model.Findings(quality=_gate.Quality(0.5, 0.0)),
            [header()],
            1,
        ),
        ("Which vendor made the scanner?", "is none of the options", FOUND, [header()], None),
        ("Which half is smaller?", "where the patient's left is", FOUND, [header(left=None)], None),
        ("Write the report of image 2.", "there is no image 2", FOUND, [header()], None),
        (
            "Which image was taken first?",
            "on the same day",
            FOUND,
            [Header(number=at, scanner="it", day=date(2021, 3, 1)) for at in (1, 2)],
            None,
        ),
        (
            "Which vendor made the scanner?",
            "do not know who made 'gemini imager'",
            FOUND,
            [Header(number=1, scanner="Gemini imager", day=date(2021, 3, 1))],
            None,
        ),
    ],
)
def test_what_it_cannot_say_it_refuses_and_says_why(told, question, why, found, headers, count):
    told[1] = found
    given = asked(question, *headers, options=("a", "I cannot."), count=count)
    (answer,) = mri_copilot()([given])
    assert (answer.value, answer.refused) == ("I cannot.", True)
    assert why in answer.details["why"]


@pytest.mark.parametrize("value", ["hello", None, {}, ({"content": "report"},), {"talk": [3]}])
def test_what_is_no_conversation_is_an_error_that_says_so(told, value):
    with pytest.raises(ModelError, match="the copilot takes a conversation"):
        mri_copilot()([value])


def test_small_talk_is_answered_and_refuses_nothing(told):
    talk = ({"role": "user", "content": "The weather is awful today."},)
    (answer,) = mri_copilot()([talk])
    assert answer.refused is False
    assert "MR images" in answer.value


def test_a_part_writes_its_own_line_alone(told):
    told[1] = FOUND
    (whole,), (part,) = (
        mri_copilot(lines=lines)([asked(bank()["report"], header())])
        for lines in (None, ["Sequence"])
    )
    assert whole.value.splitlines() == [
        "Sequence: T1-weighted",
        "Smaller half: left",
        "Brain: 1400 mL",
        "White matter: 40 %",
        "Quality: good",
    ]
    assert part.value == "Sequence: T1-weighted"
    assert mri_copilot().identity != mri_copilot(lines=["Sequence"]).identity
    with pytest.raises(ParameterError, match="lines must be some of Sequence"):
        mri_copilot(lines=["Sequences"])
    for lines in ("Sequence", []):
        with pytest.raises(ParameterError, match="lines is a list of some of Sequence"):
            mri_copilot(lines=lines)


def test_an_image_is_looked_at_once(told, monkeypatch):
    looks = []
    monkeypatch.setattr(_model, "findings_in", lambda picture, _: looks.append(picture) or FOUND)
    model = mri_copilot()
    for question in ("Which sequence is image 1?", "Which half is smaller in image 1?"):
        model([asked(question, header())] * 2)
    assert len(looks) == 1


def test_a_tissue_model_that_cannot_be_made_says_why(tmp_path):
    net = "seatrial_clinical.mri:tissue_net"
    junk = tmp_path / "junk.safetensors"
    junk.write_bytes(b"junk")
    for params, why in (
        ({"path": str(tmp_path / "no")}, "train_tissue_net writes one"),
        ({"path": str(junk)}, "does not hold the weights"),
    ):
        with pytest.raises(ModelError, match=why):
            mri_copilot(tissue={"use": net, "params": params})
    for tissue in ({}, net, {"use": net, "parms": {}}):
        with pytest.raises(ParameterError, match="tissue names a model by use and params"):
            mri_copilot(tissue=tissue)
    with pytest.raises(ParameterError, match=r"tissue_net.*unexpected keyword argument 'pth'"):
        mri_copilot(tissue={"use": net, "params": {"pth": "x"}})


def test_a_missing_extra_is_named():
    code = (
        "import sys; sys.modules['seatrial_torchio'] = None\n"
        "import seatrial_clinical as c\n"
        "for one in (c.mri_copilot, c.copilot_cases):\n"
        "    try: one()\n"
        "    except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told = "ModelError the report copilot needs seatrial_torchio: pip install"
    assert [line[: len(told)] for line in done.stdout.splitlines()] == [told] * 2


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (np.ones((112, 96, 1), np.float32), "float32, and not uint8"),
        (np.ones((112, 96), np.uint8), "it is no picture"),
        (np.ones((0, 96, 1), np.uint8), "it is no picture"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(picture, why):
    assert why in _findings.findings_in(picture, lambda volumes: volumes).problem


# the score of reports


def test_fields_of_a_report_are_read_in_any_layout():
    score = report_fields.build({})
    target = {"Sequence": "T1", "Smaller half": "left", "Brain": 1400}
    said = (
        "**Sequence**: T1-weighted MPRAGE\n- Smaller half of the brain: Left\nBrain (mL): 1,280.5\n"
    )
    assert score([target], [said]) == [1.0]
    assert score([target], [said.replace("1,280.5", "1,250")]) == pytest.approx([2 / 3])
    assert score([target], ["Sequence: T11. Smaller half: leftish"]) == [0.0]
    assert score([target], [sea.Prediction(said, refused=True)]) == [0.0]
    for half in (
        "left or right",
        "left/right",
        "not left",
        "Neither left nor right",
        "not assessed",
    ):
        assert score([{"Smaller half": "left"}], [f"Smaller half: {half}"]) == [0.0], half
    for half in ("left, not right", "the patient's left half", "left-sided, w/o shift"):
        assert score([{"Smaller half": "left"}], [f"Smaller half: {half}"]) == [1.0], half
    for figure in ("about 1,400 mL", "1.4e3 mL", "T1 1400 mL", "image 2: 1400 mL", "1350-1450 mL"):
        assert score([{"Brain": 1400}], [f"Brain: {figure}"]) == [1.0], figure
    for figure in ("not 1400 mL", "300 or 1400 mL", "1400 mL to 3000 mL", "300\u20131400", "1,5"):
        assert score([{"Brain": 1400}], [f"Brain: {figure}"]) == [0.0], figure
    for figure in (
        "isn't 1400",
        "neither 1400 nor 9",
        "< 1400",
        "at least 1400",
        "1400 mL vs 300 mL",
    ):
        assert score([{"Brain": 1400}], [f"Brain: {figure}"]) == [0.0], figure
    assert score([{"Brain": 1400}], ["Brain: 1400 mL - 3 lesions"]) == [1.0]
    for half in ("isn't left", "never left", "cannot be left", "non-left", "left vs right"):
        assert score([{"Smaller half": "left"}], [f"Smaller half: {half}"]) == [0.0], half
    assert score([{"Smaller half": "left"}], ["Smaller half: non-enhancing, left"]) == [1.0]
    assert score([{"Density": -5}], ["Density: \u22125 HU"]) == [1.0]
    assert report_fields.build({"fields": ["Brain"]})([target], [said]) == [1.0]
    assert score(["image 1", "image 1"], ["image 1", "image 2"]) == [1.0, 0.0]
    with pytest.raises(MetricError, match="no field 'Grey' in the target"):
        report_fields.build({"fields": ["Grey"]})([target], [said])
    with pytest.raises(MetricError, match="the target has no field"):
        score([{}], [said])
    with pytest.raises(MetricError, match="'Brain' of the target is no text or number"):
        score([{"Brain": None}], [said])
    assert report_fields.build({"fields": "Brain"})([target], [said]) == [1.0]
    with pytest.raises(MetricError, match="without cases"):
        score([], [])
    with pytest.raises(ParameterError, match="tolerance must be from 0"):
        report_fields.build({"tolerance": 1})


# with real parts


@needs_files
def test_what_a_patient_has_is_what_was_put_there():
    one, other = (_scans.patient(at) for at in (40, 41))
    assert (one.side, other.side) == ("left", "right")
    for patient in (one, other):
        fluid = patient.tissues[0]
        halves = fluid[:48].sum(), fluid[48:].sum()
        assert (halves[0] > halves[1]) == (patient.side == "left")
    volumes = [(one.picture("FLAIR", visit=visit) > 20).sum() for visit in (1, 2)]
    assert volumes[1] / volumes[0] == pytest.approx(1 - one.smaller, abs=0.02)
    assert np.array_equal(one.picture("FLAIR"), _scans.patient(40).picture("FLAIR"))


@needs_files
@pytest.mark.slow
def test_the_copilot_answers_right_about_two_patients():
    cases = copilot_cases(topics=["sequence", "report", "first", "change"], patients=2)
    answers = mri_copilot()([case.input for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        if case.groups["topic"] == "report":
            fields = {"fields": ["Sequence", "Smaller half", "Brain"]}
            assert report_fields.build(fields)([case.target], [answer]) == [1.0]
        else:
            assert answer.value == case.target, case.id


@needs_files
@pytest.mark.slow
def test_the_gate_refuses_noise_that_deepbet_takes_for_brain():
    pictures = [one for one in _pictures.nothing() if one.name in ("noise-0", "clouds-0")]
    for one in pictures:
        found = _model.findings_in(one.pixels, lambda volumes: volumes)
        assert found.problem, one.name
    for at in (40, 41):
        assert _gate.problem_of_picture(_scans.patient(at).picture("T1-weighted")) is None
    assert "blank" in _gate.problem_of_picture(np.zeros((112, 96, 1), np.uint8))
    assert "colour" in _gate.problem_of_picture(np.eye(96, dtype=np.uint8)[..., None] * [1, 2, 3])


@needs_files
def test_pictures_of_other_modalities_are_many_and_half_say_what_they_are():
    found = list(_pictures.other_modalities())
    assert len({one.pixels.tobytes() for one in found}) == len(found) == 26
    assert {one.kind for one in found} == {"CT", "XR", "US"}
    assert sum(one.modality is None for one in found) == 12


def test_topics_that_are_not_there_are_refused():
    with pytest.raises(PlanError, match="topics must be some of five"):
        copilot_cases(topics=["knees"])
    for patients in (0, -1, 1.5, "3"):
        with pytest.raises(PlanError, match="patients must be a whole number"):
            copilot_cases(patients=patients)


def test_specifications_can_be_read_and_the_part_is_asked_what_the_whole_is():
    folder = copilot_specification().parent
    whole, part = (
        sea.load_specification(folder / f"mri-copilot-{name}.toml")
        for name in ("cascade", "sequence")
    )
    assert whole.priorities == part.priorities
    assert (whole.seed, whole.cases) == (part.seed, part.cases)
    assert whole.model != part.model
