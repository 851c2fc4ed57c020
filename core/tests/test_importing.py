"""Import strings: what they name, what they make, and what is said where they name nothing."""

from __future__ import annotations

import pytest

from seatrial.errors import ComponentLoadError, ModelError, ParameterError
from seatrial.kit import object_with

MODULE = """
class Encoder:
    def embed_text(self, texts):
        return texts

class Towers:
    encoder = Encoder()

ready = Encoder()
bare = 3

def made():
    return Encoder()
"""


@pytest.fixture
def encoders(tmp_path, monkeypatch):
    (tmp_path / "encoders_here.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "encoders_here"


@pytest.mark.parametrize("name", ["ready", "Encoder", "made", "Towers.encoder"])
def test_an_object_is_found_or_made(encoders, name):
    found = object_with(f"{encoders}:{name}", "embed_text", what="encoder")
    assert found.embed_text(["a"]) == ["a"]
    assert object_with(found, "embed_text", what="encoder") is found
    assert isinstance(object_with(type(found), "embed_text", what="encoder"), type(found))


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        (":bare", ModelError, "encoder must have embed_text, and 'encoders_here:bare' has not"),
        (":gone", ComponentLoadError, "encoder: cannot import 'encoders_here:gone'"),
        (":raedy", ComponentLoadError, "has no attribute 'raedy'; did you mean ready?"),
        ("", ParameterError, "encoder must read 'package.module:name', got 'encoders_here'"),
    ],
)
def test_what_is_not_there_is_said(encoders, name, error, said):
    with pytest.raises(error, match=said):
        object_with(f"{encoders}{name}", "embed_text", what="encoder")
