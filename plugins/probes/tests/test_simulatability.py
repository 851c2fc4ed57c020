"""Simulatability: readers that use the words predict failures, and others do not."""

from __future__ import annotations

import csv
import json

import pytest
from attrs import frozen
from seatrial_probes._sheets import read_sheet, sheet
from seatrial_probes._simulatability import _shuffled, simulated, words_of

from seatrial import Explanation, Finding
from seatrial.errors import FileError, ModelError, ParameterError, PlanError

SAYS = Explanation(
    "The answer is wrong where the input speaks of children",
    [
        Finding("children", "inputs with children fail"),
        Finding("better-than-chance", "failures are predicted better than by chance", effect=0.7),
    ],
)


@frozen
class Chosen:
    log_likelihoods: tuple[float, float]


@frozen
class Written:
    text: str


class Reader:
    """Believes that inputs with the word that "inputs with ... fail" names are answered wrong."""

    def __init__(self):
        self.prompts = []

    def believes(self, prompt):
        self.prompts.append(prompt)
        known, _, given = prompt.partition("Here is a new input:")
        words = known.split("inputs with ")[1:]
        return any(f" {one.split()[0]} " in given for one in words)

    def choices(self, prompts, options):
        return [Chosen((-2.0, -1.0) if self.believes(one) else (-1.0, -2.0)) for one in prompts]


class Writer(Reader):
    choices = property(lambda self: self.missing)

    def generate(self, prompts, *, max_new_tokens):
        return [Written("Wrong." if self.believes(one) else "It is right") for one in prompts]


@pytest.mark.parametrize("reader", [Reader, Writer])
def test_words_that_are_true_help_a_reader_who_uses_them(planted, reader):
    found = simulated(SAYS, planted(200), reader=reader())
    assert found.explained.auroc.low > 0.65
    assert found.controls["no-explanation"].auroc.estimate == 0.5
    assert found.gains["no-explanation"].low > 0.15
    assert found.explained.accuracy.estimate > 0.8


def test_words_that_have_nothing_to_do_with_it_do_not_help(at_random):
    found = simulated(SAYS, at_random(200), reader=Reader())
    assert found.gains["no-explanation"].low < 0 < found.gains["no-explanation"].high


def test_the_reader_sees_the_words_and_the_input_and_nothing_else(planted):
    reader, outcomes = Reader(), planted(30)
    simulated(SAYS, outcomes, reader=reader, controls=())
    assert len(reader.prompts) == 60
    assert all("speaks of children" in one for one in reader.prompts)
    assert not any("case-" in one or "predicted better" in one for one in reader.prompts)
    assert "right or wrong?" in reader.prompts[0]
    assert "wrong or right?" in reader.prompts[1]


def test_shuffled_words_are_the_same_words_in_sentences_as_long():
    said = words_of(SAYS)
    shuffled = _shuffled(said, 1)
    assert sorted(" ".join(shuffled).split()) == sorted(" ".join(said).split())
    assert [len(one.split()) for one in shuffled] == [len(one.split()) for one in said]
    assert shuffled != said


def test_words_tell_neither_grades_nor_causal_tests():
    grades = ("worse-than-chance", "worse-than-baselines", "erasure", "edits-towards-failure")
    said = [*SAYS.findings, *(Finding(name, "a grade", level="note") for name in grades)]
    assert words_of(Explanation(SAYS.summary, said)) == words_of(SAYS)


def test_a_simulation_is_shown_as_text_and_as_plain_data(planted):
    found = simulated(SAYS, planted(60), reader=Reader())
    assert "no-explanation" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["cases"] == 60


def test_who_cannot_read_and_what_cannot_be_graded_is_refused(planted):
    with pytest.raises(ModelError, match="choices or generate"):
        simulated(SAYS, planted(20), reader=len)
    with pytest.raises(PlanError, match="needs failures and successes"):
        simulated(SAYS, [one for one in planted(60) if one.right], reader=Reader())
    with pytest.raises(PlanError, match="not 'bribed'"):
        simulated(SAYS, planted(20), reader=Reader(), controls=("bribed",))


def filled(path, answer):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["key", "input", "answer"])
        writer.writeheader()
        writer.writerows({**row, "answer": answer(row["input"])} for row in rows)
    return path


