"""A bag of words: each word gives its own points to each class, and the order does not count."""

from torch import Tensor, nn

from dltui.engine.reading.sentences import PAD


def build(*, symbols: int = 100, outputs: int = 2, embedding: int = 24) -> nn.Module:
    """The mean of the words' embeddings, and a linear layer on it.

    symbols: words there are, at least 2; number 0 pads a row.
    outputs: numbers of an answer, at least 1.
    embedding: numbers of a word, at least 1.
    """
    return BagOfWords(symbols, outputs, embedding)


class BagOfWords(nn.Module):
    """(B, T) words -> logits (B, outputs)."""

    def __init__(self, symbols: int, outputs: int, embedding: int):
        super().__init__()
        self.embed = nn.EmbeddingBag(symbols, embedding, mode="mean", padding_idx=PAD)
        self.head = nn.Linear(embedding, outputs)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.embed(words))
