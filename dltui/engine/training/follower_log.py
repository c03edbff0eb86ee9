"""The log of a process that is not the first of its run: the first alone writes, and is told why another fails."""

from collections.abc import Callable


class FollowerLog:
    """Stands where the first process of a run has its EventLog, and writes nothing."""

    seq = 0

    def __init__(self) -> None:
        self.failed = False
        self.tell: Callable[[str, str, int], object] = lambda error, hint, status: None

    def write(self, kind: str, **fields: object) -> None:
        """Tells the first process of a failure; of all else it knows by itself."""
        if kind == "finished" and fields["status"] == "failed":
            self.failed = True
            self.tell(fields["error"], fields["hint"], fields["exit"])

    def sync(self) -> None:
        """Nothing is to be synced."""

    def close(self) -> None:
        """Nothing is open."""
