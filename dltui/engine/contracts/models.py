"""What the models of a family share: a model's own loss and decoding stand in its file, the task only calls them."""

from typing import NamedTuple, Protocol

from torch import Tensor


class Encoder(Protocol):
    """Makes embeddings of rows: what probes, metric learning, transfer and pretext tasks ask of a net."""

    def embed(self, inputs: Tensor) -> Tensor:
        """inputs (B, ...) -> embeddings (B, d)."""


class Autoencoder(Encoder, Protocol):
    """Encodes rows to few numbers and decodes them again; its loss is its own."""

    latent: int  # numbers of a code

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, latent) -> what they stand for (B, ...), pixels in 0..1."""

    def terms(self, inputs: Tensor) -> dict[str, Tensor]:
        """inputs (B, ...) -> "loss", which is minimised, and what else it measures on the way; means over the rows."""


class Generator(Protocol):
    """Makes rows of noise."""

    latent: int  # numbers of the noise

    def __call__(self, z: Tensor) -> Tensor:
        """z (B, latent) of N(0, 1) -> rows (B, ...)."""


class Segmenter(Protocol):
    """A class for every pixel."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """pictures (B, C, H, W) -> logits (B, classes, H, W)."""


class Restorer(Protocol):
    """From a picture to another of the same size."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """pictures (B, C, H, W) -> logits (B, T, H, W): their sigmoid is the picture that is made, in 0..1."""


class Tagger(Protocol):
    """A tag for every word; its loss and how it decides are its own. A net without these gives logits alone."""

    def __call__(self, words: Tensor) -> Tensor:
        """words (B, L) int64 -> logits (B, L, tags)."""

    def tag_loss(self, words: Tensor, targets: Tensor) -> Tensor:
        """words (B, L), targets (B, L) int64, -1 where there is none -> scalar, the mean over the words."""

    def tags(self, words: Tensor) -> Tensor:
        """words (B, L) -> the tag of each (B, L) int64."""


class Detector(Protocol):
    """Boxes and their classes; objects (B, M, 5) are x1, y1, x2, y2 in pixels and the class, -1 for none."""

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """pictures (B, C, size, size), objects (B, M, 5) -> scalar, the mean over the pictures."""

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[tuple[Tensor, Tensor, Tensor]]:
        """layers.boxes.Boxes of each picture: those of score `min_score` at least, without those whose IoU with a
        better one of their class is above `nms_iou`."""


class RegionDetector(Detector, Protocol):
    """A detector that classifies regions which no net proposes; its loss is given those of the pictures, too."""

    def proposals(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, size, size) -> regions (N, K, 4) in pixels; asked once for all rows of a split."""

    def loss(self, pictures: Tensor, objects: Tensor, proposals: Tensor) -> Tensor:
        """pictures (B, C, size, size), objects (B, M, 5), proposals (B, K, 4) -> scalar, the mean over the pictures."""


class MaskDetector(Detector, Protocol):
    """A detector that tells the pixels of each object, too; its loss is given the objects' masks."""

    def loss(self, pictures: Tensor, objects: Tensor, masks: Tensor) -> Tensor:
        """pictures (B, C, size, size), objects (B, M, 5), masks (B, M, size, size) bool -> scalar, the mean over the
        pictures."""

    def masks(self, pictures: Tensor, boxes: list[tuple[Tensor, Tensor, Tensor]]) -> list[Tensor]:
        """pictures (N, C, size, size) and the boxes that were detected in each -> their masks (K, size, size) bool."""


class KeypointDetector(Protocol):
    """A place for each of K points; x and y are shares of the picture's side."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """pictures (B, C, size, size) -> points (B, K, 2)."""

    def loss(self, pictures: Tensor, points: Tensor, scales: Tensor) -> Tensor:
        """pictures (B, C, size, size), points (B, K, 2), scales (B,) that errors are shares of -> scalar."""

    def detect(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """pictures -> points (B, K, 2), and heat maps (B, K, h, w) where there are any."""


class Decoding(NamedTuple):
    """How a sequence is written: greedily, each symbol the likeliest after those before it."""

    length: int  # symbols


class Decoded(NamedTuple):
    """Sequences that a model wrote."""

    symbols: Tensor  # (B, T) int64
    attention: Tensor | None  # (B, T, ...): how much each symbol looked at each place of the source; they sum to 1


class Sequence(Protocol):
    """Writes a sequence about a source: a translation of words, a caption of a picture."""

    def __call__(self, source: Tensor, target: Tensor) -> Tensor:
        """source (B, ...), target (B, T) int64 -> logits (B, T, symbols), each after the true symbols before it."""

    def decode(self, source: Tensor, how: Decoding) -> Decoded:
        """source (B, ...) -> sequences of `how.length` symbols, each after those that the model wrote itself."""
