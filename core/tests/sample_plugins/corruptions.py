"""A change of training cases that passes every check, and for each check one that fails it."""

from copy import deepcopy
from itertools import count

from attrs import evolve, frozen

from sample_plugins.good import perturbation
from seatrial import derive

calls = count()


@frozen
class Noise:
    fraction: float

    def training(self, cases, /, *, seed):
        order = sorted((one.id for one in cases), key=lambda name: derive(seed, name))
        chosen = order[: max(1, round(self.fraction * len(order)))]
        return [evolve(one, target="wrong") if one.id in chosen else one for one in cases]

    def __call__(self, case, /, *, seed):
        return case


def noise(*, fraction):
    return Noise(fraction)


class Forgetful(Noise):
    def training(self, cases, /, *, seed):
        return super().training(cases, seed=seed + next(calls))


class Stubborn(Noise):
    def training(self, cases, /, *, seed):
        return super().training(cases, seed=7)


class InPlace(Noise):
    def training(self, cases, /, *, seed):
        found = deepcopy(super().training(cases, seed=seed))
        for one in cases:
            object.__setattr__(one, "cluster", "touched")
        return found


class Twice(Noise):
    def training(self, cases, /, *, seed):
        found = super().training(cases, seed=seed)
        return [*found, found[0]]


class Level(Noise):
    def training(self, cases, /, *, seed):
        return Noise(0.3).training(cases, seed=seed)


class Bare(Noise):
    def __call__(self, case, /, *, seed):
        return case.input


def forgetful(*, fraction):
    return Forgetful(fraction)


def stubborn(*, fraction):
    return Stubborn(fraction)


def in_place(*, fraction):
    return InPlace(fraction)


def twice(*, fraction):
    return Twice(fraction)


def level(*, fraction):
    return Level(fraction)


def bare(*, fraction):
    return Bare(fraction)


def made(name, factory):
    whole = {"sees_case": True, "trains": True}
    return perturbation(name, f"sample_plugins.corruptions:{factory}", **whole)


good = made("good.noise", "noise")
BAD = {
    "check_same_seed_same_training_cases": made("bad.forgetful", "forgetful"),
    "check_another_seed_gives_other_training_cases": made("bad.stubborn", "stubborn"),
    "check_training_cases_are_left_alone": made("bad.in-place", "in_place"),
    "check_training_cases_can_be_trained_on": made("bad.twice", "twice"),
    "check_more_training_cases_change_along_the_ladder": made("bad.level", "level"),
    "check_what_is_asked_is_left_alone": made("bad.bare", "bare"),
}
