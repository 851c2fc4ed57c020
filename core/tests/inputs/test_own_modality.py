"""A plugin adds a modality of its own, from cases to stored records, without a change to the core.

Its values are plain tuples of a sampling rate and samples: nothing in them says what they are.
"""

from __future__ import annotations

import attrs
import numpy as np
import pytest

import seatrial as sea
from seatrial._registry import default_registry
from seatrial.errors import PlanError
from seatrial.inputs._modalities import Modalities, modalities_of

PLUGIN = """
import io
import numpy as np
from seatrial import Case, Metric, Modality
from seatrial.kit import digest


class Clips:
    def holds(self, value, /):
        return (
            isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int)
            and isinstance(value[1], np.ndarray) and value[1].ndim == 1
            and bool(np.isfinite(value[1]).all())
        )

    def digest(self, value, /):
        return digest(self.dump(value))

    def freeze(self, value, /):
        return self.load(self.dump(value))

    def dump(self, value, /):
        held = io.BytesIO()
        np.savez(held, rate=value[0], samples=np.asarray(value[1], "<f4"))
        return held.getvalue()

    def load(self, data, /):
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            return int(held["rate"]), np.frombuffer(held["samples"].tobytes(), "<f4")

    def distance(self, clean, perturbed, /):
        if clean[1].shape != perturbed[1].shape:
            return None
        return float(np.abs(clean[1] - perturbed[1]).max())

    def preview(self, value, /):
        return f"{len(value[1])} samples"

    def samples(self):
        return ((8000, np.zeros(8, "f4")),)

    def edges(self):
        return ((8000, np.zeros(1, "f4")),)

    def read(self, path, /):
        return self.load(path.read_bytes())


def quieter(*, by):
    return lambda clip, /, *, seed: (clip[0], clip[1] * np.float32(1 - by))


def spoiling():
    return lambda clip, /, *, seed: clip[1]


def equal():
    return lambda targets, answers, /: [
        float(np.array_equal(one[1], other[1]))
        for one, other in zip(targets, answers, strict=True)
    ]


clip = Modality(
    name="audio.clip", summary="A sound.", values="(rate, samples [n])", factory=Clips,
)
quiet = perturbation(
    "audio.quiet", modality="audio.clip", factory="fake_acme_audio:quieter",
    ladder=({"by": 0.5}, {"by": 0.9}),
)
spoil = perturbation(
    "audio.spoil", modality="audio.clip", factory="fake_acme_audio:spoiling", ladder=({},),
)
same = Metric(
    name="audio.same", summary="Equal.", factory="fake_acme_audio:equal", per_case=True,
)


@hookimpl
def seatrial_modalities():
    return (clip,)


@hookimpl
def seatrial_perturbations():
    return (quiet, spoil)


@hookimpl
def seatrial_metrics():
    return (same,)


def sound(i):
    return 8000, np.sin(np.arange(64) / (2 + i % 5)).astype(np.float32)


def cases():
    return [
        Case(i, {"sound": sound(i), "question": "how loud"}, sound(i), {"site": i % 2})
        for i in range(12)
    ]


cases.modalities = ("audio.clip",)


def echo(inputs):
    return [one["sound"] for one in inputs]
"""


@pytest.fixture
def audio(install):
    """The plugin is installed, and the only one that the default registry knows of that name."""
    install("audio", PLUGIN)
    default_registry.cache_clear()
    yield default_registry()
    default_registry.cache_clear()


@pytest.fixture
def plan(audio):
    use = audio.get("audio.quiet")()
    metric = audio.get("audio.same")()
    return sea.Plan(perturbations=[use], metrics=[metric], severities=[1, 2], seed=1)


def asked(plan, **more):
    use = {"model": "fake_acme_audio:echo", "cases": "fake_acme_audio:cases"} | more
    return sea.run(plan, **use)


def scores(report):
    return {
        (one.case.id, one.severity): (one.status, dict(one.scores)["audio.same"], one.distance)
        for one in report.records()
    }


def test_it_is_measured_scored_and_told_apart(plan):
    report = asked(plan)
    assert report.accounting.scored == 36, report.errors
    found = scores(report)
    assert {one[1] for (_, severity), one in found.items() if severity == 0} == {1.0}
    assert {one[1] for (_, severity), one in found.items() if severity} == {0.0}
    assert found["3", 2][2] == pytest.approx(0.9, abs=0.01)
    outcome = next(one for one in report.outcomes() if one.severity == 1)
    assert outcome.input["sound"][0] == 8000
    assert outcome.input["sound"][1].max() == pytest.approx(0.5, abs=0.01)


