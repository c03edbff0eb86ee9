"""An exponential moving average of a net's weights, which draws and is judged in its place.

Yazici et al. 2019, arXiv:1806.04498 (GANs); Ho et al. 2020, arXiv:2006.11239 (diffusion).
"""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class MovingAverage(AveragedModel):
    """The average of a net, which knows without asking the device whether it has been updated."""

    def __init__(self, net: nn.Module, decay: float):
        super().__init__(net, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
        self._begun = False
        self.register_load_state_dict_post_hook(lambda module, keys: module._take_back())

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Takes in the weights of the net; at the first time it copies them."""
        ours, theirs = ([*net.parameters(), *net.buffers()] for net in (self.module, model))
        if self._begun:
            floats = [pair for pair in zip(ours, theirs, strict=True) if pair[0].is_floating_point()]
            self.multi_avg_fn(*map(list, zip(*floats, strict=True)), self.n_averaged)
        for average, value in zip(ours, theirs, strict=True):
            if not self._begun or not average.is_floating_point():
                average.copy_(value)
        self.n_averaged.add_(1)
        self._begun = True

    def _take_back(self) -> None:
        self._begun = bool(self.n_averaged)


def moving_average(net: nn.Module, decay: float) -> MovingAverage:
    """Returns the average of a net's weights and buffers: call `update_parameters(net)` after each step.

    The first update copies the net. Among the context's nets it is saved and resumed with them.
    decay: share of the old weights that is kept at each later update, at least 0, below 1.
    """
    return MovingAverage(net, decay).requires_grad_(False)
