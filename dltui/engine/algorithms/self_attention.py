"""Scaled dot-product attention with several heads, number by number (Vaswani et al. 2017, arXiv:1706.03762)."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.sliding_window import sum_of_products
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Curve, Grid, Grids, Lines

NEEDS_DATA = False
METRICS = {
    "cases": Metric(
        "random sentences compared with torch's attention, half of them with the causal mask", counter=True
    ),
    "error": Metric("greatest distance from torch's single-head and multi-head attention", better="lower", check=True),
    "unscaled_detected": Metric("share of cases that differ from torch's without the root", range=(0, 1)),
    "unmasked_detected": Metric(
        "share of masked cases that differ from torch's without the mask", range=(0, 1), axis="unscaled_detected"
    ),
    "max_weight": Metric("mean greatest of 16 attention weights of random q and k, d = 64", range=(0, 1)),
    "max_weight_unscaled": Metric(
        "mean greatest of 16 weights without the root, d = 64", range=(0, 1), axis="max_weight"
    ),
}
WORDS = ("the", "cat", "slept", "it", "purred")
# columns: article, noun, verb, pronoun; chosen by hand, where a trained layer has learned them
X = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 1, 0, 1), (0, 0, 2, 0))
LOOKS_FOR = ((0, 1, 0, 0), (1, 0, 1, 0), (0, 2, 0, 0), (0, 2, 0, -1))  # W_q: a verb looks for a noun
IS_FOUND_BY = ((1, 0, 0, 0), (0, 2, 0, 0), (0, 0, 1, 0), (0, -1, 0, 1))  # W_k: a pronoun is hardly one
HANDS_ON = ((1, 0, 0, 0), (0, 3, 0, 1), (0, 0, 2, 0), (0, 0, 0, 1))  # W_v
HEADS = 2
CASES = 20  # a step
NOTICED = 1e-6  # a distance that no rounding makes in float64
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)  # d of the picture that tells why there is a root
KEYS, DRAWS = 16, 400
DEEP = 64  # the d of the paper's heads
STRIDE = 1_000_003  # a prime: seeds and cases do not meet


def build(*, word: int = 4, scaled: bool = True, masked: bool = True) -> Callable[[Context], "SelfAttention"]:
    """Each step shows the next number of one small sentence, and compares more random sentences with torch.

    word: the word of "the cat slept it purred" whose numbers are worked out, at least 1, at most 5.
    scaled: whether scores are divided by the square root of d; false shows what goes wrong without.
    masked: whether the causal mask bars the words that come later; false shows what goes wrong without.
    """
    return lambda context: SelfAttention(word - 1, scaled, masked, context.seed)


class Attention(NamedTuple):
    """What attention computes on its way."""

    scores: Tensor  # (..., n, m): q k^T / sqrt(d); -inf where the mask bars
    weights: Tensor  # (..., n, m): each row sums to 1
    out: Tensor  # (..., n, d)


def attention(q: Tensor, k: Tensor, v: Tensor, *, causal: bool = False, scaled: bool = True) -> Attention:
    """Returns softmax(q k^T / sqrt(d)) v of queries (..., n, d), keys and values (..., m, d).

    causal: whether word i may not look at the words after it. scaled: False leaves the square root out.
    """
    scores = q @ k.transpose(-2, -1)
    if scaled:
        scores = scores / math.sqrt(q.shape[-1])
    if causal:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(future, -torch.inf)
    exps = (scores - scores.amax(-1, keepdim=True)).exp()  # the greatest exponent is 0: nothing overflows
    weights = exps / exps.sum(-1, keepdim=True)
    return Attention(scores, weights, weights @ v)


class Matrices(NamedTuple):
    """The learned matrices of an attention layer, each (D, D): words x (n, D) become q = x W_q and so on."""

    W_q: Tensor
    W_k: Tensor
    W_v: Tensor
    W_o: Tensor


def split(rows: Tensor, heads: int) -> Tensor:
    """(n, D) -> (heads, n, D / heads): each head takes its own columns."""
    return rows.unflatten(-1, (heads, -1)).transpose(0, 1)


def multi_head(x: Tensor, matrices: Matrices, heads: int, *, causal: bool = False, scaled: bool = True) -> Attention:
    """Returns self-attention of words x (n, D): scores and weights (heads, n, n), out (n, D)."""
    q, k, v = (split(x @ W, heads) for W in matrices[:3])  # (heads, n, d)
    found = attention(q, k, v, causal=causal, scaled=scaled)
    joined = found.out.transpose(0, 1).flatten(1)  # (n, D)
    return found._replace(out=joined @ matrices.W_o)


class Distances(NamedTuple):
    """From torch's attention: with `scaled` and `masked` as they were given, and without either."""

    as_given: float
    unscaled: float
    unmasked: float


