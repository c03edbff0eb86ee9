"""What a small CNN computes of coloured pictures, layer by layer, once it has learned to classify drawn shapes.

It is trained where it is first asked for and kept in the cache. Nothing is downloaded.
"""

from typing import Literal

import torch
from torch import nn

from dltui.engine.contracts.dataset import Split
from dltui.engine.generators import shapes
from dltui.engine.models.pretraining import pretrain
from dltui.engine.models.small_cnn import SmallCNN

Layer = Literal["low", "middle", "high"]
LAYERS = ("low", "middle", "high")  # each a convolution, its normalisation and its ReLU
WIDTH, STEPS, ROWS = 12, 300, 2000


def pretrained_features(layer: str, device: torch.device) -> nn.Sequential:
    """Returns the layers of the net as far as `layer`, frozen: pictures (B, 3, H, W) in 0..1 -> maps (B, w, h, v)."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):  # the run's own go on as if it were not
        net = SmallCNN(WIDTH, "stride", 3, shapes.SIZE, len(shapes.CLASSES)).to(device)
    pretrain(net, Split(*map(torch.from_numpy, shapes.shapes(ROWS, 0))), device, STEPS)
    net.requires_grad_(False)
    return net.features[: 3 * (1 + LAYERS.index(layer))].eval()  # a part of a net is a new one
