"""The layers of a net that knows shapes: their sizes, and that nothing trains them any more."""

import torch

from dltui.engine.models import pretrained_features as module


def test_layers_go_as_far_as_is_asked_for_and_are_frozen(monkeypatch):
    trained = []
    monkeypatch.setattr(module, "pretrain", lambda net, rows, device, steps: trained.append((len(rows.inputs), steps)))
    monkeypatch.setattr(module, "ROWS", 10)
    state = torch.random.get_rng_state()
    sizes = []
    for layer in module.LAYERS:
        net = module.pretrained_features(layer, torch.device("cpu"))
        assert not net.training and not any(weights.requires_grad for weights in net.parameters())
        sizes.append(tuple(net(torch.zeros(2, 3, 40, 40)).shape))
    assert sizes == [(2, 12, 20, 20), (2, 24, 10, 10), (2, 48, 5, 5)]
    assert trained == [(10, module.STEPS)] * 3
    assert torch.equal(torch.random.get_rng_state(), state)
