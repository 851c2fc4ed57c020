"""Specifications and plans in TOML: what is read, and what each mistake is told as."""

from __future__ import annotations

import re
import sys
from datetime import date

import pytest
from loud_stand_ins import ACCURACY, CRY, LOSS, SHOUT, loud_registry

from seatrial import Plan, Priority, Registry, Specification
from seatrial._files import dump_plan, dump_specification, load_plan, load_specification
from seatrial._reference import Reference
from seatrial.errors import FileError, PlanError


@pytest.fixture(scope="module")
def registry():
    return loud_registry()


@pytest.fixture
def problems(registry, write):
    """Load a wrong specification and give its lines."""

    def problems(text, load=load_specification, registry=registry):
        with pytest.raises(FileError) as caught:
            load(write(text), registry=registry)
        assert str(caught.value) == "\n".join(caught.value.problems)
        assert len(str(caught.value).splitlines()) == len(caught.value.problems)
        return list(caught.value.problems)

    return problems


TOP = 'format = 1\ntitle = "Loud noises"\nseed = 7\n'
GOOD = """
[[priorities]]
name = "First"
metric = "loud.accuracy"
require = { at_least = 0.5 }
"""


def one(line):
    """A specification whose only priority has one line more."""
    return f"{TOP}{GOOD}{line}\n"


def test_a_specification_is_read_from_toml(registry, write):
    spec = load_specification(
        write(
            """
            format = 1
            title = "Loud noises"
            seed = 7
            model = { use = "some.package:model", params = { at = "here", deep = { n = [1, 2] } } }
            cases = "some.package:cases"

            [[priorities]]
            name = "First"
            concept = "deployment-stage"
            perturbations = ["loud.shout", { use = "loud.cry", on = "part", params = { k = 2 } }]
            severities = [1, 3, 5]
            where = { topic = ["dose", "stock"] }
            relation = "invariant"
            metric = "loud.accuracy"
            weight = 2
            require = { max_drop = 0.05, confidence = 0.9 }
            """
        ),
        registry=registry,
    )
    assert spec == Specification(
        "Loud noises",
        seed=7,
        model=Reference("some.package:model", {"at": "here", "deep": {"n": [1, 2]}}),
        cases=Reference("some.package:cases"),
        priorities=[
            Priority(
                "First",
                concept="deployment-stage",
                perturbations=[SHOUT, CRY(on="part", k=2)],
                severities=[1, 3, 5],
                where={"topic": ["dose", "stock"]},
                metric=ACCURACY,
                weight=2,
                require={"max_drop": 0.05, "confidence": 0.9},
            )
        ],
    )


def test_references_are_strings_tables_or_lists_of_them(registry, write):
    def read(lines):
        return load_specification(write(f"{TOP}{lines}{GOOD}"), registry=registry)

    assert read('model = "a.b:c"').model == Reference("a.b:c")
    assert read('model = { use = "a.b:c" }').model == Reference("a.b:c", {})
    assert read('cases = ["a:b", { use = "a:c", params = { n = 1 } }]').cases == (
        Reference("a:b"),
        Reference("a:c", {"n": 1}),
    )


def test_a_misspelt_name_is_found_in_its_place(nlpaug, installed, problems):
    first = """
        [[priorities]]
        name = "{}"
        metric = "nlpaug.fluency"
        require = {{ at_least = 0.5 }}
    """
    text = TOP + "".join(first.format(k) for k in "ab")
    text += first.format("c") + 'perturbations = ["nlpaug.keybord"]\n'
    assert problems(text, registry=installed("nlpaug")) == [
        (
            "pharmacy.toml.priorities[2].perturbations[0]: nlpaug has no 'nlpaug.keybord'; "
            "did you mean nlpaug.keyboard?"
        )
    ]


