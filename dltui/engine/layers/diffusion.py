"""The forward and the reverse process of diffusion (Ho et al. 2020, arXiv:2006.11239): noise is added to rows, and a
prediction of the rows leads it back.

alpha_bar_t, here abar[t], is how much of a row's variance is left at time t = 0 ... T: abar[0] = 1, abar[T] nearly 0.
"""

import itertools
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

LARGEST_BETA = 0.999  # without this bound the cosine's last step would divide by 0
FIRST, LAST = -5.0, 3.0  # lambda: e^5 times as much noise as picture, and e^3 times as much picture as noise


# -- the forward process -----------------------------------------------------------------------------------------------


def cosine(T: int) -> Tensor:
    """Returns abar (T + 1,) that falls like a squared cosine (Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17)."""
    s = 0.008
    f = torch.cos((torch.linspace(0, 1, T + 1, dtype=torch.float64) + s) / (1 + s) * math.pi / 2).square()
    return _from_betas((1 - f[1:] / f[:-1]).clamp(max=LARGEST_BETA))


def linear(T: int) -> Tensor:
    """Returns abar (T + 1,) of betas that grow evenly, for T = 1000 from 1e-4 to 0.02 (Ho et al. 2020, section 4)."""
    return _from_betas((torch.linspace(1e-4, 0.02, T, dtype=torch.float64) * 1000 / T).clamp(max=LARGEST_BETA))


def _from_betas(betas: Tensor) -> Tensor:
    return torch.cat([torch.ones(1), (1 - betas).cumprod(0)]).float()


SCHEDULES = {"cosine": cosine, "linear": linear}


def q_sample(x_0: Tensor, eps: Tensor, abar_t: Tensor) -> Tensor:
    """x_0, eps (B, ...) -> x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps (Ho et al. 2020, eq. 4), t steps at once."""
    return abar_t.sqrt() * x_0 + (1 - abar_t).sqrt() * eps


def velocity(x_0: Tensor, eps: Tensor, abar_t: Tensor) -> Tensor:
    """x_0, eps (B, ...) -> v = sqrt(abar_t) eps - sqrt(1 - abar_t) x_0 (Salimans and Ho 2022, arXiv:2202.00512).

    It has variance 1 at every t, and a pixel of x_t tells nothing of the same pixel of v: to know v is to know digits.
    """
    return abar_t.sqrt() * eps - (1 - abar_t).sqrt() * x_0


# -- the reverse process -----------------------------------------------------------------------------------------------


def log_ratio(abar: Tensor) -> Tensor:
    """Returns lambda = log(sqrt(abar) / sqrt(1 - abar)), like abar: how much more picture there is than noise."""
    return (abar.log() - (1 - abar).log()) / 2


def sampling_times(abar: Tensor, steps: int) -> list[int]:
    """Returns times from T to 0, `steps` steps apart or, where some would fall together, fewer.

    Between the two ends they lie evenly in lambda, from FIRST to LAST (Lu et al. 2022, arXiv:2206.00927, section 3.4):
    there the prediction changes, and before and after hardly any more.
    """
    wanted = torch.linspace(FIRST, LAST, steps, device=abar.device)[1:, None]
    nearest = 1 + (log_ratio(abar[1:]) - wanted).abs().argmin(1)
    return list(dict.fromkeys([len(abar) - 1, *nearest.tolist(), 0]))


def step_back(x_t: Tensor, x_0: Tensor, abar_t: Tensor, abar_s: Tensor, eta: float) -> Tensor:
    """Returns x_s, s < t, where x_0 is the picture that x_t is taken for (Song et al. 2021, arXiv:2010.02502, eq. 12).

    eta: 0 keeps the noise that x_t holds (DDIM); 1 draws as much of it anew as Ho et al. do.
    """
    eps = (x_t - abar_t.sqrt() * x_0) / (1 - abar_t).sqrt()
    sigma = eta * ((1 - abar_s) / (1 - abar_t) * (1 - abar_t / abar_s)).sqrt()
    x_s = abar_s.sqrt() * x_0 + (1 - abar_s - sigma.square()).clamp(min=0).sqrt() * eps
    return x_s + sigma * torch.randn_like(x_t) if eta else x_s


def extrapolated(x_0: Tensor, before: Tensor, h: Tensor, h_before: Tensor) -> Tensor:
    """Returns D = (1 + 1 / 2r) x_0 - 1 / 2r before, r = h_before / h: the prediction halfway through a step of h.

    This is DPM-Solver++(2M) (Lu et al. 2022, arXiv:2211.01095, algorithm 2), h being measured in lambda. Its step is
    that of DDIM towards D; x_0 is the prediction at the step's start, `before` the one h_before earlier.
    """
    r = h_before / h
    return (1 + 1 / (2 * r)) * x_0 - 1 / (2 * r) * before


def reverse_process(
    predict: Callable[[Tensor, int], Tensor], x_T: Tensor, abar: Tensor, steps: int, order: int = 2, eta: float = 0.0
) -> Iterator[tuple[int, Tensor]]:
    """Leads noise x_T (B, ...) back, in `steps` steps at most. Yields (t, x_t) from t = T to t = 0.

    predict: (x_t, t) -> the picture x_0 that x_t is taken for, (B, ...).
    order: 1, each step believes the prediction at its start (DDIM); 2, it extrapolates (DPM-Solver++).
    """
    times, x = sampling_times(abar, steps), x_T
    at = log_ratio(abar)
    yield times[0], x
    before = h_before = None
    for t, s in itertools.pairwise(times):
        x_0, h = predict(x, t), at[s] - at[t]
        towards = x_0
        if order == 2 and before is not None and s > 0:  # at t = 0 lambda is infinite
            towards = extrapolated(x_0, before, h, h_before)
        x = step_back(x, towards, abar[t], abar[s], eta)
        before, h_before = x_0, h
        yield s, x
