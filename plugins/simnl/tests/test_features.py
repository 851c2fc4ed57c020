"""Features: what is embedded, in which order, kept where, and refused when."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_simnl import (
    Features,
    Pictures,
    Prompts,
    SimNL,
    augmented,
    extract,
    few_shot,
    prototypes,
)

from seatrial import Case
from seatrial.errors import ModelError, PlanError, StoreError

WIDTH = 6
PROMPTS = Prompts(
    ["a photo of a {}.", "a {}."], ["no {}."], {"cat": ["It purrs."], "dog": ["Woof."]}
)


class Towers:
    """Embed by colours and letters, and count what is asked."""

    identity = "towers-1"

    def __init__(self):
        self.images = 0
        self.texts = 0

    def embed_image(self, images):
        self.images += len(images)
        rows = [np.concatenate([one.mean((0, 1)), one.std((0, 1))]) + 1.0 for one in images]
        return np.asarray(rows)

    def embed_text(self, texts):
        self.texts += len(texts)
        digests = [hashlib.sha256(text.encode()).digest()[:WIDTH] for text in texts]
        return np.array([list(digest) for digest in digests], dtype=np.float32) + 1


def images(count, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (9 + k % 3, 12, 3), dtype=np.uint8) for k in range(count)]


@pytest.fixture
def cases():
    pictures = images(10)
    return [Case(f"{k}", pictures[k], ["cat", "dog"][k % 2]) for k in range(10)]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_features_are_what_the_model_says_brought_to_unit_norm(cases):
    found = extract(Towers(), cases, classes=["dog", "cat"], prompts=PROMPTS, views=3, seed=5)
    assert found.classes == ("dog", "cat")
    assert found.labels.tolist() == [1, 0] * 5
    assert found.targets == tuple(case.target for case in cases)
    assert found.ids == tuple(case.id for case in cases)
    np.testing.assert_allclose(
        found.plain, unit(Towers().embed_image([c.input for c in cases])), rtol=1e-6
    )
    assert found.views.shape == (3, 10, WIDTH)
    for rows in (found.plain, found.keys, *found.views, *found.texts.values()):
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)


def test_keys_are_the_mean_of_raw_features_of_all_views(cases):
    from seatrial_simnl._identity import image_digest

    from seatrial import derive

    found = extract(Towers(), cases, views=4, seed=5)
    place, image = 3, cases[3].input
    seeds = [derive(5, "simnl.view", image_digest(image), k) for k in range(4)]
    raw = Towers().embed_image([augmented(image, seed=seed) for seed in seeds])
    np.testing.assert_allclose(found.views[:, place], unit(raw), rtol=1e-5)
    np.testing.assert_allclose(found.keys[place], unit(raw.mean(0)), rtol=1e-5)
    without = extract(Towers(), cases)
    assert without.views.shape == (0, 10, WIDTH)
    np.testing.assert_array_equal(without.keys, without.plain)


def test_prototypes_are_units_of_means_of_units():
    found = prototypes(Towers(), ["cat", "dog"], PROMPTS)
    raw = Towers().embed_text(["a photo of a dog.", "a dog."]).astype(np.float64)
    np.testing.assert_allclose(found["template"][1], unit(unit(raw).mean(0)), rtol=1e-5)
    np.testing.assert_allclose(
        found["negative"], unit(Towers().embed_text(["no cat.", "no dog."])), rtol=1e-5
    )
    np.testing.assert_allclose(
        found["cupl"], unit(Towers().embed_text(["It purrs.", "Woof."])), rtol=1e-5
    )


def test_a_view_depends_on_its_image_its_number_and_the_seed_alone(cases):
    all_ = extract(Towers(), cases, views=2, seed=1)
    few = extract(Towers(), [cases[7], cases[2]], views=5, seed=1)
    np.testing.assert_array_equal(few.views[:2], all_.views[:, [7, 2]])
    other = extract(Towers(), cases, views=2, seed=2)
    assert (other.views != all_.views).any(axis=2).all()
    np.testing.assert_array_equal(other.plain, all_.plain)


def test_what_is_in_the_cache_is_not_computed_again(cases, tmp_path):
    first, again, wider = Towers(), Towers(), Towers()
    found = extract(first, cases, prompts=PROMPTS, views=2, cache=tmp_path)
    assert (first.images, first.texts) == (30, 8)
    drawn = few_shot(cases, 3, seed=1, noise=0.5)
    some = extract(again, drawn, classes=found.classes, prompts=PROMPTS, views=1, cache=tmp_path)
    assert (again.images, again.texts) == (0, 0)
    places = [found.ids.index(case.id) for case in drawn]
    np.testing.assert_array_equal(some.views[0], found.views[0][places])
    np.testing.assert_array_equal(some.plain, found.take(places).plain)
    extract(wider, cases, views=3, cache=tmp_path)
    assert wider.images == 10
    extract(wider, cases, views=3, seed=1, cache=tmp_path)
    assert wider.images == 50


def test_the_same_image_twice_is_computed_once(cases):
    towers = Towers()
    twice = [*cases, Case("copy", cases[0].input, "dog")]
    found = extract(towers, twice, views=1)
    assert towers.images == 20
    np.testing.assert_array_equal(found.plain[0], found.plain[10])


def test_work_that_was_broken_off_goes_on(tmp_path):
    class Failing(Towers):
        def embed_image(self, some):
            if self.images >= 256:
                raise KeyboardInterrupt
            return super().embed_image(some)

    pictures = [Case(f"{k}", image, "cat") for k, image in enumerate(images(300))]
    with pytest.raises(KeyboardInterrupt):
        extract(Failing(), pictures, cache=tmp_path)
    rest, seen = Towers(), []
    found = extract(rest, pictures, cache=tmp_path, progress=lambda *at: seen.append(at))
    assert rest.images == 300 - 256
    assert seen == [(300, 300)]
    np.testing.assert_array_equal(found.plain, extract(Towers(), pictures).plain)


def test_another_model_has_rows_of_its_own(cases, tmp_path):
    extract(Towers(), cases, cache=tmp_path)
    other = Towers()
    other.identity = "towers-2"
    extract(other, cases, cache=tmp_path)
    assert other.images == 10


def only(folder, kind="images"):
    (file,) = folder.glob(f"{kind}-*/*.safetensors")
    return file


def test_a_damaged_cache_is_refused(cases, tmp_path):
    extract(Towers(), cases, cache=tmp_path)
    file = only(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    with pytest.raises(StoreError, match=r"is damaged, or no file of features .*; delete it"):
        extract(Towers(), cases, cache=tmp_path)
    file.write_bytes(whole[:-3] + b"\x00\x01\x02")
    with pytest.raises(StoreError, match="its checksum is wrong"):
        extract(Towers(), cases, cache=tmp_path)


def test_a_file_of_another_model_in_the_place_of_ours_is_stale(cases, tmp_path):
    extract(Towers(), cases, cache=tmp_path / "one")
    other = Towers()
    other.identity = "towers-2"
    extract(other, cases, cache=tmp_path / "two")
    only(tmp_path / "one").write_bytes(only(tmp_path / "two").read_bytes())
    with pytest.raises(StoreError, match=r"stale: .*backbone 'towers-2' and not 'towers-1'"):
        extract(Towers(), cases, cache=tmp_path / "one")


def test_saved_features_come_back_bit_for_bit(cases, tmp_path):
    found = extract(Towers(), cases, prompts=PROMPTS, views=2)
    found.save(tmp_path / "f.safetensors")
    names = ["cat", "dog"]
    back = Features.load(
        tmp_path / "f.safetensors",
        model=Towers(),
        cases=cases,
        prompts=PROMPTS,
        classes=names,
        seed=0,
    )
    assert (back.ids, back.classes, back.facts) == (found.ids, found.classes, found.facts)
    for name in ("labels", "plain", "keys", "views"):
        np.testing.assert_array_equal(getattr(back, name), getattr(found, name))
    assert set(back.texts) == {"template", "negative", "cupl"}
    np.testing.assert_array_equal(back.texts["negative"], found.texts["negative"])


def changed(cases, what):
    other = Towers()
    other.identity = "towers-2"
    picture = [Case("0", images(1, seed=9)[0], "cat"), *cases[1:]]
    label = [Case("0", cases[0].input, "dog"), *cases[1:]]
    return {
        "backbone": {"model": other},
        "data": {"cases": picture},
        "data ": {"cases": label},
        "prompts": {"prompts": Prompts(["a {}."])},
        "classes": {"classes": ["dog", "cat"]},
        "seed": {"seed": 1},
        "backbone and seed": {"model": other, "seed": 1},
    }[what]


@pytest.mark.parametrize(
    "what", ["backbone", "data", "data ", "prompts", "classes", "seed", "backbone and seed"]
)
def test_saved_features_of_something_else_are_stale(cases, tmp_path, what):
    extract(Towers(), cases, prompts=PROMPTS).save(tmp_path / "f.safetensors")
    with pytest.raises(StoreError, match=f"is stale: its {what.strip()} "):
        Features.load(tmp_path / "f.safetensors", **changed(cases, what))


def test_a_part_is_other_data(cases, tmp_path):
    extract(Towers(), cases).take([1, 0]).save(tmp_path / "f.safetensors")
    back = Features.load(tmp_path / "f.safetensors")
    assert back.ids == ("1", "0")
    with pytest.raises(StoreError, match="is stale: its data"):
        Features.load(tmp_path / "f.safetensors", cases=cases)


def test_what_cannot_be_told_apart_is_not_kept(cases, tmp_path):
    class Nameless(Towers):
        identity = None

    with pytest.raises(ModelError, match="`identity`"):
        extract(Nameless(), cases, cache=tmp_path)
    with pytest.raises(ModelError, match="identity"):
        extract(Nameless(), cases).save(tmp_path / "f.safetensors")


def test_pictures_in_files_are_read_one_after_the_other(tmp_path):
    from PIL import Image

    entries = []
    for k, image in enumerate(images(4)):
        Image.fromarray(image).save(tmp_path / f"{k}.png")
        entries.append(Case(f"{k}", str(tmp_path / f"{k}.png"), "cat"))
    found = extract(Towers(), Pictures(tuple(entries)), views=1)
    np.testing.assert_array_equal(found.plain, extract(Towers(), images(4)).plain)
    assert found.ids == ("0", "1", "2", "3")


def test_bare_images_need_no_labels():
    found = extract(Towers(), images(3), classes=["cat", "dog"], prompts=PROMPTS)
    assert len(found) == 3
    assert found.labels.size == 0
    assert found.ids == ("image 0", "image 1", "image 2")


class Broken(Towers):
    def __init__(self, rows):
        super().__init__()
        self.rows = rows

    def embed_image(self, images):
        return self.rows


@pytest.mark.parametrize(
    ("model", "given", "options", "message"),
    [
        (Towers(), [], {}, "nothing to embed"),
        (Towers(), images(2), {"views": -1}, "views must be"),
        (Towers(), images(2), {"views": True}, "views must be"),
        (Towers(), [np.zeros((2, 2))[:0]], {}, "an image must be"),
        (Towers(), [np.full((2, 2, 3), 300)], {}, "must be uint8, uint16, or float32"),
        (Towers(), [np.full((2, 2, 3), 3.0)], {}, "must lie in"),
        (Towers(), [Case("a", images(1)[0], "cat"), Case("b", images(1)[0])], {}, "every case has"),
        (Towers(), [Case("a", images(1)[0], "cat")], {"classes": ["dog"]}, "label 'cat' is none"),
        (Towers(), [Case("a", images(1)[0], "cat")], {"classes": ["cat"] * 2}, "names one twice"),
        (len, images(2), {}, "has no `embed_image`"),
        (Broken(np.ones((1, 4))), images(2), {}, r"must give \[2, width\]"),
        (Broken(np.ones(2)), images(2), {}, r"must give \[2, width\]"),
        (Broken(np.array([[1.0, 1], [0, 0]])), images(2), {}, "NaN or infinity for image 1"),
        (Broken(np.array([[np.nan, 1], [1, 0]])), images(2), {}, "NaN or infinity for image 0"),
    ],
)
def test_what_makes_no_sense_is_refused(model, given, options, message):
    with pytest.raises((PlanError, ModelError), match=message):
        extract(model, given, **options)


def test_features_are_what_the_estimators_take(cases):
    found = extract(Towers(), cases, prompts=PROMPTS, views=2)
    learned = SimNL(seed=1).fit(
        found.keys,
        list(found.targets),
        text=found.texts["template"],
        cupl=found.texts["cupl"],
        negative=found.texts["negative"],
        classes=found.classes,
        views=found.views,
    )
    assert learned.predict_proba(found.plain).shape == (10, 2)


# --- augmented views ---------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    height=st.integers(1, 60),
    width=st.integers(1, 60),
)
def test_a_view_is_an_image_of_224_pixels_and_a_pure_function(seed, height, width):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    before = image.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - the global generator is what is watched
    view = augmented(image, seed=seed)
    assert view.shape == (224, 224, 3)
    assert view.dtype == np.uint8
    np.testing.assert_array_equal(view, augmented(image, seed=seed))
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_the_parts_have_the_areas_and_proportions_of_a_random_resized_crop():
    from seatrial_simnl._augment import _part

    size = 1000
    parts = np.array([_part(size, size, np.random.default_rng(k).random) for k in range(4000)])
    top, left, height, width = parts.T
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert ((top + height <= size) & (left + width <= size)).all()
    fraction, ratio = height * width / size**2, width / height
    assert 0.495 < fraction.min() < 0.51
    assert 0.98 < fraction.max() <= 1
    assert ratio.min() > 0.745
    assert ratio.max() < 1.34
    # Long parts of large area do not fit and are drawn anew, so the mean fraction is below 0.75.
    assert 0.68 < fraction.mean() < 0.72
    assert abs(np.log(ratio).mean()) < 0.02
    assert abs((left / np.maximum(size - width, 1)).mean() - 0.5) < 0.03


def test_half_of_the_views_are_mirrored():
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[:, :, 0] = np.linspace(0, 255, 64)
    rises = [
        augmented(image, seed=k)[112, -1, 0] > augmented(image, seed=k)[112, 0, 0]
        for k in range(200)
    ]
    assert 70 < sum(map(int, rises)) < 130


def test_a_very_long_picture_gives_its_middle():
    image = np.zeros((4, 400, 3), dtype=np.uint8)
    image[:, 190:210] = 255
    assert augmented(image, seed=0)[:, 112].mean() == 255


def test_the_draws_of_a_seed_are_frozen():
    from seatrial_simnl._augment import _part

    drawn = [_part(100, 200, np.random.default_rng(seed).random) for seed in range(3)]
    assert drawn == [(0, 33, 100, 133), (2, 33, 94, 122), (0, 33, 100, 133)]


def test_pictures_of_sixteen_bits_are_looked_at_as_those_of_eight():
    picture = images(1)[0]
    wanted = augmented(picture, seed=3)
    assert np.array_equal(augmented(picture.astype(np.uint16) * 257, seed=3), wanted)
