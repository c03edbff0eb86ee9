"""A net trained once on rows at hand and kept in the cache: what a run goes on from, or judges by."""

import hashlib
from contextlib import suppress

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui import paths
from dltui.engine.contracts.batch_sampler import BatchSampler
from dltui.engine.contracts.dataset import Split, as_floats
from dltui.engine.reading.tensor_file import write_tensors

STEPS, BATCH, RATE = 400, 64, 2e-3
VERSION = 1  # grows when the training below changes


def pretrain(net: nn.Module, rows: Split, device: torch.device, steps: int = STEPS) -> None:
    """Gives `net`, on `device`, the weights of one of its build that was trained to classify `rows`.

    They are the same for every seed of a run, whose own random numbers go on as if nothing had been trained.
    """
    path = paths.cache() / "pretrained" / f"{VERSION}-{steps}-{_fingerprint(net, rows)}.safetensors"
    with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.enable_grad():
        torch.manual_seed(0)
        try:
            net.load_state_dict(load_file(path))
        except (OSError, SafetensorError, RuntimeError):
            _train(net, rows, device, steps)
            with suppress(OSError):  # a full disk: the next run trains it again
                write_tensors(path, {name: t.cpu().contiguous() for name, t in net.state_dict().items()})


def _train(net: nn.Module, rows: Split, device: torch.device, steps: int) -> None:
    for layer in net.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    batch_sampler = BatchSampler(len(rows.inputs), BATCH, 0, torch.device("cpu"))
    optimizer = torch.optim.Adam(net.parameters(), RATE, fused=True)
    net.train()
    for _ in range(steps):
        batch = batch_sampler.next()
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(net(as_floats(rows.inputs[batch].to(device))), rows.targets[batch].to(device)).backward()
        optimizer.step()


def _fingerprint(net: nn.Module, rows: Split) -> str:
    """Of the build and the rows, not of the weights."""
    digest = hashlib.sha256(str(net).encode())
    digest.update(str([(name, tuple(t.shape)) for name, t in net.state_dict().items()]).encode())
    for tensor in rows:
        digest.update(str((tensor.shape, tensor.dtype)).encode())
        digest.update(_sample(tensor))
    return digest.hexdigest()[:16]


def _sample(tensor: Tensor) -> bytes:
    return tensor[:: max(1, len(tensor) // 500)].contiguous().numpy().tobytes()
