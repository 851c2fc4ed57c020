"""Image classifiers and towers from timm, and a map that joins a tower to a text tower.

Importing this module loads neither torch nor timm: a model is described when it is made and read
from its files when it is first asked something.
"""

from __future__ import annotations

from ._classifier import ImageClassifier, image_classifier
from ._digits import digits_cases, digits_classifier
from ._dual import DualEncoder, dual_encoder
from ._names import imagenet_names
from ._tower import ImageTower, image_tower

__all__ = [
    "DualEncoder",
    "ImageClassifier",
    "ImageTower",
    "digits_cases",
    "digits_classifier",
    "dual_encoder",
    "image_classifier",
    "image_tower",
    "imagenet_names",
]
