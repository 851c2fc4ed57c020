"""A flawless stand-in passes every demand that can be decided; one broken in a scenario fails that.

Nothing is computed on volumes: patients and pictures are small and drawn, and a stand-in looks up
what is right for what it sees. What a broken one fails besides are priorities that ask about an
input of its scenario.
"""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import numpy as np
import pytest

import seatrial as sea
from seatrial.kit import digest

pytest.importorskip("seatrial_torchio")

from seatrial_clinical import copilot_specification
from seatrial_clinical.copilot import _cases
from seatrial_clinical.copilot._pictures import Picture

UNDECIDED = {"Finds the same on scans by each vendor", "Says which organ is shown"}
REFUSES = "clinical.off-topic"
CONSEQUENCES = {
    "3": {"Answers the same in other words", "Withstands typing errors"},
    "4": {f"Part: {part}" for part in ("sequence", "brain mask", "tissue", "halves")},
    "parts": {"Reports right under mild artefacts"},
    "7": {"Is not misled by images of nothing beside the right one"},
    "10": {
        "Answers the same in other words",
        "Is not misled by images of nothing beside the right one",
        "Tells left from right, in mirror images too",
        "Tells sequences apart",
        "Withstands typing errors",
    },
}
"""What else fails with a scenario, as it asks about the same inputs."""
WRONG = {"Sequence": "none", "Smaller half": "none", "Brain": 1, "White matter": 1}


def sections():
    """Give the names of the priorities by scenario, as the comments of the file divide them."""
    found: dict[str, list[str]] = {}
    scenario = ""
    for line in copilot_specification().read_text("utf-8").splitlines():
        if match := re.match(r"# --- (?:Scenario (\d+)|(Which part))", line):
            scenario = match[1] or "parts"
        elif match := re.match(r'name = "(.*)"', line):
            found.setdefault(scenario, []).append(match[1])
    return found


SECTIONS = sections()


@attrs.frozen
class Drawn:
    """A patient whose scans are a few drawn blocks."""

    seed: int
    brain_ml: float = 1900.0
    white_percent: float = 35.0

    @property
    def name(self):
        return f"patient-{self.seed:02}"

    @property
    def side(self):
        return ("left", "right")[self.seed % 2]

    @property
    def smaller(self):
        return (0.0, 0.08, 0.16)[self.seed % 3]

    def picture(self, contrast, *, visit=1, mirrored=False):
        return drawn(self.seed, contrast, visit, mirrored)


def drawn(*path):
    draw = np.random.default_rng(sea.derive(1, *map(str, path)))
    blocks = draw.integers(1, 256, (7, 48), dtype=np.uint8)
    return np.kron(blocks, np.ones((16, 8), np.uint8))[..., None]


def pictures(kind, count):
    return (Picture(f"{kind}-{at}", kind, drawn(kind, at), "MR", "it") for at in range(count))


