"""What was in the hole? Pixels that were cut out are to be predicted from the rest (Pathak et al. 2016,
arXiv:1604.07379)."""

import torch
from torch import Tensor

from dltui.errors import DltuiError, ExitStatus

TASKS = ("pretext",)
GREY = 0.5  # of a hole: no value that the rim suggests


def build(*, hole: int = 10, jitter: int = 5) -> "Inpainting":
    """A square near the middle of each picture is painted grey; the answer is the picture as it was.

    hole: height and width of the square in pixels, at least 2.
    jitter: pixels by which it is moved from the middle at most, each way, at least 0.
    """
    return Inpainting(hole, jitter)


class Inpainting:
    """See contracts.loss.PretextLoss."""

    def __init__(self, hole: int, jitter: int):
        self.hole, self.jitter = hole, jitter

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) -> the pictures with holes (B, C, H, W); as they were, then 1 in the hole (B, C + 1, H, W).

        Raises DltuiError (2) where a hole would leave the picture.
        """
        where = self._holes(pictures)
        return torch.where(where, GREY, pictures), torch.cat([pictures, where.to(pictures.dtype)], 1)

    def _holes(self, pictures: Tensor) -> Tensor:
        """-> whether a pixel is in the hole (B, 1, H, W) bool."""
        count, _, height, width = pictures.shape
        if self.hole + 2 * self.jitter > min(height, width):
            raise DltuiError(
                f"A hole of {self.hole} pixels, moved by up to {self.jitter}, leaves pictures of {height}x{width}.",
                "Make loss.hole or loss.jitter smaller.",
                ExitStatus.USAGE,
            )
        down, right = (self._inside(count, side, pictures.device) for side in (height, width))
        return (down[:, :, None] & right[:, None])[:, None]

    def _inside(self, count: int, side: int, device: torch.device) -> Tensor:
        """-> for each picture which of `side` rows or columns the hole covers (count, side) bool."""
        moved = torch.randint(-self.jitter, self.jitter + 1, (count, 1), device=device)
        distance = torch.arange(side, device=device) - (side - self.hole) // 2 - moved
        return (distance >= 0) & (distance < self.hole)

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, C H W), answers (M, C + 1, H, W) -> the mean squared error in the holes, a scalar."""
        truth, where = answers[:, :-1], answers[:, -1:]
        return ((painted(outputs, truth) - truth).square() * where).sum() / (where.sum() * truth.shape[1])

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> the share of the squared error, were the hole filled with the mean of the rest, that is gone (M,); 0 where
        the net does worse."""
        truth, where = answers[:, :-1], answers[:, -1:]
        rest = 1 - where
        mean = (truth * rest).sum((2, 3), keepdim=True) / rest.sum((2, 3), keepdim=True)
        error, filled = (((guess - truth).square() * where).sum((1, 2, 3)) for guess in (painted(outputs, truth), mean))
        return (1 - error / filled.clamp(min=1e-6)).clamp(min=0)

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> the pictures with holes, filled by the net, and as they were."""
        truth, where = answers[:, :-1], answers[:, -1:]
        filled = torch.where(where > 0, painted(outputs, truth), questions)
        return {"hole": questions, "net": filled, "truth": truth}


def painted(outputs: Tensor, truth: Tensor) -> Tensor:
    """outputs (M, C H W) -> pictures (M, C, H, W) in 0..1."""
    return outputs.view_as(truth).sigmoid()


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """A number for each pixel of each channel."""
    return {"outputs": facts["channels"] * facts["size"] ** 2}
