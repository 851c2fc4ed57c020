"""Fine-tuning on tiny random towers: what is trained, what stays, and what is kept of it."""

from __future__ import annotations

from types import SimpleNamespace

import attrs
import numpy as np
import pytest
import torch
from PIL import Image
from seatrial_order import (
    Hashed,
    accuracy_by,
    cases_of,
    fine_tune,
    fuse,
    generated_articles,
    load,
    modality_collapse,
    preset,
    sample_pairs,
    swap_consistency,
    swapped,
    towers,
)

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, PlanError, StoreError

QUICK = {"learning_rate": 1e-3, "batch_size": 16, "epochs": 2}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def cases(order_in, articles, seed=1):
    made = generated_articles(order_in, articles=articles, seed=seed)
    return cases_of(sample_pairs(made, per_article=4, seed=seed))


def inputs(some):
    return [case.input for case in some]


def weights(one):
    return {name: value.clone() for name, value in one.module.state_dict().items()}


def same(first, second, only=""):
    return all(torch.equal(first[name], second[name]) for name in first if name.startswith(only))


def trained(one, some, *, directory=None, told=lambda done, total: None, **options):
    work = SimpleNamespace(directory=directory, progress=told, reference=None)
    return fine_tune(**(QUICK | options)).build()(one, some, seed=1, work=work)


@pytest.fixture(scope="module")
def clip(folders):
    return towers(folders["clip"], batch_size=16)


@pytest.fixture(scope="module")
def vision(clip):
    """A vision model with the antisymmetric head."""
    return trained(clip, cases("pictures", 60), modality="vision", epochs=3)


def test_the_loss_falls_and_new_articles_are_ordered(clip, vision):
    assert vision.epochs[-1]["loss"] < 0.5 * vision.epochs[0]["loss"]
    assert max(one["accuracy"] for one in vision.epochs) > 0.9
    test = cases("pictures", 30, seed=9)
    (found,) = accuracy_by(test, vision(inputs(test)))
    assert found.interval.estimate > 0.9


@pytest.mark.parametrize(
    ("names", "head"), [(("blip",), "antisymmetric"), (("roberta", "vit"), "linear")]
)
def test_other_towers_learn_an_order_in_words(folders, names, head):
    one = towers(*[folders[name] for name in names], batch_size=16)
    options = {"modality": "text", "head": head, "epochs": 6, "learning_rate": 3e-3}
    found = trained(one, cases("words", 60), **options)
    assert found.epochs[-1]["loss"] < 0.8 * found.epochs[0]["loss"]


def test_the_original_stays_and_both_towers_change(clip, vision):
    before, after = weights(clip), weights(vision.towers)
    fresh = towers(clip.path)
    assert same(before, weights(fresh))
    assert not same(before, after, "text.")
    assert not same(before, after, "image.")
    assert vision.original is clip
    assert clip.identity == fresh.identity != vision.towers.identity
    image = cases("pictures", 2)[0].input["image_1"]
    assert not np.array_equal(vision.embed_image([image]), clip.embed_image([image]))


def test_frozen_towers_stay_and_the_head_learns(clip):
    some = cases("pictures", 20)
    text = trained(clip, some, freeze=["text"], epochs=1)
    before, after = weights(clip), weights(text.towers)
    assert same(before, after, "text.")
    assert not same(before, after, "image.")
    both = trained(clip, some, freeze=["text", "image"], epochs=3, learning_rate=0.01)
    assert same(before, weights(both.towers))
    assert both.epochs[-1]["loss"] < both.epochs[0]["loss"]
    title = trained(clip, some, modality="title", epochs=1)
    assert same(before, weights(title.towers), "image.")


@pytest.mark.parametrize("hidden", [0, 4])
def test_the_antisymmetric_head_always_turns_its_answer_round(clip, hidden):
    some = cases("both", 20)
    one = trained(clip, some, hidden=hidden, epochs=1)
    assert swap_consistency(one, some).estimate == 1
    odds = one.log_odds(inputs(some))
    assert np.array_equal(odds, -one.log_odds(inputs(swapped(some))))
    linear = trained(clip, some, head="linear", epochs=1)
    assert swap_consistency(linear, some).estimate < 1


@pytest.mark.parametrize("head", ["antisymmetric", "linear"])
@pytest.mark.parametrize("modality", ["text", "vision", "both"])
def test_the_model_answers_as_the_network_that_was_trained(clip, head, modality):
    """The log odds of the numpy head on the tuned towers are those of the torch module."""
    from seatrial_order._network import OrderNetwork

    some = cases("both", 6)
    torch.manual_seed(3)
    network = OrderNetwork(clip, head, modality, hidden=3).eval()
    with torch.inference_mode():
        wanted = network(*network.inputs(clip, inputs(some)))
    from seatrial_order import OrderModel

    found = OrderModel(clip, network.head(), modality).log_odds(inputs(some))
    assert found == pytest.approx(wanted.double().numpy(), abs=1e-5)


