"""Faults written into the official plugins: each entry is a component with one thing spoilt.

`spoilt(base, name)` names the entry and takes a function from the right factory's result to the
wrong one; `declared` spoils the declaration alone. Factories are module-level names, so that other
processes find them.
"""

# ruff: noqa: DTZ005, DTZ011, ICN001, NPY002, PTH109, RUF012 - faults on purpose

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
import seatrial_audits as audits
import seatrial_metrics as metrics
import seatrial_nlpaug as nlpaug
import seatrial_probes as probes
import seatrial_simnl as simnl
import seatrial_threats as threats
from attrs import evolve

from seatrial import Case, Finding
from seatrial import _builtin as core

FAULTS = {}
calls = count()


def spoilt(base, name, **declared):
    """Register a component whose factory's result goes through the decorated function."""

    def register(change):
        def factory(**params):
            return change(base.build(params))

        factory.__signature__ = __import__("inspect").signature(base.load())
        factory.__module__, factory.__qualname__ = __name__, name
        globals()[name] = factory
        FAULTS[name] = evolve(base, factory=f"{__name__}:{name}", **declared)
        return change

    return register


def declared(name, component, **changes):
    FAULTS[name] = evolve(component, **changes)


def text(name, base=nlpaug.swap_words, **more):
    """Register a fault written as a function of the right perturbation, the text and the seed."""

    def register(change):
        spoilt(base, name, **more)(lambda work: lambda value, /, *, seed: change(work, value, seed))
        return change

    return register


# --- perturbations: what is drawn


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


# --- perturbations: the process


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


# --- perturbations: ladders

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


# --- perturbations: values


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


# --- searches


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


# --- metrics


def scores(name, base=metrics.accuracy, **more):
    """Register a fault written as a function of the right metric, targets and answers."""

    def register(change):
        spoilt(base, name, **more)(
            lambda score: lambda targets, answers, /: change(score, targets, answers)
        )
        return change

    return register


declared("wrong_direction", metrics.brier, higher_is_better=True)
declared("narrow_bounds", metrics.mcc, bounds=(0.0, 1.0))
declared("wrong_example", metrics.accuracy, examples=((("a", "b"), ("a", "a"), 1.0),))


@scores("counts_errors")
def _(score, targets, answers):
    return [1 - one for one in score(targets, answers)]


@scores("in_percent", metrics.rouge_1)
def _(score, targets, answers):
    return [100 * one for one in score(targets, answers)]


@scores("rounds", metrics.rouge_l)
def _(score, targets, answers):
    return [round(one, 1) for one in score(targets, answers)]


@scores("nan_for_one_class", metrics.ece)
def _(score, targets, answers):
    found = score(targets, answers)
    return found if len(set(targets)) > 1 else float("nan")


@scores("nothing_scores_zero")
def _(score, targets, answers):
    return score(targets, answers) if targets else [0.0]


@scores("nothing_divides_by_zero", metrics.macro_f1)
def _(score, targets, answers):
    return score(targets, answers) if 1 / len(targets) else 0.0


@scores("weighs_by_place", metrics.balanced_accuracy)
def _(score, targets, answers):
    return score([*targets, *targets[:3]], [*answers, *answers[:3]])


@scores("sorts_in_place")
def _(score, targets, answers):
    found = score(targets, answers)
    targets.sort()
    return found


@scores("one_score_too_many")
def _(score, targets, answers):
    return [*score(targets, answers), 1.0]


@scores("compares_with_neighbours")
def _(score, targets, answers):
    found = score(targets, answers)
    return [
        one * (1 - 0.5 * (index > 0 and found[index - 1] == 0)) for index, one in enumerate(found)
    ]


@scores("jitters", metrics.ece)
def _(score, targets, answers):
    return score(targets, answers) * (1 - 1e-12 * random.random())


@scores("scores_by_hash", metrics.auroc)
def _(score, targets, answers):
    return score(targets, answers) * (1 - 1e-13 * (hash(str(targets)) % 1000))


@scores("scores_by_the_clock", metrics.ece)
def _(score, targets, answers):
    return score(targets, answers) * (1 - 1e-17 * time.time())


@scores("crashes_on_no_answer")
def _(score, targets, answers):
    return score(targets, [one + "" if isinstance(targets[0], str) else one for one in answers])


# --- audits


def finds(name, base=audits.answer_imbalance, **more):
    def register(change):
        spoilt(base, name, **more)(
            lambda check: (
                lambda plan, model, cases, /: [*check(plan, model, cases), *change(model, cases)]
            )
        )
        return change

    return register


@finds("finding_without_a_fix")
def _(model, cases):
    return [Finding("imbalance", f"{len(cases)} cases", level="error")]


@finds("finding_of_unknown_cases", audits.too_few_clusters)
def _(model, cases):
    return [Finding("few", "too few", level="warning", cases=("nobody",), fix="add cases")]


@finds("finding_is_a_text", audits.missing_scores)
def _(model, cases):
    return ["too few cases"]


