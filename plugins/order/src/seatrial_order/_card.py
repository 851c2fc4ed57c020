"""A data set card: how many stories and pairs each category has, and what they are about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from attrs import frozen

from ._articles import Article
from ._pairs import Pair

__all__ = ["Card", "card"]

FIRST = 12  # words of each kind that are listed
SMALL = "a an and as at by for from how in into it of on or the to up with your"


@frozen
class Card:
    """What a set of articles and pairs holds, as the paper's table 1 and figure 2.

    `rows` has one mapping for each category: stories, mean numbers of steps and of characters in a
    headline, pairs, and the fraction of pairs in order. `verbs` counts the words that begin titles
    and headlines, which in instructions are their verbs, and `words` the others but the smallest.
    """

    rows: tuple[Mapping[str, str | int | float], ...]
    verbs: tuple[tuple[str, int], ...]
    words: tuple[tuple[str, int], ...]

    def markdown(self) -> str:
        """Write it as a page."""
        names = list(self.rows[0]) if self.rows else []
        lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
        for row in self.rows:
            told = (f"{one:.3g}" if isinstance(one, float) else str(one) for one in row.values())
            lines.append("| " + " | ".join(told) + " |")
        for kind, counted in (("First words", self.verbs), ("Other words", self.words)):
            lines += ["", f"{kind}: " + ", ".join(f"{word} ({n})" for word, n in counted) + "."]
        return "\n".join(lines) + "\n"


def card(articles: Sequence[Article], pairs: Sequence[Pair] = ()) -> Card:
    """Describe articles and the pairs drawn of them, by category and together."""
    groups: dict[str, list[Article]] = defaultdict(list)
    for one in articles:
        groups[one.category].append(one)
    rows = [
        _row(name or "(none)", groups[name], [one for one in pairs if one.article.category == name])
        for name in sorted(groups)
    ]
    if len(rows) > 1:
        rows.append(_row("all", articles, pairs))
    first: Counter[str] = Counter()
    other: Counter[str] = Counter()
    small = set(SMALL.split())
    for article in articles:
        for text in (article.title, *(step.headline for step in article.steps)):
            words = [one.strip(".,;:!?()\"'").casefold() for one in text.split()]
            words = [one for one in words if one]
            first.update(words[:1])
            other.update(one for one in words[1:] if one not in small and one.isalpha())
    return Card(tuple(rows), tuple(first.most_common(FIRST)), tuple(other.most_common(FIRST)))


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
