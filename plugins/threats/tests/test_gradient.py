"""Projected gradient against closed forms: a linear model's worst image is known."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import seatrial_threats as threats
from attrs import evolve
from threat_stand_ins import Loss, same

import seatrial as sea
from seatrial.errors import ComponentLoadError, ModelError, NotApplicable
from seatrial.testing import Samples, check, summary
from seatrial.verbs._run import run

torch = pytest.importorskip("torch")

SHAPE = (4, 3, 3)
EPSILON = 8 / 255


class Linear:
    """One logit, a weighted sum of the pixels, in channels-last order whatever torch sees."""

    def __init__(self, seed=0, outputs=1):
        self.weights = np.random.default_rng(seed).normal(size=(outputs, *SHAPE))
        flat = torch.nn.Linear(int(np.prod(SHAPE)), outputs)
        with torch.no_grad():
            given = torch.tensor(self.weights).movedim(-1, 1).reshape(outputs, -1)
            flat.weight.copy_(given)
            flat.bias.zero_()
        self.module = torch.nn.Sequential(torch.nn.Flatten(), flat).eval()

    def __call__(self, images):
        return [int((self.weights[0] * image).sum() > 0) for image in images]


def image(seed=1):
    return np.random.default_rng(seed).random(SHAPE).astype(np.float32)


def attack(model, clean, target, **more):
    loss = Loss(None, 20, target, model)
    search = threats.projected_gradient.build({"distance": EPSILON, **more})
    found = search(clean, seed=3, loss=loss)
    assert loss.spent == 20
    return found


@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("start", ["random", "clean"])
def test_the_worst_image_of_a_linear_model_is_a_step_along_the_signs(target, start):
    model, clean = Linear(), image()
    y = 1 if target else -1
    truth = np.clip(clean - EPSILON * np.sign(model.weights[0] * y), 0, 1)
    found = attack(model, clean, target, start=start)
    assert found.dtype == clean.dtype
    np.testing.assert_allclose(found, truth, atol=1e-6)


@pytest.mark.parametrize("target", [0, 1])
def test_in_l2_it_is_a_step_along_the_weights(target):
    model = Linear()
    clean = 0.3 + 0.4 * image()
    y = 1 if target else -1
    size = np.sqrt(np.mean(model.weights[0] ** 2))
    truth = clean - EPSILON * model.weights[0] * y / size
    found = attack(model, clean.astype(np.float32), target, norm="l2", start="clean")
    np.testing.assert_allclose(found, truth, atol=1e-6)


def test_the_ball_and_the_range_of_pixels_are_kept():
    model = Linear(outputs=3)
    for seed in range(10):
        clean = image(seed)
        for norm, size in (
            ("linf", lambda d: np.abs(d).max()),
            ("l2", lambda d: np.sqrt((d**2).mean())),
        ):
            found = attack(model, clean, seed % 3, norm=norm)
            assert size(found.astype(float) - clean) <= EPSILON
            assert found.min() >= 0
            assert found.max() <= 1


def test_a_target_may_be_one_of_the_models_labels():
    model, clean = Linear(outputs=3), image()
    by_index = attack(model, clean, 2)
    model.labels = ("cat", "dog", "owl")
    np.testing.assert_array_equal(attack(model, clean, "owl"), by_index)
    with pytest.raises(ModelError, match="no index of a class"):
        attack(model, clean, "cow")
    with pytest.raises(ModelError, match="none of the module's 3 classes"):
        attack(model, clean, 7)


def test_channels_may_come_last():
    model, clean = Linear(), image()
    turned = SimpleNamespace(module=Last(model.module).eval())
    np.testing.assert_array_equal(
        attack(turned, clean, 1, channels="last"), attack(model, clean, 1)
    )


class Last(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, images):
        return self.inner(images.movedim(-1, 1))


def test_the_module_is_left_as_it_was():
    model = Linear()
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    attack(model, image(), 1)
    assert all(
        torch.equal(value, before[name]) for name, value in model.module.state_dict().items()
    )
    assert all(one.grad is None for one in model.module.parameters())
    model.module.train()
    with pytest.raises(ModelError, match="training mode"):
        attack(model, image(), 1)


def test_integer_images_do_not_apply():
    with pytest.raises(NotApplicable, match="uint8"):
        attack(Linear(), np.zeros(SHAPE, dtype=np.uint8), 1)


def test_without_torch_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ComponentLoadError, match="pip install torch"):
        threats.projected_gradient.at(1)


def test_a_run_turns_right_answers_wrong_and_counts_its_queries():
    model = Linear()
    images = [image(seed) for seed in range(12)]
    cases = [sea.Case(f"i{n:02}", one, model([one])[0]) for n, one in enumerate(images)]
    plan = sea.Plan(
        perturbations=[threats.projected_gradient(queries=6)], metrics=[same()], severities=[5]
    )
    report = run(plan, model, cases)
    attacked = [one for one in report.records() if one.severity]
    assert {one.queries for one in attacked} == {6}
    margins = [abs((model.weights[0] * one).sum()) for one in images]
    reach = [
        np.abs(
            model.weights[0] * (np.clip(one + s * 16 / 255 * np.sign(model.weights[0]), 0, 1) - one)
        ).sum()
        for one, s in zip(images, (1 if not case.target else -1 for case in cases), strict=True)
    ]
    truth = [float(margin > far) for margin, far in zip(margins, reach, strict=True)]
    assert [one.scores["stand.same"] for one in attacked] == truth
    assert 0 < sum(truth) < 12


class Coloured(torch.nn.Module):
    """Take grey images as colour images of three equal channels."""

    def forward(self, images):
        return images.expand(-1, 3, -1, -1)


def test_it_conforms_where_a_model_is_given():
    model = Linear(outputs=2)
    model.module = torch.nn.Sequential(
        Coloured(), torch.nn.AdaptiveAvgPool2d((4, 3)), torch.nn.ReLU(), model.module
    ).eval()
    samples = Samples(values={"image": [image()]}, models=[model])
    small = evolve(threats.projected_gradient, ladder=({"distance": 0.01}, {"distance": 0.05}))
    use = small(queries=2, norm="l2")
    results = check(use, samples=samples)
    assert not [one for one in results if one.outcome == "failed"], summary(results)
