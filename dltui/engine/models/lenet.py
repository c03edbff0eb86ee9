"""LeNet-5 (LeCun et al. 1998, "Gradient-based learning applied to document recognition")."""

from torch import Tensor, nn


def build(*, channels: int = 1, size: int = 28, classes: int = 10) -> nn.Module:
    """LeNet-5 with ReLU and max pooling.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 12.
    classes: number of classes, at least 2.
    """
    return LeNet(channels, size, classes)


class LeNet(nn.Module):
    """(B, channels, size, size) -> logits (B, classes)."""

    def __init__(self, channels: int, size: int, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),  # (B, 6, size / 2, size / 2)
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),  # (B, 16, side, side)
        )  # fmt: skip
        side = (size // 2 - 4) // 2
        self.classifier = nn.Sequential(
            nn.Linear(16 * side * side, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes)
        )

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.features(pictures)  # (B, 16, side, side)
        return self.classifier(maps.flatten(1))
