"""How fast a device computes, and what limits it: operations a second under the roof that memory and arithmetic set
(Williams, Waterman, Patterson 2009, "Roofline", doi:10.1145/1498765.1498785)."""

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines, Table

NEEDS_DATA = False
METRICS = {
    "rate": Metric("operations a second of the newest measurement", unit="Gop/s", log=True),
    "peak": Metric("float32 operations a second of torch's largest matrix product", unit="Gop/s"),
    "bandwidth": Metric("bytes a second that adding two large arrays reads and writes", unit="GB/s"),
    "product_share": Metric("share of its roof that the largest float32 matrix product reaches", better="higher"),
    "convolution_share": Metric("share of its roof that the largest convolution reaches", better="higher"),
    "add_share": Metric("operations a second of adding arrays, as a share of the peak"),
    "depthwise_share": Metric("operations a second of the largest depthwise convolution, by those of the full one"),
    "slowdown": Metric(
        "greatest factor by which a larger matrix product is slower per operation than a smaller, float32 or float64",
        better="lower",
    ),
}
PRECISIONS = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
EXACT = ("float32", "float64")  # every device has them; some CPUs have no bfloat16 and convert every number
CHANNELS, SIDE = (8, 16, 32, 64), 28  # of convolutions: a batch of BATCH maps of SIDE x SIDE
BATCH = 4
LARGE = 1 << 23  # numbers of arrays that no cache holds
WORK = 4e7  # operations, or bytes, of one measurement at least: some milliseconds
REPEATS = 5  # measurements, of which the quickest counts: what else runs only ever slows one down


class Case(NamedTuple):
    """What is measured: `run` does `operations`, and must read and write `bytes` at least."""

    kind: str
    precision: str
    size: int
    operations: int
    bytes: int
    run: Callable[[], Tensor]

    @property
    def intensity(self) -> float:
        """Operations for each byte that memory must hand over."""
        return self.operations / self.bytes


def build(
    *, sizes: list[int] = (16, 32, 64, 128, 256, 512), product: Literal["library", "stored"] = "library"
) -> Callable[[Context], "DeviceSpeed"]:
    """Each step measures one case: matrix products of each precision, convolutions, depthwise ones, sums of arrays.

    sizes: rows and columns of the matrices, at least 1 each.
    product: how the matrices are multiplied: library, by torch, which keeps blocks of them in its caches; stored, all
        products are written to memory, a row of the result at a time, before they are summed.
    """
    if not sizes:
        what = "algorithm.sizes: there is no size to measure."
        raise DltuiError(what, "Example: algorithm.sizes=[64,256,512]", ExitStatus.USAGE)
    return lambda context: DeviceSpeed(sorted(set(sizes)), product, context.device)


