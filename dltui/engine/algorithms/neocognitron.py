"""Neocognitron: S cells that learn features without a teacher, C cells that tolerate shifts (Fukushima 1980,
"Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition unaffected by shift in
position", doi:10.1007/BF00344251)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate, max_pool2d, one_hot, pad, unfold

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

METRICS = {
    "accuracy": Metric(
        "share of the test pictures whose strongest last plane has their class",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "shifted_accuracy": Metric(
        "accuracy on test pictures moved by `shift` pixels, mean of four directions",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    ),
    "shift_cost": Metric("accuracy less shifted_accuracy", better="lower", rows="test"),
    "planes": Metric("planes of all layers that are in use", whole=True, rows="train"),
}
NAMED_BY, TEST_ROWS = 1000, 500  # training pictures whose classes name the last planes; test pictures
AT_ONCE = 100  # pictures that go through together
SIDE = 5  # of what S cells see of each plane before them, and C cells of theirs; in the last layer they see all
COLUMNS = 7  # places on a side of the areas of which each lets one S cell learn
GAIN = 1e4  # q of the paper: one look is enough to learn a feature
FIRST = 1e-2  # size of the first weights: a plane that has learned nothing answers hardly at all, but to everything
HALF = 0.5  # sum of S cells' answers at which a C cell is half active
SHOWN = 6  # planes of each layer in the picture
LEAST = 6  # points of the terminal that a map must have


def build(
    *,
    planes: list[int] = (16, 48, 200),
    selectivity: list[float] = (4.0, 2.0, 2.0),
    looks: int = 400,
    batch: int = 10,
    learned: bool = True,
    c_cells: bool = True,
    shift: int = 2,
) -> Callable[[Context], "Neocognitron"]:
    """Layers of S and C cells learn one after the other, the first from the first pictures, without labels. In the end
    labels name the last planes: each has the class of most of the training pictures for which it is the strongest.

    planes: S planes of each layer, at least 1 each.
    selectivity: how alike a patch must be to what a plane has learned, for each layer; r in the paper, above 0.
    looks: pictures from which each layer learns, at least 1.
    batch: pictures that a step looks at, one after the other, at least 1.
    learned: whether S cells learn; without, they keep random weights.
    c_cells: whether C cells blur what S cells answer; without, every second S cell of each row and column is handed on.
    shift: pixels that the pictures of shifted_accuracy are moved by, at least 1.
    """
    if len(planes) != len(selectivity):
        what = f"{len(planes)} layers (algorithm.planes) have {len(selectivity)} selectivities (algorithm.selectivity)."
        raise DltuiError(what, "Give one for each layer.", ExitStatus.USAGE)
    return lambda context: Neocognitron(context, planes, selectivity, (looks, batch), learned, c_cells, shift)


class Neocognitron(nn.Module):
    """Pictures (N, 1, H, W). Of layer l: excitatory weights a (planes, ins, k, k), inhibitory ones b (planes,)."""

    def __init__(
        self,
        context: Context,
        planes: list[int],
        selectivity: list[float],
        lesson: tuple[int, int],
        learned: bool,
        c_cells: bool,
        shift: int,
    ):
        super().__init__()
        self.rows = context.rows.pictures(1).labelled()
        self.r, self.learned, self.c_cells, self.shift = selectivity, learned, c_cells, shift
        looks, self.batch = lesson
        self.batch = min(self.batch, len(self.rows.train))
        self.turn = -(-looks // self.batch)  # steps of each layer
        ins, side = 1, self.rows.train.stored.shape[-1]
        for layer, count in enumerate(planes):
            last = layer == len(planes) - 1
            k = side if last else SIDE
            c = (torch.full((k, k), 1 / k**2) if last else _bell(k)) / ins
            a = torch.rand(count, ins, k, k) * c * (FIRST if learned else GAIN)
            b = torch.zeros(count) if learned else (a.square() / c).sum((1, 2, 3)).sqrt()
            for name, weights in (("a", a), ("b", b), ("c", c)):
                self.register_buffer(f"{name}{layer}", weights)
            ins, side = count, (side + 1) // 2
        self.layers, self.taken = len(planes), Counter(self, "steps")
        self.to(context.device)

    # -- cells -----------------------------------------------------------------------------------------------------

    def _weights(self, layer: int) -> tuple[Tensor, Tensor, Tensor]:
        return self.get_buffer(f"a{layer}"), self.get_buffer(f"b{layer}"), self.get_buffer(f"c{layer}")

    def potential(self, u: Tensor, layer: int) -> Tensor:
        """u (N, ins, h, w) -> what S cells answer, before what is below 0 is cut off (N, planes, h, w)."""
        (a, b, c), r = self._weights(layer), self.r[layer]
        padding = SIDE // 2 if layer < self.layers - 1 else 0
        e = conv2d(u, a, padding=padding)
        v = conv2d(u.square(), c.expand(1, a.shape[1], *c.shape), padding=padding).sqrt()  # (N, 1, h, w): what is seen
        return r * ((1 + e) / (1 + r / (1 + r) * b[:, None, None] * v) - 1)

    def s_cells(self, u: Tensor, layer: int) -> Tensor:
        return self.potential(u, layer).relu()

    def handed_on(self, s: Tensor) -> Tensor:
        """S cells (N, planes, h, w) -> C cells (N, planes, h / 2, w / 2), rounded up."""
        if not self.c_cells:
            return s[:, :, ::2, ::2]
        blurred = avg_pool2d(s, SIDE, 2, padding=SIDE // 2) * SIDE  # a line of active S cells makes 1
        return blurred / (HALF + blurred)

    def before(self, pictures: Tensor, layer: int) -> Tensor:
        """Pictures (N, 1, H, W) -> what the S cells of a layer see (N, ins, h, w)."""
        for earlier in range(layer):
            pictures = self.handed_on(self.s_cells(pictures, earlier))
        return pictures

    def strongest(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 1, H, W) -> numbers of the last planes in use that answer most (N,)."""
        last = self.layers - 1
        parts = [self.potential(self.before(part, last), last).flatten(1) for part in pictures.split(AT_ONCE)]
        used = self.get_buffer(f"b{last}") > 0
        return torch.where(used, torch.cat(parts), -torch.inf).argmax(1)

    # -- learning --------------------------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        return int(self.taken) == self.layers * self.turn

    def step(self) -> None:
        """The layer whose turn it is looks at some pictures, one after the other."""
        taken = int(self.taken)
        layer = taken // self.turn
        if self.learned:
            first = (taken * self.batch) % (len(self.rows.train) - self.batch + 1)
            for u in self.before(self.rows.train.inputs[first : first + self.batch], layer):
                self._learn(u, layer)
        self.taken.set(taken + 1)

    def _learn(self, u: Tensor, layer: int) -> None:
        """u (ins, h, w): where a cell answers most of all planes in its area, its plane takes up what the cell sees."""
        a, b, c = self._weights(layer)
        value, plane = self.s_cells(u[None], layer)[0].max(0, keepdim=True)  # (1, h, w): at each place the strongest
        h, w = value.shape[1:]
        n = min(COLUMNS, h)
        most = max_pool2d(value, n, ceil_mode=True).repeat_interleave(n, 1).repeat_interleave(n, 2)[:, :h, :w]
        seeds = torch.zeros(len(b), h, w, device=u.device).scatter_(0, plane, torch.where(value == most, value, 0))
        value, place = seeds.flatten(1).max(1)  # (planes,): of each the seed cell that answers most
        margin = c.shape[-1] // 2 if layer < self.layers - 1 else 0
        patches = unfold(pad(u[None], (margin,) * 4), c.shape[-1])[0].T[place].view(a.shape)  # (planes, ins, k, k)
        share = GAIN * (value > 0).to(a.dtype)
        a += share[:, None, None, None] * c * patches
        b += share * (c * patches.square()).sum((1, 2, 3)).sqrt()

    # -- looking ---------------------------------------------------------------------------------------------------

    def classes_of_planes(self) -> Tensor:
        """(last planes,) int64: of most of the training pictures that each is the strongest for."""
        train = self.rows.train
        strongest = self.strongest(train.inputs[:NAMED_BY])
        answers = one_hot(strongest, len(self.get_buffer(f"b{self.layers - 1}"))).float()  # (N, planes)
        return (answers.T @ one_hot(train.targets[:NAMED_BY], len(self.rows.classes)).float()).argmax(1)

    def evaluate(self) -> dict[str, float]:
        test, names = self.rows.test, self.classes_of_planes()
        pictures, targets = test.inputs[:TEST_ROWS], test.targets[:TEST_ROWS]
        moves = [(0, 0), (self.shift, 0), (-self.shift, 0), (0, self.shift), (0, -self.shift)]
        right = [(names[self.strongest(moved(pictures, *move))] == targets).float().mean().item() for move in moves]
        shifted = sum(right[1:]) / 4
        learned = sum(int((self.get_buffer(f"b{layer}") > 0).sum()) for layer in range(self.layers))
        return {
            "accuracy": right[0], "shifted_accuracy": shifted, "shift_cost": right[0] - shifted, "planes": learned
        }  # fmt: skip

    def pictures(self) -> Iterator[Picture]:
        """One test picture on its way through the cells; and what the first planes have learned."""
        if self.layers > 1:
            yield Picture("on its way", self._on_its_way())
        a = self.get_buffer("a0")
        sheet = montage(a / a.amax((1, 2, 3), keepdim=True).clamp(min=1e-12), least=LEAST, title="first S planes")
        yield Picture("features", sheet)

    def _on_its_way(self) -> dict:
        """The picture and S and C cells of each layer but the last, a column each; the most active planes first."""
        picture = self.rows.test.inputs[:1]
        columns, captions, u = [picture.expand(-1, SHOWN, -1, -1)], ["digit"], picture
        for layer in range(self.layers - 1):
            s = self.s_cells(u, layer)
            shown = s.amax((0, 2, 3)).topk(min(SHOWN, s.shape[1])).indices
            u = self.handed_on(s)
            for name, maps in (("S", s), ("C", u)):
                bright = maps[:, shown] / maps[:, shown].amax().clamp(min=1e-12)
                large = interpolate(bright, size=picture.shape[2:])
                columns.append(pad(large, (0, 0, 0, 0, 0, SHOWN - len(shown))))
                captions.append(f"{name}{layer + 1}")
        sheet = torch.stack([column[0] for column in columns], 1)  # (SHOWN, columns, H, W)
        return montage(sheet.flatten(0, 1)[:, None], columns=len(columns), captions=captions * SHOWN, least=LEAST)


def moved(pictures: Tensor, right: int, down: int) -> Tensor:
    """Pictures (N, 1, H, W) moved by whole pixels; what becomes free is black, what leaves is lost."""
    H, W = pictures.shape[2:]
    m = max(abs(right), abs(down))
    return pad(pictures, (m,) * 4)[:, :, m - down : m - down + H, m - right : m - right + W]


def _bell(k: int) -> Tensor:
    """What an S cell sees counts less towards the edge (k, k), 1 in all."""
    at = torch.arange(k) - (k - 1) / 2
    bell = torch.exp(-((at / (k / 2)) ** 2))
    return bell[:, None] * bell / bell.sum() ** 2
