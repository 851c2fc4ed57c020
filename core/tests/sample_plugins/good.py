"""A component of every kind that passes every check; the bad ones in `bad.py` spoil these."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from random import Random

from attrs import evolve

from seatrial import (
    Adapter,
    Audit,
    Case,
    Executor,
    Explainer,
    Finding,
    Metric,
    Modality,
    Outcome,
    Perturbation,
    Prediction,
    Reporter,
    Volume,
)
from seatrial.errors import MetricError, NotApplicable

FRACTIONS = tuple({"fraction": fraction} for fraction in (0.1, 0.2, 0.4, 0.6, 0.9))
LEVELS = tuple({"level": level} for level in (0.02, 0.05, 0.1, 0.2, 0.3))
KEPT = frozenset(
    (
        *("ibuprofen", "aspirin", "paracetamol", "tablets", "mmol"),
        *("denies", "none", "never", "without", "left", "right"),
    )
)
MANY = 50
STEMS = ("tinib", "pril", "olol", "statin", "azole", "cillin", "mab", "sartan", "gliptin")


def stretch(*, fraction, letter="", times=2):
    """Repeat a letter of some words."""

    def work(text, *, seed):
        draw = Random(seed)

        def longer(match):
            word = match[0]
            chosen, place = draw.random() < fraction, draw.randrange(len(word))
            if not chosen or word in KEPT or word.endswith(STEMS):
                return word
            return word[:place] + (letter or word[place]) * times + word[place + 1 :]

        return re.sub(r"\b[a-z]{4,}\b", longer, text)

    return work


def stretch_messages(*, fraction):
    """Repeat letters in what the user says."""
    stretched = stretch(fraction=fraction)

    def said(content, seed):
        if isinstance(content, str):
            return stretched(content, seed=seed)
        return tuple(said(one, seed) if isinstance(one, str) else one for one in content)

    def work(messages, *, seed):
        return tuple(
            {**turn, "content": said(turn["content"], seed)} if turn["role"] == "user" else turn
            for turn in messages
        )

    return work


def stretch_case(*, fraction):
    """Repeat letters in the input of a case, unless it is empty."""
    stretched = stretch(fraction=fraction)

    def work(case, *, seed):
        if not case.input.strip():
            msg = "there are no words"
            raise NotApplicable(msg)
        return evolve(case, input=stretched(case.input, seed=seed))

    return work


def shade(*, level):
    """Make some rows brighter or all darker."""
    import numpy as np

    def work(image, *, seed):
        if np.isnan(image).any():
            msg = "the image holds NaN"
            raise ValueError(msg)
        generator = np.random.default_rng(seed)
        top = 1 if image.dtype == np.float32 else np.iinfo(image.dtype).max
        shift = level * top * generator.choice([-1, 1]) * (generator.random(len(image)) < 0.7)
        return np.clip(image + shift[:, None, None], 0, top).astype(image.dtype)

    return work


def ripple(*, level):
    """Add noise relative to the spread of a volume."""
    import numpy as np

    def work(volume, *, seed):
        voxels = volume.array
        if np.isnan(voxels).any():
            msg = "the volume holds NaN"
            raise ValueError(msg)
        noise = np.random.default_rng(seed).standard_normal(voxels.shape)
        changed = voxels + level * np.ptp(voxels) * noise
        return Volume(changed.astype(voxels.dtype), volume.affine)

    return work


def fraction_right():
    """Score 1 for each right answer."""

    def score(targets, answers):
        if not targets:
            msg = "there are no cases to score"
            raise MetricError(msg)
        return [float(target == answer) for target, answer in zip(targets, answers, strict=True)]

    return score


def doubt():
    """Average the probability of everything but the truth."""

    def score(targets, answers):
        if not targets:
            msg = "there are no cases to score"
            raise MetricError(msg)
        pairs = zip(targets, answers, strict=True)
        return sum(sorted(1 - answer.probabilities[target] for target, answer in pairs)) / len(
            targets
        )

    return score


class Repaired:
    """A model that votes by the words of its training cases."""

    def __init__(self, votes, default):
        self.votes, self.default = votes, default

    def __call__(self, inputs):
        return [self.answer(text) for text in inputs]

    def answer(self, text):
        votes = Counter(self.votes[word] for word in text.split() if word in self.votes)
        return max(sorted(votes), key=votes.__getitem__, default=self.default)

    def save(self, path):
        Path(path).write_text(json.dumps([self.votes, self.default]), encoding="utf-8")


def load(path, *, model):
    return Repaired(*json.loads(Path(path).read_text(encoding="utf-8")))


def learn_words():
    """Learn the last label of each word."""

    def adapt(model, cases, *, seed, work):
        votes = {word: case.target for case in cases for word in case.input.split()}
        return Repaired(votes, model([cases[0].input])[0])

    return adapt


def words_that_fail():
    """Predict failure from the words of the input, graded on a third that was kept aside."""
    from seatrial import Explanation

    def explain(model, outcomes, *, seed):
        failures = sum(not outcome.right for outcome in outcomes)
        if not failures:
            summary = f"none of {len(outcomes)} failed"
            return Explanation(summary, predictor=lambda cases: [0.0] * len(cases))
        shuffled = Random(seed).sample(outcomes, len(outcomes))
        kept, training = shuffled[: len(shuffled) // 3], shuffled[len(shuffled) // 3 :]
        seen = defaultdict(list)
        for outcome in training:
            for word in outcome.input.split():
                seen[word].append(not outcome.right)
        rates = {word: sum(wrong) / len(wrong) for word, wrong in seen.items()}

        def predict(cases):
            return [max(rates.get(word, 0.0) for word in case.input.split()) for case in cases]

        return Explanation(
            f"{failures} failed, mostly with {max(rates, key=rates.__getitem__)}",
            auroc=_auroc([not one.right for one in kept], predict([one.case for one in kept])),
            predictor=predict,
        )

    return explain


def _auroc(wrong, probabilities):
    pairs = [
        (p > q) + (p == q) / 2
        for p, bad in zip(probabilities, wrong, strict=True)
        for q, worse in zip(probabilities, wrong, strict=True)
        if bad and not worse
    ]
    return sum(pairs) / len(pairs)


def many_wrong():
    def check(plan, model, outcomes):
        wrong = [outcome.case.id for outcome in outcomes if not outcome.right]
        if wrong:
            said = f"{len(wrong)} answers are wrong (effect)"
            fix = "Look at the cases."
            yield Finding(
                "many-wrong", said, level="warning", cases=wrong, effect=len(wrong), fix=fix
            )

    return check


def few_cases():
    """Find that there are few cases."""

    def check(plan, model, cases):
        if len(cases) < MANY:
            yield Finding("few-cases", f"{len(cases)} cases decide little", fix="add cases")

    return check


def one_text():
    from seatrial.testing import Samples

    return Samples(values={"text": ["The patient has been waiting since this morning."]})


def no_letters():
    from seatrial.testing import Samples

    return Samples(values={"text": ["? ! ?", "... ?"]})


def few_and_many():
    from seatrial.testing import Example

    cases = [Case(f"c{number}", f"question {number}", "yes") for number in range(MANY)]
    return Example(cases[:3], finds=("few-cases",)), Example(cases)


def wrong_and_right():
    from seatrial.testing import Example

    said = [Case(f"c{number}", f"question {number}", "yes") for number in range(4)]
    right = [
        Outcome(case=one, input=one.input, prediction=Prediction("yes"), right=True) for one in said
    ]
    wrong = [evolve(one, prediction=Prediction("no"), right=False) for one in right]
    return Example([*right, *wrong], finds=("many-wrong",)), Example(right)


def perturbation(name, factory, ladder=FRACTIONS, modality="text", **more):
    return Perturbation(
        name=name,
        summary="Change an input a little.",
        modality=modality,
        factory=factory,
        ladder=ladder,
        **more,
    )


def metric(name, factory, **more):
    return Metric(name=name, summary="Score some answers.", factory=factory, **more)


text = perturbation("good.text", "sample_plugins.good:stretch")
messages = perturbation(
    "good.messages", "sample_plugins.good:stretch_messages", modality="messages"
)
whole_case = perturbation("good.case", "sample_plugins.good:stretch_case", sees_case=True)
image = perturbation("good.image", "sample_plugins.good:shade", LEVELS, "image")
volume = perturbation("good.volume", "sample_plugins.good:ripple", LEVELS, "volume")
right = metric(
    "good.right",
    "sample_plugins.good:fraction_right",
    per_case=True,
    examples=((("a", "b"), ("a", "a"), 0.5),),
)
doubtful = metric(
    "good.doubt",
    "sample_plugins.good:doubt",
    reads="prediction",
    higher_is_better=False,
    examples=((("a",), (Prediction("a", probabilities={"a": 0.75}),), 0.25),),
)
learner = Adapter(
    name="good.learner",
    summary="Learn words.",
    factory="sample_plugins.good:learn_words",
    loader="sample_plugins.good:load",
)
words = Explainer(
    name="good.words", summary="Tell by words.", factory="sample_plugins.good:words_that_fail"
)
few = Audit(
    name="good.few",
    summary="Count the cases.",
    factory="sample_plugins.good:few_cases",
    examples="sample_plugins.good:few_and_many",
)
wrong = Audit(
    name="good.wrong",
    summary="Count the wrong answers.",
    factory="sample_plugins.good:many_wrong",
    reads="outcomes",
    examples="sample_plugins.good:wrong_and_right",
)


def clip():
    """Carry short sounds: float32 samples."""
    from sample_plugins.sounds import Sounds

    return Sounds()


def lines():
    """Write the tables of all results, one after the other."""
    return lambda bundle: "\n".join(one.table().text() for one in bundle.named().values()).encode()


def here():
    """Measure at once."""
    from sample_plugins.sounds import Here

    return Here()


sound = Modality(
    name="good.sound",
    summary="A short sound.",
    values="float32 array of samples",
    factory="sample_plugins.good:clip",
)
report = Reporter(
    name="good.lines", summary="Tables.", factory="sample_plugins.good:lines", suffix=".txt"
)
at_once = Executor(name="good.here", summary="At once.", factory="sample_plugins.good:here")

GOOD = (
    text,
    messages,
    whole_case,
    image,
    volume,
    right,
    doubtful,
    learner,
    words,
    few,
    wrong,
    sound,
    report,
    at_once,
)
