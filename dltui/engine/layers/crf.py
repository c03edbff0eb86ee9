"""A conditional random field over the tags of a sequence (Lafferty, McCallum, Pereira 2001)."""

import torch
from torch import Tensor, nn

from dltui.engine.layers.viterbi import viterbi


class CRF(nn.Module):
    """Scores a whole path of K tags: emissions (B, T, K) of a net, and learned scores of each move from tag to tag.

    there (B, T) bool: which words there are, from the first on; at least one in each row.
    """

    def __init__(self, tags: int):
        super().__init__()
        self.start, self.end = nn.Parameter(torch.zeros(tags)), nn.Parameter(torch.zeros(tags))
        self.moves = nn.Parameter(torch.zeros(tags, tags))

    def log_partition(self, emissions: Tensor, there: Tensor) -> Tensor:
        """log of the sum of exp(score) over all paths (B,): the forward algorithm."""
        alpha = self.start + emissions[:, 0]  # (B, K)
        for t in range(1, emissions.shape[1]):
            ahead = torch.logsumexp(alpha[:, :, None] + self.moves, 1) + emissions[:, t]
            alpha = torch.where(there[:, t, None], ahead, alpha)
        return torch.logsumexp(alpha + self.end, 1)

    def score(self, emissions: Tensor, tags: Tensor, there: Tensor) -> Tensor:
        """Of one path tags (B, T) int64, (B,); tags behind the last word count for nothing."""
        tags = tags.masked_fill(~there, 0)
        emitted = emissions.gather(2, tags[..., None])[..., 0].masked_fill(~there, 0.0).sum(1)
        moved = self.moves[tags[:, :-1], tags[:, 1:]].masked_fill(~there[:, 1:], 0.0).sum(1)
        last = tags.gather(1, there.sum(1, keepdim=True) - 1)[:, 0]
        return self.start[tags[:, 0]] + emitted + moved + self.end[last]

    def log_probability(self, emissions: Tensor, tags: Tensor, there: Tensor) -> Tensor:
        """Of the path tags (B, T) among all paths (B,)."""
        return self.score(emissions, tags, there) - self.log_partition(emissions, there)

    def best(self, emissions: Tensor, there: Tensor) -> Tensor:
        """The path of the greatest score (B, T) int64."""
        last = there & ~torch.cat([there[:, 1:], torch.zeros_like(there[:, :1])], 1)  # (B, T): the last word of a row
        return viterbi(self.start, self.moves, emissions + last[..., None] * self.end, there)[0]
