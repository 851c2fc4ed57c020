"""The processes that train one model together, as `accelerate launch` starts them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import torch
from attrs import field, frozen

from seatrial.errors import ModelError, PlanError, SeatrialError
from seatrial.protocols import Work

__all__ = ["Processes", "processes_for"]

PATIENCE = timedelta(days=30)


@frozen(eq=False)
class Processes:
    """One process, which does all, or several, each of which takes its part of every step.

    What they compute together is what one would: the same examples make a step, and gradients are
    summed over all of them. Files are read and written by the main process.
    """

    count: int = 1
    index: int = 0
    accelerator: Any = None
    shards: bool = False
    """Whether parameters, gradients and moments are sharded (FSDP)."""
    seeds: tuple[int, ...] = field(init=False)
    """What tells a process's random numbers from those of the others."""

    @seeds.default
    def _(self) -> tuple[int, ...]:
        return () if self.count == 1 else (self.index,)

    @property
    def main(self) -> bool:
        """Whether this process reads and writes files."""
        return self.index == 0

    def placed(self, module: Any) -> Any:
        """Put a module on this process's device, with the weights of the main process."""
        if self.count == 1:
            return module
        module.to(self.accelerator.device)
        with torch.no_grad():
            for one in (*module.parameters(), *module.buffers()):
                self.from_main(one)
        return module

    def sharded(self, module: Any, optimizer: Any) -> None:
        """Shard a module and what an optimizer keeps, in place, as accelerate is configured."""
        if self.shards:
            self.accelerator.prepare(module, optimizer)

    def part(self, batch: Sequence[int]) -> list[tuple[int, float]]:
        """Give this process's examples of a step, each with the weight of its loss.

        A sharded module runs as often in every process, and takes the mean over them: what is
        added for the first weighs nothing, and the others are multiplied for the second.
        """
        mine = batch[self.index :: self.count]
        if not self.shards:
            return [(one, 1.0) for one in mine]
        added = -(-len(batch) // self.count) - len(mine)
        return [*((one, float(self.count)) for one in mine), *((batch[0], 0.0),) * added]

    def sum_gradients(self, parameters: Mapping[str, Any]) -> None:
        """Add up the gradients of all processes; those of a sharded module are added already."""
        if self.count == 1 or self.shards:
            return
        for one in parameters.values():
            if one.grad is None:
                one.grad = torch.zeros_like(one)
            torch.distributed.all_reduce(one.grad)

    def joined(self, found: Mapping[Any, Any]) -> dict[Any, Any]:
        """Put together what each process found of its part."""
        if self.count == 1:
            return dict(found)
        every: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(every, dict(found))
        return {key: value for one in every for key, value in one.items()}

    def told(self, value: Any) -> Any:
        """Give every process the value that the main one has."""
        if self.count == 1:
            return value
        box = [value]
        torch.distributed.broadcast_object_list(box)
        return box[0]

    def by_main(self, function: Callable[[], Any]) -> Any:
        """Have the main process alone compute something, and give it to every process.

        The others wait as long as it takes, which may be longer than a collective may. An error
        there is one here.
        """
        if self.count == 1:
            return function()
        group = torch.distributed.new_group(backend="gloo", timeout=PATIENCE)
        box: list[Any] = [None, None]
        error = None
        try:
            box[0] = function() if self.main else None
        except SeatrialError as raised:
            error, box[1] = raised, str(raised)
        torch.distributed.broadcast_object_list(box, group=group)
        torch.distributed.destroy_process_group(group)
        if error is not None:
            raise error
        if box[1] is not None:
            msg = f"the main process stopped: {box[1]}"
            raise PlanError(msg)
        return box[0]

    def from_main(self, tensor: Any) -> Any:
        """Fill a tensor in every process with what the main one has in it."""
        if self.count > 1:
            torch.distributed.broadcast(tensor.detach(), src=0)
        return tensor

    def whole(self, tensor: Any) -> Any:
        """Give all of a tensor of which each process may hold a shard."""
        return tensor.full_tensor() if self.shards and hasattr(tensor, "full_tensor") else tensor

    def like(self, tensor: Any, other: Any) -> Any:
        """Shard a tensor as another is; all processes hold all of it."""
        if not self.shards:
            return tensor
        from torch.distributed.tensor import distribute_tensor

        return distribute_tensor(tensor, other.device_mesh, other.placements)

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            self.accelerator.wait_for_everyone()


def _launched() -> bool:
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def processes_for(module: Any, work: Work) -> Processes:
    """Find the processes that train a copy of a module; by itself a process is one."""
    if not _launched():
        return Processes()
    from accelerate import Accelerator
    from accelerate.utils import DistributedType

    wanted = module.device.type
    try:
        found = Accelerator(cpu=wanted == "cpu" or None)
    except ValueError as error:  # it is set up once in a process
        msg = f"accelerate cannot train on {wanted} in this process: {error}"
        raise ModelError(msg) from error
    kind = found.distributed_type
    shards = kind == DistributedType.FSDP
    problem = None
    if found.device.type != wanted:
        problem = f"the model is on {wanted}, and accelerate works on {found.device.type}"
    elif kind not in (DistributedType.MULTI_CPU, DistributedType.MULTI_GPU, DistributedType.FSDP):
        problem = f"several processes train by FSDP or with the whole model each, not {kind.value}"
    elif shards and not found.is_fsdp2:
        problem = "FSDP must be of version 2: set fsdp_version to 2 in accelerate's configuration"
    elif shards and found.state.fsdp_plugin.cpu_ram_efficient_loading:
        problem = (
            "every process reads the model: set fsdp_cpu_ram_efficient_loading to false in "
            "accelerate's configuration"
        )
    elif found.mixed_precision != "no":
        problem = (
            "training is in float32: set mixed_precision to 'no' in accelerate's configuration"
        )
    elif work.directory is not None and not found.is_main_process:
        problem = "the main process alone keeps what is trained: give `to` only where RANK is 0"
    if problem is not None:
        raise ModelError(problem)
    return Processes(found.num_processes, found.process_index, found, shards)
