"""For every check a component that fails it, and no other check.

The one whose declaration is heavy stands in `heavy.py`: here it would weigh on all the others.
"""

from fractions import Fraction

from attrs import evolve

from sample_plugins import good
from sample_plugins.good import FRACTIONS, LEVELS, metric, perturbation
from seatrial import Adapter, Audit, Executor, Explainer, Modality, Reporter

MADE = "sample_plugins.bad_factories"
RIGHT = {"per_case": True, "examples": good.right.examples}


def _per_case(name, factory, **more):
    return metric(f"bad.{name}", f"{MADE}:{factory}", **{**RIGHT, **more})


def _adapter(name, factory, **more):
    return Adapter(
        name=f"bad.{name}",
        summary="Learn.",
        factory=f"{MADE}:{factory}",
        **more,
    )


def _explainer(name, factory):
    return Explainer(name=f"bad.{name}", summary="Tell.", factory=f"{MADE}:{factory}")


def _audit(name, factory, **more):
    return Audit(
        name=f"bad.{name}",
        summary="Look.",
        factory=f"{MADE}:{factory}",
        **more,
    )


def _text(name, factory, ladder=FRACTIONS):
    return perturbation(f"bad.{name}", factory, ladder)


gone = _text("gone", "sample_plugins.good:strech")
misnamed = _text(
    "misnamed",
    "sample_plugins.good:stretch",
    ({"fraction": 0.1}, {"fractions": 0.2, "fraction": 0.2}),
)
stops = _text("stops", f"{MADE}:builds_but_once")
fractions = _text(
    "fractions",
    "sample_plugins.good:stretch",
    ({"fraction": Fraction(1, 10)}, {"fraction": Fraction(9, 10)}),
)
memory = _text("memory", f"{MADE}:remembers")
salted = _text("salted", f"{MADE}:hashes")
fixed = _text("fixed", f"{MADE}:ignores_seed")
in_place = perturbation("bad.in-place", f"{MADE}:writes_in_place", LEVELS, "image")
globally = _text("globally", f"{MADE}:seeds_globally")
turned = perturbation("bad.turned", f"{MADE}:turns_round", LEVELS, "image")
glaring = perturbation("bad.glaring", f"{MADE}:forgets_to_clip", LEVELS, "image")
wordy = _text("wordy", f"{MADE}:expects_words")
porous = perturbation("bad.porous", f"{MADE}:spreads_nan", LEVELS, "volume")
backwards = _text("backwards", "sample_plugins.good:stretch", FRACTIONS[::-1])
careless = _text("careless", f"{MADE}:misspells_drugs")
nowhere = _per_case("nowhere", "undefined", examples=())
wrong_way = _per_case("wrong-way", "fraction_wrong")
unbounded = _per_case("unbounded", "percent", examples=())
placed = metric("bad.placed", f"{MADE}:weighs_by_place")
sorting = _per_case("sorting", "sorts_in_place")
empty = _per_case("empty", "scores_nothing")
single = metric("bad.single", f"{MADE}:needs_two_classes")
surplus = _per_case("surplus", "adds_the_mean")
table = _adapter("table", "gives_a_table")
thief = _adapter("thief", "overwrites", needs=("bad.table",))
counter = _adapter("counter", "counts_repairs")
hungry = _adapter("hungry", "wants_many_cases")
nosy = _adapter("nosy", "looks_inside")
forgetful = _adapter("forgetful", "saves_half", loader=f"{MADE}:load")
curt = _explainer("curt", "says_a_word")
wavering = _explainer("wavering", "counts_explanations")
dividing = _explainer("dividing", "divides_by_failures")
blind = _explainer("blind", "shrugs")
vain = _explainer("vain", "grades_its_training_set")
peeping = _explainer("peeping", "reads_the_target")
hundredfold = _explainer("hundredfold", "speaks_in_percent")
prying = _explainer("prying", "peeks_inside")
plain = _audit("plain", "yields_text")
talkative = evolve(good.few, name="bad.talkative", examples=f"{MADE}:many_and_few")
fickle = _audit("fickle", "counts_audits")
helpless = _audit("helpless", "finds_without_a_fix", reads="outcomes")
dependent = _audit("dependent", "asks_the_model")

cached = _text("cached", f"{MADE}:caches_by_seed")
idle = _text("idle", f"{MADE}:rests_at_its_third_rung")
printing = _text("printing", f"{MADE}:prints")
clocked = _text("clocked", f"{MADE}:follows_the_clock")
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
    "check_renders_bytes": _reporter("text", f"{MADE}:gives_text"),
    "check_renders_the_same_twice": _reporter("numbered", f"{MADE}:numbers_its_files"),
    "check_results_are_left_alone": _reporter("reversing", f"{MADE}:reverses"),
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
