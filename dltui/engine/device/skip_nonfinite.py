"""On CUDA a step of an optimizer that is not fused: it, too, must not be spoiled by a loss that is no number."""

import torch


def skip_nonfinite(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """Returns the optimizer; where its `found_inf` says so its step finds gradients of 0.

    A fused optimizer reads `found_inf`, which the engine sets without waiting for the device, by itself.
    """
    if not optimizer.defaults.get("fused"):
        optimizer.register_step_pre_hook(_without_gradients)
    return optimizer


def _without_gradients(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
    found = vars(optimizer).pop("found_inf", None)  # those that are not fused refuse to see it
    if found is None:
        return
    for group in optimizer.param_groups:
        for weights in group["params"]:
            if weights.grad is not None:
                weights.grad.masked_fill_(found.bool(), 0.0)
