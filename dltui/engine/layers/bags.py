"""Texts as bags of words: how often each word stands in each, and weights that make common words light."""

import torch
from torch import Tensor
from torch.nn.functional import normalize


def counts(texts: Tensor, words: int, special: int) -> Tensor:
    """texts (N, L) int64 -> (N, words) float64: how often each word stands in each, 0 of the first `special` words."""
    found = torch.zeros(len(texts), words, dtype=torch.float64, device=texts.device)
    found.scatter_add_(1, texts, torch.ones_like(texts, dtype=torch.float64))
    found[:, :special] = 0
    return found


def idf(bags: Tensor) -> Tensor:
    """Counts (N, words) -> (words,): ln((1 + N) / (1 + df)) + 1, df the number of texts with the word in them."""
    df = (bags > 0).to(bags.dtype).sum(0)
    return ((1 + len(bags)) / (1 + df)).log() + 1


def tfidf(bags: Tensor, weights: Tensor) -> Tensor:
    """Counts (N, words), idf (words,) -> (N, words): their products, each row of length 1."""
    return normalize(bags * weights, dim=1)
