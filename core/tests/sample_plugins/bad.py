"""For every check a component that fails it, and no other check.

The one whose declaration is heavy stands in `heavy.py`: here it would weigh on all the others.
"""

import random
import time
from fractions import Fraction
from itertools import count

from attrs import evolve

from sample_plugins import good
from sample_plugins.good import FRACTIONS, LEVELS, metric, perturbation
from seatrial import Adapter, Audit, Executor, Explainer, Finding, Modality, Reporter, Volume

calls = count()


def builds_but_once(*, fraction):
    if fraction > 0.7:
        msg = "fraction must be at most 0.7"
        raise ValueError(msg)
    return good.stretch(fraction=fraction)


def remembers(*, fraction):
    mild, seen = good.stretch(fraction=fraction), set()

    def work(text, *, seed):
        again = (text, seed) in seen
        seen.add((text, seed))
        return mild(text, seed=seed + again)

    return work


def caches_by_seed(*, fraction):
    mild, lengths = good.stretch(fraction=fraction), {}

    def work(text, *, seed):
        return mild(text, seed=seed + lengths.setdefault(seed, len(text)))

    return work


def rests_at_its_third_rung(*, fraction):
    return good.stretch(fraction=0.2 if fraction == 0.4 else fraction)


def prints(*, fraction):
    mild = good.stretch(fraction=fraction)

    def work(text, *, seed):
        print(text)
        return mild(text, seed=seed)

    return work


def follows_the_clock(*, fraction):
    mild = good.stretch(fraction=fraction)
    return lambda text, *, seed: mild(text, seed=seed + int(time.time() / 10**6))


def hashes(*, fraction):
    mild = good.stretch(fraction=fraction)
    return lambda text, *, seed: mild(text, seed=seed ^ hash(text))


def ignores_seed(*, fraction):
    mild = good.stretch(fraction=fraction)
    return lambda text, *, seed: mild(text, seed=7)


def writes_in_place(*, level):
    mild = good.shade(level=level)

    def work(image, *, seed):
        image[...] = mild(image, seed=seed)
        return image

    return work


def seeds_globally(*, fraction):
    mild = good.stretch(fraction=fraction)

    def work(text, *, seed):
        random.seed(seed)
        return mild(text, seed=random.getrandbits(32))

    return work


def turns_round(*, level):
    mild = good.shade(level=level)

    def work(image, *, seed):
        changed = mild(image, seed=seed)
        return changed.swapaxes(0, 1) if len(image) > 1 else changed

    return work


def forgets_to_clip(*, level):
    import numpy as np

    mild = good.shade(level=level)

    def work(image, *, seed):
        changed = mild(image, seed=seed)
        return (
            changed if image.dtype != np.float32 or not np.ptp(image) else changed * np.float32(1.2)
        )

    return work


def expects_words(*, fraction):
    mild = good.stretch(fraction=fraction)

    def work(text, *, seed):
        random.Random(seed).choice(text.split())
        return mild(text, seed=seed)

    return work


def spreads_nan(*, level):
    import numpy as np

    mild = good.ripple(level=level)

    def work(volume, *, seed):
        return mild(Volume(np.nan_to_num(volume.array), volume.affine), seed=seed)

    return work


def misspells_drugs(*, fraction):
    mild = good.stretch(fraction=fraction)
    return lambda text, *, seed: mild(text, seed=seed).replace("ibuprofen", "ibuproffen")


def undefined():
    score = good.fraction_right()
    return lambda targets, answers: [float("nan") for _ in score(targets, answers)]


def fraction_wrong():
    score = good.fraction_right()
    return lambda targets, answers: [1 - one for one in score(targets, answers)]


def percent():
    score = good.fraction_right()
    return lambda targets, answers: [100 * one for one in score(targets, answers)]


def weighs_by_place():
    score = good.fraction_right()

    def work(targets, answers):
        right = score(targets, answers)
        weights = range(1, len(right) + 1)
        return sum(a * b for a, b in zip(weights, right, strict=True)) / sum(weights)

    return work


def sorts_in_place():
    score = good.fraction_right()

    def work(targets, answers):
        right = score(targets, answers)
        targets.sort()
        return right

    return work


def scores_nothing():
    score = good.fraction_right()
    return lambda targets, answers: score(targets, answers) if targets else [0.0]


def needs_two_classes():
    score = good.fraction_right()

    def work(targets, answers):
        right = score(targets, answers)
        return sum(right) / len(right) if len(set(targets)) > 1 else float("nan")

    return work


