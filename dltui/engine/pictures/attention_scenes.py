"""Scenes of self-attention: each picture one more number of softmax(q k^T / sqrt(d)) v, worked out in its caption."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.layers.attention import Matrices, attention, split


class Scene(NamedTuple):
    """A picture of numbers, and the map of weights as far as it is known by then."""

    title: str
    grids: list[dict]
    signs: tuple[str, ...]
    caption: str
    weights: Tensor  # (n, n): NaN where barred or not yet known
    about: str = ""  # what is special about these weights


class Sentence(NamedTuple):
    """What is worked out: words x (n, D), matrices (D, D), and which word's numbers are shown one by one."""

    words: tuple[str, ...]
    x: Tensor
    matrices: Matrices
    word: int
    root: bool
    mask: bool


def scenes(sentence: Sentence, heads: int) -> list[Scene]:
    """Returns all scenes in their order."""
    nothing = torch.full((len(sentence.words),) * 2, torch.nan)
    found = attention(*_qkv(sentence), root=sentence.root)
    one = nothing.clone()
    one[sentence.word] = found.weights[sentence.word]
    return [
        *_projections(sentence, nothing),
        *_scores(sentence, nothing),
        *_softmax(sentence, nothing, one),
        *_sum(sentence, one, found.weights),
        _masked(sentence),
        *_heads(sentence, heads),
    ]


def _qkv(sentence: Sentence) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(sentence.x @ W for W in sentence.matrices[:3])  # each (n, D)


def _row(row: int, columns: int) -> list[tuple[int, int]]:
    return [(row, column) for column in range(columns)]


def _grid(title: str, values: Tensor, **marks: object) -> dict:
    return {"title": title, "values": values.numpy(), **marks}


def _product(a: Tensor, b: Tensor) -> str:
    """The worked-out a . b."""
    terms = " + ".join(f"{left:g}*{right:g}" for left, right in zip(a.tolist(), b.tolist(), strict=True))
    return f"{terms} = {(a @ b).item():g}"


def _projections(sentence: Sentence, nothing: Tensor) -> list[Scene]:
    """q of one word number by number, then q, k and v of all."""
    x, i, D = sentence.x, sentence.word, sentence.x.shape[1]
    word, W_q, found = sentence.words[i], sentence.matrices.W_q, []
    q = torch.full_like(x, torch.nan)
    title = f"words: {' '.join(sentence.words)}"
    for column in range(D):
        q[i, column] = x[i] @ W_q[:, column]
        grids = [
            _grid("x", x, lit=_row(i, D)),
            _grid("W_q", W_q, lit=[(row, column) for row in range(D)]),
            _grid("q = x W_q", q.clone(), now=[(i, column)], digits=2),
        ]
        caption = f'what "{word}" looks for, number {column + 1}: {_product(x[i], W_q[:, column])}'
        found.append(Scene(title, grids, ("*", "="), caption, nothing))
    does = ("what each word looks for", "what each word is found by", "what each word hands on")
    for name, W, what in zip("qkv", sentence.matrices[:3], does, strict=True):
        grids = [_grid("x", x), _grid(f"W_{name}", W), _grid(f"{name} = x W_{name}", x @ W, now=_row(i, D))]
        found.append(Scene(title, grids, ("*", "="), f"{name}: {what}", nothing))
    return found


def _scores(sentence: Sentence, nothing: Tensor) -> list[Scene]:
    """q . k of one word with each."""
    q, k, _ = _qkv(sentence)
    i, D = sentence.word, q.shape[1]
    row, found = torch.full((1, len(k)), torch.nan).double(), []
    for j, other in enumerate(sentence.words):
        row[0, j] = q[i] @ k[j]
        grids = [
            _grid("q", q, lit=_row(i, D)),
            _grid("k", k, lit=_row(j, D)),
            _grid("q . k", row.clone(), now=[(0, j)], digits=2),
        ]
        caption = f'"{sentence.words[i]}" asks "{other}": {_product(q[i], k[j])}'
        found.append(Scene("scores: how well a key fits the query", grids, (".", "="), caption, nothing))
    return found


