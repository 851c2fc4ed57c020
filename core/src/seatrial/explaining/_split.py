"""A split by clusters: a training part to learn from, and a test part that nothing learns from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, Generic, TypeVar

from attrs import field, frozen

from .._arguments import listed
from .._cases import Case, Outcome, Preference, cluster_of
from .._seeds import derive
from ..errors import PlanError
from ..inputs._encoding import name_content
from ..statistics._split import held_out as hold_out

__all__ = ["Example", "Split", "cluster_of_example", "within"]

Example = Case | Outcome | Preference

E = TypeVar("E", Case, Outcome, Preference)

SHOWN: Final = 3
NO_FRACTION: Final = "held_out, where it is no fraction,"


def _examples(values: Any, name: str = "a part of a split") -> tuple[Any, ...]:
    return listed(values, name, Case, Outcome, Preference)


@frozen(eq=False)
class Split(Generic[E]):
    """Cases, outcomes or preferences in two parts that share no cluster.

    `explain` and `repair` make the same split of the same outcomes for the same seed and fraction:
    what an adapter is trained on is what an explainer was trained on.
    """

    training: tuple[E, ...] = field(converter=_examples)
    test: tuple[E, ...] = field(converter=_examples)

    @classmethod
    def of(
        cls, examples: Sequence[E], *, seed: int = 0, held_out: float | Sequence[E] = 0.25
    ) -> Split[E]:
        """Split examples at random, or take the test part that is given.

        `held_out` is the fraction of the examples in the test part, whole clusters of them and of
        each label alike (`statistics.held_out`); or it is the test part itself, and all of
        `examples` are for training. A single cluster is all for training.

        Raises `PlanError` where a given test part shares a cluster with the training part.
        """
        if not isinstance(held_out, int | float):
            split = cls(examples, _examples(held_out, NO_FRACTION))
            split._check_apart()
            return split
        clusters = [cluster_of_example(one) for one in examples]
        if len(set(clusters)) <= 1:
            return cls(examples, ())
        labels = [_label(one) for one in examples]
        chosen = hold_out(labels, clusters, fraction=held_out, seed=derive(seed, "split"))
        pairs = list(zip(examples, chosen, strict=True))
        return cls([one for one, test in pairs if not test], [one for one, test in pairs if test])

    @classmethod
    def of_report(
        cls, outcomes: Sequence[Outcome], *, seed: int, held_out: float | Sequence[Example]
    ) -> Split[Outcome]:
        """Split the outcomes of a report; of clusters that are given to hold out, none is trained.

        A fraction is as in `of`.
        """
        if isinstance(held_out, int | float):
            return Split[Outcome].of(outcomes, seed=seed, held_out=held_out)
        apart = {cluster_of_example(one) for one in _examples(held_out, NO_FRACTION)}
        mine = [cluster_of_example(one) in apart for one in outcomes]
        pairs = list(zip(outcomes, mine, strict=True))
        return Split([one for one, test in pairs if not test], [one for one, test in pairs if test])

    def graded_on(self, others: Sequence[E]) -> Split[E]:
        """Give the same training part, and those of other examples that share no cluster with it.

        Raises `PlanError` where none are left.
        """
        mine = self.clusters
        found = [one for one in others if cluster_of_example(one) not in mine]
        if others and not found:
            msg = (
                "every cluster to be graded on is in the training part: hold more out, or grade on "
                "other cases"
            )
            raise PlanError(msg)
        return Split(self.training, found)

    @property
    def clusters(self) -> frozenset[str]:
        """The clusters of the training part."""
        return frozenset(map(cluster_of_example, self.training))

    def _check_apart(self) -> None:
        shared = sorted(self.clusters & {cluster_of_example(one) for one in self.test})
        if shared:
            more = f" and {len(shared) - SHOWN:,} more" if len(shared) > SHOWN else ""
            plural = "s are" if len(shared) > 1 else " is"
            msg = (
                f"cluster{plural} in both the training and the test part: "
                f"{', '.join(map(repr, shared[:SHOWN]))}{more}. The grade would be on what was "
                "trained on; leave them out of either"
            )
            raise PlanError(msg)


def cluster_of_example(example: Example) -> str:
    """Name the cluster of an example; a preference that names none has its input's content."""
    if isinstance(example, Preference):
        return example.cluster or example.case_id or name_content(example.input)
    return cluster_of(example.case if isinstance(example, Outcome) else example)


def within(examples: Sequence[E], clusters: Collection[str]) -> list[E]:
    """Keep the examples of some clusters."""
    return [one for one in examples if cluster_of_example(one) in clusters]


def _label(example: Example) -> str:
    """Give what both parts should have alike: right or wrong, or the target."""
    if isinstance(example, Outcome):
        return str(example.right)
    target = example.target if isinstance(example, Case) else None
    return str(target) if isinstance(target, str | int | float) else ""
