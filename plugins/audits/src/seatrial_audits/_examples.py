"""An experiment in which each audit of cases finds something, and one in which it must not."""

from __future__ import annotations

from random import Random

from attrs import evolve

from seatrial import Case
from seatrial.testing import Example

__all__ = [
    "answer_imbalance",
    "asked",
    "contradictory_duplicates",
    "flipped_gold",
    "gold_in_prompt",
    "label_agreement",
    "near_duplicates",
    "option_shortcut",
    "order_correlation",
    "prompt_shortcut",
    "split_leak",
    "too_few_clusters",
    "truncated_slot",
    "with_options",
]

Pair = tuple[Example, Example]

WORDS = (
    *("door", "stone", "tree", "river", "house", "bread"),
    *("night", "cloud", "glass", "paper", "chair", "horse"),
)
CLASSES = ("yes", "no")


def asked(count: int = 60) -> tuple[Case, ...]:
    """Make questions of unlike words, with targets drawn by lot and nothing wrong."""
    draw = Random(53)
    return tuple(
        Case(
            f"q{at}",
            f"{' '.join(draw.choices(WORDS, k=9))} {at}",
            draw.choice(CLASSES),
            {"split": ("train", "test")[at % 2]},
        )
        for at in range(count)
    )


def with_options(count: int = 60) -> tuple[Case, ...]:
    """Make questions with three options each, of which any may be right."""
    draw = Random(59)
    cases = []
    for at in range(count):
        options = tuple(f"{one} {at}" for one in draw.sample(WORDS, k=3))
        asks = {"question": f"which of them {at}", "options": options}
        cases.append(Case(f"o{at}", asks, draw.choice(options)))
    return tuple(cases)


def other(target: str) -> str:
    """Give the other class."""
    return CLASSES[target == CLASSES[0]]


def contradictory_duplicates() -> Pair:
    """One input has two targets; a repetition with the same target contradicts nothing."""
    fine = asked()
    again = evolve(fine[0], id="again")
    flipped = evolve(again, target=other(fine[0].target))
    return Example([*fine, flipped], ["contradictory-duplicates"]), Example([*fine, again])


def split_leak() -> Pair:
    """An input of the training part stands in the test part too."""
    fine = asked()
    copy = evolve(fine[0], id="again", groups={"split": "test"})
    return Example([*fine, copy], ["duplicates-across-splits"]), Example(fine)


def near_duplicates() -> Pair:
    """One text is another with a word more."""
    fine = asked()
    copy = evolve(fine[0], id="again", input=f"{fine[0].input} then")
    return Example([*fine, copy], ["near-duplicates"]), Example(fine)


def gold_in_prompt() -> Pair:
    """Each prompt ends with the number of its class, or with a number drawn by lot."""
    draw = Random(61)

    def labelled(case: Case, number: int) -> Case:
        return evolve(case, input=f"{case.input}\nLabel: {number}")

    fine = asked()
    told = [labelled(one, int(one.target == "yes")) for one in fine]
    by_lot = [labelled(one, draw.randrange(2)) for one in fine]
    return Example(told, ["gold-in-prompt"]), Example(by_lot)


def flipped_gold() -> Pair:
    """The same inputs stand in two groups, in one of them with the opposite gold."""
    fine = [evolve(one, groups={"file": "a"}) for one in asked()]
    again = [evolve(one, id=f"{one.id}-again", groups={"file": "b"}) for one in fine[:20]]
    flipped = [evolve(one, target=other(one.target)) for one in again]
    return Example([*fine, *flipped], ["flipped-gold"]), Example([*fine, *again])


def label_agreement() -> Pair:
    """Two annotators label the same inputs, one of them by lot."""
    draw = Random(71)
    one = [evolve(case, groups={"annotator": "a"}) for case in asked()]
    other_one = [evolve(case, id=f"{case.id}-b", groups={"annotator": "b"}) for case in one]
    by_lot = [evolve(case, target=draw.choice(CLASSES)) for case in other_one]
    return Example([*one, *by_lot], ["label-agreement"]), Example([*one, *other_one])


def order_correlation() -> Pair:
    """One class comes first."""
    fine = asked()
    ordered = [evolve(one, target=CLASSES[at >= 30]) for at, one in enumerate(fine)]  # noqa: PLR2004
    return Example(ordered, ["order-correlation"]), Example(fine)


def prompt_shortcut() -> Pair:
    """The prompts of one class are twice as long."""
    fine = asked(120)
    longer = [evolve(one, input=one.input + " door" * 9 * (one.target == "yes")) for one in fine]
    return Example(longer, ["prompt-shortcut"]), Example(fine)


def option_shortcut() -> Pair:
    """The right option is the longest of each question."""
    fine = with_options(120)
    told = []
    for one in fine:
        longer = f"{one.target} and whatever belongs to it"
        options = [longer if option == one.target else option for option in one.input["options"]]
        told.append(evolve(one, input={**one.input, "options": options}, target=longer))
    return Example(told, ["option-shortcut"]), Example(fine)


def answer_imbalance() -> Pair:
    """The first option is always right."""
    fine = with_options()
    first = [evolve(one, target=one.input["options"][0]) for one in fine]
    return Example(first, ["answer-place"]), Example(fine)


def too_few_clusters() -> Pair:
    """All cases come from five clusters."""
    fine = asked()
    few = [evolve(one, cluster=f"c{at % 5}") for at, one in enumerate(fine)]
    return Example(few, ["too-few-clusters"]), Example(fine)


class Narrow:
    """A model that reads 200 tokens."""

    max_tokens = 200

    def __call__(self, inputs: list[str], /) -> list[str]:
        """Say yes to everything."""
        return ["yes" for _ in inputs]


def truncated_slot() -> Pair:
    """One prompt is longer than what the model reads."""
    fine = asked()
    long = evolve(fine[0], id="long", input="door " * 250)
    found = Example([*fine, long], ["truncated-slot"], model=Narrow())
    return found, Example(fine, model=Narrow())
