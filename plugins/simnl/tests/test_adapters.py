"""The adapters as seatrial calls them, on a tiny dual encoder."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import seatrial_simnl
from attrs import evolve
from PIL import Image
from towers import COLOURS, Towers, cases

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, PlanError
from seatrial.testing import Samples, check

ADAPTERS = seatrial_simnl.seatrial_adapters()
each = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda one: one.name)


def accuracy(model, some):
    answers = model([case.input for case in some])
    return float(np.mean([a.value == case.target for a, case in zip(answers, some, strict=True)]))


def test_the_face_declares_nine_adapters_and_imports_nothing_heavy():
    assert len(ADAPTERS) == 9
    assert {one.name for one in ADAPTERS} == {
        one.name for one in sea.default_registry().all(sea.Adapter) if one.namespace == "simnl"
    }
    code = (
        "import sys, seatrial_simnl; "
        "print(*(m for m in ('numpy', 'torch', 'safetensors') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@each
def test_it_keeps_what_every_adapter_must_keep(adapter):
    results = check(adapter(), samples=Samples(cases=cases(), models=[Towers()]))
    done = [one.name for one in results if one.outcome == "passed"]
    assert not [one for one in results if one.outcome == "failed"]
    assert {"saves_and_loads", "needs_are_truthful"} <= {n.removeprefix("check_") for n in done}


@each
def test_it_beats_the_texts_alone_on_new_images(adapter):
    fixed = sea.repair(adapter, model=Towers(), cases=cases(8))
    plain = sea.repair(seatrial_simnl.zero_shot, model=Towers(), cases=cases(8))
    new = cases(60, seed=1)
    gain = accuracy(fixed, new) - accuracy(plain, new)
    assert gain == 0 if adapter is seatrial_simnl.zero_shot else gain > 0


@each
def test_probabilities_are_those_of_all_classes(adapter):
    fixed = sea.repair(adapter, model=Towers(), cases=cases())
    found = fixed.predict_proba([case.input for case in cases(2, seed=3)])
    assert found.shape == (6, 3)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    (first, *_) = fixed([cases()[0].input])
    assert set(first.probabilities) == set(COLOURS)
    assert fixed([]) == []


@each
def test_it_says_why(adapter):
    learned = cases()
    fixed = sea.repair(adapter, model=Towers(), cases=learned)
    why = fixed.explain(learned[5].input)
    assert why.nearest[0][:2] == (learned[5].id, "green")
    assert why.nearest[0][2] == pytest.approx(1, abs=1e-5)
    assert set(why.positive) == set(COLOURS)
    assert set(why.negative) == (set(COLOURS) if adapter is seatrial_simnl.simnl else set())
    assert sum(why.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_a_saved_model_needs_its_own_original(tmp_path):
    path = tmp_path / "fixed"
    fixed = sea.repair(seatrial_simnl.simnl, model=Towers(), cases=cases())
    fixed.save(path)
    with pytest.raises(ModelError, match=r"not its original, towers 0: pass model=, the original"):
        seatrial_simnl.load(path)
    with pytest.raises(ModelError, match=r"of towers 0, and this model says that it is 'towers 1'"):
        seatrial_simnl.load(path, model=Towers(twist=1))
    assert seatrial_simnl.load(path, model="towers:towers").identity == fixed.model.identity
    again = seatrial_simnl.load(path, model=Towers())
    images = [case.input for case in cases(3, seed=2)]
    assert (again.predict_proba(images) == fixed.predict_proba(images)).all()
    assert again.identity == fixed.model.identity
    loaded = sea.Repaired.load(path, model=Towers())
    assert loaded.identity == fixed.identity
    assert (loaded.predict_proba(images) == fixed.predict_proba(images)).all()
    with pytest.raises(ModelError, match="'towers 0', and the model given is 'towers 1'"):
        sea.Repaired.load(path, model=Towers(twist=1))


class Unnamed(Towers):
    """The same towers without an identity, with one of them changed."""

    def __init__(self, *, image=None, text=None, see=None):
        super().__init__()
        self.identity = None
        self._image, self._text, self._see = image, text, see

    def embed_image(self, images):
        found = super().embed_image(images if self._see is None else [*map(self._see, images)])
        return found if self._image is None else self._image(found)

    def embed_text(self, texts):
        found = super().embed_text(texts)
        return found if self._text is None else self._text(found)


def shuffled(rows):
    return rows[:, np.random.default_rng(0).permutation(rows.shape[1])]


CHANGED = {
    "another sign": {"image": np.negative},
    "other directions": {"image": shuffled},
    "a scaled vector": {"image": lambda rows: rows * 1.1},
    "a shifted vector": {"image": lambda rows: rows + np.float32(0.05)},
    "another width": {"image": lambda rows: rows[:, :12]},
    "another range of the pixels": {"see": lambda image: np.asarray(image) / 255},
    "another order of the channels": {"see": lambda image: image[..., ::-1]},
    "pixels cut at the top": {"see": lambda image: np.minimum(image, 200)},
}


@pytest.mark.parametrize("how", CHANGED)
def test_another_image_tower_is_refused(how, tmp_path):
    path = tmp_path / "fixed"
    sea.repair(seatrial_simnl.simnl, model=Towers(), cases=cases()).save(path)
    seatrial_simnl.load(path, model=Unnamed())
    with pytest.raises(ModelError, match=r"this model embeds fixed image \d (?:in|elsewhere)"):
        seatrial_simnl.load(path, model=Unnamed(**CHANGED[how]))


def without_one(rows):
    rows[1] *= 0.9
    return rows


@pytest.mark.parametrize(
    "change",
    [np.negative, shuffled, without_one, lambda rows: rows * 1.1, lambda rows: rows[:, 1:]],
)
def test_another_text_tower_is_refused(change, tmp_path):
    path = tmp_path / "fixed"
    sea.repair(seatrial_simnl.simnl, model=Towers(), cases=cases()).save(path)
    with pytest.raises(
        ModelError, match=r"this model embeds 'a photo of a \w+\.' (?:in|elsewhere)"
    ):
        seatrial_simnl.load(path, model=Unnamed(text=change))


def test_another_identity_is_refused_where_both_state_one(tmp_path):
    path = tmp_path / "fixed"
    renamed = Towers()
    renamed.identity = "other weights"
    sea.repair(seatrial_simnl.simnl, model=Towers(), cases=cases()).save(path)
    with pytest.raises(ModelError, match="says that it is 'other weights'"):
        seatrial_simnl.load(path, model=renamed)
    path = tmp_path / "unnamed"
    sea.repair(seatrial_simnl.simnl, model=Unnamed(), cases=cases()).save(path)
    assert seatrial_simnl.load(path, model=renamed).original is renamed


@pytest.mark.parametrize(("dtype", "high"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 1, 3), (5, 7, 1), (6, 6)])
def test_fixed_images_have_the_form_of_those_that_it_learned_from(dtype, high, shape):
    from seatrial_simnl._fingerprint import ImageForm

    image = np.linspace(0, high, int(np.prod(shape))).reshape(shape).astype(dtype)
    drawn = ImageForm.of(image).images()
    assert {(one.shape, one.dtype) for one in drawn} == {(shape, np.dtype(dtype))}
    assert all(one.min() >= image.min() and one.max() <= high for one in drawn)


def test_a_repaired_model_goes_on_trial():
    metric = sea.Metric(
        name="test.right",
        summary="Right or wrong.",
        factory=lambda: (
            lambda targets, answers: [float(t == a) for t, a in zip(targets, answers, strict=True)]
        ),
        per_case=True,
    )
    plan = sea.Plan(perturbations=[], metrics=[metric()], seed=1)
    fixed = sea.repair(seatrial_simnl.simnl, model=Towers(), cases=cases(8))
    report = sea.run(plan, model=fixed, cases=cases(10, seed=1))
    assert report.cells[0].scores["test.right"] > 0.5


@pytest.mark.parametrize(
    ("some", "params", "says"),
    [
        ((), {}, "there are none"),
        (cases()[:4], {}, "two classes or more"),
        (cases(), {"classes": ["red", "green", "blue", "pink"]}, r"\['pink'\] have no image"),
        (cases(), {"classes": ["red", "green"]}, "'blue' is not among the classes"),
        (cases(), {"cupl": {"red": ["blood"], "green": ["grass"]}}, r"no sentence for \['blue'\]"),
        (cases(), {"templates": ["a photo"]}, "a template has one {}"),
        ((evolve(cases()[0], target=None), *cases()), {}, "'red-0' has no target"),
        ((evolve(cases()[0], target=7), *cases()), {}, "all texts or all numbers; got 7 too"),
        ((*cases(), evolve(cases()[0], id="twice", target="blue")), {}, "belong to 'red' and to"),
    ],
)
def test_cases_that_make_no_sense_are_refused(some, params, says):
    with pytest.raises((PlanError, ParameterError), match=says):
        sea.repair(seatrial_simnl.simnl(**params), model=Towers(), cases=some)


def test_towers_of_unlike_widths_are_refused():
    model = Towers()
    model.embed_text = lambda texts: np.ones((len(texts), 7), dtype=np.float32)
    with pytest.raises(PlanError, match=r"texts are 7 wide and not 24.*same backbone"):
        sea.repair(seatrial_simnl.tip, model=model, cases=cases())


def test_an_unknown_parameter_is_refused():
    with pytest.raises(ParameterError, match="alhpa"):
        seatrial_simnl.simnl(alhpa=1).build()
    assert {"alpha", "tau", "templates", "classes"} <= set(seatrial_simnl.simnl.parameters())
    assert "trained" not in seatrial_simnl.tip_f.parameters()


class Counted(Towers):
    """Notes how many images it embeds, and which."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def embed_image(self, images):
        self.seen += [np.asarray(one).tobytes() for one in images]
        return super().embed_image(images)


