"""Language and vision-language models as seatrial models, a text encoder, and PIQA's questions.

Importing this module loads neither torch nor transformers: a model is described when it is made and
read from its files when it is first asked something.
"""

from __future__ import annotations

from ._activations import SavedActivations
from ._choices import Choices
from ._encoder import TextEncoder, minilm, text_encoder
from ._generation import Completion
from ._intervention import Intervened
from ._model import CausalLM, causal_lm, smollm2
from ._packaged import packaged_file
from ._picture import picture
from ._piqa import piqa_cases
from ._torchvision import torchvision_problem
from ._trainable import Trainable
from ._vision_language import VisionLanguage, clip
from ._zero_shot import named_by_cosine

__all__ = [
    "CausalLM",
    "Choices",
    "Completion",
    "Intervened",
    "SavedActivations",
    "TextEncoder",
    "Trainable",
    "VisionLanguage",
    "causal_lm",
    "clip",
    "minilm",
    "named_by_cosine",
    "packaged_file",
    "picture",
    "piqa_cases",
    "smollm2",
    "text_encoder",
    "torchvision_problem",
]
