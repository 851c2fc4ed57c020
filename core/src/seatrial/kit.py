"""The public toolbox for plugins: what several of them would otherwise each write.

Light to import: nothing here loads numpy.
"""

from __future__ import annotations

from ._cases import answer_of, cluster_of
from ._edit_distance import edit_distance
from ._eight_bits import eight_bits
from ._findings import Level
from ._importing import import_string, object_with
from ._png import png
from ._tables import Table
from ._templates import only_text, template_fields
from ._texts import PROTECTED, protected_spans, texts_of
from ._values import did_you_mean, freeze, plain
from ._writing import digest, write_atomically

__all__ = [
    "PROTECTED",
    "Level",
    "Table",
    "answer_of",
    "cluster_of",
    "did_you_mean",
    "digest",
    "edit_distance",
    "eight_bits",
    "freeze",
    "import_string",
    "object_with",
    "only_text",
    "plain",
    "png",
    "protected_spans",
    "template_fields",
    "texts_of",
    "write_atomically",
]
