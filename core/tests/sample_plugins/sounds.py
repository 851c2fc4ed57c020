"""A modality of short sounds and an executor that measures at once, with what spoils them."""

import hashlib
from concurrent.futures import Future

import numpy as np


class Sounds:
    def holds(self, value, /):
        return isinstance(value, np.ndarray) and value.dtype == np.float32 and value.ndim == 1

    def digest(self, value, /):
        return hashlib.sha256(value.tobytes()).hexdigest()

    def freeze(self, value, /):
        return np.frombuffer(value.tobytes(), dtype=np.float32)

    def dump(self, value, /):
        return value.tobytes()

    def load(self, data, /):
        return np.frombuffer(data, dtype=np.float32)

    def distance(self, clean, perturbed, /):
        if clean.shape != perturbed.shape or np.isnan(clean).any() or np.isnan(perturbed).any():
            return None
        return float(np.abs(perturbed - clean).max(initial=0.0))

    def preview(self, value, /):
        return f"sound of {len(value)} samples"

    def samples(self):
        return [np.sin(np.linspace(0, k, 40)).astype(np.float32) for k in (10, 20)]

    def edges(self):
        return [np.zeros(0, np.float32), np.zeros(1, np.float32)]


class HoldsAll(Sounds):
    def holds(self, value, /):
        return isinstance(value, np.ndarray | type(None)) or super().holds(value)


class Lossy(Sounds):
    def holds(self, value, /):
        return super().holds(value) and not np.isnan(value).any()

    def load(self, data, /):
        return np.frombuffer(data, dtype=np.float32).round(2)


class NamesLengths(Sounds):
    def digest(self, value, /):
        return f"sound-{len(value)}"


class Thaws(Sounds):
    def freeze(self, value, /):
        return value


class SignedDistance(Sounds):
    def distance(self, clean, perturbed, /):
        if clean.shape != perturbed.shape:
            return None
        return float((perturbed - clean).sum())


class Normalises(Sounds):
    def preview(self, value, /):
        if value.size:
            value /= np.float32(2)
        return "sound"


class Prolix(Sounds):
    def preview(self, value, /):
        return "\n".join(map(str, value))


class Random(Sounds):
    def digest(self, value, /):
        return f"{np.nan_to_num(value).tobytes()}"

    def load(self, data, /):
        return np.nan_to_num(np.frombuffer(data, dtype=np.float32), nan=1.0)


class Here:
    def open(self, job, /):
        self.job = job

    def submit(self, batch, /):
        future = Future()
        try:
            future.set_result(self.job(batch))
        except ValueError as error:
            future.set_exception(error)
        return future

    def is_worker_loss(self, error, /):
        return False

    def close(self):
        self.job = None


class Stale(Here):
    def submit(self, batch, /):
        self.last = future = super().submit(batch)
        if len(batch) == 50:
            future = super().submit(batch[1:])
        return future


class Alarmed(Here):
    def is_worker_loss(self, error, /):
        return True


class ClosesOnce(Here):
    def close(self):
        del self.job
