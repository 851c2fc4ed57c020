"""Heads on generated articles: right where the order can be seen, a coin where it cannot."""

from __future__ import annotations

from functools import cache

import attrs
import numpy as np
import pytest
from seatrial_order import (
    Cached,
    Hashed,
    accuracy_by,
    cases_of,
    controlled,
    decoded,
    fuse,
    generated_articles,
    load,
    modality_collapse,
    paired,
    right_in_one,
    sample_pairs,
    split_articles,
    swap_consistency,
    swapped,
)

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, PlanError
from seatrial.kit import answer_of

CAN = {
    "pictures": {"vision", "both"},
    "words": {"text", "both"},
    "both": {"both"},
}


@cache
def parts(order_in, articles=500):
    made = generated_articles(order_in, articles=articles, seed=1)
    split = split_articles(made, test=0.5, seed=2)
    return split, {
        name: cases_of(sample_pairs(some, per_article=4, seed=3)) for name, some in split.items()
    }


@cache
def model(order_in, modality, head="antisymmetric"):
    adapt = fuse(modality=modality, head=head).build()
    return adapt(Cached(Hashed()), parts(order_in)[1]["train"], seed=1, work=None)


def answers(one, cases):
    return one([case.input for case in cases])


def standard_error(right, clusters):
    """Of the mean of clusters that may correlate; at least that of independent pairs."""
    sums = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=right - right.mean())
    return max(np.sqrt(np.square(sums).sum()) / len(right), 0.5 / len(right) ** 0.5)


@pytest.mark.parametrize("order_in", CAN)
@pytest.mark.parametrize("modality", ["text", "vision", "both", "title"])
def test_a_model_is_right_where_it_can_see_the_order_and_guesses_where_not(order_in, modality):
    cases = parts(order_in)[1]["test"]
    found = answers(model(order_in, modality), cases)
    right = np.array([one.value == case.target for one, case in zip(found, cases, strict=True)])
    if modality in CAN[order_in]:
        assert right.mean() >= 0.95
    else:
        error = standard_error(right.astype(float), [case.cluster for case in cases])
        assert abs(right.mean() - 0.5) <= 3 * error


def test_the_papers_head_cannot_use_an_order_that_needs_picture_and_word_together():
    cases = parts("both")[1]["test"]
    (linear,) = accuracy_by(cases, answers(model("both", "both", "linear"), cases))
    (ours,) = accuracy_by(cases, answers(model("both", "both"), cases))
    assert linear.interval.high < 0.6
    assert ours.interval.low > 0.95
    cases = parts("pictures")[1]["test"]
    (linear,) = accuracy_by(cases, answers(model("pictures", "vision", "linear"), cases))
    assert linear.interval.low > 0.95


@pytest.mark.parametrize("modality", ["text", "vision", "both"])
def test_the_antisymmetric_head_always_turns_its_answer_round(modality):
    cases = [
        case
        for case in parts("both")[1]["test"]
        if case.input["headline_1"] != case.input["headline_2"]
    ]
    one = model("both", modality)
    assert swap_consistency(one, cases).estimate == 1
    odds = one.log_odds([case.input for case in cases])
    turned = one.log_odds([case.input for case in swapped(cases)])
    assert np.allclose(odds, -turned, rtol=0, atol=1e-9)
    assert swap_consistency(model("both", "text", "linear"), cases).estimate < 0.95


def test_swap_consistency_by_hand():
    cases = parts("words")[1]["test"][:40]
    assert swap_consistency(lambda inputs: [1] * len(inputs), cases).estimate == 0
    twice = swapped(swapped(cases))
    assert [case.input for case in twice] == [case.input for case in cases]
    assert [case.target for case in twice] == [case.target for case in cases]


def test_controls_take_away_what_they_name():
    cases = parts("pictures")[1]["test"]
    one = model("pictures", "both")
    (shuffled,) = accuracy_by(cases, answers(one, controlled(cases, "images-shuffled", seed=1)))
    (turned,) = accuracy_by(cases, answers(one, controlled(cases, "images-swapped", seed=1)))
    (words,) = accuracy_by(cases, answers(one, controlled(cases, "headlines-swapped", seed=1)))
    assert shuffled.interval.low < 0.5 < shuffled.interval.high
    assert turned.interval.high < 0.1
    assert words.interval.low > 0.9


