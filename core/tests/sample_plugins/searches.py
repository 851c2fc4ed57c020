"""A search that passes every check, and one that asks too often."""

from sample_plugins.good import perturbation, stretch


def seek(*, fraction, queries=4):
    """Repeat letters where it is worst."""
    stretched = stretch(fraction=fraction)

    def work(text, *, seed, loss):
        tried = [stretched(text, seed=seed + index) for index in range(min(queries, loss.left))]
        return max(zip(loss(tried), tried, strict=True))[1] if tried else text

    return work


def asks_once_more(*, fraction, queries=4):
    mild = stretch(fraction=fraction)

    def work(text, *, seed, loss):
        loss([text] * (queries + 1))
        return mild(text, seed=seed)

    return work


search = perturbation("good.search", "sample_plugins.searches:seek", searches=True)
greedy = perturbation("bad.greedy", "sample_plugins.searches:asks_once_more", searches=True)
