"""Every modality keeps its promises: told apart, named, frozen, kept and measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_strategies import arrays, conversations, images, masks, texts, volumes

from seatrial import Volume
from seatrial._declaring import MODALITIES
from seatrial.errors import PlanError
from seatrial.inputs._modalities import core_modalities, described

CORE = core_modalities()

VALUES = {
    "text": texts,
    "messages": conversations,
    "image": images,
    "volume": volumes,
    "mask": masks,
    "array": arrays,
}
of_a_modality = st.sampled_from(MODALITIES).flatmap(
    lambda name: st.tuples(st.just(name), VALUES[name])
)


def held():
    for name in MODALITIES:
        carrier = CORE.carrier(name)
        for kind in ("samples", "edges"):
            for at, value in enumerate(getattr(carrier, kind)()):
                yield pytest.param(name, value, id=f"{name}-{kind}-{at}")


@pytest.mark.parametrize(("name", "value"), list(held()))
def test_what_a_carrier_gives_as_examples_keeps_its_promises(name, value):
    carrier = CORE.carrier(name)
    assert carrier.holds(value)
    kept = carrier.load(carrier.dump(value))
    assert carrier.holds(kept)
    assert carrier.digest(kept) == carrier.digest(value)
    assert carrier.digest(carrier.freeze(value)) == carrier.digest(value)
    assert carrier.distance(value, value) in (0.0, None)
    assert "\n" not in carrier.preview(value)


@given(of_a_modality)
def test_a_value_survives_storage_and_keeps_its_name(pair):
    name, value = pair
    carrier = CORE.carrier(name)
    assert carrier.holds(value), value
    kept = carrier.load(carrier.dump(value))
    assert carrier.holds(kept)
    assert carrier.digest(kept) == carrier.digest(value)


@given(of_a_modality, of_a_modality)
def test_digests_are_equal_exactly_where_stored_values_are(one, other):
    (name, value), (_, second) = one, other
    carrier = CORE.carrier(name)
    if carrier.holds(second):
        alike = carrier.digest(value) == carrier.digest(second)
        assert alike == (carrier.dump(value) == carrier.dump(second))


@given(arrays)
def test_the_order_of_bytes_and_of_axes_in_memory_names_nothing(value):
    carrier = CORE.carrier("array")
    swapped = value.astype(value.dtype.newbyteorder("S"))
    assert carrier.digest(value) == carrier.digest(np.asfortranarray(value))
    assert carrier.digest(value) == carrier.digest(swapped)
    assert carrier.digest(value) == carrier.digest(carrier.load(carrier.dump(swapped)))


def test_shape_and_type_belong_to_the_name():
    digest = CORE.carrier("array").digest
    zeros = [np.zeros(4), np.zeros((2, 2)), np.zeros(4, np.float32), np.zeros(4, np.int64)]
    assert len({digest(one) for one in zeros}) == 4


def test_a_name_is_the_same_in_another_process():
    code = (
        "import numpy as np, sys; from seatrial.inputs._encoding import name_content; "
        "print(name_content({'a': np.arange(6).reshape(2, 3), 'b': ('x', 1.5, None)}))"
    )
    from seatrial.inputs._encoding import name_content

    here = name_content({"b": ("x", 1.5, None), "a": np.arange(6).reshape(2, 3)})
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "3"},
    )  # fmt: skip
    assert done.stdout.strip() == here


@given(of_a_modality)
def test_nobody_writes_to_what_is_frozen(pair):
    name, value = pair
    before = CORE.carrier(name).digest(value)
    frozen = CORE.carrier(name).freeze(value)
    for array in arrays_in(frozen):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    for array in arrays_in(value):
        if array.flags.writeable:
            array.fill(1)
    assert CORE.carrier(name).digest(frozen) == before


def arrays_in(value):
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Volume):
        yield value.array
        yield value.affine
    elif isinstance(value, list | tuple):
        for one in value:
            yield from arrays_in(one)
    elif hasattr(value, "values"):
        for one in value.values():
            yield from arrays_in(one)


def test_freezing_copies_containers_and_what_is_in_them():
    picture = np.zeros((2, 2, 3), np.uint8)
    given_ = {"question": "why", "pictures": [picture], "more": {"deep": (picture,)}}
    frozen = CORE.freeze(given_)
    picture[:] = 9
    assert frozen["pictures"][0].max() == frozen["more"]["deep"][0].max() == 0
    assert isinstance(frozen["pictures"], list)
    frozen["question"] = "else"
    assert given_["question"] == "why"


RECOGNISED = [
    ("hello", "text"),
    ([{"role": "user", "content": "hello"}], "messages"),
    (({"role": "user", "content": ("look", np.zeros((2, 2, 3), np.uint8))},), "messages"),
    (np.zeros((4, 5, 3), np.uint8), "image"),
    (np.zeros((4, 5, 1), np.float32), "image"),
    (np.full((4, 5, 3), 2.0, np.float32), "array"),
    (np.full((4, 5, 3), np.nan, np.float32), "array"),
    (np.zeros((4, 5), np.uint8), "mask"),
    (np.zeros((4, 5), np.float32), "array"),
    (Volume(np.zeros((3, 3, 3), np.float32)), "volume"),
    (Volume(np.zeros((3, 3, 3), np.int16)), "volume"),
    (np.zeros(3), "array"),
    ("\ud800", None),
    ([], None),
    ([{"role": "boss", "content": "hello"}], None),
    (["a", "b"], None),
    (np.array(["a"]), None),
    (np.array([None]), None),
    (3, None),
    (b"bytes", None),
    (Volume(np.full((2, 2, 2), np.nan, np.float32)), None),
]


@pytest.mark.parametrize(("value", "name"), RECOGNISED, ids=lambda one: str(one)[:20])
def test_values_are_told_apart(value, name):
    assert CORE.recognise(value) == name


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("image", np.full((2, 2, 3), 1.5, np.float32), r"values from 1\.5 to 1\.5"),
        ("image", np.full((2, 2, 3), np.nan, np.float32), "with NaN or infinity"),
        ("image", np.zeros((2, 2, 3)), "uint8, uint16, or float32 .* got ndarray of float64"),
        ("image", None, "got NoneType None"),
        ("text", {"question": "why"}, "got a mapping with question"),
        ("messages", "hello", "got str 'hello'"),
        ("mask", np.zeros((2, 2), np.float32), "integer or bool array"),
    ],
)
def test_what_does_not_fit_is_said_with_what_is_wanted(name, value, said):
    import re

    assert re.search(said, CORE.misfit(name, value))


def test_a_value_whose_own_code_is_wrong_is_described_all_the_same():
    class Rude:
        def __repr__(self):
            raise RuntimeError

    assert described(Rude()) == "Rude"


@pytest.mark.parametrize(
    ("clean", "perturbed", "far"),
    [
        ("abcd", "abcx", 0.25),
        (np.uint8([[[0], [255]]]), np.uint8([[[0], [0]]]), 1 / 2**0.5),
        (np.zeros((1, 2, 1), np.uint8), np.full((1, 2, 1), 255, np.uint8), 1.0),
        (np.zeros((2, 2), np.uint8), np.eye(2, dtype=np.uint8), 0.5),
        (np.zeros(3), np.zeros(4), None),
        (Volume(np.zeros((2, 2, 2))), Volume(np.zeros((2, 2, 2)), np.diag([2, 1, 1, 1])), None),
    ],
)
def test_distances_are_those_of_the_modality(clean, perturbed, far):
    from seatrial.inputs._distance import distance

    assert distance(clean, perturbed) == (far if far is None else pytest.approx(far))


@pytest.mark.parametrize(
    "changed",
    [
        [{"role": "assistant", "content": "a"}],
        [{"role": "user", "content": ["a"]}],
        [{"role": "user", "content": "a", "name": "x"}],
    ],
)
def test_a_changed_value_is_never_at_distance_zero(changed):
    from seatrial.inputs._distance import distance, same

    clean = [{"role": "user", "content": "a"}]
    assert not same(clean, changed)
    assert distance(clean, changed) != 0


def test_volumes_say_what_they_are_and_refuse_what_they_are_not():
    volume = Volume(np.zeros((3, 4, 5), np.int16), np.diag([1.0, 2.0, 3.0, 1.0]))
    assert volume.array.shape == (1, 3, 4, 5)
    assert volume.spacing == (1.0, 2.0, 3.0)
    assert repr(volume) == "Volume(1×3×4×5 int16, 1×2×3 mm)"
    assert volume == Volume(np.zeros((1, 3, 4, 5), np.int16), volume.affine)
    assert hash(volume) == hash(Volume(np.zeros((1, 3, 4, 5), np.int16), volume.affine))
    assert volume != Volume(np.zeros((3, 4, 5), np.int16))
    for wrong in (np.zeros((3, 4)), np.array([["a"]]), np.zeros((0, 3, 4))):
        with pytest.raises(PlanError, match="a volume is a numeric array"):
            Volume(wrong)
    for wrong in (np.eye(3), np.full((4, 4), np.nan), np.zeros((4, 4))):
        with pytest.raises(PlanError, match="affine"):
            Volume(np.zeros((3, 4, 5)), wrong)


def test_conversations_are_kept_as_json_that_others_can_read():
    carrier = CORE.carrier("messages")
    said = [{"role": "user", "content": "Où?"}]
    assert json.loads(carrier.dump(said)) == said


@pytest.mark.parametrize(
    ("beside", "holds"),
    [
        ({"name": "Ann", "tool_calls": [{"id": 1, "arguments": {"image": "x"}}]}, True),
        ({"when": float("nan")}, False),
        ({"more": {"$image": "x"}}, False),
        ({"more": {1: "x"}}, False),
        ({"more": {"a", "b"}}, False),
        ({"more": "\ud800"}, False),
    ],
)
def test_what_stands_beside_a_content_is_plain(beside, holds):
    carrier = CORE.carrier("messages")
    said = [{"role": "assistant", "content": "a", **beside}]
    assert carrier.holds(said) == holds
    if holds:
        kept = carrier.load(carrier.dump(said))
        assert carrier.digest(kept) == carrier.digest(said)
