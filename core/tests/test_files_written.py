"""What is written to TOML is read back equal."""

from __future__ import annotations

import tomllib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loud_stand_ins import ACCURACY, CRY, LOSS, SHOUT, loud_registry

from seatrial import Priority, Specification
from seatrial._components import Use
from seatrial._concepts import CONCEPTS, RELATIONS
from seatrial._files import dump_specification, load_specification
from seatrial._reference import Reference

LOUD = loud_registry()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = TEXT | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False)
PARAMS = st.dictionaries(
    TEXT.filter(lambda key: key not in ("amount", "on")),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
USES = st.builds(
    Use, st.sampled_from([SHOUT, CRY]), PARAMS, on=st.none() | TEXT | st.lists(TEXT, max_size=2)
)
REQUIRE = st.fixed_dictionaries(
    {"at_least": st.floats(-5, 5)},
    optional={
        "confidence": st.floats(0.5, 1, exclude_max=True),
        "max_drop": st.floats(0, allow_nan=False, allow_infinity=False),
        "min_agreement": st.floats(0, 1),
    },
)
REFUSING = ("must-refuse", "may-refuse", "must-abstain")  # not with just any metric: `_fitness`


def priority(*given, relation, require, **more):
    """A priority that does not contradict itself: `directional` asks for another answer."""
    if relation == "directional":
        require.pop("min_agreement", None)
    return Priority(*given, relation=relation, require=require, **more)


PRIORITIES = st.builds(
    priority,
    TEXT.filter(str.strip),
    perturbations=st.lists(USES, min_size=1, max_size=2),
    where=st.dictionaries(TEXT, SCALARS | st.lists(SCALARS, max_size=2), max_size=2),
    severities=st.lists(st.integers(1, 5), max_size=3),
    relation=st.sampled_from([one for one in RELATIONS if one not in REFUSING]),
    metric=st.builds(Use, st.sampled_from([ACCURACY, LOSS]), PARAMS),
    require=REQUIRE,
    concept=st.none() | st.sampled_from(CONCEPTS),
    weight=st.integers(1, 9) | st.floats(1e-9, 1e9),
)
REFERENCES = st.builds(
    Reference, st.sampled_from(["a:b", "some.package:Class.method"]), st.none() | PARAMS
)
SPECIFICATIONS = st.builds(
    Specification,
    TEXT.filter(str.strip),
    priorities=st.lists(PRIORITIES, min_size=1, max_size=3, unique_by=lambda one: one.name),
    seed=st.integers(0, 2**62),
    model=st.none() | REFERENCES,
    cases=st.none() | REFERENCES | st.lists(REFERENCES, max_size=2),
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(spec=SPECIFICATIONS)
def test_what_is_written_is_read_back_equal(spec, write):
    text = dump_specification(spec)
    tomllib.loads(text)
    again = load_specification(write(text), registry=LOUD)
    assert again == spec
    assert dump_specification(again) == text