def compared(random: torch.Generator, *, causal: bool, scaled: bool, masked: bool) -> Distances:
    """Returns the distances from torch's attention, of one head and of several, on a sentence drawn at random."""
    n, heads, d = (int(torch.randint(low, high, (), generator=random)) for low, high in ((2, 9), (1, 5), (2, 9)))
    D = heads * d
    x = torch.randn(n, D, dtype=torch.float64, generator=random)
    matrices = Matrices(*torch.randn(4, D, D, dtype=torch.float64, generator=random) / D**0.5)
    q, k, v = (x @ W for W in matrices[:3])
    want_one = scaled_dot_product_attention(q, k, v, is_causal=causal)
    want_many, want_weights = torch_multi_head(x, matrices, heads, causal)

    def distance(causal: bool, scaled: bool) -> float:
        one = attention(q, k, v, causal=causal, scaled=scaled)
        many = multi_head(x, matrices, heads, causal=causal, scaled=scaled)
        pairs = ((one.out, want_one), (many.out, want_many), (many.weights, want_weights))
        return max((found - want).abs().max().item() for found, want in pairs)

    return Distances(distance(causal and masked, scaled), distance(causal, False), distance(False, True))


def torch_multi_head(x: Tensor, matrices: Matrices, heads: int, causal: bool) -> tuple[Tensor, Tensor]:
    """Returns (n, D) and weights (heads, n, n) of torch.nn.MultiheadAttention with these matrices."""
    layer = nn.utils.skip_init(nn.MultiheadAttention, x.shape[1], heads, bias=False, dtype=x.dtype)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.cat([W.T for W in matrices[:3]]))
        layer.out_proj.weight.copy_(matrices.W_o.T)
        barred = torch.ones(len(x), len(x), dtype=torch.bool).triu(1) if causal else None
        out, weights = layer(x, x, x, attn_mask=barred, average_attn_weights=False)
    return out, weights


def max_weights(*, scaled: bool) -> list[float]:
    """Returns for each of SIZES the mean greatest weight of KEYS words, of q and k with independent normal numbers."""
    found = []
    for d in SIZES:
        random = torch.Generator().manual_seed(d)
        q, k = (torch.randn(DRAWS, count, d, generator=random) for count in (1, KEYS))
        found.append(attention(q, k, k, scaled=scaled).weights.amax(-1).mean().item())
    return found


class Scene(NamedTuple):
    """A picture of numbers, and the map of weights as far as it is known by then."""

    title: str
    grids: list[Grid]
    signs: tuple[str, ...]
    caption: str
    weights: Tensor  # (n, n): NaN where barred or not yet known
    about: str = ""  # what is special about these weights


def _row(row: int, columns: int) -> list[tuple[int, int]]:
    return [(row, column) for column in range(columns)]


def _grid(title: str, values: Tensor, **marks: object) -> Grid:
    return Grid(title=title, values=values.numpy(), **marks)


def _product(a: Tensor, b: Tensor) -> str:
    return sum_of_products(zip(a.tolist(), b.tolist(), strict=True))


