"""The names of the 1000 ImageNet classes, from the files that timm carries."""

from __future__ import annotations

from seatrial_transformers import packaged_file

__all__ = ["imagenet_names"]

FOLDER = "timm/data/_info/"


def imagenet_names() -> tuple[str, ...]:
    """Give the first WordNet lemma of each of ImageNet's 1000 classes, in the usual order.

    Read from timm's files; timm itself is not imported. Two names stand there twice ("crane" is a
    bird and a machine, "maillot" two garments), so they are texts to embed and no identifiers.
    """
    synsets = packaged_file("timm", FOLDER + "imagenet_synsets.txt").read_text("utf-8").split()
    lemmas = packaged_file("timm", FOLDER + "imagenet_synset_to_lemma.txt").read_text("utf-8")
    rows = (line.split("\t") for line in lemmas.splitlines())
    of = {synset: text.strip('"').split(",")[0].strip() for synset, text in rows}
    return tuple(of[synset] for synset in synsets)