def test_a_sheet_that_a_person_fills_by_the_words_is_graded(planted, tmp_path):
    outcomes = planted(120)
    explained = sheet(SAYS, outcomes, tmp_path / "explained.csv", seed=4)
    control = sheet(None, outcomes, tmp_path / "control.csv", seed=5)
    assert "children fail" in explained.read_text("utf-8")
    assert "children fail" not in control.read_text("utf-8")
    filled(explained, lambda text: "wrong" if "children take" in text else "10%")
    filled(control, lambda _: "right")
    found = read_sheet(explained, outcomes, control=control)
    assert found.cases == 120
    assert found.explained.auroc.low > 0.65
    assert found.gains["no-explanation"].low > 0.1


def test_a_sheet_is_blind_and_in_an_order_of_its_own(planted, tmp_path):
    outcomes = planted(40)
    text = sheet(SAYS, outcomes, tmp_path / "a.html").read_text("utf-8")
    assert "case-" not in text
    assert "yes" not in text
    places = [text.index(one.input) for one in outcomes]
    assert places != sorted(places)
    assert sheet(SAYS, outcomes, tmp_path / "b.html").read_text("utf-8") == text
    assert (
        sheet(SAYS, outcomes, tmp_path / "c.html", limit=7).read_text("utf-8").count("<pre>") == 7
    )


def test_a_page_escapes_what_it_shows_and_needs_nothing_else(planted, tmp_path, residual_model):
    from attrs import evolve

    evil = '<script>alert("x")</script>'
    outcomes = [evolve(one, input=f"{evil} {one.input}") for one in planted(5)]
    says = Explanation(f"fails on {evil}")
    text = sheet(says, outcomes, tmp_path / "a.html").read_text("utf-8")
    assert evil not in text
    assert text.count("&lt;script&gt;") == 6
    assert "http" not in text
    assert "src=" not in text


def test_a_table_holds_no_formula(planted, tmp_path):
    from attrs import evolve

    outcomes = [evolve(one, input=f"=1+1 {one.input}") for one in planted(3)]
    with sheet(SAYS, outcomes, tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["input"].startswith("'=1+1") for row in rows[1:])


def test_empty_answers_are_counted_and_never_dropped(planted, tmp_path):
    outcomes = planted(60)
    path = sheet(SAYS, outcomes, tmp_path / "a.csv")
    found = read_sheet(filled(path, lambda text: "wrong" if "children" in text else ""), outcomes)
    assert found.cases == 60
    assert found.explained.unanswered == sum("children" not in one.input for one in outcomes)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("key,answer\nffff,right\n", "not among the outcomes"),
        ("name,age\nAnn,4\n", "no filled sheet"),
        ("", "no filled sheet"),
    ],
)
def test_a_sheet_that_does_not_belong_is_refused(planted, tmp_path, text, match):
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError, match=match):
        read_sheet(path, planted(20))


def test_answers_that_cannot_be_read_are_named_by_line(planted, tmp_path):
    outcomes = planted(20)
    path = filled(sheet(SAYS, outcomes, tmp_path / "a.csv"), lambda _: "perhaps")
    with pytest.raises(FileError, match="line 3: 'perhaps' is neither"):
        read_sheet(path, outcomes)
    path = sheet(SAYS, outcomes, tmp_path / "b.csv")
    path.write_text(path.read_text("utf-8-sig") + path.read_text("utf-8-sig"), "utf-8")
    with pytest.raises(FileError, match="twice"):
        read_sheet(path, outcomes)
    with pytest.raises(FileError, match="cannot be read"):
        read_sheet(tmp_path / "none.csv", outcomes)
    with pytest.raises(PlanError, match="same cases"):
        read_sheet(
            sheet(SAYS, outcomes, tmp_path / "c.csv"),
            outcomes,
            control=sheet(None, outcomes, tmp_path / "d.csv", limit=5),
        )


def test_a_sheet_that_is_filled_in_is_not_written_over(planted, tmp_path):
    outcomes = planted(5)
    path = sheet(SAYS, outcomes, tmp_path / "new" / "a.csv")
    assert sheet(SAYS, outcomes, path) == path
    kept = filled(path, lambda _: "right").read_bytes()
    with pytest.raises(PlanError, match=r"a.csv has answers in it"):
        sheet(SAYS, outcomes, path)
    assert path.read_bytes() == kept


def test_a_sheet_of_nothing_or_in_another_form_is_refused(planted, tmp_path):
    with pytest.raises(ParameterError, match="written as"):
        sheet(SAYS, planted(5), tmp_path / "a.pdf")
    with pytest.raises(PlanError, match="no outcomes"):
        sheet(SAYS, [], tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("said", "score"), [("0", -1), ("100", 1), ("50%", 0), ("101", None), ("nan", None)]
)
def test_probabilities_are_read_in_percent(said, score):
    from seatrial_probes._sheets import _score

    assert _score(said) == score
