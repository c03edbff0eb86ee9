"""Inputs that are too many for the device: they stay on the host, and batches of them are copied to it, the next ahead.

On CUDA a batch is gathered into pinned memory and copied on a stream of its own while the step before is computed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import as_floats
from dltui.errors import DltuiError, ExitStatus

CHUNK = 1 << 28  # bytes of float32 inputs that `split` puts on the device at once, at most
MOST_AHEAD = 64  # batches that are copied and not yet used, one of each learner


@dataclass
class Ahead:
    """A batch on its way to the device: `rows` are the very tensor by which the batch sampler will name it."""

    rows: Tensor
    batch: Tensor
    copied: "torch.cuda.Event | None"  # on CUDA
    used: bool = False


class HostInputs:
    """Inputs (N, ...) on the host, of which some can be asked for as of a tensor on the device: a slice, rows by their
    numbers, `split`, means. Whatever asks for all of them at once raises DltuiError (6).

    stored: as the data kind gives them; of a memory-mapped tensor only the rows that are asked for are read.
    """

    def __init__(self, stored: Tensor, device: torch.device):
        self.stored, self.device, self.shape = stored, device, stored.shape
        self.dtype = torch.float32 if stored.dtype == torch.uint8 else stored.dtype
        self.ahead_useful = True  # False once a batch was copied in vain: the task looks for rows by itself
        self._ahead: list[Ahead] = []
        self._buffers: list[Tensor | None] = [None, None]
        self._copied: list[torch.cuda.Event | None] = [None, None]
        self._turn = 0
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def __len__(self) -> int:
        return len(self.stored)

    def dim(self) -> int:
        return self.stored.dim()

    def __getitem__(self, rows: int | slice | Tensor) -> Tensor:
        """A row, a slice of rows, or rows by number (B,) int64 -> on the device, float32, pixels in 0..1."""
        if isinstance(rows, Tensor) and rows.dim() == 1:
            return as_floats(self.stored[rows.to(self.stored.device)].to(self.device))
        if isinstance(rows, int | slice):
            return as_floats(self.stored[rows].to(self.device))
        self._refuse("a choice among its columns")

    def split(self, size: int) -> Iterator[Tensor]:
        """Yields inputs (B, ...) on the device, part after part: `size` rows, or as many as are CHUNK bytes."""
        row_bytes = max(1, self.stored[:1].numel() * 4)
        size = max(1, min(size, CHUNK // row_bytes))
        return (self[start : start + size] for start in range(0, len(self), size))

    # -- the next batch --------------------------------------------------------------------------------------------

    def ahead(self, rows: Tensor, numbers: Tensor, done: Tensor) -> None:
        """Begins to copy the batch that will be asked for by `rows`; the one of `done` is not needed any more.

        rows: (B,) int64 on the device, the tensor itself and not one that is equal; numbers: the same on the host.
        """
        for one in [one for one in self._ahead if one.rows is done]:
            self._ahead.remove(one)
            self.ahead_useful = one.used
        if self.ahead_useful:
            del self._ahead[: -MOST_AHEAD + 1]
            self._ahead.append(Ahead(rows, *self._copy(self._gathered(numbers))))

    def _gathered(self, numbers: Tensor) -> Tensor:
        """The rows in one of two buffers, which take turns: the other may still be on its way."""
        if (copied := self._copied[self._turn]) is not None:
            copied.synchronize()
        buffer = self._buffers[self._turn]
        if buffer is None or len(buffer) < len(numbers):
            like = self.stored[numbers]  # laid out as a batch of the device: another layout takes another convolution
            pinned = self._stream is not None
            buffer = torch.empty_strided(like.shape, like.stride(), dtype=like.dtype, pin_memory=pinned)
            self._buffers[self._turn] = buffer
        return torch.index_select(self.stored, 0, numbers, out=buffer[: len(numbers)])

    def _copy(self, gathered: Tensor) -> "tuple[Tensor, torch.cuda.Event | None]":
        copied = None
        if self._stream is None:
            batch = gathered.to(self.device, copy=True)
        else:
            with torch.cuda.stream(self._stream):
                batch = gathered.to(self.device, non_blocking=True)
                copied = torch.cuda.Event()
                copied.record(self._stream)
        self._copied[self._turn] = copied
        self._turn = 1 - self._turn
        return batch, copied

    def batch(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 on the device -> inputs (B, ...) float32, pixels in 0..1; copied now if not ahead."""
        for one in self._ahead:
            if one.rows is rows:
                one.used = True
                if one.copied is not None:
                    stream = torch.cuda.current_stream(self.device)
                    stream.wait_event(one.copied)
                    one.batch.record_stream(stream)  # its memory is not given to another before that stream is done
                return as_floats(one.batch) if one.batch.dtype == torch.uint8 else one.batch.clone()
        return self[rows]

    # -- what all rows tell together, part by part -----------------------------------------------------------------

    def mean(self, *dims: int, **more: object) -> Tensor:
        """The mean of all numbers, a scalar."""
        if dims or more:
            self._refuse("a mean of each row")
        return self._moments(())[0]

    def std(self, *dims: int, **more: object) -> Tensor:
        """Their standard deviation, as torch.std, a scalar."""
        if dims or more:
            self._refuse("a deviation of each row")
        return self._moments(())[1].sqrt()

    def var(self, dim: int) -> Tensor:
        """The variance over the rows (...), dim being 0."""
        return self._moments(dim)[1]

    def amin(self, dim: int) -> Tensor:
        """The least of each place over the rows (...), dim being 0."""
        return torch.stack([part.amin(dim) for part in self.split(len(self))]).amin(0)

    def amax(self, dim: int) -> Tensor:
        """The greatest of each place over the rows (...), dim being 0."""
        return torch.stack([part.amax(dim) for part in self.split(len(self))]).amax(0)

    def _moments(self, dim: int | tuple[()]) -> tuple[Tensor, Tensor]:
        """Mean and variance: those of the parts put together (Chan et al. 1979); torch's own of a single part."""
        count, mean, squares = 0, None, None
        for part in self.split(len(self)):
            n = part.numel() if dim == () else len(part)
            part_mean, part_var = part.mean(dim), part.var(dim)
            if n == (self.stored.numel() if dim == () else len(self)):
                return part_mean, part_var
            part_mean, part_squares = part_mean.double(), part_var.double().nan_to_num() * (n - 1)
            if mean is None:
                count, mean, squares = n, part_mean, part_squares
                continue
            apart, both = part_mean - mean, count + n
            squares = squares + part_squares + apart.square() * (count * n / both)
            count, mean = both, mean + apart * (n / both)
        return mean.float(), (squares / (count - 1)).float()

    # -- what needs all of them ------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse(f"`{name}`")

    @classmethod
    def __torch_function__(cls, function: Callable, types: Iterable, args: tuple = (), kwargs: dict | None = None):
        given = [one for arg in args for one in (arg if isinstance(arg, list | tuple) else [arg])]
        next(one for one in given if isinstance(one, cls))._refuse(f"`{getattr(function, '__name__', function)}`")

    def _refuse(self, what: str) -> NoReturn:
        raise DltuiError(
            f"{what} is asked of all {len(self):,} rows at once, too many for the memory of {self.device}.",
            "Take fewer rows or a device with more memory, or leave out the probe or callback that asks for it.",
            ExitStatus.DEVICE,
        )
