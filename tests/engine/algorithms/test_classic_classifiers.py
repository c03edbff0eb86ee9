"""Classifiers beside a net: splits as the Gini impurity has them, a kernel's sum of bells, fits made anew."""

import pytest
import torch

from dltui.engine.algorithms.classic_classifiers import Fit, build
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.data import clouds
from tests.engine.conftest import context

LEARNERS = ("tree", "forest", "boosting", "svm", "linear_svm", "net")


def fit(learner: str, **changes: object) -> Fit:
    return Fit(**{"learner": learner, "trees": 10, "depth": 0, "C": 10.0, "gamma": 2.0, "seed": 0, **changes})


def moons(rows: int = 1000) -> Dataset:
    return clouds.build(shape="moons", rows=rows, spread=0.1).builtin()


def test_a_stump_cuts_where_the_gini_impurity_is_least():
    torch.manual_seed(0)
    x = torch.rand(60, 2)
    y = ((x[:, 0] > 0.4) ^ (torch.rand(60) < 0.1)).long()
    leaning = fit("tree", depth=1)(x, y)

    def impurity(cut: float, column: int) -> float:
        halves = [y[side].float() for side in (x[:, column] <= cut, x[:, column] > cut)]
        return sum(len(h) * (1 - h.mean() ** 2 - (1 - h.mean()) ** 2) for h in halves if len(h)).item()

    ticks = torch.cat([column.sort().values.unfold(0, 2, 1).mean(1) for column in x.T]).view(2, -1)
    best = min((impurity(cut, c), c, cut) for c in (0, 1) for cut in ticks[c].tolist())
    side = x[:, best[1]] > best[2]
    for half in (side, ~side):
        assert torch.allclose(leaning(x[half]).float(), y[half].float().mean())


def test_the_boundary_of_a_kernel_machine_is_a_sum_of_bells():
    from sklearn.svm import SVC

    data = moons()
    model = SVC(C=10.0, gamma=2.0).fit(data.train.inputs.numpy(), data.train.targets.numpy())
    bells = torch.exp(-2 * torch.cdist(data.test.inputs, torch.from_numpy(model.support_vectors_).float()).square())
    want = bells.double() @ torch.from_numpy(model.dual_coef_[0]) + model.intercept_[0]
    assert torch.allclose(fit("svm")(*data.train)(data.test.inputs), want.sigmoid(), atol=1e-5)


@pytest.mark.parametrize("learner", LEARNERS)
def test_only_the_line_fails_on_moons_and_a_fit_is_made_again(learner):
    data = moons()
    one, other = (build(learner=learner, trees=10)(context(data)) for _ in range(2))
    while not one.done:
        one.step()
    assert (one.evaluate()["accuracy"] > 0.92) == (learner != "linear_svm")
    assert one.sizes == [12, 25, 50, 100, 200, 400, 800] and one.evaluate()["rows"] == 800
    other.load_state_dict(one.state_dict())
    assert other.evaluate() == one.evaluate()
    assert torch.equal(other.newest()(data.test.inputs), one.newest()(data.test.inputs))
    assert [picture.pane for picture in other.pictures()] == ["field", "more rows"]


def test_few_rows_are_fitted_to_at_once():
    few = moons(20)
    data = Dataset(Split(few.train.inputs[:5], torch.tensor([0, 1, 0, 1, 1])), few.test, few.classes, "builtin", "", {})
    assert build()(context(data)).sizes == [5]
