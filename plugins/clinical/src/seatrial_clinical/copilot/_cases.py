"""The cases: questions about scans whose truth is known because it was put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from attrs import frozen

from seatrial import Case, derive
from seatrial.errors import PlanError

from ._headers import VENDORS, Header
from ._pictures import Picture, abdomen, nothing, other_modalities
from ._questions import bank, option, wording
from ._scans import PATIENTS, Patient, patient, real_scan
from ._sheets import Array

__all__ = ["TOPICS", "copilot_cases"]

T1 = "T1-weighted"
FIVE = 5
FIRST_DAY = date(2021, 3, 1)
FLIPPED = {"left": "right", "right": "left"}
ORDER = 41  # roots the order of the options; a change re-orders them all


@frozen(eq=False)
class Shown:
    """An image, and what its header says."""

    pixels: Array
    scanner: str = VENDORS[0].header
    day: date = FIRST_DAY
    modality: str | None = "MR"
    left: str | None = "left"


def copilot_cases(*, topics: Sequence[str] | None = None, patients: int = PATIENTS) -> list[Case]:
    """Give questions about simulated brains, and about pictures that show none.

    `input` has the parts `talk` (one message of a user: headers, images, the question), `options`
    and `refusals` (the option that refuses); `target` is the right option. A report has no options
    but one, to refuse, and maps fields to what is right. `groups` holds `topic`, `scenario` (of
    Box 2) and what a priority asks for besides: `vendor`, `organ`, `pair`, `words`. `cluster` is
    the patient or the picture. `topics` keeps some topics.
    """
    if isinstance(topics, str):
        topics = (topics,)
    given: Any = patients
    if not isinstance(given, int) or given < 1:
        msg = f"patients must be a whole number from 1 on, got {patients!r}"
        raise PlanError(msg)
    if unknown := [one for one in topics or () if one not in TOPICS]:
        msg = f"topics must be some of {', '.join(TOPICS)}, got {unknown[0]!r}"
        raise PlanError(msg)
    chosen = TOPICS if topics is None else {one: TOPICS[one] for one in topics}
    several = [patient(at) for at in range(patients)]
    return [case for make in chosen.values() for case in make(several)]


def _case(
    name: str,
    asked: str,
    shown: Sequence[Shown],
    target: Any,
    options: Sequence[str],
    cluster: str,
    **groups: Any,
) -> Case:
    headers = [
        Header(number=at, scanner=one.scanner, day=one.day, modality=one.modality, left=one.left)
        for at, one in enumerate(shown, start=1)
    ]
    told = " ".join(map(str, headers))
    content = (told, *(one.pixels for one in shown), asked)
    refusal = bank()["refusal"]
    ordered = sorted({*options, refusal}, key=lambda one: derive(ORDER, "order", name, one))
    parts = {"talk": ({"role": "user", "content": content},), "refusals": (refusal,)}
    if options:
        parts["options"] = tuple(ordered)
    return Case(name, parts, target, groups, cluster)


def _options(topic: str) -> tuple[str, ...]:
    return tuple(bank()[topic]["options"].values())


def _reports(several: Sequence[Patient]) -> Iterator[Case]:
    for one in several:
        target = {
            "Sequence": T1,
            "Smaller half": one.side,
            "Brain": round(one.brain_ml),
            "White matter": round(one.white_percent),
        }
        shown = [Shown(one.picture(T1), VENDORS[one.seed % 3].header)]
        asked = bank()["report"]
        yield _case(
            f"report-{one.name}", asked, shown, target, (), one.name, topic="report", scenario="4"
        )


def _sides(several: Sequence[Patient]) -> Iterator[Case]:
    """Ask for the half of each patient, of its mirror image, and of that under its own header."""
    for one in several:
        plain, mirrored = one.picture(T1), one.picture(T1, mirrored=True)
        views = {
            "as-it-is": (Shown(plain), one.side),
            "mirrored": (Shown(mirrored), FLIPPED[one.side]),
            "mirrored-and-told": (Shown(mirrored, left="right"), one.side),
        }
        for view, (shown, side) in views.items():
            yield _case(
                f"side-{one.name}-{view}",
                wording("side", one.seed),
                [shown],
                option("side", side),
                _options("side"),
                one.name,
                topic="side",
                scenario="7",
                view=view,
                pair=one.name,
            )


def _sequences(several: Sequence[Patient]) -> Iterator[Case]:
    for one in several:
        for contrast in (T1, ("T2-weighted", "FLAIR")[one.seed % 2]):
            yield _case(
                f"sequence-{one.name}-{contrast}",
                wording("sequence", one.seed),
                [Shown(one.picture(contrast))],
                option("sequence", contrast),
                _options("sequence"),
                one.name,
                topic="sequence",
                scenario="3",
            )


def _vendors(several: Sequence[Patient]) -> Iterator[Case]:
    """Put each vendor's header beside the same scan: reading is what is asked."""
    names = [vendor.name for vendor in VENDORS]
    for one in several:
        picture = one.picture(T1)
        for at, vendor in enumerate(VENDORS):
            options = [names[(at + step) % len(names)] for step in range(4)]
            yield _case(
                f"vendor-{one.name}-{at}",
                wording("vendor", one.seed + at),
                [Shown(picture, vendor.header)],
                vendor.name,
                options,
                one.name,
                topic="vendor",
                scenario="2",
                vendor=vendor.name,
                header="file" if vendor.file else "written",
            )


