"""Searches for the worst input within a bound: of typing errors, words, entities and pixels.

Their ladders are bounds that grow, so that success over the bound is read off the ladder; how many
queries each input may cost is the parameter `queries`.
"""

from __future__ import annotations

from seatrial import Perturbation, hookimpl

__all__ = [
    "entities",
    "greedy_words",
    "projected_gradient",
    "random_search",
    "random_search_image",
    "seatrial_perturbations",
]

_EDITS = tuple({"distance": distance} for distance in (0.05, 0.1, 0.2, 0.3, 0.4))
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


@hookimpl
def seatrial_perturbations() -> tuple[Perturbation, ...]:
    """Declare the searches."""
    return (random_search, random_search_image, greedy_words, entities, projected_gradient)
