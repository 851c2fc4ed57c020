"""The adapter `posttrain.recipe`: joint training, then preferences, then what came of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import asdict, frozen

from seatrial import Case, Metric, Preference, default_registry, derive
from seatrial.errors import ParameterError, PlanError
from seatrial.kit import cluster_of, did_you_mean, plain
from seatrial.protocols import Adapt, Work

from ._ablation import Ablation
from ._alignment_cases import check_asked, given_pair, is_pair
from ._capabilities import Capabilities, capabilities
from ._dpo import dpo
from ._evaluating import evaluate
from ._extracted import extracted
from ._final_answers import final_answer_pairs
from ._generative import judged_by
from ._joint import joint as joint_training
from ._kept import name_of
from ._model_card import model_card
from ._processes import processes_for
from ._sampling import Judge, check_sampling
from ._sources import STAGES, card_of, good_enough, stage_of
from ._stages import Stage, Step
from ._tasks import Task, tasks_of
from ._tuned import Tuned, retold

__all__ = ["recipe"]

SAMPLING = ("samples", "temperature", "per_case", "max_length_ratio")
ORDERS = ("joint", "sequential")


def recipe(
    *,
    joint: Mapping[str, Any] | None = None,
    preference: Mapping[str, Any] | None = None,
    evaluation: Sequence[Any] = (),
    order: str = "joint",
    ablation: str | None = None,
    confidence: float = 0.95,
) -> Adapt:
    """Train on documents and instructions, then on preferences, and say what was gained and lost.

    What a case is for stands in its groups, as `source` notes it.

    - `joint`: the parameters of `posttrain.joint`, which takes documents and instructions;
      `mixture = "findap"` takes as many documents as instructions. A stream of one of them alone
      has no mixture.
    - `order`: "joint", one stream, or "sequential", documents first and then instructions.
    - `preference`: the parameters of `posttrain.dpo`. Its pairs are those that are given, and
      for each question of stage "pa" what `final_answer_pairs` makes of answers sampled from
      the model that the first stage gave: `samples`, `temperature`, `per_case`,
      `max_length_ratio` and `judge` are its own. Without `judge`, an answer is right if
      what is read off it is the target.
    - `evaluation`: tasks, asked before and after. A case of theirs that is trained on is an error.
    - `ablation`: train on a part of it: stages, joined by "+", then "in", "general" or "mix",
      as in "cpt-in", "cpt+it-mix" or "pa-general" (which limits only the preferences, after all
      of the first stage).

    Under `accelerate launch` the processes train together, as in `posttrain.dpo`; the main one
    samples, has answers judged, and evaluates.

    Each stage is kept in the directory of the repair when it is done, so the same command goes on
    after it. Raises `ParameterError` for parameters that make no sense.
    """
    tables: Mapping[str, Any] = {"joint": joint, "preference": preference}
    for key, table in tables.items():
        if not isinstance(table, Mapping | None):
            msg = f"{key} must be a table of parameters, not {table!r}"
            raise ParameterError(msg)
    how = dict(preference or {})
    judged = how.pop("judge", None)
    judge = _judge(judged)
    sampling = {name: how.pop(name) for name in SAMPLING if name in how}
    check_sampling(**sampling)
    if order not in ORDERS:
        msg = f"order must be one of {', '.join(ORDERS)}, not {order!r}"
        raise ParameterError(msg)
    part = Ablation.read(ablation)
    whole = dict(joint or {})
    built = (
        _built("joint", joint_training, whole),
        _built("preference", dpo, how, (*SAMPLING, "judge")),
    )
    # Documents alone, or instructions alone, are taken as they are.
    alone = joint_training(**{name: one for name, one in whole.items() if name != "mixture"})
    tasks = tasks_of(evaluation)

    def adapt(model: Any, examples: Sequence[Any], /, *, seed: int, work: Work) -> Tuned:
        processes = processes_for(model.trainable.module, work)
        name_of(judge)  # a judge that is not there is found before anything is trained
        found = _Found.of(examples, part)
        check_asked(model.trainable, found.asked, judged=bool(judged))
        _check_leaks(examples, tasks)
        steps: list[Step] = []
        trained = model
        for name, cases in found.streams(order):
            stage = Stage(name, work, derive(seed, "recipe", name), processes)
            mixed = {stage_of(one) for one in cases} == {"cpt", "it"}
            trained = stage.done(trained, cases, built[0] if mixed else alone, steps)
        if found.asked:
            stage = Stage("preference", work, derive(seed, "recipe", "preference"), processes)
            trained = stage.done(
                trained,
                lambda: _pairs(trained, found.asked, judge, sampling, stage),
                built[1],
                steps,
            )
        compared = processes.by_main(
            lambda: _compared(model, trained, tasks, confidence, seed, work)
        )
        told = _told(trained, steps, found, compared, confidence)
        processes.wait()  # the main one removes what the others may still read
        return told

    return adapt


def _built(
    name: str, factory: Callable[..., Adapt], params: Mapping[str, Any], also: Sequence[str] = ()
) -> Adapt:
    known = (*inspect.signature(factory).parameters, *also)
    if odd := [one for one in params if one not in known]:
        msg = f"{name} has no {odd[0]!r}{did_you_mean(odd[0], known)}; it takes {', '.join(known)}"
        raise ParameterError(msg)
    try:
        return factory(**params)
    except TypeError as error:
        msg = f"{name}: {error}"
        raise ParameterError(msg) from error


@frozen
class _Found:
    """What each stage learns from, after quality and ablation."""

    given: int
    kept: tuple[Case, ...]
    left_out: Mapping[str, int]
    cards: tuple[Any, ...]
    first: Mapping[str, tuple[Case, ...]]
    asked: tuple[Case, ...]

    @classmethod
    def of(cls, examples: Sequence[Case], part: Ablation) -> _Found:
        used = [one for one in examples if part.takes(one)]
        kept = [one for one in used if good_enough(one)]
        stages = {name: tuple(o for o in kept if stage_of(o) == name) for name in STAGES}
        if not kept:
            msg = "nothing is left to train on: see the ablation, and the quality of the sources"
            raise PlanError(msg)
        left_out = {"ablation": len(examples) - len(used), "quality": len(used) - len(kept)}
        first = {name: stages[name] for name in ("cpt", "it")}
        return cls(len(examples), tuple(kept), left_out, card_of(used), first, stages["pa"])

    def streams(self, order: str) -> list[tuple[str, tuple[Case, ...]]]:
        """Give the first stage as one stream, or as two."""
        if order == "joint":
            given = [("joint", (*self.first["cpt"], *self.first["it"]))]
        else:
            given = list(self.first.items())
        return [(name, some) for name, some in given if some]


def _check_leaks(examples: Sequence[Case], tasks: Sequence[Task]) -> None:
    clusters = {cluster_of(one) for one in examples}
    inputs = {repr(plain(one.input)) for one in examples}
    for task in tasks:
        for case in task.cases:
            if cluster_of(case) in clusters or repr(plain(case.input)) in inputs:
                msg = (
                    f"case {case.id!r} of the task {task.name!r} is trained on (its cluster or its "
                    "input): leave it out of one of the two"
                )
                raise PlanError(msg)


def _pairs(
    model: Tuned, cases: Sequence[Case], judge: Judge, sampling: Mapping[str, Any], stage: Stage
) -> tuple[Sequence[Preference], Mapping[str, int]]:
    given = [given_pair(one) for one in cases if is_pair(one)]
    asked = [one for one in cases if not is_pair(one)]
    if not asked:
        return given, {"given": len(given)}
    made = final_answer_pairs(
        model, asked, judge=judge, seed=stage.seed, to=stage.file("samples.jsonl"), **sampling
    )
    if not given and not len(made):
        counts = "; ".join(f"{name}: {count}" for name, count in made.counts.items())
        msg = (
            f"preference: the answers sampled to {len(asked)} questions made no pair ({counts}); "
            "sample more of them, let the model write longer answers, or train without stage 'pa'"
        )
        raise PlanError(msg)
    return [*given, *made], {"given": len(given), **made.counts}


def _judge(judge: Any) -> Judge:
    """Make of a judge's parameters what says of an answer whether it is right."""
    if judge is None:
        exact = default_registry().get("metrics.exact-match", Metric).build()

        def rule(case: Case, answer: str) -> bool:
            return bool(exact([case.target], [extracted(answer)[0]])[0])

        return rule
    return judged_by(judge)


