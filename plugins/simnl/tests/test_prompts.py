"""Prompts: the published templates, sentences of one's own, CuPL files, negations."""

from __future__ import annotations

import json

import pytest
from seatrial_simnl import Prompts, cupl_file, negative_prompts, prompts
from seatrial_simnl._prompts import data_set
from seatrial_simnl._wording import article

from seatrial.errors import FileError, PlanError

SETS = (
    *("imagenet", "imagenet-v2", "imagenet-sketch", "imagenet-a", "imagenet-r"),
    *("caltech101", "dtd", "eurosat", "fgvc_aircraft", "oxford_flowers", "food101"),
    *("oxford_pets", "stanford_cars", "sun397", "ucf101"),
)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("source", ["paper", "release"])
def test_every_data_set_of_the_paper_has_both_sides(name, source):
    found = prompts(name, source=source)
    sentences = found.sentences(["annual_crop_land", "forest"])
    assert set(sentences) == {"template", "negative"}
    for side in sentences.values():
        assert [bool(each) for each in side] == [True, True]
        assert all("annual crop land" in text for text in side[0])
        assert all("forest" in text and "{" not in text for text in side[1])


def test_the_templates_are_those_of_the_paper():
    assert prompts("eurosat").sentences(["forest"]) == {
        "template": [("a centered satellite photo of forest.",)],
        "negative": [("a centered satellite photo without forest.",)],
    }
    assert len(prompts("imagenet").positive) == len(prompts("imagenet").negative) == 7
    assert prompts("ImageNet-R") == prompts("imagenet")
    release = prompts("imagenet", source="release")
    assert (len(release.positive), len(release.negative)) == (8, 14)


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(PlanError, match=r"the data set 'cifar10' is not known here; .* eurosat, "):
        prompts("cifar10")
    with pytest.raises(PlanError, match="the data set 'aliases' is not known"):
        prompts("aliases")
    with pytest.raises(PlanError, match="source must be"):
        prompts("dtd", source="book")


def test_a_cupl_file_gives_each_class_its_own_sentences(tmp_path):
    file = tmp_path / "cupl.json"
    told = {"Annual Crop": ["Rows of green.", "Brown rows."], "forest": ["Dark green {trees}."]}
    file.write_text(json.dumps(told), encoding="utf-8")
    found = prompts("eurosat").with_cupl(file).sentences(["forest", "annual_crop"])
    assert found["cupl"] == [("Dark green {trees}.",), ("Rows of green.", "Brown rows.")]
    with pytest.raises(
        PlanError, match=r"cupl prompts have no sentence for \['river'\]; they know"
    ):
        prompts("eurosat").with_cupl(file).sentences(["forest", "river"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as CuPL"),
        ("[]", "one object from class names"),
        ('{"a": "b"}', "class 'a' needs a list"),
        ('{"a": []}', "class 'a' needs a list"),
        ('{"a": [1]}', "class 'a' needs a list"),
    ],
)
def test_a_file_that_is_no_cupl_file_is_refused(tmp_path, text, message):
    file = tmp_path / "cupl.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=message):
        cupl_file(file)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"positive": ["a photo"]}, "a template has one"),
        ({"positive": ["{} and {}"]}, "a template has one"),
        ({"positive": [""]}, "a sentence that is none"),
        ({"positive": {"cat": "a cat"}}, "'cat' needs a list of sentences"),
        ({"positive": ["{}"], "cupl": ["{}"]}, "cupl needs a mapping"),
    ],
)
def test_prompts_that_make_no_sense_are_refused_at_once(given, message):
    with pytest.raises(PlanError, match=message):
        Prompts(**given)


def test_one_template_needs_no_list():
    assert Prompts("a photo of {}.").sentences(["cat"]) == {"template": [("a photo of cat.",)]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[
            (word, "an")
            for word in [
                "apple",
                "hour",
                "umbrella",
                "MRI",
                "X-ray",
                "urban",
                "honest",
                "iPod",
                "egg",
            ]
        ],
        *[
            (word, "a")
            for word in ["dog", "university", "CD", "T-shirt", "unicorn", "one-way", "European"]
        ],
        *[(word, "a") for word in ["user", "US", "ukulele", "house"]],
        ("unidentified object", "an"),
    ],
)
def test_articles_go_by_the_sound(name, expected):
    assert article(name) == expected


def test_negative_sentences_follow_the_grammar_of_the_name():
    found = negative_prompts(
        ["airplane", "sea_lions", "snow", "bus", "a bowl of apples", "glasses"]
    )
    assert found["airplane"][:3] == [
        "a photo without an airplane.",
        "a photo with no airplane in it.",
        "there is no airplane in this photo.",
    ]
    assert "there are no sea lions in this photo." in found["sea_lions"]
    assert "there are no glasses in this photo." in found["glasses"]
    assert "a photo without snow." in found["snow"]
    assert "a photo without a bus." in found["bus"]
    assert "there is no bowl of apples in this photo." in found["a bowl of apples"]


def test_what_is_guessed_wrong_can_be_said():
    told = negative_prompts(["sheep", "moss"], plural=["sheep"], mass=["moss"])
    assert told["sheep"][2] == "there are no sheep in this photo."
    assert told["moss"][0] == "a photo without moss."
    with pytest.raises(PlanError, match="'cow' is said to be plural or a mass"):
        negative_prompts(["sheep"], plural=["cow"])


def test_negative_sentences_are_the_other_side_of_prompts():
    names = ["cat", "dog"]
    both = Prompts("a photo of a {}.", negative_prompts(names)).sentences(names)
    assert [len(each) for each in both["negative"]] == [6, 6]


@pytest.mark.parametrize(
    ("name", "key"),
    [("EuroSAT", "eurosat"), ("euro_sat", "eurosat"), ("oxford-pets", "oxford_pets"),
     ("Oxford-IIIT Pet", "oxford_pets"), ("Flowers102", "oxford_flowers"), ("UCF-101", "ucf101"),
     ("FGVC-Aircraft", "fgvc_aircraft"), ("StanfordCars", "stanford_cars"), ("SUN 397", "sun397"),
     ("ImageNet-V2", "imagenet"), ("imagenetA", "imagenet"), ("Food-101", "food101")],
)  # fmt: skip
def test_a_data_set_is_known_however_it_is_spelt(name, key):
    assert data_set(name) == key


@pytest.mark.parametrize("name", [None, 3, ["eurosat"], "", "aliases", "cifar10"])
def test_no_data_set_is_refused(name):
    with pytest.raises(PlanError, match="is not known here"):
        data_set(name)


def test_the_nearest_data_set_is_named():
    with pytest.raises(PlanError, match=r"'eurosta' is not known here; did you mean eurosat\?"):
        data_set("eurosta")
