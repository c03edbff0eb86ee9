"""Snapshot ensembles (Huang et al. 2017, "Snapshot ensembles: train 1, get M for free").

The rate falls like half a cosine from its full height to nought, again and again; where it ends, a snapshot is taken.
"""

import copy

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap


class Snapshots(nn.Module):
    """The newest snapshots of a net, `keep` at most, oldest first: frozen nets, which a checkpoint holds."""

    def __init__(self, net: nn.Module, keep: int):
        super().__init__()
        self.nets = nn.ModuleList(copy.deepcopy(net) for _ in range(keep)).requires_grad_(False)
        self.register_buffer("count", torch.tensor(0))

    @property
    def taken(self) -> list[nn.Module]:
        return list(self.nets)[: int(self.count)]

    def take(self, net: nn.Module) -> None:
        """Keeps the weights of now; where there is no room the oldest go."""
        if self.count == len(self.nets):
            for older, newer in zip(self.nets, list(self.nets)[1:], strict=False):
                older.load_state_dict(newer.state_dict())
        else:
            self.count += 1
        self.taken[-1].load_state_dict(net.state_dict())


def flat(net: nn.Module) -> Tensor:
    """Returns all weights of the net as one row (P,)."""
    return torch.cat([weight.detach().flatten() for weight in net.parameters()])


def plane_through(points: Tensor) -> tuple[Tensor, Tensor]:
    """points (M, P) of weights -> a point (P,) and two directions (2, P) of length 1: the plane nearest to them all."""
    middle = points.mean(0)
    directions = torch.linalg.svd(points - middle, full_matrices=False).Vh[:2]
    return middle, directions


def losses_at(net: nn.Module, places: Tensor, loss, inputs: Tensor, targets: Tensor) -> Tensor:
    """places (M, P) of weights -> the loss of the net with each of them, (M,). loss: (logits, targets) -> scalar."""
    shapes = {name: weight.shape for name, weight in net.named_parameters()}

    def at(place: Tensor) -> Tensor:
        parts = place.split([shape.numel() for shape in shapes.values()])
        weights = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        return loss(functional_call(net, weights, (inputs,)), targets)

    return vmap(at, chunk_size=100)(places)
