"""Searches find what is there to be found, within their bounds and budgets."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
import seatrial_threats as threats
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from seatrial_threats._bounds import far
from seatrial_threats._entities import draw
from seatrial_threats._spans import free_words, protected_by
from seatrial_threats._words import mistyped
from threat_stand_ins import Loss, brighten, letters

import seatrial as sea
from seatrial.cli._show import describe
from seatrial.errors import NotApplicable, ParameterError, PlanError
from seatrial.inputs._distance import distance
from seatrial.testing import Samples, check, summary
from seatrial.testing._samples import TEXTS

BOUNDS = st.sampled_from((0.05, 0.1, 0.2, 0.4, 1.0))
PROSE = st.text("abc XYé1 0.mg\n", max_size=60)
DRUGS = ("ibuprofen", "aspirin", "paracetamol", "naproxen", "codeine")


def hashed(candidate):
    """A loss without any shape: nothing but asking tells what is worst."""
    return sea.derive(5, repr(candidate)) / 2**63


def random_search(**more):
    given = {"of": letters(), "distance": 1.0, "severity": 1, **more}
    return threats.random_search.build(given)


def greedy(**more):
    return threats.greedy_words.build({"distance": 1.0, **more})


def test_random_search_with_enough_draws_finds_the_worst_of_all():
    text = "abcc"
    near = {text[:at] + one + text[at + 1 :] for at in range(4) for one in "abc"} - {text}
    for seed in range(5):
        loss = Loss(hashed, 200)
        assert random_search(queries=200)(text, seed=seed, loss=loss) == max(near, key=hashed)
        assert set(loss.asked) == near


def test_greedy_search_with_enough_queries_finds_the_worst_of_all():
    table = {"give": ["lend", "gve"], "money": ["cash", "mony"], "back": ["bck"]}
    space = [
        " ".join(words) for words in product(*([word, *others] for word, others in table.items()))
    ]
    for bound in (0.1, 0.3, 1.0):
        text = "give money back"
        open_to = [one for one in space if one != text and distance(text, one) <= bound]
        loss = Loss(hashed, 17)
        found = greedy(replacements=table, distance=bound, queries=17)(text, seed=1, loss=loss)
        assert found == max(open_to, key=hashed)
        assert sorted(loss.asked) == sorted(open_to)


def test_greedy_search_finds_the_worst_of_an_additive_loss_without_asking_for_all():
    words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]
    table = {word: [word[::-1], word.upper(), word + word] for word in words}
    weight = {one: hashed(one) / 8 for word in words for one in (word, *table[word])}
    loss = Loss(lambda text: sum(weight.get(word, 0) for word in text.split()), 200)
    found = greedy(replacements=table, queries=200)(" ".join(words), seed=3, loss=loss)
    assert found.split() == [max((word, *table[word]), key=weight.get) for word in words]
    assert loss.spent < 4**8 / 100


@given(PROSE, BOUNDS, st.integers(1, 40), st.integers(0, 2**62))
@settings(max_examples=60, deadline=None)
def test_searches_of_texts_keep_their_bound_and_their_budget(text, bound, queries, seed):
    for search in (
        random_search(distance=bound, queries=queries, severity=0),
        greedy(distance=bound, queries=queries),
        greedy(distance=bound, queries=queries, of=letters()),
    ):
        loss = Loss(hashed, queries)
        found = search(text, seed=seed, loss=loss)
        assert distance(text, found) <= bound
        assert loss.spent <= queries
        again = Loss(hashed, queries)
        assert search(text, seed=seed, loss=again) == found
        assert again.asked == loss.asked


@given(PROSE, st.integers(0, 2**62))
@settings(max_examples=30, deadline=None)
def test_random_search_gives_the_worst_that_it_asked_about(text, seed):
    loss = Loss(hashed, 20)
    found = random_search(queries=20, severity=2)(text, seed=seed, loss=loss)
    assert found == max(loss.asked, key=hashed, default=text)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@given(st.integers(0, 2**62), st.sampled_from((0.001, 0.004, 0.03, 0.2)))
@settings(max_examples=25, deadline=None)
def test_searches_of_images_keep_their_bound_and_their_budget(norm, dtype, seed, bound):
    top = 255 if dtype == np.uint8 else 1
    image = (np.random.default_rng(seed).random((5, 4, 3)) * top).astype(dtype)
    before = image.copy()
    search = threats.random_search_image.build(
        {"of": brighten(), "distance": bound, "norm": norm, "queries": 9}
    )
    loss = Loss(lambda one: float(one.mean()) / top, 9)
    found = search(image, seed=seed, loss=loss)
    assert (image == before).all()
    assert found.dtype == image.dtype
    assert far(image, found, norm) <= bound
    assert loss.spent <= 9
    assert all(loss.judge(one) <= loss.judge(found) for one in loss.asked)


def test_a_planted_weakness_is_found():
    text = "Please tell me when the parcel with my order will arrive at the shop"
    weak = {
        "parcel": ["packet", "bundle"],
        "order": ["purchase"],
        "shop": ["store"],
        "tell": ["say"],
    }
    loss = Loss(lambda one: float("bundle" in one and "store" in one), 40)
    found = greedy(replacements=weak, queries=60, distance=0.4)(text, seed=0, loss=loss)
    assert found.count("bundle") == found.count("store") == 1


def test_greedy_search_is_at_least_as_strong_as_random_search_at_the_same_budget():
    text = "the doctor said that this medicine should help against the headache within hours"
    weights = {word: hashed(word) for word in text.split()}
    whole = sum(weights.values())

    def judge(candidate):
        words = candidate.split()
        return 1 - sum(weights[word] for word in weights if word in words) / whole

    ours, theirs = [], []
    for seed in range(12):
        for found, search in (
            (ours, greedy(distance=0.15, queries=60)),
            (theirs, random_search(distance=0.15, queries=60, severity=2)),
        ):
            found.append(judge(search(text, seed=seed, loss=Loss(judge, 60))))
    assert min(ours) >= max(theirs)


def test_wider_bounds_are_no_weaker_for_a_random_search():
    text = "a cab at a bar"
    found = [
        hashed(
            random_search(distance=bound, queries=400, severity=2)(
                text, seed=4, loss=Loss(hashed, 400)
            )
        )
        for bound in (0.08, 0.15, 0.3)
    ]
    assert found == sorted(found)


def test_greedy_search_leaves_alone_what_is_protected():
    text = (
        "She denies pain, took two tablets of aspirin 100 mg twice daily; left knee isn't swollen"
    )
    for seed in range(20):
        found = greedy(queries=300, distance=1.0)(text, seed=seed, loss=Loss(hashed, 300))
        kept = ("denies", "two tablets", "100 mg", "twice daily", "left", "isn't")
        assert all(one in found for one in kept), found
        own = greedy(queries=300, distance=1.0, protect=("aspirin",))
        assert "aspirin" in own(text, seed=seed, loss=Loss(hashed, 300))


def test_words_are_found_whole():
    text = "A) naïve mother-in-law's 20mg x2 a\u0301b I don't"
    spans = free_words(text, protected_by((), ()))
    assert [text[start:end] for start, end in spans] == ["naïve", "mother-in-law's"]


def test_what_is_altered_on_purpose_is_not_protected():
    text = "no, left, take two"
    spans = free_words(text, protected_by((), ("laterality",)))
    assert [text[start:end] for start, end in spans] == ["left", "take"]
    assert len(free_words(text, protected_by((), ("laterality", "negation", "numbers")))) == 4
    assert len(free_words(text, protected_by(("take",), ("laterality",)))) == 1


def test_mistyped_words_keep_their_first_letter_and_differ_by_one_slip():
    assert mistyped("dose") == ["dsoe", "does", "dse", "doe", "dos"]
    assert mistyped("cat") == []


def test_replacements_are_written_as_the_word_was():
    found = greedy(replacements={"pain": ["ache"]})("Pain", seed=0, loss=Loss(hashed, 9))
    assert found == "Ache"
    assert greedy(replacements={"pain": ["ache"]})("PAIN", seed=0, loss=Loss(hashed, 9)) == "ACHE"


@pytest.mark.parametrize("power", [-2, 0, 1, 3.5])
def test_entities_are_drawn_in_proportion_to_a_power_of_their_distance(power):
    away = np.array([0.1, 0.4, 0.8, 1.0, 0.55])
    table = {"aspirin": dict(zip(("a1", "b2", "c3", "d4", "e5"), away.tolist(), strict=True))}
    search = threats.entities.build(
        {"names": ["aspirin", *table["aspirin"]], "distances": table, "power": power, "queries": 1}
    )
    found = Counter(
        search("take aspirin", seed=sea.derive(1, seed), loss=Loss(hashed, 1))
        for seed in range(3000)
    )
    expected = away**power / (away**power).sum()
    counts = [found[f"take {name}"] for name in table["aspirin"]]
    assert sum(counts) == 3000
    assert chisquare(counts, 3000 * expected).pvalue > 1e-3


def test_high_powers_neither_overflow_nor_vanish():
    random = np.random.default_rng(0)
    assert draw([1e-9, 0.5, 1.0], 1e4, 3, random) == [2, 1, 0]
    assert draw([1e-9, 0.5, 1.0], -1e4, 3, random) == [0, 1, 2]


def test_neither_the_key_nor_its_synonyms_nor_what_is_there_already_are_drawn():
    names = ["Tylenol", "Advil", "Aspirin", "Codeine", "Naproxen"]
    search = threats.entities.build(
        {
            "names": names,
            "power": 0,
            "synonyms": [["paracetamol", "Tylenol", "acetaminophen"], ["Advil", "ibuprofen"]],
            "queries": 10,
        }
    )
    text = "Is it ibuprofen or PARACETAMOL, or Codeine?"
    loss = Loss(hashed, 10, target="acetaminophen")
    search(text, seed=1, loss=loss)
    assert {one.split()[2] for one in loss.asked} <= {"Aspirin", "Naproxen", "ibuprofen"}
    assert all("PARACETAMOL" in one for one in loss.asked)
    assert all("Tylenol" not in one and one.count("Codeine") <= 1 for one in loss.asked)
    assert loss.spent == 2


def test_names_at_distance_zero_are_the_same_thing_and_are_never_drawn():
    search = threats.entities.build(
        {
            "names": DRUGS,
            "power": -1,
            "distances": {"aspirin": {"codeine": 0.0, "naproxen": 0.0, "ibuprofen": 0.0}},
            "queries": 9,
        }
    )
    loss = Loss(hashed, 9, target="aspirin")
    assert search("codeine", seed=0, loss=loss) == "paracetamol"
    assert loss.asked == ["paracetamol"]


def test_the_entity_nearest_to_the_key_is_replaced_in_the_case_in_which_it_is_written():
    near = {"aspirin": {"ibuprofen": 0.9, "codeine": 0.1}}
    search = threats.entities.build({"names": DRUGS, "power": 1, "distances": near})
    loss = Loss(hashed, 8, target="Aspirin")
    search("CODEINE, ibuprofen, codeine, aspirin", seed=0, loss=loss)
    for one in loss.asked:
        first, kept, third, key = one.split(", ")
        assert (first, kept, key) == (third.upper(), "ibuprofen", "aspirin")


def test_a_text_without_entities_is_left_out():
    search = threats.entities.build({"names": DRUGS, "power": 1})
    with pytest.raises(NotApplicable, match="names no entity"):
        search("nothing of the kind: aspirins", seed=0, loss=Loss(hashed, 8))


@pytest.mark.parametrize(
    ("component", "params", "message"),
    [
        (threats.greedy_words, {"distance": 0}, r"distance must lie in \(0, 1\]"),
        (threats.greedy_words, {"distance": 0.1, "protect": ["("]}, "no regular expression"),
        (threats.greedy_words, {"distance": 0.1, "protect": "no"}, "protect must be a tuple"),
        (threats.greedy_words, {"distance": 0.1, "alters": ["drug"]}, "the kinds are numbers"),
        (threats.greedy_words, {"distance": 0.1, "candidates": 0}, "candidates must be"),
        (threats.entities, {"names": ["a"], "power": 1}, "at least two different names"),
        (
            threats.entities,
            {"names": ["a", "b"], "power": 1, "distances": {"a": {"b": -1}}},
            "from 0 up",
        ),
        (threats.projected_gradient, {"distance": 0.1, "queries": 1}, "from 2 up"),
        (threats.projected_gradient, {"distance": 0.1, "norm": "l1"}, "norm must be"),
        (threats.projected_gradient, {"distance": 0.1, "start": "there"}, "start must be"),
        (
            threats.random_search,
            {"distance": 0.1, "of": threats.greedy_words()},
            "of must be a perturbation of single values",
        ),
    ],
)
def test_parameters_without_a_meaning_are_refused(component, params, message):
    with pytest.raises(ParameterError, match=message):
        component.build(params)


def test_the_searches_are_found_by_their_names():
    registry = sea.Registry()
    registry.register(threats, "threats")
    assert {one.name for one in registry.all(sea.Perturbation)} == {
        getattr(threats, name).name for name in threats.__all__ if not name.startswith("seatrial")
    }


def test_searches_are_shown_without_a_preview():
    registry = sea.Registry()
    registry.register(threats, "threats")
    shown = describe(registry, "threats.greedy-words", None, 7)
    assert shown["searches"]
    assert shown["preview"] == []
    with pytest.raises(PlanError, match="--text shows nothing"):
        describe(registry, "threats.greedy-words", "some text", 7)


SMALL = Samples(values={"image": [np.random.default_rng(0).random((6, 5, 3)).astype(np.float32)]})
SHORT = Samples(values={"text": TEXTS[1:3]})


@pytest.mark.parametrize(
    ("use", "samples"),
    [
        (threats.random_search(of=letters(), queries=8), None),
        (
            threats.random_search_image(of=brighten(), queries=4),
            SMALL,
        ),
        (threats.greedy_words(queries=60, candidates=3), SHORT),
        (threats.entities(names=(*DRUGS, "penicillin"), queries=2), None),
    ],
    ids=lambda value: getattr(value, "label", ""),
)
def test_searches_conform(use, samples):
    component = use.component
    if component is threats.random_search:
        component = evolve(
            component, alters=("numbers", "drugs", "negation", "laterality", "options")
        )
        use = sea.Use(component, use.params)
    results = check(use, samples=samples)
    assert not [one for one in results if one.outcome == "failed"], summary(results)
    assert sum(one.outcome == "passed" for one in results) >= 13
