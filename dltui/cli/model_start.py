"""What `dltui new --model` writes: a net of the user's own that runs, its recipe and its test. Its name is my_net."""

MODEL = '''"""A small convolutional net. Change it, then: dltui run my-net.toml"""

from torch import nn

SECTION = "model"


def build(*, width: int = 16, channels: int = 1, size: int = 8, classes: int = 10) -> nn.Module:
    """A convolution and a linear layer.

    width: feature maps, at least 1.
    channels: channels of a picture, taken from the data.
    size: height and width of a picture in pixels, taken from the data.
    classes: number of classes, taken from the data.
    """
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1),  # (B, width, size, size)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (B, width, size / 2, size / 2)
        nn.Flatten(),
        nn.Linear(width * (size // 2) ** 2, classes),  # logits (B, classes)
    )
'''
RECIPE = """title = "My own net"
summary = "Trains the net of my_net.py on scikit-learn's digits, and shows which digits it takes for which."
kinds = ["my_net.py"]

[task]
kind = "classify"

[data]
kind = "digits"

[model]
kind = "my_net"
width = 16

[optimizer]
kind = "adam"
lr = 1e-2

[train]
steps = 400
batch = 64

[expect]
accuracy = ">= 0.94"
"""
TEST = '''"""Run it: pytest test_my_net.py"""

import torch
from torch.nn.functional import cross_entropy

from my_net import build


def test_it_gives_each_picture_a_logit_a_class():
    assert build(channels=3, size=12, classes=5)(torch.rand(4, 3, 12, 12)).shape == (4, 5)


def test_it_learns_a_few_pictures_by_heart():
    torch.manual_seed(0)
    net, x, y = build(), torch.rand(20, 1, 8, 8), torch.arange(20) % 10
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        cross_entropy(net(x), y).backward()
        optimizer.step()
    assert (net(x).argmax(1) == y).all()
'''


def files(kind: str) -> dict[str, str]:
    """Returns file name -> text of a model `kind`: letters, digits and _."""
    named = {f"{kind}.py": MODEL, f"{kind.replace('_', '-')}.toml": RECIPE, f"test_{kind}.py": TEST}
    return {
        name: text.replace("my_net", kind).replace("my-net", kind.replace("_", "-")) for name, text in named.items()
    }
