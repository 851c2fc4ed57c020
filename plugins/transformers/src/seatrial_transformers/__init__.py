"""Causal language models as seatrial models, and the questions of PIQA.

Importing this module loads neither torch nor transformers: a model is described when it is made and
read from its files when it is first asked something.
"""

from __future__ import annotations

from ._choices import Choices
from ._generation import Completion
from ._model import CausalLM, causal_lm, smollm2
from ._piqa import piqa_cases
from ._vision_language import VisionLanguage, clip

__all__ = [
    "CausalLM",
    "Choices",
    "Completion",
    "VisionLanguage",
    "causal_lm",
    "clip",
    "piqa_cases",
    "smollm2",
]
