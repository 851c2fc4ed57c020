"""Two sources of labels: Cohen's kappa against scikit-learn, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest
import seatrial_audits as audits
from attrs import evolve
from seatrial_audits._agreement import _kappa
from sklearn.metrics import cohen_kappa_score

import seatrial as sea

PLAN = sea.Plan()


def look(use, material):
    return list(use.build()(PLAN, None, material))


def cases(rng, count=498, classes=("a", "b", "c")):
    return [
        sea.Case(f"q{at}", f"what of {at}", str(rng.choice(classes)), cluster=f"p{at // 2}")
        for at in range(count)
    ]


def outcomes(rng, count=498):
    return [
        sea.Outcome(
            case=one,
            input=one.input,
            prediction=sea.Prediction("a"),
            right=bool(rng.random() < 0.5),
        )
        for one in cases(rng, count)
    ]


def test_kappa_is_cohens():
    rng = np.random.default_rng(0)
    for kinds in (2, 3, 5):
        first = rng.integers(kinds, size=200)
        second = np.where(rng.random(200) < 0.6, first, rng.integers(kinds, size=200))
        codes = np.column_stack([first, second])
        kappa, values = _kappa(codes)
        assert kappa == pytest.approx(cohen_kappa_score(first, second))
        assert values.mean() == pytest.approx(kappa)
        drawn = [_kappa(codes[rng.integers(200, size=200)])[0] for _ in range(2000)]
        assert values.std(ddof=1) / np.sqrt(200) == pytest.approx(np.std(drawn), rel=0.08)


def test_labels_that_agree_as_by_lot_are_an_error():
    rng = np.random.default_rng(1)
    known = outcomes(rng)
    lot = [evolve(one, right=bool(rng.random() < 0.5)) for one in known]
    (found,) = look(audits.outcome_agreement(reference=lot), known)
    assert found.level == "error"
    assert abs(found.effect) < 0.2
    assert "not shown to be more than by chance" in found.summary
    assert look(audits.outcome_agreement(reference=known), known) == []


def test_labels_by_lot_that_nearly_always_agree_are_found_too():
    """Nine in ten of both sources say yes: they agree on .82 by chance alone."""
    rng = np.random.default_rng(2)
    known = cases(rng, 600, ("yes",) * 9 + ("no",))
    lot = [evolve(one, target="yes" if rng.random() < 0.9 else "no") for one in known]
    (found,) = look(audits.label_agreement(reference=lot), known)
    assert found.level == "error"
    assert "agree on the gold of 8" in found.summary


def test_sources_that_mostly_agree_are_nothing_and_few_shared_inputs_say_nothing():
    rng = np.random.default_rng(3)
    known = cases(rng)
    near = [evolve(one, target="a" if rng.random() < 0.1 else one.target) for one in known]
    assert look(audits.label_agreement(reference=near), known) == []
    lot = [evolve(one, target=str(rng.choice(["a", "b"]))) for one in known[:30]]
    assert look(audits.label_agreement(reference=lot), known) == []  # 15 clusters


def test_annotators_are_compared_by_the_groups_of_the_cases():
    rng = np.random.default_rng(4)
    sources = {name: [] for name in ("ann", "ben", "cy")}
    for one in cases(rng, 200):
        for name, some in sources.items():
            target = str(rng.choice(["a", "b", "c"])) if name == "cy" else one.target
            some.append(
                evolve(one, id=f"{one.id}-{name}", target=target, groups={"annotator": name})
            )
    found = look(audits.label_agreement(), [one for some in sources.values() for one in some])
    assert [one.level for one in found] == ["error", "error"]
    assert all('"cy"' in one.summary or "cy" in one.summary for one in found)


def test_no_agreement_by_lot_is_reported_of_labels_that_agree_well_enough():
    """True kappa .65: an error would need the upper bound below .6; none in 200 draws."""
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        known = cases(rng, 200, ("a", "b"))
        noisy = [
            evolve(one, target=str(rng.choice(["a", "b"])) if rng.random() < 0.35 else one.target)
            for one in known
        ]
        found = look(audits.label_agreement(reference=noisy), known)
        alarms += any(one.level == "error" for one in found)
    assert alarms <= 1


def reworded(known, rng=None):
    """Ask the same in other words, with ids in capitals; with `rng`, labelled by lot."""
    return [
        evolve(
            one,
            id=one.id.upper(),
            input=f"Question: {one.input}?",
            target=one.target if rng is None else str(rng.choice(["a", "b", "c"])),
        )
        for one in known
    ][::-1]


def test_another_wording_is_aligned_by_id():
    rng = np.random.default_rng(5)
    known = cases(rng)
    lot = reworded(known, rng)
    assert look(audits.label_agreement(reference=reworded(known)), known) == []
    (found,) = look(audits.label_agreement(reference=lot), known)
    assert found.level == "error"
    (half,) = look(audits.label_agreement(reference=lot[:250]), known)
    assert "of 250 shared inputs" in half.summary
    strange = [evolve(one, id=f"k-{one.id}") for one in lot]
    (none,) = look(audits.label_agreement(reference=strange), known)
    assert none.level == "note"


def test_other_questions_under_the_same_ids_are_not_compared():
    known = cases(np.random.default_rng(6))
    other = [evolve(one, input=f"name a big red cat, please, {one.id}") for one in known]
    (found,) = look(audits.label_agreement(reference=other), known)
    assert found.level == "note"


def test_case_and_space_are_no_disagreement_and_other_labels_are_told():
    known = cases(np.random.default_rng(7))
    loud = [evolve(one, target=f" {one.target.upper()}", input=one.input.upper()) for one in known]
    assert look(audits.label_agreement(reference=loud), known) == []
    numbers = [evolve(one, target="abc".index(one.target)) for one in known]
    (found,) = look(audits.label_agreement(reference=numbers), known)
    assert (found.level, "share no label" in found.summary) == ("warning", True)


def test_a_full_stop_is_no_disagreement():
    known = cases(np.random.default_rng(7))
    stopped = [evolve(one, target=f"{one.target}.") for one in known]
    assert look(audits.label_agreement(reference=stopped), known) == []


def test_one_rare_label_in_either_source_is_no_error():
    """Kappa is about 0 though they agree on 99 %: of two labels no bound can be trusted."""
    known = [sea.Case(f"q{at}", f"what of {at}", "no" if at == 0 else "yes") for at in range(200)]
    other = [evolve(one, target="no" if at == 1 else "yes") for at, one in enumerate(known)]
    (found,) = look(audits.label_agreement(reference=other), known)
    assert found.level == "warning"


def test_a_reference_without_these_inputs_is_told():
    (found,) = look(
        audits.label_agreement(reference=[sea.Case("k", "is it wet", "yes")]),
        [sea.Case("q", "is it cold", "no")],
    )
    assert found.level == "note"
    with pytest.raises(sea.errors.ParameterError, match="must be outcomes, and holds"):
        audits.outcome_agreement(reference=[sea.Case("k", "is it wet", "yes")]).build()
