"""Articles in and out, filters, splits and the pairs drawn of them."""

from __future__ import annotations

import io
from collections import Counter
from xml.etree import ElementTree as ET

import attrs
import numpy as np
import pytest
from PIL import Image
from seatrial_order import (
    Accuracy,
    Article,
    Drawing,
    Step,
    accuracy_by,
    accuracy_by_stories,
    accuracy_chart,
    all_pairs,
    card,
    cases_of,
    filtered,
    generated_articles,
    goal_step_csv,
    read_articles,
    sample_pairs,
    split_articles,
    story_chart,
    wikiplan_folder,
    write_articles,
)
from seatrial_order._drawing import Box, Dot, Line, Words

import seatrial as sea
from seatrial.errors import FileError, MetricError, ParameterError, PlanError
from seatrial.statistics import proportion


def plain(number, steps=5, category="Home", **more):
    return Article(
        f"a{number}", f"Do {number}", category, [Step(f"step {at}") for at in range(steps)], **more
    )


def test_articles_are_written_and_read_back_with_their_images(tmp_path):
    made = generated_articles("both", articles=3, seed=0)
    made = (*made, plain(9, orders=[(1, 0, 2, 3, 4)]))
    write_articles(tmp_path / "set.jsonl", made)
    found = read_articles(tmp_path / "set.jsonl")
    assert [(one.id, one.title, one.category, one.orders) for one in found] == [
        (one.id, one.title, one.category, one.orders) for one in made
    ]
    assert [step.headline for one in found for step in one.steps] == [
        step.headline for one in made for step in one.steps
    ]
    assert np.array_equal(np.load(found[0].steps[2].image), made[0].steps[2].image)
    write_articles(tmp_path / "again.jsonl", found)
    again = read_articles(tmp_path / "again.jsonl")
    assert [step.image for step in again[0].steps] == [step.image for step in found[0].steps]


def test_every_mistake_of_a_file_is_listed_with_its_line(tmp_path):
    lines = [
        '{"title": "t", "steps": [{"headline": "a"}]}',
        "no json",
        '{"title": "t"}',
        '{"title": "t", "steps": [{"headline": 3}]}',
        "[]",
        '{"id": "1", "title": "t", "steps": []}',
        '{"title": "t", "steps": [{"headline": "a"}], "orders": [[1]]}',
    ]
    (tmp_path / "set.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_articles(tmp_path / "set.jsonl")
    told = caught.value.problems
    assert [one.split("set.jsonl:")[1][0] for one in told[:5]] == ["2", "3", "4", "5", "7"]
    assert "two articles have the id '1'" in told[5]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"title": "t", "steps": "abc"}', "steps are a list of objects"),
        ('{"title": "t", "steps": [1]}', "step 1 is an object with a headline"),
        ('{"title": "t", "steps": [{"image": "a.png"}]}', "step 1 is an object with a headline"),
        ('{"title": "t", "steps": [{"headline": "a", "image": 3}]}', "image of step 1 is a path"),
        ('{"title": "t", "category": null, "steps": []}', "title and category are texts"),
    ],
)
def test_a_line_that_is_no_article_says_what_is_wrong(tmp_path, line, told):
    (tmp_path / "set.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(FileError, match=told):
        read_articles(tmp_path / "set.jsonl")


@pytest.mark.parametrize("read", [read_articles, goal_step_csv])
def test_a_file_that_is_missing_or_no_text_is_named(tmp_path, read):
    with pytest.raises(FileError, match=r"nowhere.* cannot be read"):
        read(tmp_path / "nowhere")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match=r"binary.* cannot be read"):
        read(tmp_path / "binary")


