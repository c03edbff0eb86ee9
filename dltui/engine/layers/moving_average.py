"""An exponential moving average of a net's weights, which draws and is judged in its place.

Yazici et al. 2019, arXiv:1806.04498 (GANs); Ho et al. 2020, arXiv:2006.11239 (diffusion).
"""

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def moving_average(net: nn.Module, decay: float) -> AveragedModel:
    """Returns the average of a net's weights and buffers: call `update_parameters(net)` after each step.

    The first update copies the net. Among the context's nets it is saved and resumed with them.
    decay: share of the old weights that is kept at each later update, at least 0, below 1.
    """
    return AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True).requires_grad_(False)
