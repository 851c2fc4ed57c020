"""Reading two towers: CLIP, SigLIP, BLIP, encoders of transformers, and image models of timm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from attrs import frozen
from seatrial_transformers import picture, text_encoder, torchvision_problem
from torch import nn

from seatrial.errors import ModelError

from ._quiet import quiet
from ._tower_modules import FAMILIES, Encoder, Joined, TimmFeatures

if TYPE_CHECKING:
    from ._towers import Towers

__all__ = ["Loaded", "files_of", "load"]

TIMM: Final = "timm:"
SAFE: Final[dict[str, Any]] = {"trust_remote_code": False, "local_files_only": True}
UNLIMITED: Final = 1 << 20  # tokenizers without a limit of their own state a larger number

Tokens = dict[str, Any]


@frozen(eq=False)
class Loaded:
    """Both towers in memory, and how texts and images become what they take."""

    module: nn.Module
    tokenise: Callable[..., tuple[Tokens, Mapping[str, str]]]
    prepare: Callable[[list[Any]], Any]


def files_of(given: Towers) -> str:
    """Name the files of both towers by their content."""
    found = [text_encoder(given.path, revision=given.revision).identity]
    if given.image is not None:
        if _is_timm(given.image):
            from seatrial_timm import image_tower

            found.append(image_tower(given.image).identity)
        else:
            found.append(text_encoder(given.image, revision=given.image_revision).identity)
    return " ".join(found)


def load(given: Towers) -> Loaded:
    """Read both towers in float32, from safetensors only."""
    from transformers import AutoTokenizer

    files_of(given)  # brings them here, and says what is missing
    with _reading(given.path) as place:
        whole = _weights(place, given.revision)
        tokenizer: Any = AutoTokenizer.from_pretrained(place, revision=given.revision, **SAFE)
        if not tokenizer.is_fast:
            msg = "its tokenizer cannot say where it cuts a text; use one that is fast"
            raise ModelError(msg)
        family = FAMILIES.get(whole.config.model_type)
        text = family.text(whole) if family else Encoder(whole, given.pooling)
        limit = whole.config.text_config.max_position_embeddings if family else _positions(whole)
        if given.image is None:
            if family is None:
                msg = (
                    f"it is a {whole.config.model_type} model, which has one tower; "
                    f"{', '.join(FAMILIES)} have two, and others take the image tower as a second "
                    "path"
                )
                raise ModelError(msg)
            image, prepare = family.image(whole), _prepared(place, given.revision)
    if given.image is not None:
        image, prepare = _image_tower(given, given.image)
    tokenise = _Tokeniser(
        tokenizer,
        min(int(limit), int(min(tokenizer.model_max_length, UNLIMITED))),
        pads=whole.config.model_type == "siglip",
    )
    module = Joined(text, image).to(given.device).eval().requires_grad_(False)
    return Loaded(module, tokenise, prepare)


def _weights(place: str, revision: str | None) -> Any:
    import transformers

    config: Any = transformers.AutoConfig.from_pretrained(place, revision=revision, **SAFE)
    family = FAMILIES.get(config.model_type)
    name = family.name if family else "AutoModel"
    return getattr(transformers, name).from_pretrained(
        place, dtype=torch.float32, revision=revision, use_safetensors=True, **SAFE
    )


def _positions(encoder: Any) -> int:
    """Count the tokens that an encoder has positions for: RoBERTa begins behind its padding."""
    count = int(getattr(encoder.config, "max_position_embeddings", None) or UNLIMITED)
    embedded = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    before = getattr(embedded, "padding_idx", None)
    return count if before is None else count - before - 1


def _image_tower(given: Towers, path: str) -> tuple[Any, Callable[[list[Any]], Any]]:
    if _is_timm(path):
        from seatrial_timm import image_tower

        tower = image_tower(path, device=given.device)

        def stacked(images: list[Any]) -> Any:
            return torch.stack([torch.from_numpy(tower.preprocess(one)) for one in images])

        return TimmFeatures(tower.module), stacked
    with _reading(path) as place:
        whole = _weights(place, given.image_revision)
        family = FAMILIES.get(whole.config.model_type)
        image = family.image(whole) if family else Encoder(whole, given.pooling)
        return image, _prepared(place, given.image_revision)


def _is_timm(path: str) -> bool:
    """Tell a model of timm, or a folder that timm wrote, from one of transformers."""
    file = Path(path).expanduser() / "config.json"
    if not file.is_file():
        return path.startswith(TIMM)
    return "architecture" in json.loads(file.read_text(encoding="utf-8"))


def _prepared(path: str, revision: str | None) -> Callable[[list[Any]], Any]:
    """Read how pictures are prepared; Pillow does it, so that no torchvision is needed."""
    from transformers import AutoImageProcessor

    processor = AutoImageProcessor.from_pretrained(path, revision=revision, backend="pil", **SAFE)

    def prepare(images: list[Any]) -> Any:
        pictures = [picture(one) for one in images]
        return processor(images=pictures, return_tensors="pt")["pixel_values"]

    return prepare


@frozen(eq=False)
class _Tokeniser:
    """Texts to tokens, in one place for embedding and for training."""

    tokenizer: Any
    limit: int
    pads: bool

    def __call__(self, texts: Sequence[Any], *, cut: bool) -> tuple[Tokens, dict[str, str]]:
        """Give the tokens of a batch, and what was read of each text that was cut."""
        if wrong := [one for one in texts if not isinstance(one, str)]:
            msg = f"a text tower takes texts, not {type(wrong[0]).__name__}"
            raise ModelError(msg)
        lengths = [len(one) for one in self.tokenizer(texts, verbose=False)["input_ids"]]
        long = [text for text, count in zip(texts, lengths, strict=True) if count > self.limit]
        if long and not cut:
            msg = (
                f"a text has {max(lengths)} tokens and its tower reads {self.limit}: "
                f"{long[0]!r:.80}; shorten it, or pass shorten=True"
            )
            raise ModelError(msg)
        found = self.tokenizer(
            texts,
            truncation=True,
            max_length=self.limit,
            padding="max_length" if self.pads else True,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        ends = found.pop("offset_mapping").amax(dim=(1, 2)).tolist()
        read = {text: text[:end] for text, end in zip(texts, ends, strict=True) if text in long}
        # SigLIP was trained on texts padded to full length, and reads its padding.
        names = ["input_ids"] if self.pads else self.tokenizer.model_input_names
        return {name: found[name] for name in names}, read


@contextmanager
def _reading(path: str) -> Iterator[str]:
    """Read files quietly; what goes wrong is a `ModelError` that names them, or torchvision."""
    place = Path(path).expanduser()
    try:
        with quiet():
            yield str(place) if place.is_dir() else path
    except Exception as error:
        problem = torchvision_problem() if isinstance(error, ImportError) else None
        msg = f"{path} cannot be read as a tower: {problem or error}"
        raise ModelError(msg) from error
