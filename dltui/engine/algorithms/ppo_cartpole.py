"""Proximal policy optimization ("PPO", Schulman et al. 2017, arXiv:1707.06347) balances a pole on a cart (Barto, Sutton
and Anderson 1983), with the constants of gymnasium's CartPole-v1.

E carts side by side for T moves; a state (E, 4): place, speed, angle, turning speed.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

NEEDS_DATA = False
METRICS = {
    "mean_return": Metric(
        "moves until the pole falls, at most 500, mean of fresh episodes", better="higher", range=(0, 500), rows="test"
    ),
    "worst_return": Metric("the least moves of a fresh episode", better="higher", range=(0, 500), rows="test"),
    "late_return": Metric(
        "mean of mean_return over the last quarter of the training so far", better="higher", range=(0, 500), rows="test"
    ),
    "change": Metric("mean |probability ratio - 1| after the last update", range=(0, None)),
}
GRAVITY, CART, POLE, HALF, FORCE, SECONDS = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02  # m/s2, kg, kg, m, N, a move
FARTHEST, STEEPEST = 2.4, math.radians(12)
LONGEST = 500  # moves of an episode
CARTS, MOVES = 32, 64
TESTED, LOOK = 100, 2  # fresh episodes, and steps between looks at their return
GAMMA, LAMBDA = 0.98, 0.95
SHOWN = 3  # episodes of the picture
VALUE_SCALE = 100.0  # by which the squared errors of the returns are divided


def build(
    *,
    clip: float = 0.2,
    advantage: Literal["gae", "return"] = "gae",
    epochs: int = 10,
    batch: int = 512,
    hidden: int = 64,
    lr: float = 0.005,
) -> Callable[[Context], "PPO"]:
    """Each step lets 32 carts make 64 moves and trains on them.

    clip: how far the probability of a move may get from what it was before the objective stops rewarding it, at least
        0; 0 is without clipping.
    advantage: gae, how much better than the value of its state a move was; return, the bare return after it.
    epochs: times that the same moves are trained on, at least 1.
    batch: moves of an update, at least 1.
    hidden: units of each of the two hidden layers, at least 1.
    lr: learning rate of Adam at the beginning, above 0; at the end of the run it is a fiftieth.
    """
    return lambda context: PPO(context.seed, clip, advantage, epochs, batch, hidden, lr, context.steps)


def moved(state: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """States (E, 4) after a push to the right or to the left (E,), and whether the pole has fallen (E,)."""
    _, v, angle, turning = state.unbind(1)
    force = torch.where(right > 0, FORCE, -FORCE)
    cos, sin, mass = angle.cos(), angle.sin(), CART + POLE
    pushed = (force + POLE * HALF * turning.square() * sin) / mass
    angular = (GRAVITY * sin - cos * pushed) / (HALF * (4 / 3 - POLE * cos.square() / mass))
    speeding = pushed - POLE * HALF * angular * cos / mass
    changes = torch.stack([v, speeding, turning, angular], 1)
    state = state + SECONDS * changes
    return state, (state[:, 0].abs() > FARTHEST) | (state[:, 2].abs() > STEEPEST)


def begun(count: int, random: torch.Generator | None = None) -> Tensor:
    """States (count, 4) near upright, as gymnasium draws them."""
    return 0.1 * torch.rand(count, 4, generator=random) - 0.05


def advantages(delta: Tensor, ended: Tensor) -> Tensor:
    """Generalized advantage estimation (Schulman et al. 2016): delta, ended (T, E) -> (T, E).

    A_t = delta_t + gamma lambda A_(t+1), from 0 where an episode ends.
    """
    A, found = torch.zeros_like(delta[0]), []
    for t in reversed(range(len(delta))):
        A = delta[t] + GAMMA * LAMBDA * ~ended[t] * A
        found.append(A)
    return torch.stack(found[::-1])


def objective(ratio: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """What PPO maximises, a scalar: min(r A, clamp(r, 1 - clip, 1 + clip) A); r A without clipping."""
    plain = ratio * advantage
    if not clip:
        return plain.mean()
    return torch.minimum(plain, ratio.clamp(1 - clip, 1 + clip) * advantage).mean()


class Moves(NamedTuple):
    """What was seen and done: state (N, 4), move, its log probability, advantage and target of the value (N,)."""

    state: Tensor
    move: Tensor
    log_p: Tensor
    advantage: Tensor
    value: Tensor


class PPO(nn.Module):
    """A policy and a value net, and the carts that go on between the steps; on the host, where small nets are quick."""

    done = False

    def __init__(
        self, seed: int, clip: float, advantage: str, epochs: int, batch: int, hidden: int, lr: float, steps: int
    ):
        super().__init__()
        self.seed, self.clip, self.advantage, self.epochs, self.batch = seed, clip, advantage, epochs, batch
        self.lr, self.steps = lr, steps
        self.policy, self.value = _net(hidden, 2), _net(hidden, 1)
        self.adam = AdamInBuffers(self.parameters(), lr)
        self.register_buffer("state", begun(CARTS))
        self.register_buffer("age", torch.zeros(CARTS))
        self.register_buffer("change", torch.zeros(()))
        self.taken = Counter(self, "steps_taken")
        self.way = Trajectory(self.returns().mean())

    def log_p(self, state: Tensor, move: Tensor) -> Tensor:
        """(N,): of the moves."""
        return self.policy(state).log_softmax(1).gather(1, move[:, None])[:, 0]

    @torch.no_grad()
    def step(self) -> dict[str, float]:
        """Collects moves and trains on them."""
        self.adam.lr = self.lr * max(0.02, 1 - int(self.taken) / self.steps)
        moves = self._collected()
        for _ in range(self.epochs):
            for rows in torch.randperm(len(moves.move)).split(self.batch):
                self._update(Moves(*(part[rows] for part in moves)))
        self.change = ((self.log_p(moves.state, moves.move) - moves.log_p).exp() - 1).abs().mean()
        self.taken.set(int(self.taken) + 1)
        if int(self.taken) % LOOK == 0:
            self.way.add(int(self.taken), self.returns().mean())
        return {}

    def _update(self, some: Moves) -> None:
        with torch.enable_grad():
            ratio = (self.log_p(some.state, some.move) - some.log_p).exp()
            error = (self.value(some.state)[:, 0] - some.value).square().mean() / VALUE_SCALE
            self.adam.step(error - objective(ratio, some.advantage, self.clip))

    def _collected(self) -> Moves:
        seen = []
        for _ in range(MOVES):
            before, move = self.state, self.policy(self.state).softmax(1).multinomial(1)[:, 0]
            after, fallen = moved(before, move)
            ended = fallen | (self.age + 1 >= LONGEST)
            seen.append((before, move, self.log_p(before, move), after, fallen, ended))
            self.state = torch.where(ended[:, None], begun(CARTS), after)
            self.age = torch.where(ended, 0.0, self.age + 1)
        before, move, log_p, after, fallen, ended = (torch.stack(part) for part in zip(*seen, strict=True))
        V, V_next = self.value(before)[..., 0], self.value(after)[..., 0]  # (T, E)
        A = advantages(1 + GAMMA * V_next * ~fallen - V, ended)
        returns = A + V
        A = (A - A.mean()) / (A.std() + 1e-8) if self.advantage == "gae" else returns
        return Moves(*(part.flatten(0, 1) for part in (before, move, log_p, A, returns)))

    @torch.no_grad()
    def returns(self) -> Tensor:
        """(TESTED,) of fresh episodes that the seed alone draws."""
        random = torch.Generator().manual_seed(self.seed + 1)
        state, up, total = begun(TESTED, random), torch.ones(TESTED), torch.zeros(TESTED)
        for _ in range(LONGEST):
            if not up.any():
                break
            total += up
            move = self.policy(state).softmax(1).multinomial(1, generator=random)[:, 0]
            state, fallen = moved(state, move)
            up = up * ~fallen
        return total

    def evaluate(self) -> dict[str, float]:
        found, late = self.returns(), self.way.steps >= 0.75 * self.way.steps[-1]
        return {
            "mean_return": found.mean().item(),
            "worst_return": found.min().item(),
            "late_return": self.way.values[late].mean().item(),
            "change": self.change.item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """The pole's angle in fresh episodes, each until it falls, and the return by steps."""
        yield Picture("pole", self._angles())
        curve = {"return": (self.way.steps, self.way.values)}
        yield Picture("return", lines(curve, x_title="step", y_title="moves until the pole falls"))

    def _angles(self) -> Lines:
        random = torch.Generator().manual_seed(self.seed + 2)
        state, up, angles = begun(SHOWN, random), torch.ones(SHOWN, dtype=torch.bool), []
        while up.any() and len(angles) < LONGEST:
            angles.append(torch.where(up, torch.rad2deg(state[:, 2]), torch.nan))
            state, fallen = moved(state, self.policy(state).softmax(1).multinomial(1, generator=random)[:, 0])
            up = up & ~fallen
        seen = torch.stack(angles, 1)  # (SHOWN, T), nan after a fall
        curves = {}
        for episode, angle in enumerate(seen):
            there = angle[~angle.isnan()]
            curves[f"episode {episode + 1}"] = (torch.arange(len(there)), there)
        return lines(curves, x_title="move", y_title="degrees from upright")


def _net(hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, outputs)
    )