@each
def test_a_repair_trains_on_augmented_views(adapter):
    learned = cases(4)
    fixed = sea.repair(adapter(views=2), model=Towers(), cases=learned, seed=3)
    same = sea.repair(adapter(views=2), model=Towers(), cases=learned, seed=3)
    images = [case.input for case in cases(8, seed=1)]
    assert (fixed.predict_proba(images) == same.predict_proba(images)).all()
    plain = sea.repair(adapter, model=Towers(), cases=learned, seed=3)
    differs = (fixed.predict_proba(images) != plain.predict_proba(images)).any()
    assert differs == (adapter is not seatrial_simnl.zero_shot)
    assert fixed.explain(learned[5].input).nearest[0][2] == pytest.approx(1, abs=1e-5)


def test_views_are_those_of_the_images_and_go_on_after_an_interruption(tmp_path):
    from seatrial_simnl import augmented, extract
    from seatrial_simnl._examples import Examples

    class Work:
        directory = tmp_path
        reference = None

        def progress(self, done, total=None, /):
            told.append((done, total))

    told, learned, model = [], cases(2), Counted()
    seen = Examples(views=3).seen(model, learned, seed=5, work=Work())
    wanted = extract(Towers(), learned, views=3, seed=5)
    assert (seen.cached == wanted.keys).all()
    assert (seen.views == wanted.views).all()
    assert told[-1] == (24, 24)
    assert len(model.seen) == 24
    assert sum(len(one) == augmented(learned[0].input, seed=0).size for one in model.seen) == 18
    again = Examples(views=3).seen(model, learned, seed=5, work=Work())
    assert len(model.seen) == 24
    assert (again.views == seen.views).all()


