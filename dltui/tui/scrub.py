"""Which step's pictures are seen: the newest as they come, or those of an earlier step."""

from bisect import bisect_left, bisect_right

from dltui.runs.history import History


class Scrub:
    """`step` is the step whose pictures are seen, None for the newest."""

    def __init__(self) -> None:
        self.step: int | None = None

    def go(self, where: str, history: History) -> None:
        """where: earlier, later, first or newest."""
        getattr(self, where)(history)

    def earlier(self, history: History) -> None:
        """Goes to the pictures before those that are seen."""
        steps = picture_steps(history)
        here = len(steps) - 1 if self.step is None else bisect_left(steps, self.step)
        if steps:
            self.step = steps[max(0, here - 1)]

    def later(self, history: History) -> None:
        """Goes to the pictures after those that are seen; after the last earlier ones it follows the newest again."""
        if self.step is None:
            return
        steps = picture_steps(history)
        place = bisect_right(steps, self.step)
        self.step = steps[place] if place < len(steps) - 1 else None

    def first(self, history: History) -> None:
        """Goes to the first pictures."""
        self.step = next(iter(picture_steps(history)), None)

    def newest(self, _history: History | None = None) -> None:
        """Follows the newest."""
        self.step = None


def picture_steps(history: History) -> list[int]:
    """Returns the steps at which there are pictures, rising."""
    return sorted({event["step"] for events in history.frames.values() for event in events})
