"""A perturbation changes what it is to change and nothing else, or the error has its name on it."""

from __future__ import annotations

import sys

import attrs
import numpy as np
import pytest

import seatrial as sea
from seatrial import Volume
from seatrial.errors import ComponentError, NotApplicable
from seatrial.inputs._apply import perturb

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
MASK = (np.arange(16).reshape(4, 4) % 2).astype(np.uint8)
TALK = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": ["what is this", PICTURE, "tell me"]},
]


def apply(function, given, modality="text", on=None, target=None, seed=1, **more):
    component = sea.Perturbation(
        name="local.change", summary="For a test.", modality=modality,
        factory=lambda: function, **more,
    )  # fmt: skip
    return perturb(component(on=on), function, sea.Case("c", given, target), seed)


def upper(text, /, *, seed):
    return text.upper()


def test_the_named_part_is_changed_and_the_others_stay():
    made = apply(upper, {"question": "why", "context": "so", "n": 3}, on="question")
    assert dict(made.case.input) == {"question": "WHY", "context": "so", "n": 3}
    assert (made.distance, made.unchanged, made.retargeted) == (1.0, False, False)


def test_what_was_said_last_is_changed_and_its_picture_stays():
    made = apply(upper, TALK, on="[-1].content")
    assert made.case.input[0] == {"role": "system", "content": "be brief"}
    said = made.case.input[1]
    assert (said["role"], said["content"][0], said["content"][2]) == (
        "user", "WHAT IS THIS", "TELL ME",
    )  # fmt: skip
    assert np.array_equal(said["content"][1], PICTURE)


def test_the_picture_in_a_message_is_changed_and_its_text_stays():
    made = apply(lambda x, /, *, seed: 255 - x, TALK, "image", on="[-1].content")
    assert made.case.input[1]["content"][0] == "what is this"
    assert np.array_equal(made.case.input[1]["content"][1], 255 - PICTURE)


def test_the_first_part_has_the_cases_seed_and_the_others_their_own():
    seeds = []

    def note(text, /, *, seed):
        seeds.append(seed)
        return text

    apply(note, {"a": "x", "b": "y", "c": "z"}, on=["a", "b", "c"], seed=5)
    assert seeds[0] == 5
    assert len(set(seeds)) == 3


def test_what_changes_nothing_is_unchanged_at_distance_zero():
    for given, modality in [
        ("a", "text"),
        (PICTURE, "image"),
        (Volume(np.ones((2, 2, 2))), "volume"),
    ]:
        made = apply(lambda x, /, *, seed: x, given, modality)
        assert (made.distance, made.unchanged, made.retargeted) == (0.0, True, False)


def test_not_applicable_is_handed_on():
    def no(text, /, *, seed):
        msg = "no digits"
        raise NotApplicable(msg)

    with pytest.raises(NotApplicable, match="no digits"):
        apply(no, "a")


def in_place(x, /, *, seed):
    x += 1
    return x


def by_the_back_door(x, /, *, seed):
    x.flags.writeable = True
    return in_place(x, seed=seed)


def through_memory(x, /, *, seed):
    view = np.frombuffer(memoryview(x), np.uint8)
    view.flags.writeable = True
    view[:] = 0
    return x


@pytest.mark.parametrize("write", [in_place, by_the_back_door, through_memory])
def test_what_writes_in_place_is_an_error_and_changes_no_case(write):
    before = PICTURE.copy()
    with pytest.raises(ComponentError, match=r"local\.change: ValueError"):
        apply(write, PICTURE, "image")
    assert np.array_equal(PICTURE, before)


def test_what_keeps_its_buffer_changes_no_earlier_result():
    buffer = np.empty_like(PICTURE)

    def add(x, /, *, seed):
        np.add(x, np.uint8(seed), out=buffer)
        return buffer

    first = apply(add, PICTURE, "image", seed=1).case.input
    kept = first.copy()
    apply(add, PICTURE, "image", seed=9)
    assert np.array_equal(first, kept)


def test_what_empties_a_conversation_in_place_is_an_error():
    def clear(talk, /, *, seed):
        talk[0]["content"] = ""
        return talk

    with pytest.raises(ComponentError, match=r"local\.change: TypeError"):
        apply(clear, TALK, "messages")


