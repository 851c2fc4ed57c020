# ruff: noqa: NPY002 - the legacy generators are global, so they are what is restored
from __future__ import annotations

import hashlib
import json
import random
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial import derive, seeded

GOLDEN = {
    (0,): 5505350704813078471,
    (7, "nlpaug.keyboard", "q1", 0): 490527595562911752,
    (7, "nlpaug.keyboard", "q1", 1): 8419742686198798928,
    (7, "nlpaug.keyboard", "Zürich 药", 0): 673987121637547769,
    (-1, "a", "b"): 8696347230334296468,
    (2**63, "", '\x00"\\'): 2412022231405863048,
}


def by_hand(*path):
    text = json.dumps(path, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    digest = hashlib.blake2b(text, digest_size=8, person=b"seatrial").hexdigest()
    return int(digest, 16) // 2


@pytest.mark.parametrize("path", GOLDEN)
def test_the_mapping_is_frozen(path):
    assert derive(*path) == GOLDEN[path]


@given(st.integers(), st.lists(st.text() | st.integers()))
def test_a_seed_is_63_bits_of_blake2b_over_the_path(root, path):
    seed = derive(root, *path)
    assert seed == by_hand(root, *path)
    assert 0 <= seed < 2**63


def test_paths_that_read_alike_when_joined_have_other_seeds():
    paths = [("a", "b"), ("ab",), ("a,b",), ('a","b',), ("b", "a"), ("a", "b", "")]
    assert len({derive(1, *path) for path in paths}) == len(paths)
    assert derive(1, "2") != derive(1, 2)
    assert derive(1, "x") != derive(2, "x")


def draws():
    return random.random(), float(np.random.random())


def test_a_block_draws_the_same_numbers_each_time():
    found = []
    for seed in (5, 5, 6):
        with seeded(seed):
            found.append(draws())
    assert found[0] == found[1]
    assert found[0][0] != found[2][0]
    assert found[0][1] != found[2][1]


@pytest.mark.parametrize("seed", [0, -1, 2**32, derive(0, "large"), 2**63 - 1])
def test_every_derived_seed_is_taken(seed):
    with seeded(seed):
        assert all(0 <= number < 1 for number in draws())


def test_the_generators_go_on_as_if_nothing_had_happened():
    random.seed(1)
    np.random.seed(1)
    expected = [draws(), draws()]
    random.seed(1)
    np.random.seed(1)
    found = [draws()]
    with seeded(9):
        draws()
    assert [*found, draws()] == expected


def test_the_generators_are_restored_after_an_exception():
    random.seed(1)
    np.random.seed(1)
    expected = draws()
    random.seed(1)
    np.random.seed(1)
    with pytest.raises(ZeroDivisionError), seeded(9):
        draws()[0] / 0
    assert draws() == expected


def test_blocks_nest():
    with seeded(3):
        expected = [draws(), draws()]
    with seeded(3):
        found = [draws()]
        with seeded(4):
            draws()
        found.append(draws())
    assert found == expected


def test_blocks_in_threads_do_not_mix_their_numbers():
    with seeded(8):
        expected = [random.random() for _ in range(2000)]
    found = []
    start = threading.Barrier(4)

    def draw():
        start.wait()
        with seeded(8):
            found.append([random.random() for _ in range(2000)])

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_torch_is_seeded_and_restored():
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with seeded(5):
        inside = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with seeded(5):
        assert torch.equal(torch.rand(3), inside)


def test_generators_on_other_devices_are_restored():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no accelerator here")
    torch.cuda.manual_seed_all(1)
    expected = torch.rand(3, device="cuda")
    torch.cuda.manual_seed_all(1)
    with seeded(5):
        torch.rand(3, device="cuda")
    assert torch.equal(torch.rand(3, device="cuda"), expected)


def test_libraries_that_nobody_imported_are_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    before = random.getstate()
    with seeded(5):
        random.random()
    assert random.getstate() == before
