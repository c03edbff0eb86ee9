"""Retrieval: how many of the pictures that are found first are of the kind that was asked for."""

import torch
from torch import Tensor


def found_first(embeddings: Tensor, k: int) -> Tensor:
    """embeddings (N, d) -> for each row the k nearest others, the nearest first (N, k) int64."""
    distances = torch.cdist(embeddings.float(), embeddings.float())
    distances.fill_diagonal_(torch.inf)
    return distances.topk(min(k, len(embeddings) - 1), largest=False).indices


def precision_at(found: Tensor, classes: Tensor) -> float:
    """found (N, k) rows, classes (N,) -> share of the rows found that are of the class of the row that asks."""
    return (classes[found] == classes[:, None]).float().mean().item()
