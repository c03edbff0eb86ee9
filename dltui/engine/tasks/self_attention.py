"""Self-attention shown: queries, keys, values, scores, softmax and sum of one small sentence, number by number."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.layers.attention import Matrices, attention, multi_head
from dltui.engine.pictures.attention_scenes import Sentence, scenes
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "cases": Metric(
        "random sentences on which attention was compared with torch's, half of them under the causal mask"
    ),
    "error": Metric(
        "greatest distance from torch's scaled_dot_product_attention and MultiheadAttention", better="lower"
    ),
    "root_caught": Metric("share of the cases in which leaving out the square root is told by the comparison"),
    "mask_caught": Metric("share of the masked cases in which leaving out the mask is told by the comparison"),
    "peak": Metric("greatest of 16 weights, the mean of many random q and k with d = 64"),
    "peak_without_root": Metric("the same without the square root"),
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


def build(*, word: int = 4, root: bool = True, mask: bool = True) -> Callable:
    """Returns (data, nets, device) -> SelfAttention.

    word: the word of "the cat slept it purred" whose numbers are worked out, at least 1, at most 5.
    root: whether scores are divided by the square root of d; false shows what goes wrong without.
    mask: whether the causal mask bars the words that come later; false shows what goes wrong without.
    """
    return partial(SelfAttention, word=word - 1, root=root, mask=mask)


class SelfAttention:
    """A step shows the next scene, and compares CASES more random sentences with torch."""

    def __init__(
        self, data: Dataset | None, nets: dict[str, nn.Module], device: torch.device, word: int, root: bool, mask: bool
    ):
        self.root, self.mask = root, mask
        matrices = Matrices(*(torch.tensor(W).double() for W in (LOOKS_FOR, IS_FOUND_BY, HANDS_ON)), torch.eye(4))
        self.scenes = scenes(Sentence(WORDS, torch.tensor(X).double(), matrices, word, root, mask), HEADS)
        self.place = nets["place"] = Counters(step=0, root_caught=0, mask_caught=0)
        self.error = nets["error"] = Greatest()
        self.peaks = {True: peaks(root=root), False: peaks(root=False)}

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        for case in range(CASES):
            causal = bool(case % 2)
            found = compared(causal=causal, root=self.root, mask=self.mask)
            self.error.add(found["as_it_is"])
            self.place["root_caught"] += found["without_root"] > NOTICED
            self.place["mask_caught"] += causal and found["without_mask"] > NOTICED
        return {}

    def evaluate(self) -> dict[str, float]:
        cases, deep = CASES * self.place["step"], SIZES.index(DEEP)
        return {
            "cases": cases,
            "error": self.error.value.item(),
            "root_caught": self.place["root_caught"] / max(1, cases),
            "mask_caught": 2 * self.place["mask_caught"] / max(1, cases),
            "peak": self.peaks[True][deep],
            "peak_without_root": self.peaks[False][deep],
        }

    def pictures(self) -> Iterator[Picture]:
        """The scene's numbers, the map of weights so far, and how weights sharpen with d."""
        scene = self.scenes[min(max(0, self.place["step"] - 1), len(self.scenes) - 1)]
        numbers = {"grids": scene.grids, "signs": list(scene.signs), "title": scene.title, "caption": scene.caption}
        yield Picture("numbers", {"type": "grids", **numbers})
        about = f": {scene.about}" if scene.about else ""
        titles = {"row_title": "looks", "column_title": "is looked at", "title": f"weights in percent{about}"}
        sides = {"rows": list(WORDS), "columns": list(WORDS)}
        yield Picture("who looks at whom", {"type": "alignment", "weights": scene.weights.numpy(), **sides, **titles})
        curves = [
            {"name": name, "x": list(SIZES), "y": self.peaks[root]}
            for name, root in (("q . k / sqrt(d)" if self.root else "q . k", True), ("q . k", False))
        ]
        axes = {"x_title": "d: numbers in a query", "y_title": f"greatest of {KEYS} weights"}
        yield Picture("why the root", {"type": "lines", "curves": curves, "log_x": True, **axes})


def compared(*, causal: bool, root: bool, mask: bool) -> dict[str, float]:
    """Returns the distances from torch's attention, of one head and of several, on a sentence drawn at random.

    {"as_it_is": with `root` and `mask` as given, "without_root", "without_mask"}
    """
    n, heads, d = (int(torch.randint(low, high, ())) for low, high in ((2, 9), (1, 5), (2, 9)))
    x = torch.randn(n, heads * d, dtype=torch.float64)
    matrices = Matrices(*torch.randn(4, heads * d, heads * d, dtype=torch.float64) / (heads * d) ** 0.5)
    q, k, v = (x @ W for W in matrices[:3])
    want_one = scaled_dot_product_attention(q, k, v, is_causal=causal)
    want_many, want_weights = torch_multi_head(x, matrices, heads, causal)

    def distance(causal: bool, root: bool) -> float:
        one = attention(q, k, v, causal=causal, root=root)
        many = multi_head(x, matrices, heads, causal=causal, root=root)
        pairs = ((one.out, want_one), (many.out, want_many), (many.weights, want_weights))
        return max((found - want).abs().max().item() for found, want in pairs)

    return {
        "as_it_is": distance(causal and mask, root),
        "without_root": distance(causal, False),
        "without_mask": distance(False, True),
    }


def torch_multi_head(x: Tensor, matrices: Matrices, heads: int, causal: bool) -> tuple[Tensor, Tensor]:
    """Returns (n, D) and weights (heads, n, n) of torch.nn.MultiheadAttention with these matrices."""
    layer = nn.MultiheadAttention(x.shape[1], heads, bias=False, dtype=x.dtype)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.cat([W.T for W in matrices[:3]]))
        layer.out_proj.weight.copy_(matrices.W_o.T)
        barred = torch.ones(len(x), len(x), dtype=torch.bool).triu(1) if causal else None
        out, weights = layer(x, x, x, attn_mask=barred, average_attn_weights=False)
    return out, weights


def peaks(*, root: bool) -> list[float]:
    """Returns for each of SIZES the mean greatest weight of KEYS words, of q and k with independent normal numbers."""
    found = []
    for d in SIZES:
        random = torch.Generator().manual_seed(d)
        q, k = (torch.randn(DRAWS, count, d, generator=random) for count in (1, KEYS))
        found.append(attention(q, k, k, root=root).weights.amax(-1).mean().item())
    return found


class Greatest(nn.Module):
    """The greatest value so far, kept in a checkpoint."""

    def __init__(self):
        super().__init__()
        self.register_buffer("value", torch.zeros((), dtype=torch.float64))

    def add(self, value: float) -> None:
        self.value.clamp_(min=value)
