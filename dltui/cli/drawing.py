"""Pictures of render/ printed between the lines of a command's output."""

from collections.abc import Callable

from dltui.cli.environment import Environment
from dltui.render.cells import Line
from dltui.render.terminal import Ink
from dltui.render.terminal_capabilities import TerminalCapabilities, detect

WIDE = 160  # where a program or a log file reads it
Render = Callable[[int, TerminalCapabilities], list[Line]]  # width, look -> lines


def draw(env: Environment, render: Render) -> None:
    """Prints what `render` gives to standard output: in colours on a terminal, else as plain characters."""
    if not env.animated:
        env.print(plain(env, render))
        return
    look = detect(env.variables, env.stdout)
    ink = Ink(look)
    for line in _without_rest(render(env.width, look)):
        env.stdout.write(ink.row(line).decode().rstrip(" ") + "\n")


def plain(env: Environment, render: Render) -> str:
    """Returns what `render` gives as plain characters."""
    look = detect(env.variables, env.stdout)._replace(colours="none")
    return "\n".join(
        "".join(segment.text for segment in line).rstrip() for line in render(env.table_width or WIDE, look)
    )


def _without_rest(lines: list[Line]) -> list[Line]:
    """The lines without the blank ones at the end."""
    end = len(lines)
    while end and not any(text.strip() or (style and style.bgcolor) for text, style, _ in lines[end - 1]):
        end -= 1
    return lines[:end]
