"""Data-parallel training: several processes train one run, each by its share of the rows of every batch.

All of them build the same nets, draw the same batches and take the same steps: the losses of their shares, each
weighted by its number of rows, add up to the loss of the batch, and so do the gradients, by one all-reduce. What is
random or normalised over a batch is in whole_batch.py; share_check.py refuses what shares do not add up to.
Every process evaluates on all test rows: a metric does not depend on how many there are, and what a callback remembers
is the same in all. The first one alone holds the lock, reads requests, draws, writes the log and saves; what it is
asked it tells the others at a step on which all agree.

`dltui run --nproc N` has the first process start the others here. On a cluster torchrun starts all of them, with
`-m dltui.engine RUN`, the run's folder being on a disk that all machines see.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from dltui.engine.contracts.batch_share import BatchShare, sharing
from dltui.engine.device import device
from dltui.engine.training.whole_batch import WholeBatch
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.engine_lock import ASKER_VARIABLE
from dltui.runs.run import Run

PATIENCE = timedelta(minutes=30)  # for a process that is late, as one that draws pictures or loads its rows
LOOK = 0.2  # seconds between two looks at whether the others live
GRACE = 10.0  # seconds for the first process to notice by itself that another is gone: a GPU may wait for it for ever
DYING = 3.0  # seconds for a process whose connection is gone to end
FAULT = "dltui/fault"  # under which one that fails tells the first why


class Ranks:
    """The processes of a run: the place of this one among them, and what they do together.

    rank: 0 of the first; local_rank: its place on its machine, whose GPU of this number it uses.
    """

    def __init__(self, store: dist.Store, rank: int, world: int, local_rank: int, local_world: int):
        self.store, self.rank, self.world = store, rank, world
        self.local_rank, self.local_world = local_rank, local_world
        self.backend = "gloo"
        self.children: list[subprocess.Popen] = []  # those that the first started
        self._ended = threading.Event()

    @property
    def first(self) -> bool:
        """Whether this process decides and writes."""
        return self.rank == 0

    def device(self, wanted: str) -> torch.device:
        """Returns the device of this process and joins the others. Raises DltuiError (2, 6) where there is none."""
        if wanted not in ("auto", "cpu", "cuda"):
            raise DltuiError(
                f"Several processes cannot train on {wanted}: each takes the GPU of its own number.",
                "Leave --device out, or: --device cuda",
                ExitStatus.USAGE,
            )
        kind = wanted if wanted != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        if kind == "cuda" and self.local_world > (count := torch.cuda.device_count()):
            raise DltuiError(
                f"{self.local_world} processes need as many GPUs; here are {count}.",
                "See: dltui doctor. On the CPU: --device cpu",
                ExitStatus.DEVICE,
            )
        where = device.choose(f"cuda:{self.local_rank}" if kind == "cuda" else kind)
        if kind == "cuda":
            self.backend = "cpu:gloo,cuda:nccl"
            torch.cuda.set_device(where)
        if self.local_world == self.world:  # gloo may take an address that leads nowhere (pytorch #42879)
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo" if sys.platform == "linux" else "lo0")
        place = {"rank": self.rank, "world_size": self.world}
        dist.init_process_group(self.backend, store=self.store, timeout=PATIENCE, **place)
        return where

    def words(self, batch: int, variants: int) -> str:
        """What the log says of them."""
        one_by_one = "; variants are trained one after the other" if variants > 1 else ""
        how = self.backend.rpartition(":")[2]  # of gradients
        return (
            f"{self.world} processes share each batch of {batch:,} rows and add up their gradients ({how});"
            f" batch normalisation goes by the whole batch, and each process evaluates on all test rows{one_by_one}"
        )

    @torch.no_grad()
    def begin_alike(self, nets: Iterable[nn.Module]) -> None:
        """Gives the nets the weights that they have in the first process: another build of a processor may round the
        numbers that they were drawn from otherwise."""
        for net in nets:
            for tensor in net.state_dict().values():
                of_first = tensor.contiguous()
                dist.broadcast(of_first, 0)
                tensor.copy_(of_first)

    # -- a step ----------------------------------------------------------------------------------------------------

    @contextmanager
    def share(self, whole: int) -> Iterator[float]:
        """Within, a loss of this process's rows of a batch of `whole` is what they add to that of the batch, once it
        is multiplied by the weight that is given."""
        share = BatchShare(self.rank, self.world, whole)
        with sharing(share), WholeBatch(share):
            yield share.own / whole

    def summed(self, parameters: Sequence[nn.Parameter], loss: Tensor) -> Tensor:
        """Adds up the gradients of the parameters over the processes, by one all-reduce. Returns the sum of the losses.

        One that no process has a gradient for stays without.
        """
        found = [p for p in parameters if p.requires_grad]
        have = torch.ones(len(found), device=loss.device)
        for number, p in enumerate(found):
            if p.grad is None:
                have[number] = 0
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in found]
        flat = torch.cat([*(grad.flatten() for grad in grads), have, loss.flatten()])
        dist.all_reduce(flat)
        *sums, have, total = flat.split([*(grad.numel() for grad in grads), len(found), 1])
        for number, (p, total_of_p) in enumerate(zip(found, sums, strict=True)):
            if p.grad is not None:
                p.grad.copy_(total_of_p.view_as(p))
            elif have[number]:
                p.grad = total_of_p.view_as(p).clone()
        return total[0]

    # -- agreeing --------------------------------------------------------------------------------------------------

    def from_first(self, value: object) -> object:
        """Returns the first process's value, made of what JSON has; what the others give does not matter."""
        data = torch.tensor(list(json.dumps(value).encode()) if self.first else [], dtype=torch.uint8)
        size = torch.tensor([len(data)])
        dist.broadcast(size, 0)
        data = data if self.first else torch.empty(int(size), dtype=torch.uint8)
        dist.broadcast(data, 0)
        return json.loads(data.numpy().tobytes())

    def all(self, true: bool) -> bool:
        """Whether it is true in every process."""
        held = torch.tensor([int(true)])
        dist.all_reduce(held, dist.ReduceOp.MIN)
        return bool(held)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Within is the first process of each machine, then all others of it: what the first fetches, they find."""
        if self.local_rank:
            self.all(True)
        yield
        if not self.local_rank:
            self.all(True)

    # -- beginning and end -----------------------------------------------------------------------------------------

    def start_others(self, run: Run) -> None:
        """Starts the other processes of one machine; they end as soon as this one does."""
        for rank in range(1, self.world):
            place = {"RANK": rank, "WORLD_SIZE": self.world, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": self.world}
            address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": self.store.port, ASKER_VARIABLE: os.getpid()}
            self.children.append(
                subprocess.Popen(
                    [sys.executable, "-P", "-m", "dltui.engine", str(run.path)],
                    stdin=subprocess.DEVNULL,
                    env=os.environ | {name: str(value) for name, value in (place | address).items()},
                )
            )

    def watch(self, stuck: Callable[[DltuiError], object]) -> None:
        """Looks from now on whether those that were started live. Calls `stuck` with what happened where one has died
        and this process has not noticed soon after: it waits for an answer that does not come."""

        def look() -> None:
            while not self._ended.wait(LOOK):
                if any(child.poll() for child in self.children):
                    if not self._ended.wait(GRACE):
                        stuck(self.fault())
                    return

        threading.Thread(target=look, name="ranks", daemon=True).start()

    def tell(self, error: str, hint: str, status: int) -> None:
        """Tells the first process why this one fails."""
        with suppress(RuntimeError):  # it may be gone
            self.store.set(FAULT, json.dumps({"rank": self.rank, "error": error, "hint": hint, "status": status}))

    def fault(self) -> DltuiError:
        """What happened, where another process is gone."""
        until = time.monotonic() + DYING
        while time.monotonic() < until and not any(child.poll() for child in self.children):
            time.sleep(LOOK / 10)
        with suppress(RuntimeError, ValueError):  # the store may be gone with its process
            if self.store.check([FAULT]):
                told = json.loads(self.store.get(FAULT))
                what = f"process {told['rank'] + 1} of {self.world}: {told['error']}"
                return DltuiError(what, told["hint"], ExitStatus(told["status"]))
        for rank, child in enumerate(self.children, 1):
            if child.poll():
                return DltuiError(f"process {rank + 1} of {self.world} {_end_of(child)}.", HINT)
        return DltuiError(f"another of the {self.world} processes is gone.", HINT)

    def end(self, *, orderly: bool) -> None:
        """Waits for those that were started, or ends them."""
        self._ended.set()
        if orderly and dist.is_initialized():
            dist.destroy_process_group()
        for child in self.children:
            try:
                child.wait(GRACE if orderly else 0)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


HINT = "What it said is in engine.log. The run goes on from its checkpoint, by any number of processes: --resume"


def _end_of(child: subprocess.Popen) -> str:
    if child.returncode < 0:
        return f"was killed by {signal.Signals(-child.returncode).name}"
    return f"ended with status {child.returncode}"


def is_of_collectives(error: BaseException) -> bool:
    """Whether an error is what an all-reduce or the like raises where a process is gone."""
    return isinstance(error, dist.DistError) or "gloo" in str(error) or "NCCL" in str(error)


@contextmanager
def joined(run: Run, processes: int, stuck: Callable[[DltuiError], object]) -> Iterator[Ranks | None]:
    """Gives the processes of a run, of which this is one; None where it is the only one.

    processes: how many the first is to be, which starts the others; torchrun has started them already. Within, what a
    collective raises becomes a DltuiError that says which process is gone, and how. stuck: see `Ranks.watch`.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        store, rank, world = next(rendezvous("env://", timeout=PATIENCE))
        local = (int(os.environ.get(name, unsaid)) for name, unsaid in (("LOCAL_RANK", 0), ("LOCAL_WORLD_SIZE", 1)))
        ranks = Ranks(store, rank, world, *local)
    elif processes > 1:
        store = dist.TCPStore("127.0.0.1", 0, processes, is_master=True, wait_for_workers=False)
        ranks = Ranks(store, 0, processes, 0, processes)
        ranks.start_others(run)
        ranks.watch(stuck)
    else:
        yield None
        return
    orderly = False
    try:
        yield ranks
        orderly = True
    except RuntimeError as error:
        if not is_of_collectives(error):
            raise
        raise ranks.fault() from None
    finally:
        ranks.end(orderly=orderly)
