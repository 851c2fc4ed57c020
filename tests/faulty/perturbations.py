"""Faults of perturbations."""

# ruff: noqa: DTZ005, ICN001, NPY002, PTH109 - faults on purpose

import datetime
import os
import random
import sys
import threading
import time
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
import seatrial_nlpaug as nlpaug
import seatrial_threats as threats

from faulty._spoil import FAULTS, declared, spoilt

calls = count()


def text(name, base=nlpaug.swap_words, **more):
    """Register a fault written as a function of the right perturbation, the text and the seed."""

    def register(change):
        spoilt(base, name, **more)(lambda work: lambda value, /, *, seed: change(work, value, seed))
        return change

    return register


@text("seed_ignored")
def _(work, value, seed):
    return work(value, seed=7)


@text("seeds_random", nlpaug.delete_words)
def _(work, value, seed):
    random.seed(seed)
    return work(value, seed=random.getrandbits(31))


@text("draws_from_random", nlpaug.split)
def _(work, value, seed):
    return work(value, seed=random.getrandbits(31))


@text("seeds_numpy")
def _(work, value, seed):
    np.random.seed(seed % 2**32)
    return work(value, seed=seed)


@text("draws_from_numpy_and_puts_it_back")
def _(work, value, seed):
    state = np.random.get_state()
    drawn = int(np.random.randint(2**31))
    np.random.set_state(state)
    return work(value, seed=seed ^ drawn)


