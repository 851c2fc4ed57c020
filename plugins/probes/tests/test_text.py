"""The explainers that read only the inputs: bag of words, surface features, embeddings."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from seatrial_probes import bag_of_words, embeddings, surface
from seatrial_probes._validation import permutation_test
from sklearn.metrics import roc_auc_score

from seatrial import Case, Outcome, Prediction
from seatrial.errors import ComponentLoadError, ModelError, ParameterError, PlanError


class Letters:
    """An encoder: how often each letter stands in a text."""

    def embed_text(self, texts):
        alphabet = "abcdefghijklmnopqrstuvwxyz"
        return np.array([[text.count(a) for a in alphabet] for text in texts], dtype=np.float32)


ALL = [bag_of_words(), surface(), embeddings(encoder=Letters())]
each = pytest.mark.parametrize("use", ALL, ids=lambda use: use.component.name)


def explain(use, outcomes, seed=3):
    return use.build()(None, outcomes, seed=seed)


def graded(explanation, outcomes):
    scores = explanation.predict([one.case for one in outcomes])
    return roc_auc_score([not one.right for one in outcomes], scores)


def asked(number, question, *, right, options=("yes", "no"), passage="A passage of some words."):
    given = {"passage": passage, "question": question, "options": options}
    case = Case(f"case-{number}", given, "yes")
    return Outcome(case=case, input=given, prediction=Prediction("yes"), right=right)


@pytest.mark.parametrize("use", [ALL[0], ALL[2]], ids=["bag-of-words", "embeddings"])
def test_a_word_that_brings_failure_is_seen_in_unseen_cases(use, planted):
    found = explain(use, planted(600))
    # Who knows that children are all that matters gets .81: the rest is by lot.
    assert graded(found, planted(400, seed=5)) > 0.75
    assert found.details["searched"]["best"] > 0.75
    assert found.details["searched"]["p"] < 0.01


def test_the_telling_word_leads_the_findings_with_its_failure_rate_and_examples(planted):
    outcomes = planted(300)
    first = explain(bag_of_words(), outcomes).findings[0]
    assert first.name == "comes-with-failure"
    there = [one for one in outcomes if "children" in one.input]
    rate = sum(not one.right for one in there) / len(there)
    others = [not one.right for one in outcomes if one not in there]
    assert first.summary.startswith(f"of the {len(there)} cases with 'children', {rate:.0%} failed")
    assert first.effect == pytest.approx(rate - sum(others) / len(others))
    failed = {one.case.id for one in there if not one.right}
    assert first.cases
    assert set(first.cases) <= failed


@each
def test_random_failures_are_not_predicted(use, at_random):
    found = [explain(use, at_random(150, seed=seed), seed) for seed in range(8)]
    assert sum(one.details["searched"]["p"] < 0.05 for one in found) <= 2
    graded_at_random = [graded(one, at_random(600, seed=90 + n)) for n, one in enumerate(found)]
    assert abs(np.mean(graded_at_random) - 0.5) < 3 * 0.024 / np.sqrt(8)


@each
@pytest.mark.parametrize("right", [True, False])
def test_a_model_that_never_fails_or_always_does_is_said_so(use, right, planted):
    outcomes = [one for one in planted() if one.right is right]
    found = explain(use, outcomes)
    assert "none of the" in found.summary if right else "all" in found.summary
    assert (found.findings, found.predictor, found.auroc) == ((), None, None)
    assert "no outcomes" in explain(use, []).summary


@each
def test_so_few_outcomes_that_none_can_be_kept_still_give_a_predictor(use, planted):
    outcomes = planted()
    few = [next(one for one in outcomes if one.right is right) for right in (True, False)]
    found = explain(use, few)
    assert "too few" in found.details["selected"]["reason"]
    assert len(found.predict([one.case for one in outcomes])) == len(outcomes)
    assert found.predict([]) == []


@each
def test_the_same_seed_gives_the_same_explanation(use, planted):
    one, other = (explain(use, planted()) for _ in range(2))
    cases = [outcome.case for outcome in planted(50, seed=8)]
    assert one == other
    assert one.predict(cases) == other.predict(cases)


@each
def test_an_input_that_is_no_text_is_refused_with_what_to_do(use):
    outcomes = [
        Outcome(case=Case(str(n), 3.5, 1), input=3.5, prediction=Prediction(1), right=n > 1)
        for n in range(4)
    ]
    with pytest.raises(PlanError, match="choose an explainer of its modality"):
        explain(use, outcomes)


@each
def test_parts_options_and_messages_are_read(use):
    outcomes = [asked(n, f"is it {n}?", right=bool(n % 3), options=("a", "b")) for n in range(30)]
    explain(use, outcomes)
    messages = [
        Outcome(
            case=Case(str(n), ({"role": "user", "content": f"is it {n}?"},)),
            input=({"role": "user", "content": f"is it {n}?"},),
            prediction=Prediction("x"),
            right=bool(n % 3),
        )
        for n in range(30)
    ]
    found = explain(use, messages)
    assert len(found.predict([one.case for one in messages])) == 30


def test_odds_ratios_are_told_as_they_are_in_the_table_of_counts():
    # 2 x 2 table: of negated questions 90 of 120 fail, of the others 60 of 180: odds ratio 6.
    outcomes = [
        asked(n, "is it not so" if n < 120 else "is it yet so", right=n >= 90 and n < 240)
        for n in range(300)
    ]
    found = explain(surface(), outcomes)
    (finding,) = found.findings
    assert finding.summary.startswith("a negation in what is asked multiplies the odds of failure")
    assert finding.effect == pytest.approx(6.0, rel=0.05)
    low, high = map(float, re.findall(r"interval ([\d.]+) to ([\d.]+)", finding.summary)[0])
    # Woolf's interval of the logarithm, at the same level, for a single feature that varies.
    reach = 1.96 * np.sqrt(1 / 90 + 1 / 30 + 1 / 60 + 1 / 120)
    features = len(found.details["features"])
    assert features == 1
    assert (low, high) == pytest.approx((6 * np.exp(-reach), 6 * np.exp(reach)), rel=0.05)


def test_a_few_odd_cases_that_all_went_wrong_are_no_finding():
    """Four of 240: a Wald interval about them excludes 1, and is not to be believed."""
    openers = ["who" if number in (11, 62, 133, 204) else "tell" for number in range(240)]
    outcomes = [
        asked(number, f"{word} me of matter {number % 7}", right=word != "who" and number % 2 == 0)
        for number, word in enumerate(openers)
    ]
    found = explain(surface(), outcomes)
    assert not [one for one in found.findings if "who" in one.summary]
    (told,) = (one for one in found.details["features"] if one["feature"] == "asks who")
    assert told["interval"][0] > 1


def test_each_look_of_an_input_is_seen():
    plain = asked(0, "is it so", right=True)
    looks = {
        "words in passage": asked(1, "is it so", right=True, passage="word " * 80),
        "negation": asked(1, "isn't it so", right=True),
        "number asked about": asked(1, "is it 5", right=True),
        "asks why": asked(1, "why so", right=True),
        "uneven options": asked(1, "is it so", right=True, options=("yes", "no " * 9)),
        "options alike": asked(1, "is it so", right=True, options=("yes so", "no so")),
        "options": asked(1, "is it so", right=True, options=("yes", "no", "why")),
        "options repeat the input": asked(1, "is it so", right=True, options=("is it", "so")),
        "marks": asked(1, "is, it: so?!", right=True),
        "capitals": asked(1, "Is It So", right=True),
    }
    from seatrial_probes._surface import surface_features

    (before,) = surface_features([plain.input])
    for name, changed in looks.items():
        (after,) = surface_features([changed.input])
        assert after[name].value > before[name].value, name


def test_words_come_from_the_training_part(planted):
    outcomes = planted(300)
    found = explain(bag_of_words(), outcomes)
    assert found.details["searched"]["settings"] == len(found.details["curve"])
    assert found.details["searched"]["best"] == max(one["auroc"] for one in found.details["curve"])


def test_texts_without_a_word_are_no_reason_to_fail():
    outcomes = [
        Outcome(case=Case(str(n), "?!"), input="?!", prediction=Prediction("x"), right=bool(n % 2))
        for n in range(20)
    ]
    found = explain(bag_of_words(), outcomes)
    assert found.findings == ()
    assert len(set(found.predict([one.case for one in outcomes]))) == 1


def test_an_encoder_may_be_an_import_string_and_must_embed(planted):
    with pytest.raises(ComponentLoadError, match="cannot import 'nowhere:encoder'"):
        explain(embeddings(encoder="nowhere:encoder"), planted())
    with pytest.raises(ParameterError, match=re.escape("'package.module:name'")):
        explain(embeddings(encoder="minilm"), planted())
    with pytest.raises(ModelError, match="must have embed_text"):
        explain(embeddings(encoder=str), planted())


@pytest.mark.parametrize("bad", [np.zeros(3), np.full((240, 4), np.nan), np.zeros((7, 4))])
def test_vectors_that_make_no_sense_are_refused(bad, planted):
    encoder = SimpleNamespace(embed_text=lambda _: bad)
    with pytest.raises(ModelError, match="embed_text gave"):
        explain(embeddings(encoder=encoder), planted())


def test_the_search_is_counted_as_by_brute_force():
    generator = np.random.default_rng(0)
    failed = generator.random(60) < 0.4
    scores = generator.normal(size=(5, 60)).round(1)
    areas, p = permutation_test(scores, failed, [str(n) for n in range(60)], seed=1)
    assert areas == pytest.approx([roc_auc_score(failed, one) for one in scores])
    order = (np.sign(scores[:, :, None] - scores[:, None, :]) + 1) / 2
    shuffled = [generator.permutation(failed) for _ in range(400)]
    largest = [order[:, one][:, :, ~one].mean(axis=(1, 2)).max() for one in shuffled]
    assert p == pytest.approx(np.mean([one >= areas.max() for one in largest]), abs=0.08)


def test_clusters_that_move_together_make_p_larger():
    generator = np.random.default_rng(1)
    failed = np.repeat(generator.random(12) < 0.5, 10)
    scores = (np.repeat(generator.normal(size=12), 10) + failed * 0.9)[None]
    alone = permutation_test(scores, failed, [str(n) for n in range(120)], seed=1)[1]
    together = permutation_test(scores, failed, [str(n // 10) for n in range(120)], seed=1)[1]
    assert alone < together
