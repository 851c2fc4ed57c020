"""Leaves a text as it is where a perturbation does not apply: for properties of all texts."""

from seatrial.errors import NotApplicable


def tolerant(perturb):
    """Give back the text itself where there is nothing to act on."""

    def call(text, /, *, seed):
        try:
            return perturb(text, seed=seed)
        except NotApplicable:
            return text

    return call
