"""Which part of the x axis a plot shows: all of it, a stretch that was chosen, or the newest stretch as it grows."""

ZOOM = 2.0  # one key
PAN = 0.25  # of what is shown
FINEST = 8.0  # steps or seconds
STILL = 8  # a stretch that follows moves by an eighth of itself, so that a live plot mostly holds still


class Viewport:
    """`length` is how much is shown, None for all. `right` is where it ends, None while it follows the newest."""

    def __init__(self) -> None:
        self.length: float | None = None
        self.right: float | None = None

    @property
    def follows(self) -> bool:
        """Whether what comes will be seen."""
        return self.right is None

    def range(self, newest: float, end: float) -> tuple[float, float]:
        """Returns (x_min, x_max) of an axis from 0 to `end` on which the newest point lies at `newest`."""
        if self.length is None:
            return 0.0, end
        if self.right is not None:
            return self.right - self.length, self.right
        unit = self.length / STILL
        right = min(max(end, newest), -(-newest // unit) * unit)
        right = max(right, self.length)
        return right - self.length, right

    def zoom(self, times: float, about: float | None, newest: float, end: float) -> None:
        """Shows `times` as much, `about` staying where it is; without it the newest stays in sight, else the middle."""
        low, high = self.range(newest, end)
        length = max(FINEST, (high - low) * times)
        if length >= end:
            self.all()
            return
        if about is None and self.follows:
            self.length = length
            return
        about = (low + high) / 2 if about is None else about
        share = (about - low) / (high - low)
        self._show(about - share * length, length, end)

    def pan(self, share: float, newest: float, end: float) -> None:
        """Moves by `share` of what is shown, to the right where it is positive."""
        if self.length is None:
            return
        low, high = self.range(newest, end)
        if self.follows and share > 0:
            return
        self._show(low + share * (high - low), self.length, end)
        if self.right is not None and self.right >= max(newest, self.length):
            self.right = None

    def all(self) -> None:
        """Shows everything."""
        self.length = self.right = None

    def hold(self, low: float, newest: float, end: float) -> None:
        """Moves the stretch so that it begins at `low`, as far as the axis goes."""
        if self.length is not None:
            self._show(low, self.length, end)

    def _show(self, low: float, length: float, end: float) -> None:
        low = max(0.0, min(low, end - length))
        self.length, self.right = length, low + length