def test_what_cannot_be_asked_is_dropped_and_the_reason_is_said(tmp_path):
    Image.new("RGB", (40, 30)).save(tmp_path / "good.png")
    Image.new("RGB", (9, 30)).save(tmp_path / "small.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")

    def shown(name, second):
        return Article(name, "t", "c", [Step("a", tmp_path / "good.png"), Step("b", second)])

    given = [
        shown("fine", tmp_path / "good.png"),
        shown("small", tmp_path / "small.png"),
        shown("broken", tmp_path / "broken.png"),
        shown("missing", tmp_path / "missing.png"),
        shown("none", None),
        plain(1, steps=1),
        Article("twice", "t", "c", [Step("Stir it."), Step("stir  it.")]),
        Article("blank", "t", "c", [Step("a"), Step(" ")]),
    ]
    found = filtered(given, min_side=20)
    assert [one.id for one in found.kept] == ["fine"]
    assert found.dropped["small"] == "the image of step 2 is 30×9, less than 20 pixels"
    assert "cannot be read" in found.dropped["broken"]
    assert "cannot be read" in found.dropped["missing"]
    assert found.dropped["none"] == "step 2 has no image"
    assert found.dropped["a1"] == "it has 1 of at least 2 steps"
    assert found.dropped["twice"].startswith("step 2 repeats another")
    assert found.dropped["blank"] == "step 2 has no headline"
    assert len(filtered(given, images=False).kept) == 5


def test_articles_are_split_whole_and_by_category():
    given = [plain(at, category=f"c{at % 3}") for at in range(90)] + [plain(99, category="lone")]
    found = split_articles(given, test=0.2, validation=0.2, seed=1)
    ids = [one.id for some in found.values() for one in some]
    assert sorted(ids) == sorted(one.id for one in given)
    assert {name: round(len(some) / 91, 1) for name, some in found.items()} == {
        "train": 0.6,
        "test": 0.2,
        "validation": 0.2,
    }
    counts = Counter(one.category for one in found["test"])
    assert all(abs(counts[f"c{at}"] - 6) <= 1 for at in range(3))
    again = split_articles(given[::-1], test=0.2, validation=0.2, seed=1)
    assert [one.id for one in again["test"]] == [one.id for one in found["test"]]
    lone = split_articles([plain(1), plain(2, category="lone")], test=0.5, seed=1)
    assert {name: len(some) for name, some in lone.items()} == {"train": 1, "test": 1}
    with pytest.raises(PlanError, match="1 articles cannot be split"):
        split_articles([plain(1)], seed=1)
    for wrong in ({"test": 0.6, "validation": 0.6}, {"test": -0.2}, {"test": 1}, {"test": 0}):
        with pytest.raises(PlanError, match="together leave some to train on"):
            split_articles(given, **wrong, seed=1)
    with pytest.raises(PlanError, match="same id"):
        split_articles([plain(1), plain(1)], seed=1)


def test_pairs_are_balanced_seeded_and_of_the_wished_distances():
    given = [plain(at, category=f"c{at % 3}") for at in range(31)]
    pairs = sample_pairs(given, per_article=3, distances={1: 3.0, 4: 1.0}, seed=5)
    assert {one.distance for one in pairs} == {1, 4}
    assert max(Counter(one.article.id for one in pairs).values()) == 3
    assert len({(one.article.id, frozenset((one.first, one.second))) for one in pairs}) == 93
    for name in ("c0", "c1", "c2"):
        labels = [one.label for one in pairs if one.article.category == name]
        assert abs(2 * sum(labels) - len(labels)) <= 1
    assert abs(2 * sum(one.label for one in pairs) - len(pairs)) <= 1
    assert pairs == sample_pairs(given, per_article=3, distances={1: 3.0, 4: 1.0}, seed=5)
    assert pairs != sample_pairs(given, per_article=3, distances={1: 3.0, 4: 1.0}, seed=6)
    assert len(sample_pairs(given, total=40, seed=1)) == 40
    for wrong in ({"per_article": 0}, {"per_article": -1}, {"total": -1}):
        with pytest.raises(PlanError, match="1 or more"):
            sample_pairs(given, **wrong, seed=1)
    with pytest.raises(PlanError, match="weight of a distance"):
        sample_pairs(given, distances={1: -1.0}, seed=1)
    with pytest.raises(PlanError, match="40 pairs"):
        sample_pairs(given[:1], total=40, seed=1)
    with pytest.raises(PlanError, match="no pairs to draw"):
        sample_pairs(given, distances={9: 1}, seed=1)