def _softmax(sentence: Sentence, nothing: Tensor, one: Tensor) -> list[Scene]:
    """Scores divided by the root, exponentials, weights."""
    q, k, _ = _qkv(sentence)
    d = q.shape[1]
    raw = (q[sentence.word] @ k.T)[None]  # (1, n)
    scaled = raw / math.sqrt(d) if sentence.root else raw
    exps = scaled.exp()
    total = exps.sum().item()
    root = f"sqrt({d}) = {math.sqrt(d):g}"
    divided = f"divided by {root}, so that long vectors do not make one word take all"
    if not sentence.root:
        divided = f"not divided by {root}: see how one word takes all"
    first, second, third = _grid("q . k", raw), _grid("scores", scaled), _grid("exp(scores)", exps)
    summed = " + ".join(f"{value:.3g}" for value in exps[0].tolist())
    weights = _grid("weights", exps / total, now=_row(0, len(k)))
    return [
        Scene("scores / sqrt(d)", [first, {**second, "now": _row(0, len(k))}], ("/",), divided, nothing),
        Scene("softmax", [second, {**third, "now": _row(0, len(k))}], ("=>",), f"sum: {summed} = {total:.3g}", nothing),
        Scene("softmax", [third, weights], ("/",), f"each divided by {total:.3g}: together they are 1", one),
    ]


def _sum(sentence: Sentence, one: Tensor, weights: Tensor) -> list[Scene]:
    """The values of all words, each times its weight, for one word and then for every one."""
    v, i = _qkv(sentence)[2], sentence.word
    row, found, terms = weights[i : i + 1], [], []
    for j, other in enumerate(sentence.words):
        terms.append(f"{row[0, j]:.2f} v({other})")
        out = row[:, : j + 1] @ v[: j + 1]  # (1, D)
        grids = [
            _grid("weights", row, lit=[(0, j)]),
            _grid("v", v, lit=_row(j, v.shape[1])),
            _grid("out", out, now=_row(0, v.shape[1]), digits=5),
        ]
        caption = f'"{sentence.words[i]}" becomes {" + ".join(terms)}'
        found.append(Scene("a weighted sum of values", grids, ("*", "="), caption, one))
    grids = [_grid("weights", weights), _grid("v", v), _grid("out", weights @ v)]
    all_rows = Scene("every word does the same, all at once", grids, ("*", "="), "softmax(q k^T / sqrt(d)) v", weights)
    return [*found, all_rows]


def _masked(sentence: Sentence) -> Scene:
    """Words that come later are barred before the softmax."""
    found = attention(*_qkv(sentence), causal=sentence.mask, root=sentence.root)
    barred = found.scores.isinf()
    weights = found.weights.masked_fill(barred, torch.nan)
    grids = [_grid("scores", found.scores.masked_fill(barred, torch.nan)), _grid("weights", weights)]
    caption = "scores of words that come later are set to -inf: exp(-inf) = 0, each row still sums to 1"
    if not sentence.mask:
        caption = "not masked: a word looks at words that it shall learn to guess"
    return Scene("causal mask: no word sees the future", grids, ("=>",), caption, weights, "causal mask")


def _heads(sentence: Sentence, heads: int) -> list[Scene]:
    """The same in fewer columns, once a head."""
    q, k, v = (split(rows, heads) for rows in _qkv(sentence))  # (heads, n, d)
    found, d = attention(q, k, v, root=sentence.root), q.shape[-1]
    drawn = []
    for head in range(heads):
        grids = [_grid("q", q[head]), _grid("k", k[head]), _grid("weights", found.weights[head])]
        columns = f"{head * d + 1} to {head * d + d}"
        caption = f"columns {columns} of q, k and v: d = {d}, and a look of its own"
        title = f"head {head + 1} of {heads}"
        drawn.append(Scene(title, grids, (".", "=>"), caption, found.weights[head], title))
    return drawn
