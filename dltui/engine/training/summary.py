"""The values of a run as its claims and its summary name them: last, first, least and greatest of each metric."""

import math

from dltui.recipes.claims import Claim


class Summary:
    """{(series, metric): {last, first, min, max}}; plain floats, so that a checkpoint can hold it."""

    def __init__(self, saved: list | None = None):
        self.found: dict[tuple[str, str], dict[str, float]] = {
            (series, name): {key: float(value) for key, value in entry.items()} for series, name, entry in saved or []
        }

    def take(self, series: str, values: dict[str, float]) -> None:
        """Takes in the newest value of some metrics."""
        for name, value in values.items():
            entry = self.found.setdefault((series, name), {"first": value, "min": value, "max": value})
            entry["last"] = value
            if math.isfinite(value):
                entry["min"], entry["max"] = min(entry["min"], value), max(entry["max"], value)

    def saved(self) -> list:
        """Returns what the constructor takes, for JSON."""
        return [
            [series, name, {key: value if math.isfinite(value) else str(value) for key, value in entry.items()}]
            for (series, name), entry in self.found.items()
        ]

    def last(self) -> dict[str, float]:
        """{name: last value}; a name is `metric` or `variant.metric`."""
        return {_named(series, name): entry["last"] for (series, name), entry in self.found.items()}

    def judged(self, claims: list[Claim]) -> list[dict]:
        """Returns each claim with what was got and whether it is met."""
        every = dict(self.last())
        for (series, name), entry in self.found.items():
            every |= {f"{_named(series, name)}.{key}": entry[key] for key in ("first", "min", "max")}
        return [claim.judged(every) for claim in claims]


def _named(series: str, name: str) -> str:
    return f"{series}.{name}" if series else name