def test_shuffled_images_are_of_another_article():
    def marked(at):
        mark = np.full((1, 1, 3), at // 5, np.uint8)
        parts = {"title": "", "headline_1": "a", "headline_2": "b"}
        return sea.Case(
            str(at), {**parts, "image_1": mark, "image_2": mark}, 1, cluster=str(at // 5)
        )

    cases = [marked(at) for at in range(50)]
    new = controlled(cases, "images-shuffled", seed=3)
    assert all(str(case.input["image_1"].flat[0]) != case.cluster for case in new)
    with pytest.raises(PlanError, match="one article"):
        controlled(cases[:5], "images-shuffled", seed=3)
    with pytest.raises(PlanError, match="lacks image_1"):
        controlled([sea.Case("a", {"headline_1": "x"}, 1)], "images-swapped", seed=3)
    with pytest.raises(ParameterError, match="controls"):
        controlled(cases, "images", seed=3)


class DeadImages:
    """A joint model whose image branch is dead: it was trained on both and sees black images."""

    def __init__(self, one):
        self.one = one

    def __call__(self, inputs):
        black = np.zeros((16, 16, 3), np.uint8)
        return self.one([{**value, "image_1": black, "image_2": black} for value in inputs])


def test_the_collapse_audit_fires_on_a_dead_image_branch_and_not_on_a_healthy_one():
    cases = parts("both")[1]["test"]
    check = modality_collapse().build()
    healthy = model("both", "both")
    assert list(check(sea.Plan(), healthy, cases)) == []
    dead = {one.name: one for one in check(sea.Plan(), DeadImages(healthy), cases)}
    assert "images-ignored" in dead
    assert dead["images-ignored"].effect == 0
    few = list(check(sea.Plan(), DeadImages(healthy), cases[:20]))
    assert few == []


def test_models_are_compared_article_by_article():
    cases = parts("pictures")[1]["test"]
    found = paired(
        cases,
        answers(model("pictures", "vision"), cases),
        answers(model("pictures", "text"), cases),
    )
    assert found.difference.low > 0.4
    assert found.worse == 0 < found.better
    assert found.p < 1e-6
    seen, told = right_in_one(
        cases,
        answers(model("pictures", "vision"), cases),
        answers(model("pictures", "text"), cases),
    )
    assert told == ()
    assert len(seen) == round(found.difference.estimate * len(cases))
    same = paired(cases, [1] * len(cases), [1] * len(cases))
    assert (same.p, same.better, same.worse, same.difference.estimate) == (1, 0, 0, 0)


def test_accuracy_by_group_counts_articles():
    cases = parts("words")[1]["test"]
    said = [case.target for case in cases]
    found = accuracy_by(cases, said, group="category")
    assert [one.group for one in found] == ["Baking", "Repair"]
    assert sum(one.pairs for one in found) == len(cases)
    assert all(one.articles == one.interval.clusters < one.pairs for one in found)
    distances = accuracy_by(cases, said, group="distance")
    assert [one.group for one in distances] == ["1", "2", "3"]


def test_whole_orders_are_decoded():
    split, _ = parts("both")
    found = decoded(model("both", "both"), split["test"][:40])
    assert found.perfect > 0.9
    assert found.kendall_tau > 0.95
    assert found.cycles == 0


def circle(inputs):
    """Say that gather < mix < shape < gather: no order fits."""
    after = {"gather": "mix", "mix": "shape", "shape": "gather"}
    first, second = (
        [value[f"headline_{place}"].split()[0] for value in inputs] for place in (1, 2)
    )
    return [int(after.get(a) == b) for a, b in zip(first, second, strict=True)]


def test_an_answer_in_a_circle_is_counted_and_another_right_order_is_taken():
    made = generated_articles("words", articles=3, seed=0)
    three = [attrs.evolve(one, steps=one.steps[:3]) for one in made]
    found = decoded(circle, three)
    assert found.cycles == 1

    def backwards(inputs):
        stages = ("gather", "mix", "shape")
        places = [[stages.index(v[f"headline_{at}"].split()[0]) for at in (1, 2)] for v in inputs]
        return [int(a > b) for a, b in places]

    assert decoded(backwards, three).kendall_tau == -1
    tolerant = [attrs.evolve(one, orders=[(2, 1, 0)]) for one in three]
    assert decoded(backwards, tolerant).perfect == 1


def test_a_model_saves_and_loads_bit_for_bit_and_refuses_other_towers(tmp_path):
    cases = parts("both")[1]["test"][:30]
    one = model("both", "both")
    one.save(tmp_path / "head")
    again = load(tmp_path / "head", model=Cached(Hashed()))
    inputs = [case.input for case in cases]
    assert np.array_equal(again.log_odds(inputs), one.log_odds(inputs))
    assert again.identity == one.identity
    with pytest.raises(ModelError, match="trained on"):
        load(tmp_path / "head", model=Hashed())
    with pytest.raises(ModelError, match="no trained head"):
        load(__file__, model=Hashed())


def test_training_refuses_what_has_no_label(tmp_path):
    adapt = fuse().build()
    with pytest.raises(PlanError, match="none"):
        adapt(Hashed(), [], seed=1, work=None)
    case = parts("words")[1]["test"][0]
    with pytest.raises(PlanError, match="target of a pair"):
        adapt(Hashed(), [attrs.evolve(case, target="first")], seed=1, work=None)
    with pytest.raises(ParameterError, match="modality"):
        fuse(modality="audio").build()
    with pytest.raises(ParameterError, match="a linear head has no hidden units"):
        fuse(head="linear", hidden=4).build()
    words = sea.Case("a", {"title": "t", "headline_1": "a", "headline_2": "b"}, 1)
    with pytest.raises(ModelError, match="image_1"):
        adapt(Hashed(), [words], seed=1, work=None)
    (tmp_path / "cut.png").write_bytes(b"\x89PNG")
    image = sea.Asset(tmp_path / "cut.png", "image")
    broken = attrs.evolve(words, input={**words.input, "image_1": image, "image_2": image})
    with pytest.raises(ModelError, match=r"image_1 cannot be read.*filtered"):
        adapt(Hashed(), [broken], seed=1, work=None)


def test_the_order_task_runs_as_cases_and_is_repaired():
    from seatrial_metrics import accuracy

    cases = parts("pictures")[1]["test"][:200]
    plan = sea.Plan(metrics=[accuracy()], seed=7)
    report = sea.run(plan, model=Hashed(), cases=cases)
    fixed = sea.repair(fuse(modality="vision"), report=report)
    held = [case for case in cases if case.cluster not in fixed.learned_from]
    found = [
        answer_of(one).value == case.target
        for one, case in zip(answers(fixed.model, held), held, strict=True)
    ]
    assert held
    assert np.mean(found) > 0.9


class Window:
    """A text tower of six words, which refuses a longer text; its last row is the end token."""

    identity = "window"
    asked = 0

    def embed_text(self, texts):
        self.asked += len(texts)
        if any(len(one.split()) > 6 or not one for one in texts):
            msg = "a text is longer than the 6 tokens it may have"
            raise ModelError(msg)
        return np.array([[len(one.split()), 9.0] for one in texts])


def test_a_text_beyond_the_limit_is_shortened_and_counted():
    long, short = "one two three four five six seven eight", "one two"
    with pytest.raises(ModelError, match="6 tokens"):
        Cached(Window(), Hashed()).embed_text([long])
    towers = Cached(Window(), Hashed(), shorten=True)
    assert towers.embed_text([short, long, short]).tolist() == [[2, 9], [6, 9], [2, 9]]
    assert towers.shortened == {long: "one two three four five six"}
    assert towers.identity.endswith("shortened")
    with pytest.raises(ModelError):
        towers.embed_text([""])


def test_towers_embed_each_text_and_image_once():
    class Counted(Window):
        def embed_image(self, images):
            self.asked += len(images)
            return np.ones((len(images), 2))

    tower = Counted()
    towers = Cached(tower)
    image = np.zeros((2, 2, 3), np.uint8)
    for _ in range(2):
        towers.embed_text(["a", "b", "a"])
        towers.embed_image([image, image.copy(), image + 1])
    assert tower.asked == 4
    assert towers.shared_space
    assert not Cached(tower, Hashed()).shared_space