class SelfAttention:
    """A walkthrough of WORDS; the numbers of word i are worked out one by one."""

    def __init__(self, i: int, scaled: bool, masked: bool, seed: int):
        self.i, self.scaled, self.masked, self.seed = i, scaled, masked, seed
        self.x = torch.tensor(X).double()  # (n, D)
        self.W = [torch.tensor(W).double() for W in (LOOKS_FOR, IS_FOUND_BY, HANDS_ON)]
        self.q, self.k, self.v = (self.x @ W for W in self.W)  # each (n, D)
        self.n, self.D = self.x.shape
        self.weights = attention(self.q, self.k, self.v, scaled=scaled).weights  # (n, n)
        self.nothing = torch.full_like(self.weights, torch.nan)
        self.one = self.nothing.clone()
        self.one[i] = self.weights[i]
        self.scenes = [
            *self._projections(),
            *self._scores(),
            *self._softmax(),
            *self._sum(),
            self._masked(),
            *(self._head(head) for head in range(HEADS)),
        ]
        self.length = len(self.scenes)
        self.max_weights = {True: max_weights(scaled=scaled), False: max_weights(scaled=False)}
        self.compared: list[Distances] = []

    def at(self, step: int) -> Moment:
        """The scene's numbers, the map of weights so far, and how weights sharpen with d."""
        scene = self.scenes[max(0, step - 1)]
        numbers = Grids(grids=scene.grids, signs=list(scene.signs), title=scene.title, caption=scene.caption)
        about = f": {scene.about}" if scene.about else ""
        looks = Alignment(
            weights=scene.weights.numpy(),
            rows=list(WORDS),
            columns=list(WORDS),
            row_title="looks",
            column_title="is looked at",
            title=f"weights in percent{about}",
        )
        curves = [
            Curve(name=name, x=list(SIZES), y=self.max_weights[scaled])
            for name, scaled in (("q . k / sqrt(d)" if self.scaled else "q . k", True), ("q . k", False))
        ]
        axes = {"x_title": "d: numbers in a query", "y_title": f"greatest of {KEYS} weights"}
        root = Lines(curves=curves, log_x=True, **axes)
        pictures = {"numbers": numbers, "who looks at whom": looks, "why the root": root}
        return Moment(self._metrics(CASES * step), [Picture(pane, payload) for pane, payload in pictures.items()])

    def _metrics(self, cases: int) -> dict[str, float]:
        while len(self.compared) < cases:
            number = len(self.compared)
            random = torch.Generator().manual_seed(self.seed * STRIDE + number)
            causal = bool(number % 2)
            self.compared.append(compared(random, causal=causal, scaled=self.scaled, masked=self.masked))
        found, masked, deep = self.compared[:cases], self.compared[1:cases:2], SIZES.index(DEEP)
        return {
            "cases": cases,
            "error": max((case.as_given for case in found), default=0.0),
            "unscaled_detected": sum(case.unscaled > NOTICED for case in found) / max(1, len(found)),
            "unmasked_detected": sum(case.unmasked > NOTICED for case in masked) / max(1, len(masked)),
            "max_weight": self.max_weights[True][deep],
            "max_weight_unscaled": self.max_weights[False][deep],
        }

    def _projections(self) -> list[Scene]:
        """q of one word number by number, then q, k and v of all."""
        i, D, W_q, found = self.i, self.D, self.W[0], []
        q = torch.full_like(self.x, torch.nan)
        title = f"words: {' '.join(WORDS)}"
        for column in range(D):
            q[i, column] = self.q[i, column]
            grids = [
                _grid("x", self.x, lit=_row(i, D)),
                _grid("W_q", W_q, lit=[(row, column) for row in range(D)]),
                _grid("q = x W_q", q.clone(), now=[(i, column)], digits=2),
            ]
            worked_out = _product(self.x[i], W_q[:, column])
            caption = f'what "{WORDS[i]}" looks for, number {column + 1}: {worked_out}'
            found.append(Scene(title, grids, ("*", "="), caption, self.nothing))
        does = ("what each word looks for", "what each word is found by", "what each word hands on")
        for name, W, what in zip("qkv", self.W, does, strict=True):
            projected = _grid(f"{name} = x W_{name}", self.x @ W, now=_row(i, D))
            grids = [_grid("x", self.x), _grid(f"W_{name}", W), projected]
            found.append(Scene(title, grids, ("*", "="), f"{name}: {what}", self.nothing))
        return found

    def _scores(self) -> list[Scene]:
        """q . k of one word with each."""
        i, found = self.i, []
        row = torch.full((1, self.n), torch.nan).double()
        for j, other in enumerate(WORDS):
            row[0, j] = self.q[i] @ self.k[j]
            grids = [
                _grid("q", self.q, lit=_row(i, self.D)),
                _grid("k", self.k, lit=_row(j, self.D)),
                _grid("q . k", row.clone(), now=[(0, j)], digits=2),
            ]
            caption = f'"{WORDS[i]}" asks "{other}": {_product(self.q[i], self.k[j])}'
            found.append(Scene("scores: how well a key fits the query", grids, (".", "="), caption, self.nothing))
        return found

    def _softmax(self) -> list[Scene]:
        """Scores divided by the root, exponentials, weights."""
        raw = (self.q[self.i] @ self.k.T)[None]  # (1, n)
        scores = raw / math.sqrt(self.D) if self.scaled else raw
        exps = scores.exp()
        total, now = exps.sum().item(), _row(0, self.n)
        root = f"sqrt({self.D}) = {math.sqrt(self.D):g}"
        divided = f"divided by {root}, so that long vectors do not make one word take all"
        if not self.scaled:
            divided = f"not divided by {root}: see how one word takes all"
        summed = " + ".join(f"{value:.3g}" for value in exps[0].tolist())
        first = [_grid("q . k", raw), _grid("scores", scores, now=now)]
        second = [_grid("scores", scores), _grid("exp(scores)", exps, now=now)]
        third = [_grid("exp(scores)", exps), _grid("weights", exps / total, now=now)]
        return [
            Scene("scores / sqrt(d)", first, ("/",), divided, self.nothing),
            Scene("softmax", second, ("=>",), f"sum: {summed} = {total:.3g}", self.nothing),
            Scene("softmax", third, ("/",), f"each divided by {total:.3g}: together they are 1", self.one),
        ]

    def _sum(self) -> list[Scene]:
        """The values of all words, each times its weight, for one word and then for every one."""
        row, found, terms = self.weights[self.i : self.i + 1], [], []
        for j, other in enumerate(WORDS):
            terms.append(f"{row[0, j]:.2f} v({other})")
            grids = [
                _grid("weights", row, lit=[(0, j)]),
                _grid("v", self.v, lit=_row(j, self.D)),
                _grid("out", row[:, : j + 1] @ self.v[: j + 1], now=_row(0, self.D), digits=5),
            ]
            caption = f'"{WORDS[self.i]}" becomes {" + ".join(terms)}'
            found.append(Scene("a weighted sum of values", grids, ("*", "="), caption, self.one))
        grids = [_grid("weights", self.weights), _grid("v", self.v), _grid("out", self.weights @ self.v)]
        title = "every word does the same, all at once"
        return [*found, Scene(title, grids, ("*", "="), "softmax(q k^T / sqrt(d)) v", self.weights)]

    def _masked(self) -> Scene:
        """Words that come later are barred before the softmax."""
        found = attention(self.q, self.k, self.v, causal=self.masked, scaled=self.scaled)
        barred = found.scores.isinf()
        weights = found.weights.masked_fill(barred, torch.nan)
        grids = [_grid("scores", found.scores.masked_fill(barred, torch.nan)), _grid("weights", weights)]
        caption = "scores of words that come later are set to -inf: exp(-inf) = 0, each row still sums to 1"
        if not self.masked:
            caption = "not masked: a word looks at words that it shall learn to guess"
        return Scene("causal mask: no word sees the future", grids, ("=>",), caption, weights, "causal mask")

    def _head(self, head: int) -> Scene:
        """The same in fewer columns."""
        q, k, v = (split(rows, HEADS)[head] for rows in (self.q, self.k, self.v))  # (n, d)
        weights, d = attention(q, k, v, scaled=self.scaled).weights, q.shape[-1]
        caption = f"columns {head * d + 1} to {head * d + d} of q, k and v: d = {d}, and a look of its own"
        title = f"head {head + 1} of {HEADS}"
        grids = [_grid("q", q), _grid("k", k), _grid("weights", weights)]
        return Scene(title, grids, (".", "=>"), caption, weights, title)