def adds_the_mean():
    score = good.fraction_right()

    def work(targets, answers):
        right = score(targets, answers)
        return [*right, sum(right) / len(right)]

    return work


def gives_a_table():
    adapt = good.learn_words()
    return lambda model, cases, *, seed, work: adapt(model, cases, seed=seed, work=work).votes


def overwrites():
    adapt = good.learn_words()

    def learn(model, cases, *, seed, work):
        repaired = adapt(model, cases, seed=seed, work=work)
        model.table = repaired.votes
        return repaired

    return learn


def counts_repairs():
    adapt = good.learn_words()

    def learn(model, cases, *, seed, work):
        repaired, number = adapt(model, cases, seed=seed, work=work), next(calls)
        return lambda inputs: [f"{answer} ({number})" for answer in repaired(inputs)]

    return learn


def wants_many_cases():
    adapt = good.learn_words()

    def learn(model, cases, *, seed, work):
        if len(cases) < 4:
            msg = "fold 1 of 5 is empty"
            raise ValueError(msg)
        return adapt(model, cases, seed=seed, work=work)

    return learn


def looks_inside():
    adapt = good.learn_words()

    def learn(model, cases, *, seed, work):
        repaired = adapt(model, cases, seed=seed, work=work)
        repaired.votes = {**model.table, **repaired.votes}
        return repaired

    return learn


class Forgetful(good.Repaired):
    def save(self, path):
        good.Repaired({}, self.default).save(path)


load = good.load


def saves_half():
    adapt = good.learn_words()

    def learn(model, cases, *, seed, work):
        repaired = adapt(model, cases, seed=seed, work=work)
        return Forgetful(repaired.votes, repaired.default)

    return learn


def says_a_word():
    return lambda model, outcomes, *, seed: "children"


def counts_explanations():
    explain = good.words_that_fail()

    def work(model, outcomes, *, seed):
        found = explain(model, outcomes, seed=seed)
        return evolve(found, summary=f"{next(calls)}: {found.summary}")

    return work


def divides_by_failures():
    explain = good.words_that_fail()

    def work(model, outcomes, *, seed):
        one_in = len(outcomes) / sum(not outcome.right for outcome in outcomes)
        found = explain(model, outcomes, seed=seed)
        return evolve(found, summary=f"one in {one_in:.0f}: {found.summary}")

    return work


def shrugs():
    explain = good.words_that_fail()

    def work(model, outcomes, *, seed):
        found = explain(model, outcomes, seed=seed)
        return evolve(found, predictor=lambda cases: [0.5] * len(cases))

    return work


def grades_its_training_set():
    explain = good.words_that_fail()

    def work(model, outcomes, *, seed):
        found = explain(model, outcomes, seed=seed)
        return evolve(found, auroc=None if found.auroc is None else 1.0)

    return work


def reads_the_target():
    explain = good.words_that_fail()

    def work(model, outcomes, *, seed):
        found = explain(model, outcomes, seed=seed)
        return evolve(
            found,
            predictor=lambda cases: [
                (p + (case.target is None)) / 2
                for p, case in zip(found.predict(cases), cases, strict=True)
            ],
        )

    return work


def speaks_in_percent():
    explain = good.words_that_fail()

    def work(model, outcomes, *, seed):
        found = explain(model, outcomes, seed=seed)
        return evolve(found, predictor=lambda cases: [100 * p for p in found.predict(cases)])

    return work


def peeks_inside():
    explain = good.words_that_fail()

    def work(model, outcomes, *, seed):
        model.activations([outcome.input for outcome in outcomes])
        return explain(model, outcomes, seed=seed)

    return work


def yields_text():
    return lambda plan, model, cases: ["few cases"]


def counts_audits():
    def check(plan, model, cases):
        yield Finding("few-cases", f"audit {next(calls)}: {len(cases)} cases decide little")

    return check


def many_and_few():
    return tuple(evolve(one, finds=()) for one in good.few_and_many())


def finds_without_a_fix():
    return lambda plan, model, outcomes: [
        Finding("nothing-to-do", f"{len(outcomes)} outcomes are wrong", level="error")
    ]


def asks_the_model():
    def check(plan, model, cases):
        answers = set(map(str, model([case.input for case in cases])))
        yield Finding("answers", f"the model gives {len(answers)} answers")

    return check