def test_weights_of_distances_are_followed():
    given = [plain(at, steps=3) for at in range(4000)]  # two pairs at 1, one at 2
    pairs = sample_pairs(given, per_article=1, distances={1: 1.0, 2: 6.0}, seed=0)
    assert np.mean([one.distance == 2 for one in pairs]) == pytest.approx(0.75, abs=0.025)


def test_a_pair_that_another_right_order_turns_round_is_not_drawn():
    given = [plain(1, steps=3, orders=[(1, 0, 2)])]
    drawn = {frozenset((one.first, one.second)) for one in sample_pairs(given, seed=0)}
    assert drawn == {frozenset((0, 2)), frozenset((1, 2))}
    with pytest.raises(PlanError, match="no order of its 3 steps"):
        plain(1, steps=3, orders=[(0, 1)])


def test_a_case_says_the_label_and_keeps_images_in_their_files(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "x.png")
    article = Article("a", "T", "c", [Step(f"h{at}", tmp_path / "x.png") for at in range(3)])
    pairs = all_pairs([article])
    assert len(pairs) == 6
    cases = {one.id: one for one in cases_of(pairs)}
    one = cases["a:3-1"]
    assert (one.target, one.cluster, one.groups["distance"]) == (0, "a", "2")
    assert (one.input["headline_1"], one.input["headline_2"]) == ("h2", "h0")
    assert one.input["image_1"] == sea.Asset(tmp_path / "x.png", "image")
    assert cases["a:1-3"].target == 1
    words = attrs.evolve(article, steps=[Step("a"), Step("b")])
    assert "image_1" not in cases_of(all_pairs([words]))[0].input


def test_the_layout_of_wikiplan_is_read(tmp_path):
    for number, title in ((2, "Bake"), (10, "Fix")):
        folder = tmp_path / f"task_{number}"
        folder.mkdir()
        (folder / "task.txt").write_text(f"{title}\n", encoding="utf-8")
        for step in (1, 2, 11):
            (folder / f"step_{step}.txt").write_text(f"step {step}", encoding="utf-8")
            (folder / f"step_{step}_caption.txt").write_text("a caption", encoding="utf-8")
        Image.new("RGB", (4, 4)).save(folder / "step_2.jpg")
    found = wikiplan_folder(tmp_path, category="Home")
    assert [(one.id, one.title, one.category) for one in found] == [
        ("task_2", "Bake", "Home"),
        ("task_10", "Fix", "Home"),
    ]
    assert [step.headline for step in found[0].steps] == ["step 1", "step 2", "step 11"]
    assert [step.image and step.image.name for step in found[0].steps] == [None, "step_2.jpg", None]
    (tmp_path / "task_2" / "task.txt").unlink()
    with pytest.raises(FileError, match="has the title"):
        wikiplan_folder(tmp_path)
    with pytest.raises(PlanError, match="WikiPlan"):
        wikiplan_folder(tmp_path / "task_2")


