"""Arguments that many commands take."""

from typing import Annotated

import typer

from dltui.cli import complete

RunWord = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run's id, its beginning, its name, a recipe's name (its latest run), or last.",
        autocompletion=complete.runs,
    ),
]
ReadWord = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run's id, its beginning, its name, a recipe's name (its latest run), last, or the path of its folder.",
        autocompletion=complete.runs,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
KindFiles = Annotated[
    list[str] | None,
    typer.Option("--kinds", metavar="FILE", help="A Python file with a kind of your own; may be repeated."),
]
Source = Annotated[
    str,
    typer.Option(
        metavar="SOURCE", help="auto, hub, builtin, hf:OWNER/NAME or a path.", autocompletion=complete.sources
    ),
]
Variant = Annotated[str, typer.Option(help="One variant of the run; the first where none is named.")]
AsEvents = Annotated[bool, typer.Option("--json", help="The run's events on stdout, one a line, and nothing else.")]
