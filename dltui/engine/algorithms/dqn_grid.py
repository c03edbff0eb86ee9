"""Deep Q-learning of a walk through a grid ("Human-level control through deep reinforcement learning", Mnih et al.
2015).

S cells, A = 4 moves: up, right, down, left. Q (S, A): the return that a move promises, by the net.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Field, Marks

NEEDS_DATA = False
METRICS = {
    "loss": Metric("Huber loss of a batch of moves", better="lower", rows="train"),
    "return_share": Metric("return of the greedy walk / that of the best one, mean of all starts", better="higher"),
    "steady": Metric("mean of return_share over the last third of the training so far", better="higher"),
    "value_error": Metric("mean over the cells of |max Q - best return|", better="lower"),
    "best_return": Metric("best return by value iteration, mean of all starts"),
}
MAP = (
    "...#..",
    "...#..",
    "......",
    ".X#...",
    "..#.X.",
    ".....G",
)  # fmt: skip
MOVES = torch.tensor([[-1, 0], [0, 1], [1, 0], [0, -1]])  # rows, columns: up, right, down, left
SWEEPS = 500  # of value iteration: 0.99^500 is below 0.01
LONGEST = 40  # moves of a walk
WALKED = 4  # moves between two updates, as in the paper
LEAST_RANDOM = 0.1  # share of the moves that are random in the second half
LOOK = 25  # steps between looks at the return
PIXELS = 8  # of a cell in the picture


def build(
    *,
    memory: int = 4000,
    copy_every: int = 100,
    discount: float = 0.9,
    slip: float = 0.1,
    hidden: int = 64,
    batch: int = 64,
    lr: float = 0.01,
) -> Callable[[Context], "DeepQ"]:
    """Each step walks four moves and trains on a batch of remembered ones.

    memory: newest moves that the replay buffer keeps, from which batches are drawn, at least 1.
    copy_every: steps after which the target network becomes a copy of the net, at least 1; 1 is without one.
    discount: of a reward a move later, at least 0, at most 0.99.
    slip: chance that a move goes in a random direction, at least 0, at most 0.5.
    hidden: units of each of the two hidden layers, at least 1.
    batch: moves of an update, at least 1.
    lr: learning rate of Adam at the beginning, above 0; at the end of the run it is a fiftieth. Random moves get rare
        until the middle of the run.
    """
    return lambda context: DeepQ(context, memory, copy_every, World(discount, slip), hidden, batch, lr)


class World:
    """The grid: reward 1 at the goal G, -1 at a pit X, both end a walk; a move against a wall # or the edge stays."""

    def __init__(self, discount: float, slip: float, rows: tuple[str, ...] = MAP):
        self.high, self.wide, self.slip, self.discount = len(rows), len(rows[0]), slip, discount
        signs = "".join(rows)
        self.wall, goal, pit = (torch.tensor([sign == kind for sign in signs]) for kind in "#GX")
        self.reward, self.end = goal.float() - pit.float(), goal | pit  # (S,) of the cell that is entered
        self.starts = (~(self.wall | self.end)).nonzero().flatten()
        self.next = self._next()  # (S, A) the cell to which a move leads where it does not slip
        slipped = torch.stack([self._hits(self.next[:, move]) for move in range(4)], 1)  # (S, A, S)
        self.P = (1 - slip) * slipped + slip * slipped.mean(1, keepdim=True)
        self.best = self._value_iteration()  # (S,)

    def _next(self) -> Tensor:
        cells = torch.arange(self.high * self.wide)
        at = torch.stack([cells // self.wide, cells % self.wide], 1)[:, None] + MOVES  # (S, A, 2)
        inside = (at >= 0).all(2) & (at[..., 0] < self.high) & (at[..., 1] < self.wide)
        to = torch.where(inside, at[..., 0] * self.wide + at[..., 1], cells[:, None])
        return torch.where(self.wall[to], cells[:, None], to)

    def _hits(self, to: Tensor) -> Tensor:
        return torch.eye(len(self.wall), dtype=torch.float64)[to]

    def promised(self, V: Tensor) -> Tensor:
        """Returns V (S,) float64 of the cells -> what each move promises (S, A): Bellman's equation."""
        return self.P @ (self.reward + self.discount * V * ~self.end)

    def _value_iteration(self) -> Tensor:
        V = torch.zeros(len(self.wall), dtype=torch.float64)
        for _ in range(SWEEPS):
            V = self.promised(V).amax(1)
        return V

    def value_of(self, policy: Tensor) -> Tensor:
        """The return (S,) of always taking move policy (S,): solved for, V = P (r + discount V)."""
        P = self.P[torch.arange(len(policy)), policy]  # (S, S)
        left = torch.eye(len(policy), dtype=torch.float64) - self.discount * P * ~self.end
        return torch.linalg.solve(left, P @ self.reward.double())

    def share(self, policy: Tensor) -> float:
        """Its return / the best one, each the mean of all starts."""
        return (self.value_of(policy)[self.starts].mean() / self.best[self.starts].mean()).item()

    def moved(self, cell: Tensor, move: Tensor) -> Tensor:
        """Where one gets to from a cell, both scalars: by a random move where it slips."""
        move = torch.where(torch.rand(()) < self.slip, torch.randint(4, ()), move)
        return self.next[cell, move]


class DeepQ(nn.Module):
    """The net sees in which row and in which column it is, each one-hot; the world is on the host."""

    done = False

    def __init__(
        self,
        context: Context,
        memory: int,
        copy_every: int,
        world: World,
        hidden: int,
        batch: int,
        lr: float,
    ):
        super().__init__()
        self.world, self.copy_every, self.batch, self.lr, self.steps = world, copy_every, batch, lr, context.steps
        rows, columns = torch.eye(world.high), torch.eye(world.wide)
        self.seen = torch.cat([rows.repeat_interleave(world.wide, 0), columns.repeat(world.high, 1)], 1)  # (S, H + W)
        self.net, self.target = (
            nn.Sequential(
                nn.Linear(self.seen.shape[1], hidden),
                nn.ReLU(),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
                nn.Linear(hidden, 4),
            )
            for _ in range(2)
        )
        self.target.load_state_dict(self.net.state_dict())
        self.adam = AdamInBuffers(self.net.parameters(), lr)
        self.register_buffer("memory", torch.zeros(memory, 3, dtype=torch.long))  # cell, move, next cell
        self.register_buffer("cell", world.starts[torch.randint(len(world.starts), ())].clone())  # starts stay
        self.register_buffer("age", torch.zeros((), dtype=torch.long))
        self.walked = Counter(self, "moves")
        self.way = Trajectory(torch.tensor(world.share(self.q().argmax(1))))

    @torch.no_grad()
    def q(self, net: nn.Module | None = None) -> Tensor:
        """(S, A): of every cell."""
        return (net or self.net)(self.seen)

    def step(self) -> dict[str, float]:
        """Walks, remembers, and moves the weights once by remembered moves."""
        taken = int(self.adam.steps)
        self._walk(random=max(LEAST_RANDOM, 1 - 2 * taken / self.steps))
        held = min(int(self.walked), len(self.memory))
        cell, move, to = self.memory[torch.randint(held, (self.batch,))].unbind(1)  # (B,) each
        target = self.world.reward[to] + self.world.discount * self.q(self.target).amax(1)[to] * ~self.world.end[to]
        self.adam.lr = self.lr * max(0.02, 1 - taken / self.steps)
        with torch.enable_grad():
            promised = self.net(self.seen)[cell, move]
            loss = smooth_l1_loss(promised, target)
            self.adam.step(loss)
        if (taken + 1) % self.copy_every == 0:
            self.target.load_state_dict(self.net.state_dict())
        if (taken + 1) % LOOK == 0:
            self.way.add(taken + 1, torch.tensor(self.world.share(self.q().argmax(1))))
        return {"loss": float(loss.detach())}

    def _walk(self, random: float) -> None:
        """WALKED moves: the best by the net, or with the chance `random` any; from a new start after an end."""
        greedy, starts = self.q().argmax(1), self.world.starts
        for _ in range(WALKED):
            move = torch.where(torch.rand(()) < random, torch.randint(4, ()), greedy[self.cell])
            to = self.world.moved(self.cell, move)
            self.memory[int(self.walked) % len(self.memory)] = torch.stack([self.cell, move, to])
            self.walked.set(int(self.walked) + 1)
            over = self.world.end[to] | (self.age + 1 >= LONGEST)
            self.age = torch.where(over, 0, self.age + 1)
            self.cell = torch.where(over, starts[torch.randint(len(starts), ())], to)

    def evaluate(self) -> dict[str, float]:
        q, starts = self.q(), self.world.starts
        late = self.way.steps >= 2 / 3 * self.way.steps[-1]
        return {
            "return_share": self.world.share(q.argmax(1)),
            "steady": self.way.values[late].mean().item(),
            "value_error": (q.amax(1) - self.world.best)[starts].abs().mean().item(),
            "best_return": self.world.best[starts].mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """What each cell promises, with the greedy moves as arrows; and the return by steps."""
        q, best = self.q(), self.world.best[self.world.starts].max()
        yield Picture("value", self._map((q.amax(1) / best).clamp(0, 1), q.argmax(1)))
        yield Picture("best value", self._map((self.world.best / best).clamp(0, 1), self._best_moves()))
        curve = {"greedy": (self.way.steps, self.way.values)}
        yield Picture("return", lines(curve, x_title="step", y_title="share of the best return"))

    def _best_moves(self) -> Tensor:
        return self.world.promised(self.world.best).argmax(1)

    def _map(self, value: Tensor, move: Tensor) -> Field:
        """value (S,) in 0..1, move (S,): ends and walls have a mark of their own in place of an arrow."""
        high, wide = self.world.high, self.world.wide
        value = torch.where(self.world.end, (self.world.reward + 1) / 2, value)
        value = torch.where(self.world.wall, 0.5, value).float()
        cells = torch.arange(high * wide)
        kind = torch.where(self.world.wall, 3, torch.where(self.world.end, torch.where(self.world.reward > 0, 1, 2), 0))
        down, right = MOVES[move].T.double()
        right, down = (torch.where(kind > 0, torch.nan, way) for way in (right, down))
        grown = value.view(high, wide).repeat_interleave(PIXELS, 0).repeat_interleave(PIXELS, 1)
        return Field(
            values=grown.numpy(), x=np.array([0.5, wide + 0.5]), y=np.array([0.5, high + 0.5]),
            points=Marks(
                x=(cells % wide + 1).double().numpy(), y=(high - cells // wide).double().numpy(),
                label=kind.numpy(), dx=right.numpy(), dy=-down.numpy(),
            ),
            classes=["greedy move", "goal", "pit", "wall"], x_title="column", y_title="row",
        )  # fmt: skip