def _five(several: Sequence[Patient]) -> Iterator[Case]:
    """Show five patients at once, and ask about one."""
    for one in several:
        asked = one.seed % FIVE
        others = [several[(one.seed + step) % len(several)] for step in range(1, FIVE)]
        order = [*others[:asked], one, *others[asked:]]
        yield _case(
            f"five-{one.name}",
            wording("side", one.seed, image=asked + 1),
            [Shown(each.picture(T1)) for each in order],
            option("side", one.side),
            _options("side"),
            one.name,
            topic="five",
            scenario="1",
        )


def _visits(one: Patient, *, swapped: bool) -> list[Shown]:
    earlier = Shown(one.picture(T1), day=FIRST_DAY + timedelta(weeks=one.seed))
    later = Shown(one.picture(T1, visit=2), day=earlier.day + timedelta(weeks=26))
    return [later, earlier] if swapped else [earlier, later]


def _changes(several: Sequence[Patient]) -> Iterator[Case]:
    for one in several:
        yield _case(
            f"change-{one.name}",
            wording("change", one.seed),
            _visits(one, swapped=one.seed % 2 == 1),
            option("change", f"{100 * one.smaller:.0f}"),
            _options("change"),
            one.name,
            topic="change",
            scenario="8",
        )


def _orders(several: Sequence[Patient]) -> Iterator[Case]:
    for one in several:
        for swapped in (False, True):
            first = option("first", "2" if swapped else "1")
            yield _case(
                f"first-{one.name}-{'swapped' if swapped else 'as-taken'}",
                wording("first", one.seed),
                _visits(one, swapped=swapped),
                first,
                _options("first"),
                one.name,
                topic="first",
                scenario="8",
                pair=one.name,
            )


def _terms(several: Sequence[Patient]) -> Iterator[Case]:
    """Ask what is asked elsewhere, in the words of radiologists."""
    for one in several:
        for topic, right in (("side", one.side), ("sequence", T1)):
            yield _case(
                f"terms-{topic}-{one.name}",
                wording(topic, one.seed, words="terms"),
                [Shown(one.picture(T1))],
                option(topic, right),
                _options(topic),
                one.name,
                topic="terms",
                scenario="6",
                about=topic,
            )


def _organs(several: Sequence[Patient]) -> Iterator[Case]:
    """Ask what is shown: a brain, and the one other organ that a package carries."""
    scans = [(one.name, "brain", Shown(one.picture(T1))) for one in several]
    other = abdomen()
    scans.append((other.name, "abdomen", Shown(other.pixels, other.scanner, left=None)))
    for at, (name, organ, shown) in enumerate(scans):
        yield _case(
            f"organ-{name}",
            wording("organ", at),
            [shown],
            option("organ", organ),
            _options("organ"),
            name,
            topic="organ",
            scenario="5",
            organ=organ,
        )


def _real(several: Sequence[Patient]) -> Iterator[Case]:  # noqa: ARG001 - as its siblings
    """Ask about the one real scan of a brain, of which no header is left."""
    yield _case(
        "real-mni152",
        wording("sequence", 0),
        [Shown(real_scan(), "several scanners")],
        option("sequence", T1),
        _options("sequence"),
        "mni152",
        topic="real",
        scenario="2",
        vendor="not stated",
    )


def _refused(topic: str, scenario: str, pictures: Iterator[Picture]) -> Iterator[Case]:
    for at, one in enumerate(pictures):
        yield _case(
            f"{topic}-{one.name}",
            wording(("organ", "sequence", "side")[at % 3], at),
            [Shown(one.pixels, one.scanner, modality=one.modality, left=None)],
            bank()["refusal"],
            _options(("organ", "sequence", "side")[at % 3]),
            one.name,
            topic=topic,
            scenario=scenario,
            kind=one.kind,
        )


TOPICS: Mapping[str, Callable[[Sequence[Patient]], Iterator[Case]]] = {
    "five": _five,
    "vendor": _vendors,
    "real": _real,
    "sequence": _sequences,
    "report": _reports,
    "organ": _organs,
    "nothing": lambda _: _refused("nothing", "5", nothing()),
    "terms": _terms,
    "side": _sides,
    "first": _orders,
    "change": _changes,
    "other-modality": lambda _: _refused("other-modality", "10", other_modalities()),
}
"""What makes the cases of each topic."""
