"""Two convolutions and a linear layer that give an embedding, and a head for classes on it."""

from torch import Tensor, nn


def build(
    *,
    width: int = 8,
    embedding: int = 32,
    channels: int = 3,
    size: int = 28,
    classes: int = 10,
) -> nn.Module:
    """A small net without batch normalization: rows of two domains in a batch do not change each other.

    width: channels of the first convolution, at least 1; the second has twice as many.
    embedding: numbers of the embedding, at least 1.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8.
    classes: number of classes, at least 2.
    """
    return EmbeddingCNN(width, embedding, channels, size, classes)


class EmbeddingCNN(nn.Module):
    """(B, channels, size, size) -> logits (B, classes)."""

    def __init__(self, width: int, embedding: int, channels: int, size: int, classes: int):
        super().__init__()
        side = (size + 1) // 2 // 2
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, 5, stride=2, padding=2), nn.ReLU(),  # (B, width, size / 2, size / 2)
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (B, 2 width, side, side)
            nn.Flatten(), nn.Linear(2 * width * side * side, embedding), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(embedding, classes)

    def embed(self, pictures: Tensor) -> Tensor:
        """(B, channels, size, size) -> embeddings (B, embedding), none below 0."""
        return self.body(pictures)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.embed(pictures))