class DeviceSpeed(nn.Module):
    """See contracts.algorithm.Process. `seconds` (cases,) of each measurement, NaN where there is none yet."""

    def __init__(self, sizes: list[int], product: str, device: torch.device):
        super().__init__()
        self.device = device
        self.cases = list(cases(sizes, product, device))
        self.register_buffer("seconds", torch.full((len(self.cases),), torch.nan, dtype=torch.float64))
        self._measured = Counter(self, "measured")

    @property
    def done(self) -> bool:
        return int(self._measured) == len(self.cases)

    def step(self) -> None:
        number = int(self._measured)
        self.seconds[number] = seconds(self.cases[number], self.device)
        self._measured.set(number + 1)

    # -- what was measured -----------------------------------------------------------------------------------------

    def rates(self, kind: str, precision: str = "float32") -> dict[int, float]:
        """Size -> operations a second, of what is measured so far."""
        found = zip(self.cases, self.seconds.tolist(), strict=True)
        return {
            case.size: case.operations / taken
            for case, taken in found
            if case[:2] == (kind, precision) and not math.isnan(taken)
        }

    def case(self, kind: str) -> Case:
        """The largest float32 case of a kind."""
        return [case for case in self.cases if case[:2] == (kind, "float32")][-1]

    @property
    def peak(self) -> float:
        """Operations a second, NaN before it is measured."""
        return next(iter(self.rates("peak").values()), math.nan)

    @property
    def bandwidth(self) -> float:
        """Bytes a second, NaN before it is measured."""
        case = self.case("add")
        return self.rates("add").get(case.size, math.nan) / case.intensity

    def roof(self, intensity: float) -> float:
        """The most operations a second that memory and arithmetic allow."""
        return min(self.peak, intensity * self.bandwidth)

    def evaluate(self) -> dict[str, float]:
        if not int(self._measured):
            return {}
        newest = self.cases[int(self._measured) - 1]
        found = {
            "rate": self.rates(newest.kind, newest.precision)[newest.size] / 1e9,
            "peak": self.peak / 1e9,
            "bandwidth": self.bandwidth / 1e9,
            "add_share": self.rates("add").get(LARGE, math.nan) / self.peak,
            "slowdown": max([1.0, *map(slowdown, (self.rates("product", name) for name in EXACT))]),
        }
        for kind in ("product", "convolution"):
            case, rates = self.case(kind), self.rates(kind)
            if case.size in rates:
                found[f"{kind}_share"] = rates[case.size] / self.roof(case.intensity)
        depthwise, full = self.rates("depthwise"), self.rates("convolution")
        if CHANNELS[-1] in depthwise and CHANNELS[-1] in full:
            found["depthwise_share"] = depthwise[CHANNELS[-1]] / full[CHANNELS[-1]]
        return {name: value for name, value in found.items() if not math.isnan(value)}

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The roof with what was measured under it; and what each size reaches."""
        curves = list(self._curves("product", "convolution", "depthwise", "add"))
        if not (math.isnan(self.peak) or math.isnan(self.bandwidth)):
            ridge = self.peak / self.bandwidth
            intensities = [min(ridge, self.case("add").intensity) / 2, ridge, max(4 * ridge, 100)]
            roof = [self.roof(intensity) / 1e9 for intensity in intensities]
            curves = [Curve(name="roof", x=intensities, y=roof), *curves]
        if curves:
            titles = {"x_title": "operations a byte", "y_title": "Gop/s"}
            yield Picture("roofline", Lines(curves=curves, log_x=True, log_y=True, **titles))
            yield Picture("sizes", self._table())

    def _curves(self, *kinds: str) -> Iterator[Curve]:
        """Float32: what one kind reaches over its intensity; of one point a short line, that it can be seen."""
        for kind in kinds:
            rates = self.rates(kind)
            known = [case for case in self.cases if case[:2] == (kind, "float32") and case.size in rates]
            points = [(case.intensity, rates[case.size] / 1e9) for case in known]
            if len(points) == 1:
                points = [points[0], (points[0][0] * 1.2, points[0][1])]
            if points:
                x, y = zip(*sorted(points), strict=True)
                yield Curve(name=kind, x=list(x), y=list(y))

    def _table(self) -> Table:
        """Of each precision and size of the products what is reached."""
        sizes = [case.size for case in self.cases if case[:2] == ("product", "float32")]
        rows = []
        for name in PRECISIONS:
            rates = self.rates("product", name)
            rows.append([name, *[f"{rates[size] / 1e9:.3g}" if size in rates else "" for size in sizes]])
        return Table(columns=["Gop/s, n =", *map(str, sizes)], rows=rows)


def cases(sizes: list[int], product: str, device: torch.device) -> Iterator[Case]:
    """First what the roof is made of, then what is to be seen under it."""
    random = torch.Generator().manual_seed(0)

    def drawn(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.rand(shape, generator=random).to(device, dtype)

    n = sizes[-1]
    a, b = drawn(n, n), drawn(n, n)
    yield Case("peak", "float32", n, 2 * n**3, 3 * n * n * 4, partial(torch.mm, a, b))
    x, y = drawn(LARGE), drawn(LARGE)
    yield Case("add", "float32", LARGE, LARGE, 3 * LARGE * 4, partial(torch.add, x, y, out=torch.empty_like(x)))
    multiply = torch.mm if product == "library" else stored_product
    for name, dtype in PRECISIONS.items():
        for n in sizes:
            a, b = drawn(n, n, dtype=dtype), drawn(n, n, dtype=dtype)
            yield Case("product", name, n, 2 * n**3, 3 * n * n * dtype.itemsize, partial(multiply, a, b))
    for channels in CHANNELS:
        maps = drawn(BATCH, channels, SIDE, SIDE)
        for kind, groups in (("convolution", 1), ("depthwise", channels)):
            kernels = drawn(channels, channels // groups, 3, 3)
            operations = 2 * maps.numel() * 9 * channels // groups
            moved = 4 * (2 * maps.numel() + kernels.numel())
            run = partial(conv2d, maps, kernels, padding=1, groups=groups)
            yield Case(kind, "float32", channels, operations, moved, run)


def stored_product(a: Tensor, b: Tensor) -> Tensor:
    """a (n, m), b (m, k) -> their product (n, k), a row at a time: all m k products of it are stored, then summed."""
    return torch.stack([(row[:, None] * b).sum(0) for row in a])


def seconds(case: Case, device: torch.device) -> float:
    """What one run of a case takes: on a GPU by its own clock, on a CPU the time of the processor, all threads'."""
    clock = _of_gpu if device.type == "cuda" else _of_processor
    loops = max(1, round(WORK / max(case.operations, case.bytes)))
    case.run()  # what is done once only: caches filled, kernels chosen
    return min(clock(case.run, loops) for _ in range(REPEATS)) / loops


def _of_processor(run: Callable[[], Tensor], loops: int) -> float:
    began = time.process_time()
    for _ in range(loops):
        run()
    return time.process_time() - began


def _of_gpu(run: Callable[[], Tensor], loops: int) -> float:
    began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    began.record()
    for _ in range(loops):
        run()
    ended.record()
    ended.synchronize()
    return began.elapsed_time(ended) / 1000


def slowdown(rates: dict[int, float]) -> float:
    """Size -> operations a second; returns by how much a larger one is slower than any smaller one, 1 where none is."""
    worst, best = 1.0, 0.0
    for size in sorted(rates):
        worst, best = max(worst, best / rates[size]), max(best, rates[size])
    return worst
