"""The judge of generated pictures: a LeNet-5 trained once on the same data, kept in the cache.

Its last hidden layer gives the features of the FID, so nothing has to be downloaded. Figures are comparable between
runs on the same data, not with FIDs of Inception features.
"""

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.models.lenet import LeNet
from dltui.engine.models.pretraining import pretrain
from dltui.errors import DltuiError, ExitStatus

STEPS = 600
ROWS = 500
LEAST = 12  # pixels of a side that its convolutions take


class FIDFeatureExtractor:
    """A classifier of pictures (N, C, H, W) in 0..1, at least 12 x 12, and its features (N, 84)."""

    def __init__(self, data: Dataset, device: torch.device):
        if data.train.inputs.dim() != 4 or len(data.classes) < 2:
            raise DltuiError(
                "FID needs pictures with classes: its features are a classifier's.",
                "Take data with labels, such as mnist.",
                ExitStatus.DATA,
            )
        if data.facts["size"] < LEAST or len(data.test.inputs) < 2:
            raise DltuiError(
                f"FID needs two test pictures of {LEAST} pixels at least; these are {len(data.test.inputs)} of"
                f" {data.facts['size']}.",
                "Take more rows of larger pictures, such as mnist.",
                ExitStatus.DATA,
            )
        self.device = device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):  # the run's own go on as if it were not
            self.net = LeNet(data.facts["channels"], data.facts["size"], len(data.classes)).to(device)
        pretrain(self.net, data.train, device, STEPS)
        self.net.eval().requires_grad_(False)

    @torch.no_grad()
    def features(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, H, W) in 0..1 -> the last hidden layer's activations (N, 84)."""
        hidden = self.net.classifier[:-1]
        return torch.cat([hidden(self.net.features(part).flatten(1)) for part in pictures.split(ROWS)])

    @torch.no_grad()
    def predict(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, H, W) in 0..1 -> classes (N,) int64."""
        return torch.cat([self.net(part).argmax(1) for part in pictures.split(ROWS)])