RIGHT = {"per_case": True, "examples": good.right.examples}


def _per_case(name, factory, **more):
    return metric(f"bad.{name}", f"sample_plugins.bad:{factory}", **{**RIGHT, **more})


def _adapter(name, factory, **more):
    return Adapter(
        name=f"bad.{name}", summary="Learn.", factory=f"sample_plugins.bad:{factory}", **more
    )


def _explainer(name, factory):
    return Explainer(name=f"bad.{name}", summary="Tell.", factory=f"sample_plugins.bad:{factory}")


def _audit(name, factory, **more):
    return Audit(
        name=f"bad.{name}", summary="Look.", factory=f"sample_plugins.bad:{factory}", **more
    )


def _text(name, factory, ladder=FRACTIONS):
    return perturbation(f"bad.{name}", factory, ladder)


gone = _text("gone", "sample_plugins.good:strech")
misnamed = _text(
    "misnamed",
    "sample_plugins.good:stretch",
    ({"fraction": 0.1}, {"fractions": 0.2, "fraction": 0.2}),
)
stops = _text("stops", "sample_plugins.bad:builds_but_once")
fractions = _text(
    "fractions",
    "sample_plugins.good:stretch",
    ({"fraction": Fraction(1, 10)}, {"fraction": Fraction(9, 10)}),
)
memory = _text("memory", "sample_plugins.bad:remembers")
salted = _text("salted", "sample_plugins.bad:hashes")
fixed = _text("fixed", "sample_plugins.bad:ignores_seed")
in_place = perturbation("bad.in-place", "sample_plugins.bad:writes_in_place", LEVELS, "image")
globally = _text("globally", "sample_plugins.bad:seeds_globally")
turned = perturbation("bad.turned", "sample_plugins.bad:turns_round", LEVELS, "image")
glaring = perturbation("bad.glaring", "sample_plugins.bad:forgets_to_clip", LEVELS, "image")
wordy = _text("wordy", "sample_plugins.bad:expects_words")
porous = perturbation("bad.porous", "sample_plugins.bad:spreads_nan", LEVELS, "volume")
backwards = _text("backwards", "sample_plugins.good:stretch", FRACTIONS[::-1])
careless = _text("careless", "sample_plugins.bad:misspells_drugs")
nowhere = _per_case("nowhere", "undefined", examples=())
wrong_way = _per_case("wrong-way", "fraction_wrong")
unbounded = _per_case("unbounded", "percent", examples=())
placed = metric("bad.placed", "sample_plugins.bad:weighs_by_place")
sorting = _per_case("sorting", "sorts_in_place")
empty = _per_case("empty", "scores_nothing")
single = metric("bad.single", "sample_plugins.bad:needs_two_classes")
surplus = _per_case("surplus", "adds_the_mean")
table = _adapter("table", "gives_a_table")
thief = _adapter("thief", "overwrites", needs=("bad.table",))
counter = _adapter("counter", "counts_repairs")
hungry = _adapter("hungry", "wants_many_cases")
nosy = _adapter("nosy", "looks_inside")
forgetful = _adapter("forgetful", "saves_half", loader="sample_plugins.bad:load")
curt = _explainer("curt", "says_a_word")
wavering = _explainer("wavering", "counts_explanations")
dividing = _explainer("dividing", "divides_by_failures")
blind = _explainer("blind", "shrugs")
vain = _explainer("vain", "grades_its_training_set")
peeping = _explainer("peeping", "reads_the_target")
hundredfold = _explainer("hundredfold", "speaks_in_percent")
prying = _explainer("prying", "peeks_inside")
plain = _audit("plain", "yields_text")
talkative = evolve(good.few, name="bad.talkative", examples="sample_plugins.bad:many_and_few")
fickle = _audit("fickle", "counts_audits")
helpless = _audit("helpless", "finds_without_a_fix", reads="outcomes")
dependent = _audit("dependent", "asks_the_model")

cached = _text("cached", "sample_plugins.bad:caches_by_seed")
idle = _text("idle", "sample_plugins.bad:rests_at_its_third_rung")
printing = _text("printing", "sample_plugins.bad:prints")
clocked = _text("clocked", "sample_plugins.bad:follows_the_clock")
mistagged = perturbation("bad.mistagged", "sample_plugins.good:stretch", tags=("determinstic",))
miscounted = metric(
    "bad.miscounted",
    "sample_plugins.good:fraction_right",
    per_case=True,
    examples=((("a",), ("a",), 0.5),),
)


