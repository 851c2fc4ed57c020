"""Faults of reporters, modalities and executors."""

import time

from faulty._spoil import spoilt
from seatrial import _builtin as core


@spoilt(core.json, "report_is_dated")
def _(render):
    return lambda bundle, /: render(bundle) + str(time.time() // 10**6).encode()


@spoilt(core.md, "report_is_a_text")
def _(render):
    return lambda bundle, /: render(bundle).decode()


@spoilt(core.mask, "mask_is_stored_as_bytes")
def _(carrier):
    dump = carrier.dump
    carrier.dump = lambda value, /: dump(value > 0) if hasattr(value, "dtype") else dump(value)
    return carrier


@spoilt(core.image, "image_freezes_a_view")
def _(carrier):
    carrier.freeze = lambda value, /: value
    return carrier


@spoilt(core.text, "texts_differ_by_nothing")
def _(carrier):
    carrier.distance = lambda clean, perturbed, /: 0.0
    return carrier


@spoilt(core.threads, "executor_swallows_errors")
def _(executor):
    open_ = executor.open

    def opened(job, /):
        def careful(batch):
            try:
                return job(batch)
            except ValueError:
                return None

        open_(careful)

    executor.open = opened
    return executor
