"""The conformance kit passes what is good, and fails each bad component by one check."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

import seatrial
from seatrial import Metric, Perturbation
from seatrial.errors import PlanError, UnknownComponentError
from seatrial.testing import (
    Answers,
    CheckResult,
    Samples,
    _fresh,
    check,
    check_distribution,
    checks_of,
    installed,
    parametrize,
    summary,
)
from seatrial.testing._common import declaring

sys.path.insert(0, str(Path(__file__).parent))
good = import_module("sample_plugins.good")
bad = import_module("sample_plugins.bad")
HEAVY = import_module("sample_plugins.heavy").heavy
SEARCHES = import_module("sample_plugins.searches")
INSIDE = import_module("sample_plugins.inside")
CORRUPTIONS = import_module("sample_plugins.corruptions")
GOOD = (*good.GOOD, SEARCHES.search, INSIDE.insight, INSIDE.doubt, CORRUPTIONS.good)
BAD = {
    "check_declaration_imports_nothing_heavy": HEAVY,
    "check_search_stays_within_its_budget": SEARCHES.greedy,
    **CORRUPTIONS.BAD,
    **bad.BAD,
}


def shout(**more):
    def factory():
        return lambda text, *, seed: text.upper()

    given = {"name": "demo.shout", "summary": "Shout.", "modality": "text", "factory": factory}
    return Perturbation(**{**given, **more})


checked = cache(check)


@pytest.mark.parametrize("component", GOOD, ids=lambda component: component.name)
def test_a_good_component_passes_every_check(component):
    results = checked(component)
    counts = Counter(one.outcome for one in results)
    assert counts.keys() <= {"passed", "skipped"}, summary(results)
    assert counts["skipped"] <= 1, summary(results)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_component_fails_its_check_and_no_other(name):
    results = check(BAD[name])
    assert [one.name for one in results if one.outcome == "failed"] == [name], summary(results)


def test_every_check_has_a_bad_component():
    known = {name for component in GOOD for name in checks_of(component)}
    assert set(BAD) == known


def test_every_check_passes_for_some_good_component():
    passed = {
        one.name for component in GOOD for one in checked(component) if one.outcome == "passed"
    }
    assert passed == set(BAD)


def test_a_failure_says_what_to_do():
    (failed,) = [one for one in check(bad.salted) if one.outcome == "failed"]
    assert failed.reason.endswith("results differ in a fresh process")
    assert "hash()" in failed.help
    name = "check_same_result_in_a_fresh_process"
    with pytest.raises(AssertionError) as caught:
        parametrize([bad.salted]).args[1][list(checks_of(bad.salted)).index(name)].values[1](
            bad.salted
        )
    assert "hash()" in caught.value.__notes__[0]


def test_results_are_counted_in_one_line():
    skip = "no samples of modality 'demo.sound'"
    results = [CheckResult("check_a", "passed"), CheckResult("check_b", "passed")]
    assert summary(results) == "2 passed"
    results += [CheckResult("check_c", "skipped", skip), CheckResult("check_d", "skipped", skip)]
    assert summary(results) == f"2 passed, 2 skipped: {skip}"
    results.append(CheckResult("check_e", "failed", "it shrinks"))
    assert summary(results) == f"1 failed: check_e: it shrinks, 2 passed, 2 skipped: {skip}"
    assert summary([]) == "no checks"


def test_an_expected_failure_counts_as_such():
    name = "check_another_seed_gives_another_output"
    results = {one.name: one for one in check(shout(), expected_failures={name: "not drawn"})}
    assert results[name].outcome == "expected"
    assert results[name].reason == "not drawn"


def test_a_declared_expected_failure_is_honoured_and_strict():
    name = "check_another_seed_gives_another_output"
    results = {one.name: one for one in check(shout(expected_failures={name: "not drawn"}))}
    assert (results[name].outcome, results[name].reason) == ("expected", "not drawn")
    results = {one.name: one for one in check(shout(expected_failures={"check_it_builds": "no"}))}
    assert results["check_it_builds"].outcome == "failed"


def test_not_exercised_is_not_passed_on_the_command_line(capsys):
    from seatrial.cli._check import checked

    class Plugin:
        @seatrial.hookimpl
        def seatrial_metrics(self):
            return (evolve(good.right, name="demo.right", examples=()),)

    with installed(Plugin()):
        assert checked("demo", strict=False, as_json=False) == 0
        assert checked("demo", strict=True, as_json=False) == 1
    assert "not exercised: " in capsys.readouterr().out


def test_an_expected_failure_that_passes_is_a_failure():
    name = "check_it_builds"
    results = {one.name: one for one in check(shout(), expected_failures={name: "it cannot"})}
    assert results[name].outcome == "failed"
    assert "delete" in results[name].reason


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"check_it_build": "why"}, "has no check 'check_it_build'; did you mean check_it_builds"),
        ({"check_it_builds": " "}, "needs a reason"),
    ],
)
def test_expected_failures_must_be_known_and_have_a_reason(expected, message):
    with pytest.raises(PlanError, match=message):
        check(shout(), expected_failures=expected)
    with pytest.raises(PlanError, match=message):
        parametrize([shout()], expected_failures={"demo.shout": expected})


def test_expected_failures_of_a_component_that_is_not_there_are_refused():
    with pytest.raises(PlanError, match=r"demo\.whisper"):
        parametrize([shout()], expected_failures={"demo.whisper": {"check_it_builds": "why"}})


def test_an_unknown_modality_is_skipped_until_samples_are_given():
    def factory(*, level):
        def work(sound, *, seed):
            if np.isnan(sound).any():
                raise ValueError(sound)
            noise = np.random.default_rng(seed).standard_normal(sound.shape)
            return (sound + level * noise).astype(sound.dtype)

        return work

    hiss = shout(name="demo.hiss", modality="demo.sound", factory=factory, ladder=good.LEVELS)
    without = Counter(one.outcome for one in check(hiss))
    assert without["failed"] == 0
    assert "no samples of modality 'demo.sound'" in summary(check(hiss))
    sound = np.sin(np.linspace(0, 60, 400)).astype(np.float32)
    plugin = declaring([evolve(good.sound, name="demo.sound"), hiss])
    with installed(plugin, "demo"):
        results = check(hiss, samples=Samples(values={"demo.sound": [sound]}))
    assert not [one for one in results if one.outcome == "failed"], summary(results)
    ran = {one.name for one in results if one.outcome == "passed"}
    assert ran >= {"check_modality_is_kept", "check_effect_grows_along_the_ladder"}


def test_samples_of_answers_can_be_given():
    def factory():
        def score(targets, answers):
            if not targets:
                msg = "there are no boxes"
                raise seatrial.errors.MetricError(msg)
            return [float(one == other) for one, other in zip(targets, answers, strict=True)]

        return lambda targets, answers: score([one["box"] for one in targets], answers)

    boxes = Metric(name="demo.boxes", summary="Compare boxes.", factory=factory, per_case=True)
    assert "failed" in summary(check(boxes))
    right = [seatrial.Prediction(1), seatrial.Prediction(2)]
    wrong = [seatrial.Prediction(0), seatrial.Prediction(0)]
    answers = Answers("boxes", [{"box": 1}, {"box": 2}], right, [right[0], wrong[1]], wrong)
    results = check(boxes, samples=Samples(answers=[answers]))
    counts = Counter(one.outcome for one in results)
    assert counts["failed"] == 0, summary(results)
    assert counts["passed"] >= 15


def test_a_component_with_parameters_to_give_is_checked_as_a_use():
    def factory(*, word):
        return lambda text, *, seed: f"{text} {word}{seed}"

    shouting = shout(factory=factory)
    assert "it needs word: check a use of it, as in check(shout(word=...))" in summary(
        check(shouting)
    )
    results = check(shouting(word="now"))
    assert not [one for one in results if one.outcome == "failed"], summary(results)


def test_a_component_with_needs_is_skipped_until_a_model_is_given():
    class Tower:
        module = "layers"

        def __call__(self, inputs):
            return ["see a doctor today" for _ in inputs]

    deep = evolve(good.learner, name="good.deep", needs=("module",))
    results = Counter(one.reason for one in check(deep) if one.outcome == "not exercised")
    assert results["no sample model has module; pass samples=Samples(models=[...])"] >= 6
    results = Counter(one.outcome for one in check(deep, samples=Samples(models=[Tower()])))
    assert results["failed"] == 0
    assert results["not exercised"] == 2  # no module holds its declaration; models do not travel


def test_a_perturbation_that_applies_to_no_sample_is_skipped():
    def factory():
        def work(text, *, seed):
            msg = "there is no table"
            raise seatrial.errors.NotApplicable(msg)

        return work

    results = check(shout(factory=factory))
    assert "it applies to none of the samples of modality 'text'" in summary(results)
    assert not [one for one in results if one.outcome == "failed"], summary(results)


def test_what_a_component_declares_to_alter_may_change():
    def factory():
        return lambda text, *, seed: text.replace("400 mg", f"{seed} mg")

    name = "check_protected_spans_are_untouched"
    assert name in summary(check(shout(factory=factory)))
    assert name not in summary(check(shout(factory=factory, alters=("numbers",))))


def test_a_crash_fails_the_check_and_names_the_error():
    def factory():
        return lambda text, *, seed: text.shout()

    results = {one.name: one for one in check(shout(factory=factory))}
    assert results["check_same_seed_same_output"].outcome == "failed"
    assert results["check_same_seed_same_output"].reason.startswith("AttributeError: 'str'")


def test_a_factory_whose_process_dies_fails_the_check(tmp_path, monkeypatch):
    (tmp_path / "dying.py").write_text(
        "import os\n"
        "def shout():\n"
        "    def work(text, *, seed):\n"
        "        return text if os.environ.get('HERE') else os._exit(3)\n"
        "    return work\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(_fresh, "Interpreter", _elsewhere(_fresh.Interpreter))
    monkeypatch.setenv("HERE", "1")
    for _ in range(2):
        results = {one.name: one for one in check(shout(factory="dying:shout"))}
        told = results["check_same_result_in_a_fresh_process"].reason
        assert told == "a fresh process ended with status 3"


def _elsewhere(interpreter):
    """Make an interpreter that does not get to see the variable HERE."""

    class Elsewhere(interpreter):
        def __init__(self):
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("HERE")
                super().__init__()

    return Elsewhere


def test_checking_leaves_global_randomness_alone():
    before = random.getstate()
    check(good.text)
    check(good.image)
    assert random.getstate() == before


def test_samples_that_a_component_declares_are_tried():
    tried = evolve(good.text, samples="sample_plugins.good:one_text")
    assert not [one for one in check(tried) if one.outcome == "failed"]
    mute = evolve(good.text, samples="sample_plugins.good:no_letters")
    assert "check_every_rung_does_something" in {
        one.name for one in check(mute) if one.outcome == "failed"
    }
    with pytest.raises(PlanError, match=r"samples of good.text must give .*Samples, got None"):
        check(evolve(good.text, samples=lambda: None))


def test_parameters_that_samples_give_are_bound_but_never_over_ones_own():
    seen = []

    def shouting(*, mark):
        seen.append(mark)
        return lambda text, *, seed: text.upper() + mark

    asking = shout(factory=shouting, samples=lambda: Samples(params={"mark": "!"}))
    results = check(asking)
    assert {one.component for one in results} == {"demo.shout"}
    assert not [one for one in results if "needs mark" in one.reason]
    assert set(seen) == {"!"}
    seen.clear()
    check(asking(mark="?"))
    assert set(seen) == {"?"}


def test_a_distribution_is_checked_by_either_name():
    with installed(import_module("sample_plugins.plugin"), "good") as registry:
        results = check_distribution("good")
        assert {one.component for one in results} == {"good.right", "good.few"}
        assert results == check_distribution("GOOD", registry)
        assert summary(results) == "34 passed"


def test_an_unknown_distribution_gets_a_hint():
    with installed(import_module("sample_plugins.plugin"), "good"):
        with pytest.raises(
            UnknownComponentError, match="no plugin 'goood' is installed; did you mean good"
        ):
            check_distribution("goood")
        with pytest.raises(UnknownComponentError, match="pip install seatrial-torchio"):
            check_distribution("seatrial_torchio")


def test_importing_the_kit_is_light():
    code = "import sys, seatrial.testing; print({'numpy', 'pytest', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_sample_model_thinks_and_what_changes_its_thoughts_changes_its_answers():
    torch = pytest.importorskip("torch")
    from seatrial.testing import _explainers, _inside

    model = _explainers._Rule(_explainers._planted)
    texts = [case.input for case in _explainers._cases(INSIDE.insight())]
    found = model.activations(texts, poolings=tuple(seatrial.protocols.POOLINGS), tokens=(3,))
    assert (len(found), found.layers, found.at(3, "mean").shape) == (216, (1, 2, 3), (216, 64))
    assert np.array_equal(found.at(3, "last"), [tokens[-1] for tokens in found.tokens(3)])
    near = found.at(1, "rolling")  # shorter than 40 tokens: the mean of all of them
    assert np.allclose(near, found.at(1, "mean"), atol=1e-6)
    with pytest.raises(seatrial.errors.ModelError, match="layers 1 to 3, not 4"):
        model.activations(texts, layers=(4,))
    word = torch.from_numpy(_inside._vector("children")).float()
    word /= word.norm()
    without = model.intervened({2: lambda state: state - (state @ word)[..., None] * word})
    same = model.intervened({2: lambda state: state})
    planted = np.array(["children" in text for text in texts])
    answers = np.array(model(texts))
    assert (answers == same(texts)).all()
    assert ((answers != without(texts)) == planted).all()
    (chosen,) = model.choices(texts[:1], [["yes", "no", "perhaps"]])
    assert chosen.options[chosen.best] == answers[0]
    assert sum(chosen.probabilities.values()) == pytest.approx(1)
    said = [one.text for one in model.generate(texts)]
    assert [("not sure" in text) for text in said] == planted.tolist()
    assert model.generate(texts[:1], max_new_tokens=3)[0].finish == "length"
    assert model.embed_text(texts).shape == (216, 64)