def test_twelve_mistakes_give_twelve_lines(problems):
    found = problems(
        """
        format = 2
        title = ""
        seed = "seven"
        modle = "a:b"
        cases = ["a:b", "not an import string"]

        [[priorities]]
        name = "First"
        perturbations = ["loud.shuot", { use = "loud.cry", parms = {} }, "quiet.whisper"]
        metric = "loud.shout"

        [[priorities]]
        name = "First"
        relation = "invariants"
        metric = "loud.accuracy"
        require = { at_leats = 0.9 }
        """
    )
    places = [line.partition(": ")[0].removeprefix("pharmacy.toml.") for line in found]
    assert places == [
        "format",
        "title",
        "seed",
        "modle",
        "cases[1]",
        "priorities[0].perturbations[0]",
        "priorities[0].perturbations[1].parms",
        "priorities[0].perturbations[2]",
        "priorities[0].metric",
        "priorities[1].name",
        "priorities[1].relation",
        "priorities[1].require.at_leats",
    ]
    assert len(found) == 12


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ("weight = 0", ".weight", "weight must be a positive number, got 0"),
        ("weight = true", ".weight", "must be a number, got True"),
        ('weight = "2"', ".weight", "must be a number, got '2'"),
        ("concept = 3", ".concept", "must be text, got 3"),
        ('concept = "groups"', ".concept", "there is no concept 'groups'; did you mean group?"),
        ("relation = []", ".relation", "must be text, got []"),
        ("severities = 3", ".severities", "must be a list, got 3"),
        ("severities = [1.5]", ".severities[0]", "must be a whole number, got 1.5"),
        ("severities = [1, true]", ".severities[1]", "must be a whole number, got True"),
        ("severities = [0]", ".severities", "severities are whole numbers from 1 up"),
        ("severities = [1]", "", "priority 'First' names severities but no perturbation"),
        ("perturbations = 'loud.cry'", ".perturbations", "must be a list, got 'loud.cry'"),
        ("perturbations = [3]", ".perturbations[0]", "must be a name or a table with use = 'name'"),
        ("perturbations = [{ on = 'a' }]", ".perturbations[0]", "must be a name or a table"),
        ("perturbations = [{ use = 3 }]", ".perturbations[0]", "must be a name or a table"),
        (
            "perturbations = [{ use = 'loud.cry', on = 5 }]",
            ".perturbations[0]",
            "on must name a part of the input, or a list of parts, got 5",
        ),
        ("perturbations = [{ use = 'loud.cry', on = false }]", ".perturbations[0]", "on must name"),
        ("perturbations = [{ use = 'loud.cry', on = [1] }]", ".perturbations[0]", "on must name"),
        (
            "perturbations = [{ use = 'loud.cry', params = 1 }]",
            ".perturbations[0]",
            "must be a table, got 1",
        ),
        (
            "perturbations = ['loud.accuracy']",
            ".perturbations[0]",
            "'loud.accuracy' is a metric, not a perturbation",
        ),
        (
            "perturbations = [{ use = 'loud.cry', params = { amount = 1 } }]",
            "",
            "loud.cry: amount is set by the ladder",
        ),
        (
            "perturbations = ['loud.cry']\nseverities = [6]",
            "",
            "loud.cry has severities 1 to 5, not 6",
        ),
        ("where = 3", ".where", "must be a table, got 3"),
        ("whre = {}", ".whre", "no such key; did you mean where?"),
        ("weigh = 'clusters'", ".weigh", "no such key; it belongs into require"),
        ("at_most = 0.1", ".at_most", "no such key; it belongs into require"),
        ('"two words" = 1', '."two words"', "no such key"),
    ],
)
def test_a_mistake_in_a_priority_is_one_line_with_its_place(problems, line, place, message):
    (found,) = problems(one(line))
    assert found.startswith(f"pharmacy.toml.priorities[0]{place}: {message}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{TOP}", "pharmacy.toml.priorities: is missing"),
        (f"{TOP}priorities = 3", "pharmacy.toml.priorities: must be a list, got 3"),
        (f"{TOP}priorities = ['a']", "pharmacy.toml.priorities[0]: must be a table, got 'a'"),
        (f"{TOP}priorities = []", "pharmacy.toml: a specification needs at least one priority"),
        (f"{TOP}model = 3{GOOD}", "pharmacy.toml.model: must be an import string or a table"),
        (f"{TOP}model = 'a'{GOOD}", "pharmacy.toml.model: 'a' must read 'package.module:name'"),
        (
            f"{TOP}model = {{ use = 'a:b', parms = {{}} }}{GOOD}",
            "pharmacy.toml.model.parms: no such key; did you mean params?",
        ),
        (
            f"{TOP}model = {{ use = 'a:b', params = 3 }}{GOOD}",
            "pharmacy.toml.model: must be a table, got 3",
        ),
        (f"{TOP}cases = [3]{GOOD}", "pharmacy.toml.cases[0]: must be an import string"),
        (f"format = 1\ntitle = 'a'{GOOD}", "pharmacy.toml.seed: is missing"),
        (
            f"title = 'a'\nseed = 7{GOOD}",
            "pharmacy.toml.format: this seatrial reads format = 1, wh",
        ),
        (f"format = 2\ntitle = 'a'\nseed = 7{GOOD}", "pharmacy.toml.format: this seatrial reads f"),
        (f"format = true\ntitle = 'a'\nseed = 7{GOOD}", "pharmacy.toml.format: this seatrial rea"),
        (f"format = '1'\ntitle = 'a'\nseed = 7{GOOD}", "pharmacy.toml.format: this seatrial read"),
        (f"{TOP}{GOOD}require = 3", "pharmacy.toml: not valid TOML: "),
        ("format = ", "pharmacy.toml: not valid TOML: "),
        (f"{TOP}{GOOD}{GOOD}", "pharmacy.toml.priorities[1].name: another priority is already nam"),
        (
            f"{TOP}{GOOD}".replace("{ at_least = 0.5 }", "3"),
            "pharmacy.toml.priorities[0].require: must be a table, got 3",
        ),
        (
            f"{TOP}{GOOD}".replace("at_least = 0.5", ""),
            "pharmacy.toml.priorities[0]: requires nothing",
        ),
        (
            f"{TOP}{GOOD}".replace("at_least", "max_drop"),
            "pharmacy.toml.priorities[0]: max_drop compares with the clean input",
        ),
        (
            f"{TOP}{GOOD}".replace('name = "First"', ""),
            "pharmacy.toml.priorities[0].name: is missing",
        ),
    ],
)
def test_a_mistake_in_a_file_is_one_line_with_its_place(problems, text, line):
    (found,) = problems(text)
    assert found.startswith(line)


