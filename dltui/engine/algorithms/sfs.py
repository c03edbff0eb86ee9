"""Sequential forward selection: the column that helps most joins (Whitney 1971, doi:10.1109/T-C.1971.223410)."""

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.leave_one_out import LeaveOneOut


def build(x: Tensor, y: Tensor) -> "SFS":
    """Returns the selection among columns x (N, D) for classes y (N,), of which none is taken."""
    return SFS(LeaveOneOut(x, y), x.shape[1])


class SFS(nn.Module):
    """`path` (D + 1, D) holds the set of each size, `scores` (D + 1,) what it is worth; NaN where not yet known.

    score: bits (P, D) -> (P,).
    """

    def __init__(self, score: nn.Module, D: int):
        super().__init__()
        self.score = score
        path, scores = torch.zeros(D + 1, D, dtype=torch.bool), torch.full((D + 1,), torch.nan, dtype=torch.float64)
        scores[0] = score(path[:1])[0]
        self.register_buffer("path", path)
        self.register_buffer("scores", scores)
        self.register_buffer("size", torch.tensor(0))
        self.register_buffer("evaluations", torch.tensor(0))

    def step(self) -> None:
        """Tries each column that is not in the set beside those that are, and takes the best."""
        size = int(self.size)
        free = (~self.path[size]).nonzero()[:, 0]
        tried = self.path[size].repeat(len(free), 1)
        tried[torch.arange(len(free)), free] = True
        worth = self.score(tried)  # (free,)
        best = int(worth.argmax())
        self.path[size + 1], self.scores[size + 1] = tried[best], worth[best]
        self.size += 1
        self.evaluations += len(free)

    @property
    def done(self) -> bool:
        """Whether every column is in the set."""
        return int(self.size) == self.path.shape[1]

    @property
    def chosen(self) -> Tensor:
        """The best of all sets on the way (D,) bool, the smaller of equally good ones."""
        return self.path[int(self.scores.nan_to_num(-1).argmax())]

    def bits(self) -> Tensor:
        """The sets so far, one more column in each (D + 1, D), as 0 and 1; NaN in rows that are not yet known."""
        return torch.where(self.scores.isnan()[:, None], torch.nan, self.path.float())

    def metrics(self) -> dict[str, float]:
        return {"score": self.scores.nan_to_num(-1).max().item(), "evaluations": float(self.evaluations)}
