"""Where the time of a training step goes: a bar a part, with its share and its milliseconds."""

from dltui.render import bars
from dltui.render.cells import Line
from dltui.render.number import number
from dltui.render.terminal_capabilities import TerminalCapabilities

WIDEST = 100  # cells: longer bars say no more


def render(parts: list[dict], title: str, width: int, look: TerminalCapabilities) -> list[Line]:
    """Returns a line for the title and one for each of `parts`, {name, share, seconds}; the bars' scale begins at 0."""
    names = max(len(part["name"]) for part in parts)
    labels = [f"{part['name']:<{names}} {part['share']:6.1%}" for part in parts]
    values = [part["seconds"] * 1000 for part in parts]
    payload = {"title": title, "labels": labels, "values": values}
    return bars.render(payload, min(width, WIDEST), len(parts) + 1, look)


def milliseconds(seconds: float) -> str:
    """Returns a time such as "1.92 ms"."""
    return f"{number(seconds * 1000)} ms"


def size(count: float) -> str:
    """Returns bytes as a person reads them: 512 B, 3.4 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"


def operations(count: float) -> str:
    """Returns a number of operations, or of these a second, up to its unit: "999 ", "497 M", "7.92 G"."""
    for prefix in ("", "k", "M", "G", "T"):
        if count < 1000 or prefix == "T":
            break
        count /= 1000
    return f"{count:.4g} {prefix}" if count >= 1000 else f"{count:.3g} {prefix}"
