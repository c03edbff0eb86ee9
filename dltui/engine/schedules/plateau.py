"""The rate falls when the loss has stopped falling."""


def build(*, factor: float = 0.3, patience: int = 3, threshold: float = 0.01, windows: int = 30) -> "Plateau":
    """Returns (t, T) -> factor^(how often the loss stood still); it sees the role's training loss of every step.

    factor: by which the rate is multiplied, above 0, below 1.
    patience: windows in a row without a better loss that are borne, at least 0.
    threshold: share by which a loss must be lower than the best one to be better, at least 0, below 1.
    windows: into how many stretches of steps a run is cut, at least 1. The mean loss of a stretch is what is
        compared: that of one batch jumps.
    """
    return Plateau(factor, patience, threshold, windows)


class Plateau:
    """What it remembers are plain numbers, so that a checkpoint holds them."""

    def __init__(self, factor: float, patience: int, threshold: float, windows: int):
        self.factor, self.patience, self.threshold, self.windows = factor, patience, threshold, windows
        self.best: float | None = None
        self.total, self.bad, self.falls = 0.0, 0, 0

    def __call__(self, t: int, T: int) -> float:
        return self.factor**self.falls

    def update(self, loss, t: int, T: int) -> None:
        """Takes the loss of step t, a number or a 0-d tensor; a device is waited for at the end of a window only."""
        window = max(1, T // self.windows)
        self.total = self.total + loss
        if t % window:
            return
        mean, self.total = float(self.total) / window, 0.0
        if self.best is None or mean < self.best * (1 - self.threshold):
            self.best, self.bad = mean, 0
            return
        self.bad += 1
        if self.bad > self.patience:
            self.falls, self.bad = self.falls + 1, 0

    def state(self) -> dict:
        return {"best": self.best, "total": float(self.total), "bad": self.bad, "falls": self.falls}

    def restore(self, state: dict) -> None:
        vars(self).update(state)
