"""Kernel PCA is scikit-learn's, of the linear kernel PCA, and the plane is that of least squares."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.decomposition import KernelPCA as Theirs
from sklearn.linear_model import LinearRegression

from dltui.engine.algorithms import kernel_pca
from dltui.engine.data import clouds
from tests.engine.conftest import context


def rows(seed: int, count: int = 40, dims: int = 3) -> torch.Tensor:
    return torch.randn(count, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) + 0.5


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kernel", ["linear", "rbf", "polynomial"])
def test_coordinates_of_new_rows_are_those_of_scikit_learn(kernel, seed):
    """Guards both centrings: without the one over the training rows, new rows lie elsewhere; and the length of a."""
    x, new = rows(seed), rows(seed + 10, 15)
    ours = kernel_pca.Components(x, lambda a, b: kernel_pca.kernel_matrix(a, b, kernel, 0.4, 3), len(x))
    theirs = Theirs(3, kernel={"polynomial": "poly"}.get(kernel, kernel), gamma=0.4, degree=3, eigen_solver="dense")
    fitted = torch.from_numpy(theirs.fit_transform(x.numpy()))
    assert kernel_pca.greatest_difference(ours.of(x)[:, :3], fitted) < 1e-9
    assert kernel_pca.greatest_difference(ours.of(new)[:, :3], torch.from_numpy(theirs.transform(new.numpy()))) < 1e-9


def test_without_centring_it_is_another(monkeypatch):
    """The wrong twin of the test above: it would be seen."""
    x = rows(0)
    monkeypatch.setattr(kernel_pca.Components, "_centred", lambda self, K: K)
    ours = kernel_pca.Components(x, lambda a, b: kernel_pca.kernel_matrix(a, b, "rbf", 0.4, 3), len(x)).of(x)
    theirs = Theirs(2, kernel="rbf", gamma=0.4, eigen_solver="dense").fit_transform(x.numpy())
    assert kernel_pca.greatest_difference(ours[:, :2], torch.from_numpy(theirs)) > 0.1


def test_the_linear_kernel_is_pca_and_has_no_more_components_than_columns():
    x = rows(1)
    ours = kernel_pca.Components(x, lambda a, b: kernel_pca.kernel_matrix(a, b, "linear", 1.0, 2), len(x)).of(x)
    assert ours.shape == (40, 3)
    assert kernel_pca.greatest_difference(ours, torch.from_numpy(PCA().fit_transform(x.numpy()))) < 1e-9


def test_the_plane_is_that_of_least_squares():
    z, y = rows(2), torch.arange(40) % 2
    theirs = LinearRegression().fit(z.numpy(), 2 * y.numpy() - 1)
    w = kernel_pca.separating_plane(z, y).numpy()
    assert np.allclose(w, [*theirs.coef_, theirs.intercept_])
    assert kernel_pca.separating_plane(z[:, :0], y).abs().max() < 1e-12  # as many on either side


def test_rings_are_separated_and_the_picture_says_so():
    """Guards the field: it is the plane of the space of the components, seen among the points."""
    made = kernel_pca.build(kernel="rbf", gamma=0.3)(
        context(clouds.build(shape="rings", rows=200, spread=0.04).builtin())
    )
    moments = [made.at(step) for step in range(made.length + 1)]
    assert moments[2].metrics["line_accuracy"] < 0.7 and moments[5].metrics["line_accuracy"] == 1
    assert all(moment.metrics["sklearn_difference"] < 1e-9 for moment in moments)
    before, after, components = (picture.payload for picture in moments[5].pictures)
    values, middle = before["values"], before["values"][before["values"].shape[0] // 2]
    assert values[0, 0] < 0.5 and middle[len(middle) // 2] > 0.5  # the inner ring is class 1
    assert ((after["y"] > 0) == (after["label"] == 1)).all()
    assert components["columns"] == 5


def test_of_many_rows_the_greatest_components_are_those_of_all(monkeypatch):
    x = torch.randn(150, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def components() -> torch.Tensor:
        return kernel_pca.Components(x, lambda a, b: kernel_pca.kernel_matrix(a, b, "rbf", 0.4, 3), 4).of(x)[:, :4]

    of_all = components()
    monkeypatch.setattr(kernel_pca, "FEW", 10)
    assert torch.allclose(components(), of_all, atol=1e-10)
