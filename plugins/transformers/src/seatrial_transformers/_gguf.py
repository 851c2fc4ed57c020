"""GGUF files, converted once to a folder that loads in a moment."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

from seatrial.errors import ModelError

from ._files import cache_folder, digest
from ._pretrained import quiet, reading

__all__ = ["converted"]

FORMAT = 1
MANIFEST = "seatrial-manifest.json"
logger = logging.getLogger("seatrial_transformers")


def converted(file: Path) -> Path:
    """Give the folder with this GGUF file's tokenizer, and its weights as float32 safetensors.

    It lies in the cache under the digest of the file's content. A folder that is incomplete or was
    changed is made again; of two processes that need it at once, one makes it and one waits.
    """
    from filelock import FileLock

    source = digest(file)
    folder = cache_folder() / "gguf" / f"{file.stem}-{source[:16]}"
    if _complete(folder, source):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            if not _complete(folder, source):
                _replace(folder, file, source)
    except OSError as error:
        msg = (
            f"cannot keep the converted {file.name} in {folder.parent}: {error}; "
            "set SEATRIAL_CACHE to a folder with space that can be written"
        )
        raise ModelError(msg) from error
    return folder


def _complete(folder: Path, source: str) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        return (
            manifest["format"] == FORMAT
            and manifest["source"] == source
            and all(digest(folder / name) == one for name, one in manifest["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _replace(folder: Path, file: Path, source: str) -> None:
    logger.warning("converting %s once into %s: this takes about half a minute", file.name, folder)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _convert(file, fresh)
        kept = {one.name: digest(one) for one in sorted(fresh.iterdir())}
        manifest = {"format": FORMAT, "source": source, "files": kept}
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1))
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _convert(file: Path, folder: Path) -> None:
    import torch

    with quiet():
        tokenizer, read = _read(file)
        # A model that came from GGUF refuses to be saved: its weights move into one that did not.
        config = read.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        with torch.device("meta"):
            plain = type(read)(config)
        plain.load_state_dict(read.state_dict(), assign=True)
        plain.tie_weights()
        plain.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _read(file: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with reading(file, "a GGUF model"):
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        model = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32
        )
    return tokenizer, model