def test_goals_and_steps_are_read(tmp_path):
    text = 'goal,steps,ordered?\n"How to Tie a Tie","Cross it. Pull it through.",1\nx,"A. B.",0\n'
    (tmp_path / "steps.csv").write_text(text, encoding="utf-8")
    (found,) = goal_step_csv(tmp_path / "steps.csv")
    assert (found.id, found.title, found.category) == ("row-1", "Tie a Tie", "Tie")
    assert [one.headline for one in found.steps] == ["Cross it.", "Pull it through."]
    assert len(goal_step_csv(tmp_path / "steps.csv", ordered=False)) == 2
    (tmp_path / "steps.csv").write_text("goal,steps\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"ordered\? are missing"):
        goal_step_csv(tmp_path / "steps.csv")


def test_the_card_counts():
    given = [plain(at, category=f"c{at % 2}", steps=3) for at in range(4)]
    pairs = sample_pairs(given, seed=0)
    found = card(given, pairs)
    assert [row["category"] for row in found.rows] == ["c0", "c1", "all"]
    assert found.rows[-1]["stories"] == 4
    assert found.rows[-1]["pairs"] == len(pairs) == 12
    assert found.rows[-1]["in order"] == 0.5
    assert found.rows[-1]["characters a headline"] == 6
    assert dict(found.words["first words"]) == {"step": 12, "do": 4}
    assert "| c0 | 2 | 3 | 6 | 6 | 0.5 |" in found.markdown()
    assert "First words: step (12), do (4)." in found.markdown()


def test_a_card_keeps_its_table_whatever_a_category_is_called():
    made = generated_articles("words", articles=4, seed=1, categories=("A|b", "C\nd"))
    pairs = sample_pairs(made, per_article=2, seed=1)
    lines = card(made, pairs, tagger=lambda words: []).markdown().splitlines()
    assert [line.split(" | ")[0] for line in lines] == [
        "| category",
        "|---|---|---|---|---|---|",
        "| A\\|b",
        "| C d",
        "| all",
    ]
    with pytest.raises(PlanError, match="not among those to describe"):
        card(made[:1], pairs)


def test_an_empty_set_has_no_card():
    with pytest.raises(PlanError, match="no articles"):
        card([])


def test_the_card_counts_verbs_and_nouns_as_a_tagger_tells_them():
    tags = {"Cut": "VB", "Cutting": "VBG", "the": "DT", "cloth": "NN", "cloths": "NNS", "red": "JJ"}
    steps = [Step("Cut the red cloth."), Step("Cutting the cloths, cut")]
    found = card(
        [Article("a", "Cut cloth", "c", steps)],
        tagger=lambda words: [(one, tags.get(one, "VBP")) for one in words],
    )
    assert dict(found.words["verbs"]) == {"cut": 3, "cutting": 1}
    assert dict(found.words["nouns"]) == {"cloth": 2, "cloths": 1}
    assert "Nouns: cloth (2), cloths (1)." in found.markdown()


def test_a_picture_is_written_as_png_and_as_svg(tmp_path):
    shapes = (Dot("first", 20, 30), Dot("text", 60, 30, 8), Line("third", 5, 50, 95, 50))
    shapes += (Line("half", 80, 0, 80, 60), Box(2, 2, 90, 10), Words(5, 20, "Title", bold=True))
    drawn = Drawing("A title", "what is seen", 100, 60, shapes)
    shown = Image.open(io.BytesIO(drawn.png(scale=3)))
    assert shown.size == (300, 180)
    assert shown.text == {"Title": "A title", "Description": "what is seen"}
    assert shown.getpixel((60, 90)) == (192, 57, 43)
    red, green, blue = shown.getpixel((180, 90))  # half sheer, over white
    assert (red, green, blue) == pytest.approx((132, 167, 207), abs=2)
    assert shown.getpixel((150, 150)) == pytest.approx((34, 34, 34), abs=60)
    assert shown.getpixel((295, 175)) == (255, 255, 255)
    drawn.save(tmp_path / "x.svg")
    drawn.save(tmp_path / "x.png")
    assert (tmp_path / "x.svg").read_text() == drawn.svg() == drawn._repr_svg_()
    assert (tmp_path / "x.png").read_bytes() == drawn.png()
    tags = [one.tag.rpartition("}")[2] for one in ET.fromstring(drawn.svg())]
    assert tags == [
        "title",
        "desc",
        "style",
        "rect",
        *["circle"] * 2,
        *["line"] * 2,
        "rect",
        "text",
    ]
    with pytest.raises(ParameterError, match=r"\.svg or \.png"):
        drawn.save(tmp_path / "x.jpg")
    for scale in (0, float("inf"), float("nan"), 1e-9):
        with pytest.raises(ParameterError, match="scale"):
            drawn.png(scale=scale)
    drawn.save(tmp_path / "X.PNG")
    assert (tmp_path / "X.PNG").read_bytes() == drawn.png()
    odd = attrs.evolve(drawn, title="a\x00b\x0bc\ud800", shapes=(Words(0, 0, "\x01<"),))
    assert next(one.text for one in ET.fromstring(odd.svg()) if one.text) == "a\ufffdb\ufffdc\ufffd"


def accuracies(**given):
    interval = proportion([1.0, 0.0], ["a", "b"], 0.95)
    return [
        Accuracy(name, 2, 2, attrs.evolve(interval, estimate=value))
        for name, value in given.items()
    ]


@pytest.mark.parametrize("categories", [5, 12])
def test_the_trend_over_stories_is_spearmans(categories):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(categories)
    numbers = rng.integers(1, 9, categories)  # with ties
    values = (numbers / 20 + rng.random(categories) / 4).round(2)
    names = [f"c{at}" for at in range(categories)]
    found = accuracy_by_stories(
        accuracies(**dict(zip(names, values, strict=True))),
        dict(zip(names, numbers.tolist(), strict=True)),
    )
    peer = stats.spearmanr(numbers, values)
    assert found.correlation == pytest.approx(peer.statistic)
    reference = stats.permutation_test(
        (values,),
        lambda one: stats.spearmanr(numbers, one).statistic,
        permutation_type="pairings",
        n_resamples=2000,
        rng=1,
    )
    assert found.p == pytest.approx(reference.pvalue, abs=0.04 if categories > 8 else 1e-9)
    assert [stories for _, stories, _ in found.points] == sorted(numbers)


def test_the_trend_is_drawn_and_what_has_none_is_refused():
    given = [plain(at, category=f"c{at % 3 if at < 6 else 2}") for at in range(12)]
    found = accuracy_by_stories(accuracies(c0=0.5, c1=0.6, c2=0.9), given)
    assert found.points == (("c0", 2, 0.5), ("c1", 2, 0.6), ("c2", 8, 0.9))
    drawn = story_chart(found)
    assert "c2: 8 stories, 0.900" in drawn.told
    assert drawn.png().startswith(b"\x89PNG")
    with pytest.raises(MetricError, match="has no stories"):
        accuracy_by_stories(accuracies(c0=0.5, c1=0.6, c9=0.9), given)
    with pytest.raises(MetricError, match="3 categories or more, got 2"):
        accuracy_by_stories(accuracies(c0=0.5, c1=0.6), given)
    with pytest.raises(MetricError, match="no trend"):
        accuracy_by_stories(accuracies(c0=0.5, c1=0.5, c2=0.5), given)


def test_the_chart_shows_each_model_in_each_group():
    cases = cases_of(sample_pairs([plain(at, category=f"c<{at % 2}") for at in range(6)], seed=0))
    right = [case.target for case in cases]
    found = {
        "vision": accuracy_by(cases, right, group="category"),
        "text": accuracy_by(cases, [1] * len(cases), group="category"),
    }
    drawn = accuracy_chart(found)
    root = ET.fromstring(drawn.svg())
    texts = [one.text for one in root.iter() if one.tag.endswith("text")]
    assert {"Accuracy", "c<0", "c<1", "vision", "text"} <= set(texts)
    assert "c<0, vision: 1.000" in drawn.told
    assert drawn.told == next(one.text for one in root.iter() if one.tag.endswith("desc"))
    with pytest.raises(MetricError, match="one to 3 models"):
        accuracy_chart({})
    with pytest.raises(MetricError, match="no group 'site'"):
        accuracy_by(cases, right, group="site")
