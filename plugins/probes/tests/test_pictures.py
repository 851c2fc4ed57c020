"""Explainers of pictures: features by closed form, planted causes found, and none where none is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from seatrial_probes import appearance, bag_of_words, regions, surface
from seatrial_probes._appearance import appearance_features
from seatrial_probes._odds import Columns
from seatrial_probes._picture_findings import telling
from seatrial_probes._regions import in_percent, occlusion, region_names
from seatrial_probes._validation import Learning

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, PlanError

GREY = np.full((40, 60, 1), 51, np.uint8)


def values(picture):
    (row,) = appearance_features([picture])
    return {name: one.value for name, one in row.items()}


def test_features_are_what_they_are_called():
    flat = values(GREY)
    assert flat["brightness"] == pytest.approx(20)
    assert (flat["contrast"], flat["edges"], flat["noise"], flat["colourfulness"]) == (0, 0, 0, 0)
    assert 2 ** flat["size"] - 1 == pytest.approx(2400)
    assert 2 ** flat["width to height"] - 1 == pytest.approx(1.5)
    halves = np.zeros((40, 60, 3), np.uint8)
    halves[:, 30:] = 255
    both = values(halves)
    assert both["contrast"] == pytest.approx(50)
    assert (both["black pixels"], both["white pixels"]) == (50, 50)
    assert both["edges"] == pytest.approx(100 * 2 / 60)
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 200
    # Hasler and Süsstrunk: 0.3 times the length of the mean of (R - G, (R + G) / 2 - B)
    assert values(red)["colourfulness"] == pytest.approx(0.3 * np.hypot(200, 100))


def test_noise_is_measured_in_grey_levels():
    draw = np.random.default_rng(0)
    for sigma in (4, 12):
        noisy = np.clip(128 + draw.normal(0, sigma, (200, 200, 1)), 0, 255).astype(np.uint8)
        assert values(noisy)["noise"] == pytest.approx(sigma, rel=0.05)


def test_a_darker_picture_is_darker_and_no_less_sharp():
    draw = np.random.default_rng(1)
    steps = np.kron(draw.integers(0, 2, (10, 10, 1)), np.ones((8, 8, 1))) * 200 + 20
    light, dark = values(np.uint8(steps)), values(np.uint8(steps / 4))
    assert dark["brightness"] == pytest.approx(light["brightness"] / 4, rel=0.02)
    assert dark["edges"] == pytest.approx(light["edges"])
    assert dark["sharpness"] == pytest.approx(light["sharpness"], rel=0.01)


def test_a_picture_reads_alike_in_every_type():
    picture = np.random.default_rng(2).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    wide, real = picture.astype(np.uint16) * 257, picture.astype(np.float32) / 255
    for other in (wide, real, {"image": picture, "question": "what is it"}):
        assert values(other) == pytest.approx(values(picture))


@pytest.mark.parametrize("use", [appearance(), regions()], ids=["appearance", "regions"])
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("a text", "this input is a text; .* probes.bag-of-words"),
        ({"one": GREY, "two": GREY}, "several pictures, 'one', 'two'"),
        (np.zeros((4, 4), np.uint8), "this input is an array of 4×4 in uint8"),
        ({"question": "a text"}, "this input is the parts 'question' without one"),
    ],
    ids=["text", "two", "flat", "parts"],
)
def test_what_is_no_picture_is_refused_with_what_to_do(use, given, why):
    with pytest.raises(PlanError, match=why):
        use.build()(yes_to_all, judged([given] * 8, lambda n: n % 2 == 0), seed=0)


@pytest.mark.parametrize("use", [bag_of_words(), surface()], ids=["bag-of-words", "surface"])
def test_explainers_of_texts_refuse_pictures_and_name_those_for_them(use):
    with pytest.raises(PlanError, match=r"for pictures probes\.appearance or probes\.regions"):
        use.build()(None, judged([GREY] * 8, lambda n: n % 2 == 0), seed=0)


def yes_to_all(inputs):
    return ["yes"] * len(inputs)


def judged(pictures, right):
    return [
        sea.Outcome(
            case=sea.Case(f"p{n}", one, "yes"),
            input=one,
            prediction=sea.Prediction("yes"),
            right=bool(right(n)),
        )
        for n, one in enumerate(pictures)
    ]


def corner_model(inputs):
    """Answer by the top right corner alone."""
    means = [float(one[:10, -10:].mean()) for one in inputs]
    return [
        sea.Prediction(
            "light" if mean > 100 else "dark",
            probabilities={"light": mean / 255, "dark": 1 - mean / 255},
        )
        for mean in means
    ]


def test_occlusion_gives_all_weight_to_the_region_that_the_answer_comes_from():
    draw = np.random.default_rng(3)
    pictures = [draw.integers(60, 100, (30, 30, 1)).astype(np.uint8) for _ in range(5)]
    for one in pictures:
        one[:10, -10:] = 220
    weights = in_percent(occlusion(corner_model, pictures, grid=3))
    place = region_names(3).index("the top right")
    assert weights[:, place] == pytest.approx(np.full(5, 100.0))
    bare = occlusion(lambda xs: [one.value for one in corner_model(xs)], pictures, grid=3)
    assert in_percent(bare) == pytest.approx(weights)  # where the answer changes
    assert in_percent(np.zeros((1, 4))) == pytest.approx(np.full((1, 4), 25.0))
    assert [len(region_names(grid)) for grid in (2, 3, 4)] == [4, 9, 16]
    with pytest.raises(ModelError, match="pass model="):
        occlusion(None, pictures, grid=3)
    with pytest.raises(ParameterError, match="method"):
        regions(method="lime").build()


def test_grad_cam_is_cam_where_the_maps_are_averaged_and_weighed():
    """With global average pooling and one linear layer, it is CAM over the number of positions."""
    torch = pytest.importorskip("torch")
    from seatrial_probes._grad_cam import grad_cam

    torch.manual_seed(0)
    convolution, linear = torch.nn.Conv2d(3, 6, 3, padding=1), torch.nn.Linear(6, 4)
    module = torch.nn.Sequential(
        convolution, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), linear
    )
    module.requires_grad_(False)
    pictures = [
        np.random.default_rng(n).integers(0, 256, (12, 12, 3), dtype=np.uint8) for n in range(3)
    ]
    pictures.append(np.zeros((24, 12, 3), np.uint8))
    found = grad_cam(SimpleNamespace(module=module), pictures, grid=2)
    for picture, row in zip(pictures, found, strict=True):
        given = torch.from_numpy(picture).float().movedim(-1, 0)[None] / 255
        with torch.inference_mode():
            maps = convolution(given)[0]
            best = int(module(given).argmax())
            heat = (linear.weight[best][:, None, None] * maps).sum(0).relu() / maps[0].numel()
        size = heat.shape[0] // 2
        expected = [
            float(heat[r * size : (r + 1) * size, c * 6 : (c + 1) * 6].mean())
            for r in (0, 1)
            for c in (0, 1)
        ]
        assert row == pytest.approx(expected, rel=1e-4, abs=1e-7)
    with pytest.raises(ModelError, match='method="occlusion"'):
        grad_cam(SimpleNamespace(module=torch.nn.Flatten()), pictures[:1], grid=2)
    with pytest.raises(ModelError, match="needs a model with `module`"):
        grad_cam(yes_to_all, pictures, grid=2)


@pytest.fixture(scope="module")
def digits():
    """Give a trained network, and 300 digits that it has not seen."""
    timm = pytest.importorskip("seatrial_timm")
    return timm.digits_classifier(), timm.digits_cases()[:300]


def explained(use, digits, change):
    model, cases = digits
    draw = np.random.default_rng(5)
    pictures = [change(draw, one.input.copy()) for one in cases]
    outcomes = [
        sea.Outcome(
            case=sea.Case(case.id, picture, case.target),
            input=picture,
            prediction=answer,
            right=answer.value == case.target,
        )
        for case, picture, answer in zip(cases, pictures, model(pictures), strict=True)
    ]
    return sea.explain(use, outcomes=outcomes, model=model)


def dark(draw, picture):
    return np.uint8(picture * 0.35) if draw.random() < 0.3 else picture


def patched(draw, picture):
    if draw.random() < 0.4:
        picture[20:44, 20:44] = 128
    return picture


def conditions(explanation):
    return [one.condition for one in explanation.findings if one.name == "comes-with-failure"]


def test_dark_pictures_are_found_where_a_trained_network_fails_on_them(digits):
    found = explained(appearance(), digits, dark)
    assert conditions(found)[0].startswith("in the lowest quarter of brightness (")
    assert found.auroc > 0.65
    assert found.findings[0].interval[0] > 0


@pytest.mark.parametrize("method", ["occlusion", "grad-cam"])
def test_the_region_that_a_patch_covers_is_found(digits, method):
    found = explained(regions(method=method), digits, patched)
    assert "the contrast of the centre" in conditions(found)[0]
    assert found.auroc > 0.6


def test_the_model_of_a_report_is_handed_on_to_be_asked_again():
    from seatrial_metrics import accuracy

    draw = np.random.default_rng(6)
    pictures = [draw.integers(60, 100, (30, 30, 1)).astype(np.uint8) for _ in range(120)]
    for one in pictures[::3]:
        one[:10, -10:] += 120
    cases = [sea.Case(f"p{n}", one, "dark") for n, one in enumerate(pictures)]
    report = sea.run(sea.Plan(metrics=[accuracy()]), model=corner_model, cases=cases)
    found = sea.explain("probes.regions", report=report)
    assert found.summary.startswith("regions (occlusion)")
    assert found.auroc > 0.6


def test_where_nothing_causes_failure_nothing_is_found(digits):
    """Failures by lot, 150 draws: the intervals of all findings hold together at 95 %."""
    _, cases = digits
    rows = np.array(appearance_features([one.input for one in cases]), dtype=object)
    found = SimpleNamespace(features=Columns().fit(rows))
    draws, alarms = 150, 0
    for seed in range(draws):
        draw = np.random.default_rng(seed)
        right = draw.random(len(cases)) > (0.05, 0.2, 0.5)[seed % 3]
        outcomes = judged([one.input for one in cases], lambda n, right=right: right[n])
        alarms += bool(telling(found, rows, Learning.of(outcomes, 0))[0])
    assert alarms <= 0.05 * draws