def _modality(name):
    return Modality(
        name=f"bad.{name.lower()}",
        summary="A short sound.",
        values="float32 array of samples",
        factory=f"sample_plugins.sounds:{name}",
    )


def _executor(name):
    return Executor(
        name=f"bad.{name.lower()}", summary="Here.", factory=f"sample_plugins.sounds:{name}"
    )


def _reporter(name, factory="sample_plugins.good:lines", suffix=".txt"):
    return Reporter(name=f"bad.{name}", summary="Write.", factory=factory, suffix=suffix)


def gives_text():
    render = good.lines()
    return lambda bundle: render(bundle).decode()


def numbers_its_files():
    render = good.lines()
    return lambda bundle: render(bundle) + str(next(calls)).encode()


def reverses():
    render = good.lines()

    def work(bundle):
        if bundle.judgement is not None:
            object.__setattr__(bundle.judgement, "title", "mine")
        return render(bundle)

    return work


BAD = {
    "check_factory_imports": gone,
    "check_parameters_are_taken": misnamed,
    "check_it_builds": stops,
    "check_survives_a_file": fractions,
    "check_same_seed_same_output": memory,
    "check_same_result_in_a_fresh_process": salted,
    "check_what_came_before_does_not_matter": cached,
    "check_every_rung_does_something": idle,
    "check_process_is_left_alone": printing,
    "check_surroundings_do_not_matter": clocked,
    "check_tags_are_known": mistagged,
    "check_samples_are_held": _modality("HoldsAll"),
    "check_stores_exactly": _modality("Lossy"),
    "check_digest_names_the_content": _modality("NamesLengths"),
    "check_frozen_values_are_safe": _modality("Thaws"),
    "check_distance_is_zero_where_nothing_changed": _modality("SignedDistance"),
    "check_values_are_left_alone": _modality("Normalises"),
    "check_preview_is_one_line": _modality("Prolix"),
    "check_nan_is_told_from_numbers": _modality("Random"),
    "check_renders_bytes": _reporter("text", "sample_plugins.bad:gives_text"),
    "check_renders_the_same_twice": _reporter("numbered", "sample_plugins.bad:numbers_its_files"),
    "check_results_are_left_alone": _reporter("reversing", "sample_plugins.bad:reverses"),
    "check_suffix_is_of_a_file": _reporter("bare", suffix="txt"),
    "check_runs_every_batch": _executor("Stale"),
    "check_failures_are_told": _executor("Alarmed"),
    "check_closes_and_opens_again": _executor("ClosesOnce"),
    "check_worked_examples_come_out": miscounted,
    "check_another_seed_gives_another_output": fixed,
    "check_input_is_left_alone": in_place,
    "check_global_randomness_is_left_alone": globally,
    "check_modality_is_kept": turned,
    "check_range_is_kept": glaring,
    "check_edge_inputs_are_handled": wordy,
    "check_nan_is_refused": porous,
    "check_effect_grows_along_the_ladder": backwards,
    "check_protected_spans_are_untouched": careless,
    "check_ordinary_answers_get_a_finite_score": nowhere,
    "check_perfect_beats_worst": wrong_way,
    "check_score_lies_within_bounds": unbounded,
    "check_order_of_cases_does_not_matter": placed,
    "check_targets_and_answers_are_left_alone": sorting,
    "check_no_cases_is_a_clear_error": empty,
    "check_one_class_is_scored_or_a_clear_error": single,
    "check_per_case_gives_one_number_per_case": surplus,
    "check_result_is_a_model": table,
    "check_original_is_left_alone": thief,
    "check_same_seed_same_model": counter,
    "check_learns_from_one_case_per_class": hungry,
    "check_needs_are_truthful": nosy,
    "check_saves_and_loads": forgetful,
    "check_gives_an_explanation": curt,
    "check_same_seed_same_explanation": wavering,
    "check_no_failures_are_said_so": dividing,
    "check_finds_a_planted_failure": blind,
    "check_noise_is_not_explained": vain,
    "check_predictions_do_not_use_the_target": peeping,
    "check_predictions_are_probabilities_of_failure": hundredfold,
    "check_looks_inside_only_by_its_needs": prying,
    "check_gives_findings": plain,
    "check_examples_come_out": talkative,
    "check_same_findings_twice": fickle,
    "check_findings_can_be_acted_on": helpless,
    "check_looks_without_a_model": dependent,
}
