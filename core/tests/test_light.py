from __future__ import annotations

from textwrap import dedent

import pytest

HEAVY = [
    "numpy",
    "scipy",
    "torch",
    "pandas",
    "cattrs",
    "click",
    "rich",
    "sqlite3",
    "asyncio",
    "importlib.metadata",
]

LIGHT = {
    "the import": "import seatrial",
    "a plan": """
        from seatrial import Metric, Perturbation, Plan, Priority, Specification
        shout = Perturbation(name="a.shout", summary="S.", modality="text", factory="no:where")
        count = Metric(name="a.count", summary="C.", factory="no:where")
        Plan(perturbations=[shout(on="question")], metrics=[count], severities=[1])
        priority = Priority("P", perturbations=[shout], metric=count, require={"at_least": 0.5})
        assert Specification("S", priorities=[priority], seed=1, model="no:where").plan().arms
        """,
    "a seed": """
        from seatrial import derive, seeded
        with seeded(derive(1, "a")):
            pass
        """,
}
REGISTRY = {
    "what is installed": """
        import seatrial
        assert "good" in seatrial.Registry.installed().namespaces()
        """,
    "a component": """
        import seatrial
        assert seatrial.default_registry().get("good.shout").at
        """,
}
GOOD = "@hookimpl\ndef seatrial_perturbations():\n    return [perturbation('good.shout')]"


@pytest.mark.parametrize("what", LIGHT)
def test_what_imports_nothing_heavy(what, python):
    loaded = python(f"{dedent(LIGHT[what])}\nimport sys\nprint(*sys.modules)").split()
    assert "seatrial" in loaded
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize("what", REGISTRY)
def test_a_registry_loads_nothing_heavy(what, install, python):
    install("good", GOOD)
    loaded = python(f"{dedent(REGISTRY[what])}\nimport sys\nprint(*sys.modules)").split()
    assert not (set(HEAVY) - {"importlib.metadata"}) & set(loaded)
    assert ("fake_acme_good" in loaded) == (what == "a component")


def test_the_contract_works_where_the_upper_layer_cannot(install, python):
    install("good", GOOD)
    without = ("numpy", "scipy", "torch", "click", "rich", "sqlite3")
    assert python(
        f"""
        import sys
        sys.modules.update(dict.fromkeys({without!r}))
        import seatrial

        plan = seatrial.Plan(perturbations=["good.shout"], severities=[1, 2])
        print(len(plan.arms), seatrial.load_specification.__name__)
        with seatrial.seeded(seatrial.derive(1, "a")):
            pass
        """
    ).split() == ["2", "load_specification"]