@pytest.mark.parametrize("head", ["antisymmetric", "linear"])
def test_a_saved_model_gives_equal_scores(folders, tmp_path, head):
    some = cases("both", 12)
    one = towers(folders["roberta"], folders["vit"])
    tuned = trained(one, some, head=head, epochs=1)
    tuned.save(tmp_path / "model")
    again = load(tmp_path, model=towers(folders["roberta"], folders["vit"]))
    assert np.array_equal(again.log_odds(inputs(some)), tuned.log_odds(inputs(some)))
    assert again.identity == tuned.identity
    with pytest.raises(ModelError, match="was trained on"):
        load(tmp_path, model=towers(folders["clip"]))
    with pytest.raises(ModelError, match="pass model="):
        load(tmp_path)
    (tmp_path / "model" / "towers.safetensors").write_bytes(b"cut short")
    with pytest.raises(ModelError, match="does not hold the weights"):
        load(tmp_path, model=one)


class Stopped(Exception):
    """The power fails."""


@pytest.mark.parametrize("stop", [1, 5, 8])
def test_an_interrupted_training_goes_on_exactly(folders, tmp_path, monkeypatch, stop):
    """RoBERTa has dropout, so the random numbers of each step count too."""
    monkeypatch.setattr("seatrial_order._tuning.CHECKPOINT", 2)
    some = cases("words", 20)
    options = {"modality": "text", "epochs": 2}
    one = towers(folders["roberta"], folders["vit"])
    whole = trained(one, some, **options)
    steps = []

    def failing(done, total):
        steps.append((done, total))
        if done == stop:
            raise Stopped

    with pytest.raises(Stopped):
        trained(one, some, directory=tmp_path, told=failing, **options)
    again = []
    resumed = trained(
        one, some, directory=tmp_path, told=lambda done, total: again.append(done), **options
    )
    assert again[0] == (stop - 1) // 2 * 2 + 1
    assert again[-1] == steps[0][1] == 8
    assert resumed.epochs == whole.epochs
    assert resumed.losses == whole.losses
    assert resumed.identity == whole.identity
    words = [attrs.evolve(case, input={**case.input, "headline_1": "mix"}) for case in some]
    trained(one, words, directory=tmp_path, **options)  # other words: from the start
    assert len(list(tmp_path.glob("*.safetensors"))) == 2


def test_a_picture_that_was_replaced_is_trained_on_from_the_start(clip, tmp_path):
    made = generated_articles("pictures", articles=3, seed=0)
    for article in made:
        for at, step in enumerate(article.steps):
            Image.fromarray(step.image).save(tmp_path / f"{article.id}-{at}.png")
    placed = [
        attrs.evolve(
            one,
            steps=[
                attrs.evolve(step, image=str(tmp_path / f"{one.id}-{at}.png"))
                for at, step in enumerate(one.steps)
            ],
        )
        for one in made
    ]
    some = cases_of(sample_pairs(placed, per_article=2, seed=1))
    options = {"modality": "vision", "directory": tmp_path, "epochs": 1}
    first = trained(clip, some, **options)
    assert trained(clip, some, **options).identity == first.identity
    for file in tmp_path.glob("*.png"):
        Image.new("RGB", (16, 16), "red").save(file)
    assert trained(clip, some, **options).identity != first.identity
    assert len(list(tmp_path.glob("*.safetensors"))) == 2
    some[0].input["image_1"].path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        trained(clip, some, **options)


def test_a_damaged_checkpoint_is_named(clip, tmp_path):
    some = cases("pictures", 12)
    trained(clip, some, directory=tmp_path, epochs=1)
    (file,) = tmp_path.glob("*.safetensors")
    file.write_bytes(b"cut short")
    with pytest.raises(StoreError, match="remove it to start anew"):
        trained(clip, some, directory=tmp_path, epochs=1)


def test_the_best_epoch_on_articles_held_out_is_kept(clip):
    some = cases("pictures", 30)
    found = trained(clip, some, modality="vision", learning_rate=0.03, epochs=3)
    first = trained(clip, some, modality="vision", learning_rate=0.03, epochs=1)
    assert found.epochs[0] == first.epochs[0]
    best = int(np.argmax([one["accuracy"] for one in found.epochs]))
    assert (found.identity == first.identity) == (best == 0)
    few = trained(clip, cases("pictures", 5), epochs=1)
    assert "accuracy" not in few.epochs[0]