def _compared(
    model: Any, trained: Any, tasks: Sequence[Task], confidence: float, seed: int, work: Work
) -> Capabilities | None:
    if not tasks:
        return None
    to = None if work.directory is None else work.directory / "evaluation"
    own = derive(seed, "recipe", "evaluation")
    before, after = (evaluate(one, tasks, seed=own, to=to) for one in (model, trained))
    return capabilities(tasks, before, after, confidence=confidence)


def _told(
    trained: Tuned,
    steps: Sequence[Step],
    found: _Found,
    compared: Capabilities | None,
    confidence: float,
) -> Tuned:
    """Give the last stage's model, with a card that tells of all of them."""
    manifest: dict[str, Any] = {
        "adapter": "posttrain.recipe",
        "cases": {"given": found.given, "trained_on": len(found.kept), "left_out": found.left_out},
        "data": [asdict(one) for one in found.cards],
        "stages": [one.manifest for one in steps],
        "capabilities": [] if compared is None else [asdict(one) for one in compared.changes],
        "confidence": confidence,
        "forgotten": [] if compared is None else list(compared.forgotten),
    }
    more = {f"{one.name}.svg": one.curves for one in steps}
    more["README.md"] = model_card(steps, manifest["cases"], found.cards, compared)
    told = retold(trained, [step for one in steps for step in one.training], manifest, more)
    told.trained_on = tuple(one.id for one in found.kept)
    return told
