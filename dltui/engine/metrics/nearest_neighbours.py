"""How well the k nearest neighbours classify (Cover and Hart 1967): a test of columns, and of maps."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

K = 5  # neighbours that vote on a set of columns


def knn_accuracy(x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor, k: int = K) -> float:
    """Share of the test rows (M, D), classes (M,), for which the k nearest training rows (N, D) vote rightly.

    Without a column, D = 0, all rows are alike: each is taken for the commonest class of the training rows.
    """
    if not x.shape[1]:
        return (test_y == y.mode().values).double().mean().item()
    from sklearn.neighbors import KNeighborsClassifier  # 1.8 s

    classifier = KNeighborsClassifier(min(k, len(x))).fit(x.numpy(), y.numpy())
    return float(classifier.score(test_x.numpy(), test_y.numpy()))


def leave_one_out_accuracy(x: Tensor, y: Tensor, k: int) -> float:
    """Share of the rows x (N, D), classes y (N,), for which their k nearest other rows vote rightly."""
    from sklearn.neighbors import KNeighborsClassifier  # 1.8 s

    classifier = KNeighborsClassifier(min(k, len(x) - 1)).fit(x.numpy(), y.numpy())
    return float((classifier.predict(None) == y.numpy()).mean())  # None: no row votes for itself


class LeaveOneOut(nn.Module):
    """Leave-one-out accuracy of the K nearest neighbours for many sets of columns of x (N, D) at once, y (N,) classes.

    What a wrapper searches by: scikit-learn would compute all distances anew for each set.
    """

    def __init__(self, x: Tensor, y: Tensor):
        super().__init__()
        squared = (x.T[:, :, None] - x.T[:, None]).square()  # (D, N, N)
        self.rows = len(x)
        self.register_buffer("squared", squared.flatten(1), persistent=False)
        self.register_buffer("classes", one_hot(y).to(x.dtype), persistent=False)  # (N, C)
        self.register_buffer("y", y, persistent=False)

    def forward(self, sets: Tensor) -> Tensor:
        """sets (P, D), 1 for a column that is in -> accuracies (P,) in 0..1; no column at all: the commonest class."""
        distances = (sets.to(self.squared.dtype) @ self.squared).view(-1, self.rows, self.rows)  # (P, N, N)
        distances.diagonal(dim1=1, dim2=2).fill_(torch.inf)
        near = distances.topk(K, largest=False).indices  # (P, N, K)
        votes = self.classes[near].sum(2)  # (P, N, C)
        right = (votes.argmax(2) == self.y).double().mean(1)
        commonest = self.classes.mean(0).max().double()
        return torch.where(sets.bool().any(1), right, commonest)