def test_it_is_kept_and_read_back(plan, tmp_path):
    asked(plan, to=tmp_path / "run", keep="all")
    loaded = sea.Report.load(tmp_path / "run")
    for one in loaded.records():
        rate, samples = one.prediction.value
        assert rate == 8000
        assert np.array_equal(samples, one.input["sound"][1])
    again = asked(plan, to=tmp_path / "run", keep="all")
    assert scores(again) == scores(loaded)


def test_a_run_is_judged_by_a_specification_with_the_same_sounds_alone(plan, audio, tmp_path):
    priority = sea.Priority(
        "quiet",
        perturbations=plan.perturbations,
        severities=[1],
        metric=plan.metrics[0],
        require={"at_most": 0.9},
    )
    spec = sea.Specification(
        "s",
        priorities=[priority],
        seed=1,
        model="fake_acme_audio:echo",
        cases="fake_acme_audio:cases",
    )
    sea.run(spec, to=tmp_path / "run")
    report = sea.Report.load(tmp_path / "run")
    given = sea.load_cases("fake_acme_audio:cases")
    assert sea.judge(attrs.evolve(spec, cases=given), report).verdicts[0].cases_used == 12
    rate, samples = given[0].target
    changed = [attrs.evolve(given[0], target=(rate, samples * 2)), *given[1:]]
    with pytest.raises(PlanError, match="1 cases have another content, as 0"):
        sea.judge(attrs.evolve(spec, cases=changed), report)


@pytest.mark.slow
def test_it_reaches_other_processes(plan):
    assert scores(asked(plan, executor="processes", workers=1)) == scores(asked(plan))


def test_it_stays_in_its_file_until_it_is_needed(plan, audio, tmp_path):
    from fake_acme_audio import Clips, sound

    def kept(i):
        path = tmp_path / f"{i}.clip"
        path.write_bytes(Clips().dump(sound(i)))
        return sea.Asset(path, "audio.clip")

    files = [sea.Case(i, {"sound": kept(i), "question": "how loud"}, kept(i)) for i in range(12)]
    assert scores(asked(plan, cases=files)) == scores(asked(plan))


def test_what_is_spoiled_is_the_perturbations_error(plan, audio):
    report = asked(attrs.evolve(plan, perturbations=[audio.get("audio.spoil")()], severities=[1]))
    bad = [one for one in report.records() if one.severity]
    assert {one.status for one in bad} == {"errored"}
    assert all("audio.spoil: expected (rate, samples [n])" in one.error for one in bad)


def test_without_a_perturbation_the_source_names_it(plan):
    report = asked(attrs.evolve(plan, perturbations=[], severities=[]))
    assert report.accounting.scored == 12, report.errors


def test_a_case_of_another_modality_is_refused_by_its_id(plan):
    with pytest.raises(PlanError, match=r"case 'x'.*no part is of modality 'audio\.clip'"):
        asked(plan, cases=[sea.Case("x", {"sound": "text"}, "y")])


def test_a_carrier_that_fails_is_named(plan, audio, monkeypatch):
    import fake_acme_audio

    monkeypatch.setattr(fake_acme_audio.Clips, "distance", lambda *_: 1 / 0)
    report = asked(plan)
    assert report.accounting.errored == 24
    assert "ZeroDivisionError" in next(one.error for one in report.records() if one.severity)


def test_recognising_imports_no_plugin_that_nobody_named(audio):
    import sys

    assert Modalities(audio).recognise((8000, np.zeros(3))) is None
    assert "fake_acme_audio" not in sys.modules
    named = modalities_of(sea.Plan(), (), audio).with_names(["audio.clip"])
    assert named.recognise((8000, np.zeros(3))) == "audio.clip"


def test_a_class_may_state_its_modality(audio):
    class Clip(tuple):
        __slots__ = ()
        modality = "audio.clip"

    assert Modalities(audio).recognise(Clip((8000, np.zeros(3)))) == "audio.clip"

    class Other(tuple):
        __slots__ = ()
        modality = "nobody.knows"

    assert Modalities(audio).recognise(Other()) is None