def test_a_message_of_several_lines_stays_one_line(problems, install, installed):
    install("bad", 'raise ValueError("first\\nsecond")')
    text = one("perturbations = ['bad.one']")
    (found,) = problems(text.replace("loud.accuracy", "bad.two"), registry=installed("bad"))[:1]
    assert "ValueError: first second" in found


def test_files_that_cannot_be_read_say_so(tmp_path):
    (tmp_path / "latin.toml").write_bytes("title = 'Zürich'".encode("latin-1"))
    for name, message in {
        "missing.toml": "cannot be read: No such file or directory",
        ".": "cannot be read: it is a directory, and a TOML file is wanted",
        "latin.toml": "not UTF-8 text",
    }.items():
        with pytest.raises(FileError, match=re.escape(message)):
            load_specification(tmp_path / name)
        with pytest.raises(FileError):
            load_specification(str(tmp_path / name))


def test_reading_imports_the_plugins_it_names_and_nothing_else(site, install, write):
    log = write("", "log")
    note = f"with open({str(log)!r}, 'a') as log:\n    log.write(__name__ + ' ')\n"
    (site / "fake_model.py").write_text(note)
    (site / "fake_factories.py").write_text(note)
    install(
        "loud", note + "@hookimpl\ndef seatrial_metrics():\n    return [metric('loud.accuracy')]"
    )
    install("idle", note)
    text = f'{TOP}model = "fake_model:model"\ncases = {{ use = "fake_model:cases", params = {{}} }}'
    spec = load_specification(
        write(f"{text}{GOOD}"), registry=Registry.installed(allow=["loud", "idle"])
    )
    spec.plan()
    assert log.read_text() == "fake_acme_loud "
    assert "fake_model" not in sys.modules


def test_a_plan_is_read_and_written(registry, write):
    plan = Plan(
        perturbations=[SHOUT(mark="?"), CRY(on=["a", "b"])],
        metrics=[ACCURACY, LOSS(k=[1, 2])],
        severities=[1, 4],
        seed=3,
        replicates=2,
    )
    assert load_plan(write(dump_plan(plan)), registry=registry) == plan
    assert load_plan(write("format = 1"), registry=registry) == Plan()


def test_a_plan_is_not_narrowed_in_a_file(problems):
    assert problems("format = 1\nnarrowed = []\nseverites = [1]", load=load_plan) == [
        "pharmacy.toml.narrowed: a file cannot set this",
        "pharmacy.toml.severites: no such key; did you mean severities?",
    ]


def test_what_has_no_form_in_toml_is_refused():
    priority = Priority("First", metric=ACCURACY, require={"at_least": 0.5})
    for more in ({"model": len}, {"cases": [object()]}):
        with pytest.raises(PlanError, match="cannot be written to a file; give an import string"):
            dump_specification(Specification("T", priorities=[priority], seed=1, **more))
    with pytest.raises(PlanError, match="TOML cannot hold None"):
        dump_plan(Plan(perturbations=[SHOUT(mark=None)]))


def test_dates_survive(registry, write):
    plan = Plan(perturbations=[SHOUT(since=date(2024, 2, 29))])
    assert load_plan(write(dump_plan(plan)), registry=registry) == plan


def test_what_holds_its_default_is_not_written():
    spec = Specification(
        "Loud noises",
        seed=7,
        cases="a.b:c",
        priorities=[
            Priority("First", perturbations=[SHOUT], metric=ACCURACY, require={"at_least": 1})
        ],
    )
    assert dump_specification(spec) == (
        'format = 1\ntitle = "Loud noises"\nseed = 7\ncases = "a.b:c"\n\n[[priorities]]\n'
        'name = "First"\nperturbations = ["loud.shout"]\nmetric = "loud.accuracy"\n'
        "require = { at_least = 1 }\n"
    )