SPOILED = {
    "none": (lambda x, /, *, seed: None, PICTURE, "image", "got NoneType None"),
    "generator": (lambda x, /, *, seed: (row for row in x), PICTURE, "image", "got generator"),
    "bytes": (lambda x, /, *, seed: x.tobytes(), PICTURE, "image", "got bytes"),
    "list": (lambda x, /, *, seed: x.tolist(), PICTURE, "image", "got list"),
    "dtype": (lambda x, /, *, seed: x.astype(float), PICTURE, "image", "got ndarray of float64"),
    "other-dtype": (
        lambda x, /, *, seed: x.astype(np.uint16), PICTURE, "image", "expected uint8, the dtype of",
    ),
    "nan": (
        lambda x, /, *, seed: np.full(x.shape, np.nan, np.float32), PICTURE, "image", "with NaN",
    ),
    "range": (
        lambda x, /, *, seed: x * 3, np.ones((2, 2, 3), np.float32), "image", "values from 3 to 3",
    ),
    "axes": (lambda x, /, *, seed: x[:, :, 0], PICTURE, "image", r"shape \(4, 4\)"),
    "empty": (lambda x, /, *, seed: x[:0], PICTURE, "image", r"shape \(0, 4, 3\)"),
    "volume-array": (
        lambda x, /, *, seed: x.array, Volume(np.ones((2, 2, 2))), "volume", "expected Volume",
    ),
    "volume-nan": (
        lambda x, /, *, seed: Volume(x.array * np.nan, x.affine),
        Volume(np.ones((2, 2, 2))), "volume", "expected Volume",
    ),
    "volume-dtype": (
        lambda x, /, *, seed: Volume(x.array.astype(np.float32), x.affine),
        Volume(np.ones((2, 2, 2))), "volume", "expected float64",
    ),
    "text-bytes": (lambda x, /, *, seed: x.encode(), "a", "text", "got bytes"),
    "text-list": (lambda x, /, *, seed: [x], "a", "text", "got list"),
    "text-surrogate": (lambda x, /, *, seed: "\ud800", "a", "text", "got str"),
    "role": (
        lambda x, /, *, seed: [{"role": "boss", "content": "x"}], TALK, "messages", "got list",
    ),
    "exit": (lambda x, /, *, seed: sys.exit(0), "a", "text", "SystemExit: 0"),
    "case": (lambda x, /, *, seed: sea.Case("c", x), "a", "text", "got Case"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_what_a_perturbation_spoils_is_its_own_error(name):
    spoil, given, modality, said = SPOILED[name]
    with pytest.raises(ComponentError, match=rf"^local\.change: (?s:.*){said}"):
        apply(spoil, given, modality)


# Perturbations that see the whole case


def whole(change, given, target=None, modality="text"):
    return apply(
        lambda case, /, *, seed: change(case), given, modality, target=target, sees_case=True
    )


def test_a_mask_moves_along_with_its_picture():
    def shift(case):
        picture, mask = np.roll(case.input["image"], 1, 1), np.roll(case.target, 1, 1)
        return attrs.evolve(case, input={"image": picture}, target=mask)

    made = whole(shift, {"image": PICTURE}, MASK, "image")
    assert np.array_equal(made.case.target, np.roll(MASK, 1, 1))
    assert (made.unchanged, made.retargeted) == (False, True)
    assert made.distance > 0


def test_a_changed_target_alone_is_a_change():
    made = whole(lambda case: attrs.evolve(case, target="no"), "a", "yes")
    assert (made.case.target, made.distance, made.unchanged, made.retargeted) == (
        "no", 0.0, False, True,
    )  # fmt: skip


def test_a_target_that_was_written_again_is_unchanged():
    made = whole(lambda case: attrs.evolve(case, target=MASK.copy()), "a", MASK)
    assert (made.unchanged, made.retargeted) == (True, False)


def test_id_and_cluster_stay_those_of_the_case():
    made = whole(lambda case: sea.Case("other", case.input + "!", cluster="x"), "a")
    assert (made.case.id, made.case.cluster) == ("c", None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda case: case.input, "expected a Case, got a mapping with image, question"),
        (lambda case: attrs.evolve(case, input="text"), "input: expected a mapping of parts"),
        (lambda case: attrs.evolve(case, input={"image": PICTURE}), "'question' is missing"),
        (
            lambda case: attrs.evolve(case, input={**case.input, "image": None}),
            "part 'image': expected uint8.*got NoneType",
        ),
        (
            lambda case: attrs.evolve(case, input={**case.input, "image": PICTURE.astype("u2")}),
            "part 'image': expected uint8, the dtype",
        ),
        (
            lambda case: attrs.evolve(case, input={**case.input, "question": ["a"]}),
            "part 'question': expected str",
        ),
        (lambda case: attrs.evolve(case, target=MASK.astype(float)), "target: expected integer"),
        (lambda case: attrs.evolve(case, target=None), "target: .*got NoneType"),
        (lambda case: attrs.evolve(case, input={**case.input, "more": {1}}), "cannot be stored"),
        (lambda case: case.input["image"].fill(0), "ValueError: .*read-only"),
        (lambda case: case.target.fill(0), "ValueError: .*read-only"),
    ],
)
def test_parts_and_target_keep_their_modality(change, said):
    given = {"image": PICTURE, "question": "why"}
    with pytest.raises(ComponentError, match=rf"^local\.change: (?s:.*){said}"):
        whole(change, given, MASK, "image")


def test_a_target_that_was_none_may_become_anything():
    assert whole(lambda case: attrs.evolve(case, target="new"), "a").case.target == "new"


def test_options_may_be_put_in_another_order():
    def reverse(case):
        return attrs.evolve(case, input={**case.input, "options": case.input["options"][::-1]})

    made = whole(reverse, {"question": "which", "options": ["a", "b"]}, "a")
    assert made.case.input["options"] == ("b", "a")


# Searches


def test_a_candidate_is_put_where_it_belongs():
    placed = []

    def search(text, /, *, seed, loss):
        placed.append(loss("X"))
        return text + "?"

    component = sea.Perturbation(
        name="local.search", summary="For a test.", modality="text", factory=lambda: search,
        searches=True,
    )  # fmt: skip
    case = sea.Case("c", {"a": "x", "b": "y"})
    made = perturb(component(on=["a", "b"]), search, case, 1, aim=lambda place: place)
    assert [dict(one.input) for one in placed] == [{"a": "X", "b": "y"}, {"a": "x?", "b": "X"}]
    assert dict(made.case.input) == {"a": "x?", "b": "y?"}
