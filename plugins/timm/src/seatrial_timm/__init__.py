"""Image towers from timm, and a DeViSE-style linear map that joins one to a text tower.

Importing this module loads neither torch nor timm: a model is described when it is made and read
from its files when it is first asked something.
"""

from __future__ import annotations

from ._dual import DualEncoder, dual_encoder
from ._names import imagenet_names
from ._tower import ImageTower, image_tower

__all__ = ["DualEncoder", "ImageTower", "dual_encoder", "image_tower", "imagenet_names"]