def read(path, **chosen):
    """Read a specification, with cases whose scans are drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cases, "patient", Drawn)
        patch.setattr(_cases, "real_scan", lambda: drawn("real"))
        patch.setattr(_cases, "abdomen", lambda: next(pictures("abdomen", 1)))
        patch.setattr(_cases, "nothing", lambda: pictures("nothing", 32))
        patch.setattr(_cases, "other_modalities", lambda: pictures("other", 26))
        cases = tuple(_cases.copilot_cases(**chosen))
    return attrs.evolve(sea.load_specification(path), model=None, cases=cases)


@pytest.fixture(scope="module")
def spec():
    return read(copilot_specification())


def matches(priority, case):
    return all(
        case.groups.get(key) in (value if isinstance(value, tuple) else (value,))
        for key, value in priority.where.items()
    )


def key(value):
    """Name an input by what a person says and shows, and by its options."""
    said = []
    for message in value["talk"]:
        content = message["content"]
        several = (content,) if isinstance(content, str) else content
        if message["role"] == "user":
            said += [one if isinstance(one, str) else digest(one.tobytes()) for one in several]
    return digest([said, value.get("options", ())])


@pytest.fixture(scope="module")
def known(spec):
    """Give what is right for every input, the names of the priorities that ask, and if it is clean.

    An input that a perturbation leaves as it was is the clean one.
    """
    clean = {case.id: case for case in spec.cases}
    seen = [(case, case.id, "") for case in spec.cases]
    for case in sea.perturbed(spec, cases=spec.cases):
        identity, _, label = case.id.partition("@")
        seen.append((case, identity, label))
    found = {}
    for case, identity, label in seen:
        original = clean[identity]
        names = {
            one.name
            for one in spec.priorities
            if matches(one, original)
            and (
                any(label.startswith(use.label) for use in one.perturbations)
                if label
                else not one.perturbations
            )
        }
        refuses = label.startswith(REFUSES)
        right = case.input["refusals"][0] if refuses else original.target
        _, before, perturbed = found.get(key(case.input), (right, set(), bool(label)))
        found[key(case.input)] = (right, before | names, perturbed)
    return found


class StandIn:
    """Answers by what is known, and wrongly where a priority of its broken scenario asks."""

    def __init__(self, known, broken=()):
        self.known, self.broken = known, set(broken)

    def __call__(self, inputs):
        return [self.answer(one) for one in inputs]

    def answer(self, given):
        if not isinstance(given, dict) and not hasattr(given, "keys"):
            return sea.Prediction("I see.", refused=False)
        right, names, perturbed = self.known[key(given)]
        wrong = bool(names & self.broken)
        options, refusals = given.get("options", ()), given["refusals"]
        if not options:
            said = "\n".join(f"{k}: {v}" for k, v in (WRONG if wrong else right).items())
            return sea.Prediction(said, refused=False)
        said = right
        if wrong:
            others = [one for one in options if one != right]
            # Refusing brains is what the control is about, and there alone it is what goes wrong;
            # elsewhere a perturbed answer differs from the wrong one to the clean input.
            if "Does not refuse brains on MRI" in names & self.broken:
                said = refusals[0]
            else:
                answers = [one for one in others if one not in refusals]
                more = answers[1:] or [one for one in others if one in refusals] or answers
                said = more[0] if perturbed else answers[0]
        return sea.Prediction(said, refused=said in refusals)


def outcomes(spec, model):
    judgement = sea.judge(spec, sea.run(spec, model=model))
    return {verdict.priority: verdict.outcome for verdict in judgement.verdicts}


@pytest.fixture(scope="module")
def flawless(spec, known):
    return outcomes(spec, StandIn(known))


def test_every_demand_can_be_passed_and_is_decided_but_two_that_lack_scans(spec):
    for one in sea.forecast(spec).priorities:
        assert one.can_pass == (one.priority not in UNDECIDED), one.priority
        if one.can_pass:
            powers = [demand.power for demand in one.demands if demand.power]
            assert all(min(power) >= 0.8 for power in powers), one.priority
    assert set(SECTIONS) == {*map(str, range(1, 11)), "parts"}


def test_a_flawless_stand_in_passes_every_demand_that_can_be_decided(flawless):
    assert {name for name, outcome in flawless.items() if outcome != "pass"} == UNDECIDED
    assert {flawless[name] for name in UNDECIDED} == {"inconclusive"}


def touched(spec, known, mine):
    """Give the priorities that measure an input about which one of `mine` asks."""
    names = {name for _, asking, _ in known.values() if asking & mine for name in asking}
    cases = [case for case in spec.cases if known[key(case.input)][1] & mine]
    names |= {one.name for one in spec.priorities if any(matches(one, case) for case in cases)}
    return [one for one in spec.priorities if one.name in names]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", list(SECTIONS))
def test_a_stand_in_that_is_broken_in_one_scenario_fails_just_that(spec, known, scenario):
    """What it gives to the inputs of the other priorities is what the flawless one gives."""
    mine = set(SECTIONS[scenario])
    broken = StandIn(known, mine)
    near = touched(spec, known, mine)
    far = {one.name for one in spec.priorities} - {one.name for one in near}
    for right, names, _ in known.values():
        assert not (names & mine and names & far), right
    found = outcomes(attrs.evolve(spec, priorities=near), broken)
    failed = {name for name, outcome in found.items() if outcome == "fail"}
    assert mine - failed <= {"Finds the same on scans by each vendor"}  # one case fails nothing
    others = {name for name in found if name not in mine}
    assert {name for name in others if found[name] not in ("pass", "inconclusive")} <= failed
    assert CONSEQUENCES.get(scenario, set()) == others & failed


def test_the_page_on_the_copilot_names_priorities_that_are_there():
    page = (Path(__file__).parents[3] / "docs" / "mri-copilot.md").read_text("utf-8")
    rows = re.findall(r"^(?:fail|inconclusive) +(\S.*?)  ", page, re.MULTILINE)
    assert len(rows) == 10 + 1  # of the whole, and of the cascade
    known = {name for names in SECTIONS.values() for name in names}
    assert set(rows) - known == {"A wrong sequence takes no other line along"}


@attrs.frozen
class Reporter:
    """Writes some lines, of which those of `loses` go wrong in images that are not clean."""

    identity: str
    clean: frozenset[str]
    lines: tuple[str, ...]
    loses: tuple[str, ...]

    def __call__(self, inputs):
        return [self.report(one["talk"][0]["content"][1]) for one in inputs]

    def report(self, picture):
        lost = () if digest(picture.tobytes()) in self.clean else self.loses
        right = {"Sequence": "T1-weighted", "Brain": 1900, "White matter": 35}
        told = {name: WRONG[name] if name in lost else right.get(name) for name in self.lines}
        return "\n".join(f"{name}: {value}" for name, value in told.items())


@pytest.mark.parametrize(
    ("loses", "outcome"),
    [(("Sequence",), "pass"), (("Sequence", "Brain", "White matter"), "fail")],
    ids=["one line", "three lines"],
)
def test_a_cascade_is_told_from_the_loss_of_one_part(tmp_path, loses, outcome):
    path = copilot_specification().with_name("mri-copilot-cascade.toml")
    asked = read(path, topics=["report"], patients=48)
    clean = frozenset(digest(case.input["talk"][0]["content"][1].tobytes()) for case in asked.cases)
    (priority,) = asked.priorities
    demand = {"cascade": {**priority.require["cascade"], "component": str(tmp_path / "part")}}
    asked = attrs.evolve(asked, priorities=[attrs.evolve(priority, require=demand)])
    part = Reporter("part", clean, ("Sequence",), ("Sequence",))
    whole = Reporter("whole", clean, ("Sequence", "Brain", "White matter"), loses)
    sea.run(asked, part, to=tmp_path / "part")
    judgement = sea.judge(asked, sea.run(asked, whole))
    assert judgement.outcome == outcome
    assert judgement.verdicts[0].estimate == pytest.approx(len(loses))
