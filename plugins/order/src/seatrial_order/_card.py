"""A data set card: how many stories and pairs each category has, and what they are about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from seatrial.errors import PlanError

from ._articles import Article
from ._pairs import Pair

__all__ = ["Card", "card"]

TAGS = {"VB": "verbs", "NN": "nouns"}
LISTED = 12  # words of each kind
SMALL = "a an and as at by for from how in into it of on or the to up with your"

Tagger = Callable[[list[str]], Sequence[tuple[str, str]]]


@frozen
class Card:
    """What a set of articles and pairs holds, as the paper's table 1 and figure 2.

    `rows` has one mapping for each category: stories, mean numbers of steps and of characters in a
    headline, pairs, and the fraction of pairs in order. `words` has the commonest words of titles
    and headlines by kind: "verbs" and "nouns" where they were tagged, else "first words", which in
    instructions are mostly verbs, and "other words" but the smallest.
    """

    rows: tuple[Mapping[str, str | int | float], ...]
    words: Mapping[str, tuple[tuple[str, int], ...]]

    def markdown(self) -> str:
        """Write it as a page."""
        names = list(self.rows[0])
        lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
        for row in self.rows:
            told = (f"{one:.3g}" if isinstance(one, float) else _cell(one) for one in row.values())
            lines.append("| " + " | ".join(told) + " |")
        for kind, counted in self.words.items():
            if not counted:
                continue
            listed = ", ".join(f"{word} ({n})" for word, n in counted)
            lines += ["", f"{kind.capitalize()}: {listed}."]
        return "\n".join(lines) + "\n"


def card(
    articles: Sequence[Article], pairs: Sequence[Pair] = (), *, tagger: Tagger | None = None
) -> Card:
    """Describe articles and the pairs drawn of them, by category and together.

    Raises `PlanError` without articles, and for a pair of an article that is not among them.
    `tagger` takes the words of a text and gives each with its tag of the Penn Treebank, as
    `nltk.pos_tag` does, the paper's; its data must be downloaded, and no package carries them.
    """
    if not articles:
        msg = "there are no articles to describe"
        raise PlanError(msg)
    known = {one.id for one in articles}
    if other := [one.article.id for one in pairs if one.article.id not in known]:
        msg = f"a pair is of the article {other[0]!r}, which is not among those to describe"
        raise PlanError(msg)
    groups: dict[str, list[Article]] = defaultdict(list)
    for one in articles:
        groups[one.category].append(one)
    rows = [
        _row(name or "(none)", groups[name], [one for one in pairs if one.article.category == name])
        for name in sorted(groups)
    ]
    if len(rows) > 1:
        rows.append(_row("all", articles, pairs))
    kinds = ("first words", "other words") if tagger is None else ("verbs", "nouns")
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    small = set(SMALL.split())
    for article in articles:
        for text in (article.title, *(step.headline for step in article.steps)):
            words = [one for one in (each.strip(".,;:!?()\"'") for each in text.split()) if one]
            if tagger is not None:
                for word, tag in tagger(words):
                    if tag[:2] in TAGS:
                        counts[TAGS[tag[:2]]][word.casefold()] += 1
                continue
            counts[kinds[0]].update(one.casefold() for one in words[:1])
            others = (one.casefold() for one in words[1:] if one.isalpha())
            counts[kinds[1]].update(one for one in others if one not in small)
    return Card(tuple(rows), {kind: tuple(counts[kind].most_common(LISTED)) for kind in kinds})


def _cell(value: str | int) -> str:
    """Write a value on one line, without the bar that divides a table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _row(
    name: str, articles: Sequence[Article], pairs: Sequence[Pair]
) -> Mapping[str, str | int | float]:
    headlines = [step.headline for one in articles for step in one.steps]
    return {
        "category": name,
        "stories": len(articles),
        "steps a story": len(headlines) / max(len(articles), 1),
        "characters a headline": sum(map(len, headlines)) / max(len(headlines), 1),
        "pairs": len(pairs),
        "in order": sum(one.label for one in pairs) / max(len(pairs), 1),
    }
