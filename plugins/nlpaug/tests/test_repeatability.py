"""The same seed gives the same text: again, in a fresh process, and in many threads at once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from seatrial_nlpaug import seatrial_perturbations

import seatrial as sea

ALL = seatrial_perturbations()
NAMES = [one.name for one in ALL]
TEXTS = [
    "Because my mother has a terrible headache, which medicine could she take with the others?",
    "Walking upstairs hurts;\n\nthe knee feels warm and looks swollen, although nobody touched it.",
    "Please explain in simple words why antibiotics do nothing against an ordinary cold.",
]


def outputs():
    return [
        one.at(severity)(text, seed=sea.derive(7, one.name, str(index), 0))
        for one in ALL
        for severity in (1, 3, 5)
        for index, text in enumerate(TEXTS)
    ]


def test_a_fresh_process_with_other_hashes_gives_the_same_texts():
    """What nlpaug would import without needing it is kept away from it: that takes many seconds."""
    code = (
        "import importlib.util, json, sys\n"
        "sys.modules.update(dict.fromkeys(['nltk', 'torch', 'transformers']))\n"
        "spec = importlib.util.spec_from_file_location('there', sys.argv[1])\n"
        "there = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(there)\n"
        "print(json.dumps(there.outputs()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, __file__],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == outputs()


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_another_seed_gives_another_text(one):
    perturb = one.at(3)
    assert len({perturb(TEXTS[0], seed=seed) for seed in range(20)}) > 5


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_global_generators_are_neither_read_nor_changed(one, monkeypatch):
    import numpy as np

    perturb = one.at(5)
    expected = perturb(TEXTS[0], seed=3)

    def drawn(*args, **kwargs):
        pytest.fail("a global generator was asked")

    for name in ("random", "sample", "choice", "randint", "seed", "getrandbits", "shuffle"):
        monkeypatch.setattr(random, name, drawn)
    for name in ("random", "rand", "randint", "choice", "seed", "shuffle", "permutation"):
        monkeypatch.setattr(np.random, name, drawn)
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global one
    assert perturb(TEXTS[0], seed=3) == expected
    assert random.getstate() == state
    assert (np.random.get_state()[1] == numpy_state[1]).all()  # noqa: NPY002 - the global one


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_threads_that_share_a_perturbation_do_not_disturb_each_other(one):
    perturb = one.at(5)
    jobs = [(text, seed) for seed in range(60) for text in TEXTS]
    alone = [perturb(text, seed=seed) for text, seed in jobs]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(lambda job: perturb(job[0], seed=job[1]), jobs))
    finally:
        sys.setswitchinterval(interval)
    assert together == alone


def test_nlpaug_set_up_otherwise_elsewhere_changes_nothing():
    import nlpaug.augmenter.word as naw
    from nlpaug.augmenter.word.spelling import init_spelling_error_model
    from seatrial_nlpaug import spelling

    before = spelling.at(5)(TEXTS[0], seed=1)
    theirs = naw.SpellingAug(include_reverse=True)
    init_spelling_error_model(theirs.dict_path, include_reverse=True, force_reload=True)
    assert spelling.at(5)(TEXTS[0], seed=1) == before


def test_seeds_of_63_bits_are_taken_whole():
    perturb = ALL[0].at(3)
    low, high = 5, 5 + 2**32
    assert perturb(TEXTS[0], seed=low) != perturb(TEXTS[0], seed=high)
