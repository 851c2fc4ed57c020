"""Punctuation, and the marks that look like it and mean something."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["without_punctuation"]

# Before a mark is looked at: comparisons in one form, and no paired quotes and Markdown emphasis.
REWRITTEN = (
    (re.compile(r"\+/-|\+-"), "±"),
    (re.compile(r"!=|=/="), "≠"),
    (re.compile(r">="), "≥"),
    (re.compile(r"<="), "≤"),
    (re.compile(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)([^*_`]+)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"""(?<!\w)(["'])(?=\S)([^"']+)(?<=\S)\1(?!\w)"""), r"\2"),
    (re.compile(r"(?<=[a-z])n't\b", re.IGNORECASE), "nt"),
    (re.compile(r"(?<=[\^_])\{([-+]?\w+)\}(?!\w)"), r"\1"),  # x^{12}, and not x^{1}2
)
# Spaces around an operator say nothing.
JOINED = (
    (re.compile(r"(?<=\d)\s+-\s+(?=\d)"), "-"),
    (re.compile(r"(?<=\w)\s*([<>≤≥=≠×÷/&])\s*(?=[\w.-])"), r"\1"),
    (re.compile(r"(?<=\w)\s+([+±*:])\s+(?=\w)"), r"\1"),
    (re.compile(r"(?<!\S)([-<>≤≥±≈~]|[A-Z]{0,2}[$€£¥])\s+(?=\.?\d)"), r"\1"),
    (re.compile(r"(?<=\d)\s+(?=[%‰°])"), ""),
    (re.compile(r"(?<![\w.,$€£¥])(\d+(?:[.,]\d+)*)\s*([$€£¥])(?![\w$€£¥])"), r"\2\1"),
)
LETTER = r"[^\W\d_]"
OPERATOR = r"[\w+\-*/^=×÷±·<>]"
MEANT = (
    r"[%‰‱&@/\\§†‡‖⌊⌋⌈⌉]",
    r"(?<=\d)[^\w\s]+(?=\d)",  # whatever stands between two digits: 2.5, 1:2, 10-20
    r"[\[(]\s*[-+]?[\d.]+\s*[,;]\s*[-+]?[\d.]+\s*[\])]",  # an interval, closed or open
    rf"(?<={OPERATOR})\(|\)(?={OPERATOR})",  # f(x), (2+3)*4
    rf"(?<=[\w}}^\\])\{{|\}}(?=\{{|{OPERATOR})",  # \frac{1}{23}, \sqrt{2}+1
    r"(?<![\w)])-(?=[\w.(\[|\\√∞$€£¥])",  # a sign: -5, -x, -$5, -\frac{1}{2}
    r"(?<=\w)-(?!\w)|(?<=\()-(?=\))|(?<=[A-Z\d] )-(?=\s*$)",  # A-, HIV-, HIV (-), HIV -
    rf"(?<=(?<!\w)[a-z])-(?=\d|{LETTER}\b)|(?<=\d)-(?=[a-z]\b)",  # x-1, 3-x
    r"(?<=\w)#|#(?=\w)",  # C#, #1
    r"(?<=[\w)])\*",  # A*, (2+3)*4
    r"(?<=\w)_(?=\w)|_(?=\d)|(?<=\d)_",  # first_name, x_1
    r"(?<=(?<!\w)[A-Za-z])(?:'+|\")(?!\w)",  # A', f'(x), A″
    rf"(?<=\d)(?:'+|\")|(?<={LETTER})'(?={LETTER})",  # 5' and 5", we're and were
    rf"(?<!\S)\.(?=\w)|(?<=\w)\.(?=\d)|(?<=\d)\.(?=\w)|(?<={LETTER}{{2}})\.(?={LETTER}{{2}})",
    r"(?<=\d)!|(?<=(?<!\w)[a-z])!|[!?](?=\w)|(?<=\d)\)(?=!)|(?<=\d\))!",  # 5!, n!, (n+1)!
    r"(?<=\w)·(?=\w)",
)
MARK = re.compile(
    rf"(?=[^\w\s]|_)(?:(?P<meant>{'|'.join(MEANT)})"
    r"|(?P<separator>(?<=\w)[,;:、\N{EM DASH}]+(?=\w))|.)"
)


def without_punctuation(text: str) -> str:
    """Delete the marks without which a text says the same.

    Marks that stand between two words become a space. What stays: every symbol of Unicode (+ < ° $
    ^ and so on), what `MEANT` lists, and all of a text that is nothing but marks.
    """
    if not MARK.search(text):
        return text
    plain = text
    for pattern, written in (*REWRITTEN, *JOINED):
        plain = pattern.sub(written, plain)
    plain = MARK.sub(_rewritten, plain)
    return plain if any(one.isalnum() for one in plain) else text


def _rewritten(found: re.Match[str]) -> str:
    if found["separator"]:
        return " "
    punctuation = not found["meant"] and unicodedata.category(found.group()).startswith("P")
    return "" if punctuation else found.group()
