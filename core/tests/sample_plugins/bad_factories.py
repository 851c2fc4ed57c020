"""What the components of `bad.py` build: each breaks the contract in one way."""

import random
import time
from itertools import count

from attrs import evolve

from sample_plugins import good
from seatrial import Finding, Volume

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