def test_a_repair_sets_whole_clusters_apart_to_choose_on():
    from seatrial_simnl._examples import set_apart

    paired = [evolve(case, cluster=f"pair-{at // 2}") for at, case in enumerate(cases(8))]
    kept, held = set_apart(paired, 3, seed=1)
    assert sorted(one.id for one in (*kept, *held)) == sorted(one.id for one in paired)
    assert not {one.cluster for one in kept} & {one.cluster for one in held}
    assert {name: sum(one.target == name for one in held) for name in COLOURS} == dict.fromkeys(
        COLOURS, 4
    )
    assert [one.id for one in kept] == [one.id for one in paired if one in kept]
    assert {one.id for one in held} != {one.id for one in set_apart(paired, 3, seed=2)[1]}

    use = seatrial_simnl.taskres(validation=2, lr_grid=(1e-3, 1e-2))
    fixed = sea.repair(use, model=Towers(), cases=cases(5), seed=3)
    assert fixed.model.estimator.selected_["lr"] in (1e-3, 1e-2)
    assert len(fixed.model._cases) == 9
    grid = {"beta_grid": (0.1, 4.0, 4), "alpha_grid": (0.1, 4.0, 4)}
    tip = sea.repair(
        seatrial_simnl.tip(selection="val", validation=1, **grid), model=Towers(), cases=cases()
    )
    assert set(tip.model.estimator.selected_) == {"alpha", "beta"}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"selection": "val"}, "needs validation=, how many images of each class"),
        ({"validation": 2}, "selection='none' does not use them"),
        ({"validation": 2, "selection": "loo"}, "selection='loo' does not use them"),
        ({"validation": 4, "selection": "val"}, "3 classes have none to learn from, as 'blue'"),
        ({"views": -1}, "views must be a whole number from 0, not -1"),
        ({"views": 1.5}, "views must be a whole number from 0"),
    ],
)
def test_images_that_cannot_be_used_so_are_refused(params, says):
    with pytest.raises((PlanError, ParameterError), match=says):
        sea.repair(seatrial_simnl.tip(**params), model=Towers(), cases=cases())


def test_a_repair_by_the_release_takes_noisy_labels():
    noisy = seatrial_simnl.relabelled(cases(6), 0.3, seed=2, classes=list(COLOURS))
    assert any(case.target != case.groups["true class"] for case in noisy)
    use = seatrial_simnl.simnl(variant="release", epochs=2)
    fixed = sea.repair(use, model=Towers(), cases=noisy)
    assert fixed.predict_proba([case.input for case in cases(2)]).shape == (6, 3)


def test_images_that_stay_in_their_files_are_read(tmp_path):
    placed = []
    for case in cases():
        Image.fromarray(case.input).save(tmp_path / f"{case.id}.png")
        placed.append(evolve(case, input=sea.Asset(tmp_path / f"{case.id}.png", "image")))
    use = seatrial_simnl.simnl(views=1, validation=1, selection="val", epochs=3)
    before, after = (
        sea.repair(use, model=Towers(), cases=some, seed=1) for some in (cases(), placed)
    )
    asked = [case.input for case in cases()]
    assert before.model(asked) == after.model(asked)


def test_a_brace_beside_the_place_of_the_class_is_text():
    use = seatrial_simnl.zero_shot(templates=["a {} {of} {"], negatives=[])
    fixed = sea.repair(use, model=Towers(), cases=cases(), seed=1)
    assert len(fixed.model([cases()[0].input])) == 1
