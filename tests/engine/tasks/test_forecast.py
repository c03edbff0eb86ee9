"""Forecasts with an interval: the pinball loss finds quantiles; error and coverage are those of known cases."""

import pytest
import torch
from sklearn.metrics import mean_pinball_loss

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks import forecast
from dltui.errors import DltuiError
from tests.engine.conftest import context

Q = torch.tensor([0.1, 0.5, 0.9])


def test_the_loss_is_sklearns():
    """Guards the sides of the pinball: changed about, 90 % becomes 10 %."""
    predicted, y = torch.randn(50, 4, 3), torch.randn(50, 4)
    known = [mean_pinball_loss(y.flatten(), predicted[..., at].flatten(), alpha=q.item()) for at, q in enumerate(Q)]
    assert forecast.pinball(predicted, y, Q).item() == pytest.approx(sum(known) / 3, rel=1e-5)


def test_the_loss_is_least_at_the_quantiles():
    """Guards a flipped sign: it would put the 90 % quantile where 10 % lie below."""
    torch.manual_seed(0)
    y = torch.randn(1, 4000).exp()
    predicted = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([predicted], 0.05)
    for _ in range(400):
        optimizer.zero_grad()
        forecast.pinball(predicted.expand(1, 4000, 3), y, Q).backward()
        optimizer.step()
    assert predicted.detach() == pytest.approx(y.flatten().quantile(Q), abs=0.08)


def test_the_naive_forecast_is_the_last_season_again():
    x = torch.tensor([[9.0, 9, 1, 2, 3]])
    assert forecast.seasonal_naive(x, 3, 7).tolist() == [[1, 2, 3, 1, 2, 3, 1]]


class Fixed(torch.nn.Module):
    """Quantiles at 0.5 below, at, and above the mean of the history, in a mixed order."""

    def forward(self, x):
        return torch.tensor([0.5, 0.0, -0.5]).repeat(len(x), 4)


def made(y, interval=0.8):
    """Histories -1, 1, -1, 1 ... times 10 about 100, and what came after them, in deviations."""
    x = 100 + 10 * torch.tensor([-1.0, 1.0] * 4).expand(len(y), -1)
    split = Split(x, 100 + 10 * y)
    data = Dataset(split, split, (), "", "", {"inputs": 8, "horizon": 4, "period": 2})
    return forecast.build(interval=interval)(context(data, {"model": Fixed()}))


def test_what_is_judged():
    """Three of four values lie in the interval; the last season is wrong by 1, 1, 1 and 3."""
    found = made(torch.tensor([[0.0, 0.0, 0.0, -2.0]]).repeat(5, 1), interval=0.7).evaluate()
    assert found["mae"] == pytest.approx(0.5) and found["naive_mae"] == pytest.approx(1.5)
    assert found["coverage"] == 0.75 and found["coverage_gap"] == pytest.approx(0.05)


def test_quantiles_do_not_cross():
    predicted = made(torch.zeros(2, 4)).quantiles(torch.zeros(2, 8))
    assert predicted[0, 0].tolist() == [-0.5, 0.0, 0.5]


def test_the_picture_is_in_the_series_own_units():
    curves = {curve["name"]: curve for curve in next(made(torch.ones(2, 4)).pictures()).payload["curves"]}
    assert curves["what came"]["y"] == pytest.approx([110] * 4)
    assert curves["80 % interval, low"]["y"] == pytest.approx([95] * 4)
    assert curves["history"]["x"].tolist() == [-3, -2, -1, 0] and curves["forecast"]["x"][0] == 1


def test_it_wants_series(data):
    with pytest.raises(DltuiError, match="needs series"):
        forecast.build()(context(data, {"model": Fixed()}))
