"""The judge of generated pictures: a LeNet-5 trained once on the same data, kept in the cache.

Its last hidden layer gives the features of the FID, so nothing has to be downloaded. Figures are comparable between
runs on the same data, not with FIDs of Inception features.
"""

import hashlib
from contextlib import suppress

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import cross_entropy

from dltui import paths
from dltui.engine.contracts.batch_sampler import BatchSampler
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.models.lenet import LeNet
from dltui.engine.reading.tensor_file import write_tensors
from dltui.errors import DltuiError, ExitStatus

STEPS, BATCH, RATE = 600, 64, 2e-3
ROWS = 500
VERSION = 1  # grows when the training above changes


class FIDFeatureExtractor:
    """A classifier of pictures (N, C, H, W) in 0..1, at least 12 x 12, and its features (N, 84)."""

    def __init__(self, data: Dataset, device: torch.device):
        if data.train.inputs.dim() != 4 or len(data.classes) < 2:
            raise DltuiError(
                "FID needs pictures with classes: its features are a classifier's.",
                "Take data with labels, such as mnist.",
                ExitStatus.DATA,
            )
        self.device = device
        path = paths.cache() / "judges" / f"lenet-{VERSION}-{_fingerprint(data)}.safetensors"
        with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.enable_grad():
            torch.manual_seed(0)  # the run's own random numbers go on as if there were no judge
            self.net = LeNet(data.facts["channels"], data.facts["size"], len(data.classes)).to(device)
            try:
                self.net.load_state_dict(load_file(path))
            except (OSError, SafetensorError, RuntimeError):
                self._train(data)
                with suppress(OSError):  # a full disk: the next run trains it again
                    write_tensors(path, {name: t.cpu() for name, t in self.net.state_dict().items()})
        self.net.eval().requires_grad_(False)

    def _train(self, data: Dataset) -> None:
        inputs, targets = as_floats(data.train.inputs).to(self.device), data.train.targets.to(self.device)
        batch_sampler = BatchSampler(len(inputs), BATCH, 0, self.device)
        optimizer = torch.optim.Adam(self.net.parameters(), RATE, fused=True)
        for _ in range(STEPS):
            rows = batch_sampler.next()
            optimizer.zero_grad(set_to_none=True)
            cross_entropy(self.net(inputs[rows]), targets[rows]).backward()
            optimizer.step()

    @torch.no_grad()
    def features(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, H, W) in 0..1 -> the last hidden layer's activations (N, 84)."""
        hidden = self.net.classifier[:-1]
        return torch.cat([hidden(self.net.features(part).flatten(1)) for part in pictures.split(ROWS)])

    @torch.no_grad()
    def predict(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, H, W) in 0..1 -> classes (N,) int64."""
        return torch.cat([self.net(part).argmax(1) for part in pictures.split(ROWS)])


def _fingerprint(data: Dataset) -> str:
    digest = hashlib.sha256()
    for tensor in (data.train.inputs, data.train.targets):
        digest.update(str((tensor.shape, tensor.dtype)).encode())
        digest.update(tensor[:: max(1, len(tensor) // 500)].contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