@finds("finding_is_drawn", audits.near_duplicates)
def _(model, cases):
    return [Finding("drawn", f"{random.random()}", fix="none")]


@finds("asks_the_model_that_is_not_there", audits.split_leak)
def _(model, cases):
    model([cases[0].input])
    return []


@finds("finds_in_the_order_of_a_set", audits.gold_in_prompt)
def _(model, cases):
    return [
        Finding("words", " ".join({word for one in cases for word in one.input.split()}), fix="-")
    ]


# --- explainers


def explains(name, base=probes.bag_of_words):
    def register(change):
        spoilt(base, name)(
            lambda explain: (
                lambda model, outcomes, /, *, seed: change(
                    explain(model, outcomes, seed=seed), outcomes, seed
                )
            )
        )
        return change

    return register


def predicting(found, change):
    return evolve(found, predictor=lambda cases: change(list(found.predict(cases)), cases))


@explains("predicts_percent")
def _(found, outcomes, seed):
    return predicting(found, lambda p, _: [100 * one for one in p])


@explains("predicts_success")
def _(found, outcomes, seed):
    return predicting(found, lambda p, _: [1 - one for one in p])


@explains("predicts_one_too_few")
def _(found, outcomes, seed):
    return predicting(found, lambda p, _: p[1:])


@explains("reads_the_target")
def _(found, outcomes, seed):
    return predicting(
        found,
        lambda p, cases: [q / (1 + (c.target is None)) for q, c in zip(p, cases, strict=True)],
    )


@explains("divides_by_failures")
def _(found, outcomes, seed):
    rate = len(outcomes) / sum(not one.right for one in outcomes)
    return evolve(found, summary=f"one in {rate}: {found.summary}")


@explains("explains_by_the_clock")
def _(found, outcomes, seed):
    return evolve(found, summary=f"{found.summary} ({datetime.date.today().year})")


@explains("explanation_reseeds")
def _(found, outcomes, seed):
    np.random.seed(seed % 2**32)
    return found


@explains("says_nothing")
def _(found, outcomes, seed):
    return evolve(found, summary=" ")


# --- adapters


class Towers:
    """A dual encoder by colour, as small as can be."""

    identity = "faulty towers"
    colours = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}

    def __call__(self, images):
        return ["red"] * len(images)

    def embed_image(self, images):
        means = np.stack([np.asarray(one, dtype=np.float64).mean((0, 1)) for one in images])
        return np.float32(means / 128 - 0.7)

    def embed_text(self, texts):
        seen = [next((c for n, c in self.colours.items() if n in t), (90, 90, 90)) for t in texts]
        return np.float32(np.array(seen) / 128 - 0.7)


def pictures():
    draw = np.random.default_rng(0)
    return [
        Case(f"{name}-{at}", np.uint8(np.clip(draw.normal(colour, 40, (8, 8, 3)), 0, 255)), name)
        for name, colour in Towers.colours.items()
        for at in range(4)
    ]


def adapts(name, base=simnl.tip):
    def register(change):
        spoilt(base, name)(
            lambda adapt: (
                lambda model, cases, /, *, seed, work: change(
                    lambda: adapt(model, cases, seed=seed, work=work), model, cases, seed
                )
            )
        )
        return change

    return register


@adapts("original_is_changed")
def _(adapt, model, cases, seed):
    fixed = adapt()
    type(model).__call__ = lambda self, images: ["blue"] * len(images)
    return fixed


@adapts("gives_a_table")
def _(adapt, model, cases, seed):
    adapt()
    return {"red": 1}


@adapts("wants_many_cases")
def _(adapt, model, cases, seed):
    cases[5]
    return adapt()


@adapts("repairs_differ")
def _(adapt, model, cases, seed):
    number = next(calls)
    adapt()
    return lambda images: [f"red {number}" for _ in images]


@adapts("adapter_reseeds")
def _(adapt, model, cases, seed):
    random.seed(seed)
    return adapt()


# --- reporters


@spoilt(core.json, "report_is_dated")
def _(render):
    return lambda bundle, /: render(bundle) + str(time.time() // 10**6).encode()


@spoilt(core.md, "report_is_a_text")
def _(render):
    return lambda bundle, /: render(bundle).decode()


@spoilt(core.mask, "mask_is_stored_as_bytes")
def _(carrier):
    dump = carrier.dump
    carrier.dump = lambda value, /: dump(value > 0) if hasattr(value, "dtype") else dump(value)
    return carrier


@spoilt(core.image, "image_freezes_a_view")
def _(carrier):
    carrier.freeze = lambda value, /: value
    return carrier


@spoilt(core.text, "texts_differ_by_nothing")
def _(carrier):
    carrier.distance = lambda clean, perturbed, /: 0.0
    return carrier


@spoilt(core.threads, "executor_swallows_errors")
def _(executor):
    open_ = executor.open

    def opened(job, /):
        def careful(batch):
            try:
                return job(batch)
            except ValueError:
                return None

        open_(careful)

    executor.open = opened
    return executor