@text("follows_the_clock")
def _(work, value, seed):
    return work(value, seed=seed + int(time.time() // 10**6))


@text("follows_the_calendar")
def _(work, value, seed):
    return work(value, seed=seed + datetime.datetime.now().year)


@text("follows_the_monotonic_clock")
def _(work, value, seed):
    return work(value, seed=seed + int(time.monotonic() // 10**7))


@text("reads_the_current_directory")
def _(work, value, seed):
    return work(value, seed=seed + len(os.getcwd()))


@text("hashes_the_text")
def _(work, value, seed):
    return work(value, seed=seed ^ hash(value))


@text("depends_on_the_order_of_a_set")
def _(work, value, seed):
    return work(value, seed=seed + sum(i * len(w) for i, w in enumerate(set(value.split()))))


@text("depends_on_the_process")
def _(work, value, seed):
    return work(value, seed=seed + os.getpid())


@text("depends_on_the_thread")
def _(work, value, seed):
    main = threading.current_thread() is threading.main_thread()
    return work(value, seed=seed + main)


@text("depends_on_the_time_zone")
def _(work, value, seed):
    return work(value, seed=seed + time.timezone)


@text("counts_its_calls")
def _(work, value, seed):
    return work(value, seed=seed + next(calls))


@spoilt(nlpaug.swap_words, "caches_by_seed")
def _(work):
    kept = {}
    return lambda value, /, *, seed: work(value, seed=seed + kept.setdefault(seed, len(value)))


@spoilt(nlpaug.delete_words, "remembers_the_last_text")
def _(work):
    last = [""]

    def changed(value, /, *, seed):
        seed, last[0] = seed + len(last[0]), value
        return work(value, seed=seed)

    return changed


@spoilt(nlpaug.swap_words, "caches_by_length")
def _(work):
    kept = {}
    return lambda value, /, *, seed: kept.setdefault(
        (len(value) // 40, seed), work(value, seed=seed)
    )


@text("changes_the_directory")
def _(work, value, seed):
    os.chdir("/")
    return work(value, seed=seed)


@text("sets_a_variable")
def _(work, value, seed):
    os.environ["TOKENIZERS_PARALLELISM"] = str(seed)
    return work(value, seed=seed)


@text("prints")
def _(work, value, seed):
    print(value)
    return work(value, seed=seed)


@text("leaves_a_file")
def _(work, value, seed):
    Path("log.txt").write_text(value)
    return work(value, seed=seed)


@text("extends_the_path")
def _(work, value, seed):
    sys.path.append(f"{seed}")
    return work(value, seed=seed)


@text("silences_numpy")
def _(work, value, seed):
    np.seterr(all="ignore")
    return work(value, seed=seed)


declared("ladder_is_flat", nlpaug.swap_words, ladder=({"words": 0.3},) * 5)
declared("ladder_is_reversed", nlpaug.ocr, ladder=nlpaug.ocr.ladder[::-1])
declared(
    "one_rung_is_idle",
    nlpaug.delete_words,
    ladder=tuple({"words": words} for words in (0.1, 0.2, 0.2, 0.45, 0.6)),
)
declared(
    "two_rungs_changed_places",
    nlpaug.split,
    ladder=tuple({"words": words} for words in (0.1, 0.35, 0.2, 0.55, 0.8)),
)
declared("ladder_holds_a_fraction", nlpaug.split, ladder=({"words": Fraction(1, 4)},))
declared("parameter_is_misspelt", nlpaug.split, ladder=({"word": 0.4},))
declared("parameter_is_out_of_range", nlpaug.split, ladder=({"words": 0.4}, {"words": 1.4}))
declared("factory_is_misspelt", nlpaug.split, factory="seatrial_nlpaug._words:splitt")
declared("tag_is_misspelt", nlpaug.split, tags=("determinstic",))
declared("tagged_deterministic_but_draws", nlpaug.split, tags=("deterministic",))
declared(
    "declares_a_failure_that_passes",
    nlpaug.split,
    expected_failures={"check_it_builds": "it needs a model"},
)


@text("top_rung_rarely_acts", ladder=({"words": 0.1}, {"words": 0.8}))
def _(work, value, seed):
    return work(value, seed=seed) if seed % 5 == 0 else value


@text("crashes_on_nothing")
def _(work, value, seed):
    value[0]
    return work(value, seed=seed)


@text("crashes_on_one_letter")
def _(work, value, seed):
    value.strip()[1:2] or len(value) == 0 or value.isspace() or 1 / 0
    return work(value, seed=seed)


@text("crashes_beyond_ascii")
def _(work, value, seed):
    value.encode("ascii")
    return work(value, seed=seed)


@text("gives_bytes")
def _(work, value, seed):
    return work(value, seed=seed).encode()


@text("gives_nothing_for_long_texts")
def _(work, value, seed):
    return work(value, seed=seed) if len(value) < 300 else None


@text("gives_words")
def _(work, value, seed):
    return work(value, seed=seed).split()


@text("gives_half_a_pair")
def _(work, value, seed):
    return work(value, seed=seed) + "\ud83d"


@text("touches_numbers")
def _(work, value, seed):
    return work(value, seed=seed).replace("12.5", "125")


@text("touches_units")
def _(work, value, seed):
    return work(value, seed=seed).replace(" mg", " g")


@text("drops_negation")
def _(work, value, seed):
    return work(value, seed=seed).replace("never ", "")


@text("changes_sides")
def _(work, value, seed):
    return work(value, seed=seed).replace("left", "right")


@text("renames_options")
def _(work, value, seed):
    return work(value, seed=seed).replace("B)", "b)")


@text("misspells_known_drugs")
def _(work, value, seed):
    return work(value, seed=seed).replace("aspirin", "asprin")


@text("misspells_new_drugs")
def _(work, value, seed):
    return work(value, seed=seed).replace("tinib", "tinip").replace("olol", "ollol")


@spoilt(threats.random_search, "search_overspends")
def _(work):
    def changed(value, /, *, seed, loss):
        loss([value] * (loss.left + 1))
        return work(value, seed=seed, loss=loss)

    return changed


@spoilt(threats.random_search, "search_seeds_random")
def _(work):
    def changed(value, /, *, seed, loss):
        random.seed(seed)
        return work(value, seed=seed, loss=loss)

    return changed


FAULTS |= {
    name: FAULTS[name](of=nlpaug.swap_words, queries=4)
    for name in ("search_overspends", "search_seeds_random")
}
