"""Searches for the worst input within a bound, and corruptions of the training cases.

The searches are among typing errors, words, entities and pixels. Their ladders are bounds that
grow, so that success over the bound is read off the ladder; how many queries each input may cost is
the parameter `queries`. The ladders of corruptions are the fraction of the training cases that they
change.
"""

from __future__ import annotations

from seatrial import Perturbation, hookimpl

__all__ = [
    "backdoor",
    "entities",
    "greedy_words",
    "label_noise",
    "poison",
    "projected_gradient",
    "random_search",
    "random_search_image",
    "seatrial_perturbations",
    "without_group",
    "without_part",
]

_EDITS = tuple({"distance": distance} for distance in (0.05, 0.1, 0.2, 0.3, 0.4))
_FEW = (0.01, 0.02, 0.05, 0.1, 0.2)
_PIXELS = tuple({"distance": steps / 255} for steps in (1, 2, 4, 8, 16))

random_search = Perturbation(
    name="threats.random-search",
    summary="Keep the worst of many draws of another perturbation.",
    modality="text",
    factory="seatrial_threats._random:random_search",
    ladder=_EDITS,
    searches=True,
    components=("of",),
    samples="seatrial_threats._samples:random_search",
)

random_search_image = Perturbation(
    name="threats.random-search-image",
    summary="Keep the worst of many draws of another perturbation of images.",
    modality="image",
    factory="seatrial_threats._random:random_search",
    ladder=_PIXELS,
    searches=True,
    components=("of",),
    samples="seatrial_threats._samples:random_search_image",
)

greedy_words = Perturbation(
    name="threats.greedy-words",
    summary="Replace words one by one, the most influential first.",
    modality="text",
    factory="seatrial_threats._words:greedy_words",
    ladder=_EDITS,
    searches=True,
    components=("of",),
    alters=("drugs",),  # it knows none; `protect` names those that matter
    samples="seatrial_threats._samples:greedy_words",
)

entities = Perturbation(
    name="threats.entities",
    summary="Replace a name by another name of the same kind.",
    modality="text",
    factory="seatrial_threats._entities:entities",
    ladder=tuple({"power": power} for power in (0, 2, 5, 10, 20)),
    searches=True,
    alters=("drugs",),
    samples="seatrial_threats._samples:entities",
)

projected_gradient = Perturbation(
    name="threats.projected-gradient",
    summary="Projected gradient descent (PGD) on the pixels.",
    modality="image",
    factory="seatrial_threats._gradient:projected_gradient",
    ladder=_PIXELS,
    searches=True,
    needs=("module",),
    samples="seatrial_threats._samples:projected_gradient",
)

label_noise = Perturbation(
    name="threats.label-noise",
    summary="Give some training cases another label, drawn at random.",
    modality="text",
    factory="seatrial_threats._corruptions:label_noise",
    ladder=tuple({"fraction": fraction} for fraction in (0.05, 0.1, 0.2, 0.3, 0.4)),
    sees_case=True,
    trains=True,
)

poison = Perturbation(
    name="threats.poison",
    summary="Give some training cases of other labels one and the same label.",
    modality="text",
    factory="seatrial_threats._corruptions:poison",
    ladder=tuple({"fraction": fraction} for fraction in _FEW),
    sees_case=True,
    trains=True,
    samples="seatrial_threats._samples:targeted",
)

backdoor = Perturbation(
    name="threats.backdoor",
    summary="Plant a trigger word in some training cases, with one label.",
    modality="text",
    factory="seatrial_threats._corruptions:backdoor",
    ladder=tuple({"fraction": fraction} for fraction in _FEW),
    sees_case=True,
    trains=True,
    samples="seatrial_threats._samples:targeted",
)

without_group = Perturbation(
    name="threats.without-group",
    summary="Leave out some training cases of a group, at last all.",
    modality="text",
    factory="seatrial_threats._corruptions:without_group",
    ladder=tuple({"fraction": fraction} for fraction in (0.5, 0.75, 0.9, 0.95, 1.0)),
    sees_case=True,
    trains=True,
    samples="seatrial_threats._samples:grouped",
)

without_part = Perturbation(
    name="threats.without-part",
    summary="Leave one text of the input empty, in training and after.",
    modality="text",
    factory="seatrial_threats._corruptions:without_part",
    sees_case=True,
    trains=True,
    tags=("deterministic",),
    samples="seatrial_threats._samples:in_parts",
)


@hookimpl
def seatrial_perturbations() -> tuple[Perturbation, ...]:
    """Declare the searches and the corruptions."""
    searches = (random_search, random_search_image, greedy_words, entities, projected_gradient)
    return (*searches, label_noise, poison, backdoor, without_group, without_part)