def test_the_global_generators_are_left_alone(clip):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    one = trained(clip, cases("words", 12), modality="text", epochs=1)
    assert torch.equal(torch.rand(3), wanted)
    assert one.identity == trained(clip, cases("words", 12), modality="text", epochs=1).identity


def test_bfloat16_trains_too(clip):
    found = trained(clip, cases("pictures", 20), modality="vision", precision="bfloat16", epochs=3)
    assert found.epochs[-1]["loss"] < found.epochs[0]["loss"]
    assert {one.dtype for one in found.towers.module.parameters()} == {torch.float32}


def test_the_recipe_of_the_paper(clip):
    recipe = preset("wikiorder")
    assert recipe == {"head": "linear", "learning_rate": 1e-5, "batch_size": 4, "epochs": 5}
    recipe["epochs"] = 1
    assert preset("wikiorder")["epochs"] == 5
    found = fine_tune(**recipe, modality="both").build()(clip, cases("both", 5), seed=1, work=None)
    assert found.head.kind == "linear"
    before, after = weights(clip), weights(found.towers)
    moved = [
        (one - after[name]).abs().max() for name, one in before.items() if one.is_floating_point()
    ]
    assert 0 < max(moved) <= 5 * 1.01e-5  # Adam's step is at most its rate: five batches of four
    with pytest.raises(ParameterError, match="did you mean wikiorder"):
        preset("wikiodrer")


def test_what_cannot_be_trained_is_refused(clip):
    some = cases("words", 3)
    adapt = fine_tune().build()
    with pytest.raises(ModelError, match=r"and not Hashed; order\.fuse trains a head"):
        adapt(Hashed(), some, seed=1, work=None)
    with pytest.raises(PlanError, match=r"order\.fine-tune learns from cases"):
        adapt(clip, [], seed=1, work=None)
    with pytest.raises(PlanError, match="target of a pair"):
        adapt(clip, [attrs.evolve(some[0], target=2)], seed=1, work=None)
    words = [sea.Case("a", {"title": "t", "headline_1": "a", "headline_2": "b"}, 1)]
    with pytest.raises(ModelError, match="image_1"):
        adapt(clip, words, seed=1, work=None)
    with pytest.raises(ModelError, match="an order case has the part 'title'"):
        adapt(clip, [sea.Case("a", "a text", 1)], seed=1, work=None)
    for wrong in ({"head": "cubic"}, {"epochs": 0}, {"learning_rate": 0}, {"freeze": "audio"}):
        with pytest.raises(ParameterError, match=r"order\.fine-tune"):
            fine_tune(**wrong).build()
    with pytest.raises(ParameterError, match="a linear head has no hidden units"):
        fine_tune(head="linear", hidden=4).build()
    with pytest.raises(ParameterError, match="modality"):
        fine_tune(modality="audio").build()
    with pytest.raises(ParameterError, match="learning_rate"):
        fine_tune(learning_rate=float("inf")).build()
    with pytest.raises(ParameterError, match="towers are read from a folder"):
        towers(None)


def test_towers_on_a_device_that_accelerate_does_not_use_are_refused(folders):
    with pytest.raises(ModelError, match="in this process accelerate works on"):
        trained(towers(folders["clip"], device="meta"), cases("words", 3), modality="text")


def test_a_training_that_diverges_says_so(clip):
    with pytest.raises(ModelError, match=r"loss is not finite at step \d.* below 1e\+30"):
        trained(clip, cases("pictures", 12), modality="vision", learning_rate=1e30)


def test_pairs_that_all_have_one_label_are_trained_on(clip):
    some = [one for one in cases("words", 40) if one.target == 1]
    found = trained(clip, some, modality="text", head="linear", epochs=1)
    assert found.epochs[0]["accuracy"] == 1


def test_a_long_headline_is_refused_before_training_and_cut_on_request(folders):
    some = cases("words", 3)
    long = [
        attrs.evolve(one, input={**one.input, "headline_1": "mix the dough " * 5}) for one in some
    ]
    with pytest.raises(ModelError, match="shorten=True"):
        trained(towers(folders["clip"]), long, modality="text", epochs=1)
    one = towers(folders["clip"], shorten=True)
    trained(one, long, modality="text", epochs=1)
    assert one.shortened


def test_frozen_features_of_trained_towers_and_the_audit(vision):
    """A tuned model is a pair of towers too, and an order model as any other."""
    some = cases("pictures", 80, seed=4)
    head = fuse(modality="vision").build()(vision, some[:160], seed=1, work=None)
    (found,) = accuracy_by(some[160:], head(inputs(some[160:])))
    assert found.interval.estimate > 0.9
    names = [one.name for one in modality_collapse().build()(sea.Plan(), vision, some)]
    assert names == ["headlines-ignored"]
