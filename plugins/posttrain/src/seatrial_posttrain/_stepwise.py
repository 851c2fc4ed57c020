"""Stepwise-corrective pairs: what should have come next in place of the first wrong step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict

from seatrial import Case, Preference
from seatrial.errors import PlanError
from seatrial.kit import cluster_of, only_text

from ._corrections import Correction, Located, correction_of, located
from ._kept import Kept, name_of
from ._made import Made, Making
from ._sampling import Judge, Sample, Sampling, usable

__all__ = ["Critic", "next_step", "stepwise_pairs"]

Critic = Callable[[Case, str], Any]
"""Names the first wrong step of an answer to a case: a `Correction`, or a mapping of its fields."""

NEXT = "What is the next step?"
ASKED = "question"


def stepwise_pairs(
    model: Any,
    cases: Sequence[Case],
    *,
    judge: Judge,
    critic: Critic,
    samples: int = 8,
    temperature: float = 0.7,
    per_case: int = 1,
    max_length_ratio: float | None = None,
    seed: int = 0,
    to: str | Path | None = None,
) -> Made:
    """Sample answers, have the first wrong step of each wrong one named, and pair it with a right.

    These are the stepwise-corrective preferences (SCP) of FinDAP (Ke et al. 2025, appendix H): the
    prompt is the question, the answer up to that step, and "What is the next step?"; the chosen
    side is the correction, the rejected side the wrong step. A quote counts only where it stands in
    the answer word for word, with what is said to come before it before it and more after it.

    `judge` says which answers are wrong, and `critic` names the step: functions of yours, or
    `judged_by(model)` and `corrected_by(model)`. Each case gives at most `per_case` pairs, each of
    another answer; those whose sides are nearest in tokens come first. The other parameters are
    those of `final_answer_pairs`, which reads what this one writes to `to`, and the other way: the
    same answers are sampled and judged once for both.
    """
    sampling = Sampling(
        model=model,
        judge=judge,
        samples=samples,
        temperature=temperature,
        per_case=per_case,
        max_length_ratio=max_length_ratio,
        seed=seed,
        kept=Kept.at(to),
    )
    making = Making()
    found = [usable(making, answers) for answers in sampling.of(cases)]
    wrong = [{number: one for number, one in some.items() if not one.right} for some in found]
    asked = [
        (case, one.text) for case, some in zip(cases, wrong, strict=True) for one in some.values()
    ]
    said = iter(map(correction_of, sampling.kept.told("step", critic, asked, _as_kept)))
    for case, some, answers in zip(cases, found, wrong, strict=True):
        if not answers:
            making.leave_out("no answer is wrong" if some else "no answer is usable")
        given = {number: next(said) for number in answers}
        _pair(making, case, answers, given, sampling, name_of(critic))
    return making.made(map(cluster_of, cases))


def next_step(value: Any, before: str) -> Any:
    """Ask the question of an input for the step after what is given of its answer.

    Of a conversation it is the last turn that asks; of named parts the conversation, else the part
    `question`, else the only text.
    """
    if isinstance(value, str):
        return "\n\n".join([value, before, NEXT] if before else [value, NEXT])
    if not isinstance(value, Mapping):
        *earlier, last = value
        if not isinstance(last["content"], str):
            msg = "the last turn of the conversation holds more than text: no step can be asked for"
            raise PlanError(msg)
        return (*earlier, {**last, "content": next_step(last["content"], before)})
    talks = [name for name, part in value.items() if _is_talk(part)]
    asked = only_text(value) if not talks and ASKED not in value else None
    whole = [name for name, part in value.items() if part is asked]
    name = (talks or whole or [ASKED])[0]
    return {**value, name: next_step(value[name], before)}


def _is_talk(part: Any) -> bool:
    return isinstance(part, tuple) and bool(part) and isinstance(part[0], Mapping)


def _as_kept(said: Any) -> dict[str, Any]:
    given = correction_of(said)
    return {} if given is None else asdict(given)


def _pair(
    making: Making,
    case: Case,
    wrong: Mapping[int, Sample],
    corrections: Mapping[int, Correction | None],
    sampling: Sampling,
    critic: str | None,
) -> None:
    candidates = []
    for number, sample in wrong.items():
        given = corrections[number]
        step = "the critic gave no correction" if given is None else located(sample.text, given)
        if given is None or not isinstance(step, Located):
            making.leave_out(str(step))
            continue
        asked = next_step(case.input, step.before)
        _, (chosen, rejected) = sampling.model.trainable.encoded(
            asked, [step.correction, step.step]
        )
        if sampling.like(len(chosen), len(rejected)):
            far = abs(len(chosen) - len(rejected))
            candidates.append((far, number, asked, step, given.justification))
        else:
            making.leave_out("lengths differ too much")
    taken = 0
    for _, number, asked, step, justification in sorted(candidates, key=lambda one: one[:2]):
        if taken == sampling.per_case:
            making.leave_out("the case has enough pairs")
            continue
        pair = Preference(
            asked,
            step.correction,
            step.step,
            case_id=case.id,
            cluster=cluster_of(case),
            reason=f"first wrong step of answer {number}, {sampling.how}",
        )
        taken += making.add(
            "stepwise-corrective pairs",
            pair,
            **sampling.facts,
            critic=critic,
            wrong=number,
            answer=wrong[number].text,
            justification=justification,
        )
