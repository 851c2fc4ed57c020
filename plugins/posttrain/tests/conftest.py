"""Tiny causal language models with random weights: no download."""

from __future__ import annotations

import pytest
from seatrial_posttrain._samples import saved
from seatrial_transformers import causal_lm

import seatrial as sea


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def model(folder):
    return causal_lm(folder, max_new_tokens=4)


@pytest.fixture(scope="session")
def preferences():
    asked = ("May I drive?", "Is it safe?", "How many a day?", "With milk?", "And at night?")
    return [
        sea.Preference(text, f"No, not {text.split()[-1]}", "Yes, sure", case_id=str(place))
        for place, text in enumerate(asked)
    ]
