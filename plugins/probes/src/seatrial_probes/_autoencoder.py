"""Sparse autoencoders: activations as sums of a few out of many directions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from seatrial.errors import FileError, ParameterError

__all__ = ["Autoencoder", "load_autoencoder"]

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "encoder": ("W_enc", "encoder.weight", "encoder"),
    "encoder_bias": ("b_enc", "encoder.bias", "latent_bias"),
    "decoder": ("W_dec", "decoder.weight", "decoder"),
    "decoder_bias": ("b_dec", "decoder.bias", "pre_bias", "bias"),
}
"""What published files call the tensors: SAELens and Gemma Scope; dictionary_learning and
EleutherAI's sparsify; OpenAI's. `threshold` makes a JumpReLU, and `k` a TopK."""

ROWS: Final = 4096

Floats = npt.NDArray[np.float32]


@frozen(eq=False)
class Autoencoder:
    """Encodes x as f = σ((x · `scale` [- decoder_bias]) `encoder` + encoder_bias), few of them on.

    σ keeps the `k` greatest that are above 0 (TopK), or those above `threshold` (JumpReLU), or is a
    plain ReLU. The decoder's bias is subtracted first where `centred`. `encoder` is
    [width, latents], `decoder` [latents, width]; everything is float32. `facts` go with the file.

    Sources: Gao et al., Scaling and evaluating sparse autoencoders, 2024, equations 1 to 5;
    Rajamanoharan et al., Jumping ahead, 2024, equation 5.
    """

    encoder: Floats
    encoder_bias: Floats
    decoder: Floats
    decoder_bias: Floats
    k: int | None = None
    threshold: Floats | None = None
    centred: bool = True
    scale: float = 1.0
    facts: Mapping[str, Any] = field(factory=dict)

    @property
    def width(self) -> int:
        """The width of the activations."""
        return int(self.decoder.shape[1])

    @property
    def latents(self) -> int:
        """How many directions there are."""
        return int(self.decoder.shape[0])

    def encode(self, vectors: npt.NDArray[Any], /) -> Floats:
        """Give the latents of vectors [n, width]: float32 [n, latents]."""
        x: Any = np.asarray(vectors, dtype=np.float32) * np.float32(self.scale)
        x = x - self.decoder_bias if self.centred else x
        found: Floats = x @ self.encoder + self.encoder_bias
        if self.threshold is not None:
            found[found <= self.threshold] = 0
        elif self.k is not None and self.k < found.shape[1]:
            least = np.partition(found, -self.k, axis=1)[:, -self.k, None]
            found[found < least] = 0
        np.maximum(found, 0, out=found)
        return found

    def decode(self, latents: npt.NDArray[Any], /) -> Floats:
        """Give the vectors [n, width] that latents [n, latents] stand for."""
        found: Floats = (latents @ self.decoder + self.decoder_bias) / np.float32(self.scale)
        return found

    def measured(self, vectors: npt.NDArray[Any], /) -> dict[str, float]:
        """Tell how good it is on vectors: explained variance, active latents, dead latents."""
        centre = vectors.mean(axis=0, dtype=np.float64)
        lost = spread = active = 0.0
        fired = np.zeros(self.latents, dtype=bool)
        for start in range(0, len(vectors), ROWS):
            rows = np.asarray(vectors[start : start + ROWS])
            latents = self.encode(rows)
            lost += float(np.square(rows - self.decode(latents), dtype=np.float64).sum())
            spread += float(np.square(rows - centre, dtype=np.float64).sum())
            active += float((latents > 0).sum())
            fired |= (latents > 0).any(axis=0)
        return {
            "explained_variance": 1 - lost / spread if spread > 0 else 0.0,
            "l0": active / len(vectors),
            "dead": float(1 - fired.mean()),
        }

    def save(self, path: str | Path) -> Path:
        """Write it as safetensors, under the names that SAELens uses; `load_autoencoder` reads it.

        `k`, `scale`, `centred` and `facts` stand in the metadata, as JSON.
        """
        from safetensors.numpy import save_file

        tensors = {name: getattr(self, field) for field, (name, *_) in NAMES.items()}
        if self.threshold is not None:
            tensors["threshold"] = self.threshold
        said = {"k": self.k, "scale": self.scale, "centred": self.centred, "facts": {**self.facts}}
        metadata = {name: json.dumps(value) for name, value in said.items()}
        tensors = {name: np.ascontiguousarray(one) for name, one in tensors.items()}
        save_file(tensors, path, metadata=metadata)
        return Path(path)


def load_autoencoder(path: str | Path, *, k: int | None = None) -> Autoencoder:
    """Read a sparse autoencoder from a safetensors file, whichever way its matrices lie.

    Tensors go by any of the names in `NAMES`, with `threshold` for a JumpReLU. `k` (or the file's
    own) makes it a TopK. Where the file does not say so, the decoder's bias is subtracted before
    encoding except for a JumpReLU, as published ones do. Raises `FileError` for what is missing.
    """
    from safetensors import SafetensorError, safe_open

    place = Path(path)
    try:
        with safe_open(place, framework="np") as file:
            said = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise FileError(str(path), (f"{place.name} cannot be read: {error}",)) from error
    parts = {field: _found(field, tensors, place) for field in NAMES}
    width, latents = len(parts["decoder_bias"]), len(parts["encoder_bias"])
    for name, shape in (("encoder", (width, latents)), ("decoder", (latents, width))):
        parts[name] = _oriented(name, parts[name], shape, place)
    threshold = tensors.get("threshold")
    if k is None:
        k = json.loads(said["k"]) if "k" in said else None
    if k is not None and not 1 <= k <= latents:
        msg = f"k must be from 1 to the {latents} latents, not {k}"
        raise ParameterError(msg)
    return Autoencoder(
        **parts,
        k=k,
        threshold=None if threshold is None else threshold.astype(np.float32).reshape(latents),
        centred=bool(json.loads(said["centred"])) if "centred" in said else threshold is None,
        scale=float(said.get("scale", 1.0)),
        facts=json.loads(said.get("facts", "{}")),
    )


def _found(field: str, tensors: Mapping[str, Any], place: Path) -> Any:
    for name in NAMES[field]:
        if name in tensors:
            return tensors[name].astype(np.float32)
    wanted, there = " or ".join(NAMES[field]), ", ".join(sorted(tensors)) or "nothing"
    raise FileError(str(place), (f"{place.name} has no tensor {wanted}; it has {there}",))


def _oriented(name: str, matrix: Any, shape: tuple[int, int], place: Path) -> Any:
    """Turn a matrix the right way round, which its biases tell."""
    if matrix.shape == shape:
        return matrix
    if matrix.shape == shape[::-1]:
        return np.ascontiguousarray(matrix.T)
    why = f"{place.name}: its {name} is {matrix.shape}, and its biases ask for {shape}"
    raise FileError(str(place), (why,))
