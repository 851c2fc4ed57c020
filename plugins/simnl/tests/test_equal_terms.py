"""What puts methods on equal terms: schedules as published, epochs and rates chosen alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from drawn_features import features
from seatrial_simnl import (
    Ape,
    ClipAdapter,
    LinearProbe,
    SimNL,
    TaskRes,
    Tip,
    noise_trial,
    preset,
)
from seatrial_simnl._ape import similarity_by_channel
from seatrial_simnl._descent import Kept, descend, standing
from seatrial_simnl._support import Support
from slow_simnl import Slow, problem, unit

from seatrial.errors import ParameterError, PlanError

TRAINED = [
    SimNL(epochs=4),
    Tip(trained=True, epochs=4),
    Ape(trained=True, epochs=4),
    TaskRes(epochs=4),
    ClipAdapter(epochs=4),
    LinearProbe(epochs=4),
    LinearProbe(epochs=4, penalty="zero-shot"),
]
trained = pytest.mark.parametrize(
    "estimator", TRAINED, ids=lambda one: f"{one.name}-{TRAINED.index(one)}"
)
SMALL = {"alpha_grid": (0.1, 4.0, 4), "beta_grid": (0.1, 4.0, 4)}


@pytest.fixture
def drawn():
    return problem(classes=4, shots=3, width=16, queries=40, noise=0.0, seed=8)


def texts(drawn):
    return dict(zip(("text", "cupl", "negative"), drawn["texts"], strict=True))


def fitted(estimator, drawn, **more):
    fresh = type(estimator)().set_params(**estimator.get_params())
    return fresh.fit(drawn["keys"], drawn["labels"], **{**texts(drawn), **more})


class Rates:
    """A rule that notes its rates and changes nothing."""

    def __init__(self, noted):
        self.noted = noted

    def step(self, gradient, lr):
        self.noted.append(lr)


def support(drawn):
    return Support.of(
        drawn["keys"], drawn["labels"], classes=None, views=None, device="cpu", **texts(drawn)
    )


def run(drawn, epochs, **more):
    weight = torch.zeros(4, 16)
    options = {
        "rule": lambda _: Rates([]), "lr": 0.1, "epochs": epochs, "batch_size": 256, "seed": 0,
        "by_step": False, "logits": lambda f: f @ weight.T, "held": None, **more,
    }  # fmt: skip
    loss = torch.nn.functional.cross_entropy
    return descend([weight], lambda f, y: loss(f @ weight.T, y), support(drawn), **options)


def test_the_warm_up_is_that_of_dassl(drawn):
    noted = []
    run(drawn, 7, rule=lambda _: Rates(noted))
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    successor = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 7.0)
    wanted = [1e-5]
    for _ in range(6):
        wanted.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        successor.step()
    assert noted == pytest.approx(wanted)
    assert noted[1] == 0.1


def test_the_epoch_stays_that_does_best_on_what_is_held_out(drawn):
    held = torch.tensor(drawn["queries"]), torch.tensor(drawn["targets"])
    weight = torch.zeros(4, 16)
    kept, seen = Kept(held), []
    generator = torch.Generator().manual_seed(0)
    for _ in range(30):
        weight.copy_(torch.randn(4, 16, generator=generator))
        kept.look(lambda f: f @ weight.T, [weight])
        seen.append(weight.clone())
    kept.restore([weight])
    logits = [held[0].double() @ one.double().T for one in seen]
    right = [int((one.argmax(1) == held[1]).sum()) for one in logits]
    losses = [float(torch.nn.functional.cross_entropy(one, held[1])) for one in logits]
    best = min(range(30), key=lambda at: (-right[at], losses[at]))
    assert (weight == seen[best]).all()
    last = Kept(None)
    last.look(lambda f: f, [weight])
    last.restore([weight])
    assert (weight == seen[best]).all()


@trained
def test_the_rate_is_the_one_that_does_best_on_what_is_held_out(estimator, drawn):
    held = drawn["queries"], drawn["targets"]
    rates = tuple((estimator.lr or 1e-3) * times for times in (1 / 30, 1, 30))
    one_point = {"alpha_grid": (1.0, 2.0, 1), "beta_grid": (1.0, 2.0, 1), "lam_grid": (0.75, 1, 1)}
    known = estimator.get_params()
    params = {name: one for name, one in one_point.items() if name in known}
    if "selection" in known:
        params |= {"selection": "val", "alpha": 1.0, "beta": 1.0}
    found = fitted(type(estimator)(**{**known, **params, "lr_grid": rates}), drawn, validation=held)
    apart = [
        fitted(type(estimator)(**{**known, **params, "lr": rate}), drawn, validation=held)
        for rate in rates
    ]
    targets = torch.tensor(held[1])
    scores = [standing(torch.tensor(one.logits(held[0])), targets) for one in apart]
    best = max(range(3), key=scores.__getitem__)
    assert found.selected_["lr"] == rates[best]
    assert (found.logits(held[0]) == apart[best].logits(held[0])).all()
    assert (found.losses_, found.parameters_) == (apart[best].losses_, apart[best].parameters_)


def test_rates_without_anything_to_choose_by_are_refused(drawn):
    held = drawn["queries"], drawn["targets"]
    with pytest.raises(PlanError, match="lr_grid needs validation="):
        fitted(TaskRes(lr_grid=(1e-3,)), drawn)
    for rates in (("a",), (0.0,), (float("nan"),), "fast", 1e-3):
        with pytest.raises(ParameterError, match="lr_grid must be learning rates"):
            fitted(TaskRes(lr_grid=rates), drawn, validation=held)
    with pytest.raises(PlanError, match="and selection='val'"):
        fitted(Tip(trained=True, lr_grid=(1e-3,)), drawn, validation=held)
    with pytest.raises(ParameterError, match="nothing is trained: set trained=True"):
        fitted(Tip(selection="val", lr_grid=(1e-3,)), drawn, validation=held)


def test_ape_t_is_that_of_the_release(drawn):
    epochs, lr = 12, 0.03
    estimator = Ape(trained=True, alpha=2.0, beta=3.0, channels=6, epochs=epochs, lr=lr)
    found = fitted(estimator, drawn, views=drawn["views"])
    text = unit(torch.tensor(drawn["texts"][0] + drawn["texts"][1], dtype=torch.float64))
    keys = torch.tensor(drawn["keys"], dtype=torch.float64)
    labels = torch.tensor(drawn["labels"])
    alike = similarity_by_channel(keys, labels, text)
    kept = (-0.2 * alike + 0.8 * text.var(0)).topk(6).indices
    residual = torch.zeros(4, 6, dtype=torch.float64, requires_grad=True)
    worth = torch.ones(12, 1, dtype=torch.float64, requires_grad=True)

    def logits(f):
        new_keys, new_text = keys.clone(), text.clone()
        new_keys[:, kept] = new_keys[:, kept] + residual.repeat_interleave(3, 0)
        new_text[:, kept] = new_text[:, kept] + residual
        values = torch.eye(4, dtype=torch.float64)[labels] * worth
        return 100 * f @ new_text.T + 2 * (-(3 - 3 * f @ new_keys.T)).exp() @ values

    optimizer = torch.optim.AdamW([residual, worth], lr=lr, eps=1e-3, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        view = torch.tensor(drawn["views"][epoch % 2], dtype=torch.float64)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits(view), labels).backward()
        optimizer.step()
        schedule.step()
    queries = torch.tensor(drawn["queries"], dtype=torch.float64)
    wanted = logits(queries).detach().numpy()
    np.testing.assert_allclose(found.logits(drawn["queries"]), wanted, atol=2e-3)
    assert found.parameters_ == 4 * 6 + 12
    searched = fitted(
        Ape(trained=True, selection="val", epochs=1, **SMALL),
        drawn,
        validation=(drawn["queries"], drawn["targets"]),
    )
    assert set(searched.selected_) == {"alpha", "beta"}


def test_ape_t_starts_at_tip_adapter(drawn):
    start = fitted(Tip(), drawn).logits(drawn["queries"])
    still = fitted(Ape(trained=True, epochs=0), drawn).logits(drawn["queries"])
    np.testing.assert_allclose(still, start, atol=1e-4)


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_release_learns_with_noisy_labels(noise):
    scales = {"alpha": 2.0, "beta": 3.0, "lam": 0.7, "tau": 0.3}
    drawn = problem(classes=5, shots=6, seed=3, noise=noise)
    block = np.repeat(np.arange(5), 6)
    assert set(drawn["labels"]) == set(range(5))
    assert (drawn["labels"] != block).any() == (noise > 0)
    mixed = np.random.default_rng(0).permutation(30)
    estimator = SimNL(variant="release", epochs=0, **scales).fit(
        drawn["keys"][mixed], drawn["labels"][mixed], blocks=block[mixed], **texts(drawn)
    )
    found = estimator.logits(drawn["queries"])
    order = np.argsort(block[mixed], kind="stable")
    again = {"keys": drawn["keys"][mixed][order], "labels": drawn["labels"][mixed][order]}
    slow = Slow({**drawn, **again}, **scales)
    wanted = slow.logits(torch.tensor(drawn["queries"], dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_a_noise_trial_measures_the_release_too():
    train, test = features("train", 9), features("test", 15)
    methods = {"release": SimNL(variant="release", epochs=2)}
    found = noise_trial(
        train, test, methods=methods, rates=(0.0, 0.4), shots=8, seeds=(1,), selection="none"
    )
    assert found.points == (0.0, 0.4)
    with pytest.raises(PlanError, match="say with blocks= which classes they were drawn for"):
        SimNL(variant="release").fit(
            train.keys, ["bee", *train.targets[1:]], text=train.texts["template"],
            negative=train.texts["negative"],
        )  # fmt: skip


SETS = (
    "caltech101", "dtd", "eurosat", "fgvc_aircraft", "food101", "imagenet", "oxford_flowers",
    "oxford_pets", "stanford_cars", "sun397", "ucf101", "imagenet-v2", "imagenet-sketch",
    "imagenet-a", "imagenet-r",
)  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_every_data_set_of_the_paper_has_the_settings_of_every_method(name, drawn):
    kinds = {"simnl": SimNL, "tip": Tip, "tip-f": Tip, "taskres": TaskRes, "ape": Ape, "ape-t": Ape}
    for method, kind in kinds.items():
        estimator = kind(**preset(name, method, width=16))
        estimator.set_params(**({"epochs": 1} if hasattr(estimator, "epochs") else {}))
        assert fitted(estimator, drawn).score(drawn["queries"], drawn["targets"]) > 0.25
    if name.startswith("imagenet-"):
        assert preset(name) == preset("imagenet")


def test_the_settings_are_those_of_the_published_codes():
    assert preset("eurosat") == {
        "variant": "release", "lr": 1e-4, "eps": 1e-3, "lam": 0.75, "alpha": 1.5, "beta": 6.0,
        "epochs": 200, "beta_grid": (0.0, 20.0, 200), "alpha_grid": (0.0, 5.0, 20),
        "lam_grid": (0.3, 0.9, 10),
    }  # fmt: skip
    assert (preset("ImageNet")["alpha"], preset("imagenet")["beta"]) == (1.2, 2.0)
    assert preset("fgvc")["lr"] == 5e-4
    assert preset("food101")["lam"] == 0.15
    assert preset("eurosat", "tip-f")["epochs"] == 100
    assert "epochs" not in preset("eurosat", "tip")
    assert preset("flowers102", "taskres") == {"scale": 1.0}
    assert preset("eurosat", "ape")["channels"] == 700
    assert preset("eurosat", "ape-t", width=512)["channels"] == 450
    with pytest.raises(PlanError, match=r"the data set 'cifar10' is not known here; .* eurosat, "):
        preset("cifar10")
    with pytest.raises(PlanError, match="no settings of 'clap' for each data set"):
        preset("eurosat", "clap")
