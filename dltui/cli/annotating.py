"""`dltui runs tag, note, name, pin, group`: what the user notes about runs to find them again.

Each adds or sets; with --remove it takes away. All of the runs that a command is about are changed, or none where one
of its words is wrong.
"""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from dltui.cli import complete, run_choice
from dltui.cli.run_choice import Where
from dltui.cli.words import RunWord
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import annotations, given_names
from dltui.runs import run as runs
from dltui.runs.annotations import MOST_TAGS, Annotations
from dltui.runs.run import Run
from dltui.text import clean

Change = Callable[[Annotations], Annotations]
Words = Annotated[list[str] | None, typer.Argument(metavar="RUN... TAG", help="Runs, then a tag, or a,b,c for several.",
                                                   autocompletion=complete.runs)]  # fmt: skip
Grouped = Annotated[list[str] | None, typer.Argument(metavar="RUN... GROUP", help="Runs, then the group's name.",
                                                     autocompletion=complete.runs)]  # fmt: skip
Runs = Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Runs.", autocompletion=complete.runs)]
SomeText = Annotated[list[str] | None, typer.Argument(metavar="[TEXT]", help="Without it: print the note.")]
OwnName = Annotated[
    str, typer.Argument(metavar="[NAME]", help="Any words without / < > = ! :. Without it: print the name.")
]


def tag(
    context: typer.Context,
    words: Words = None,
    where: Where = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tags away; all where none is named.")] = False,
) -> None:
    """Tag runs: `dltui runs tag:x` lists them. A tag is one word; several stand as a,b,c."""
    words, given = list(words or ()), []
    if words and (where is not None or len(words) > 1 or not remove):  # `tag RUN --remove` takes all of its tags away
        given = [one.removeprefix("#") for one in words.pop().split(",") if one]
        _check(problem for one in given for problem in annotations.tag_problems(one))
    if not given and not remove:
        raise DltuiError("Which tag? None is given.", "Example: dltui runs tag last baseline", ExitStatus.USAGE)
    found = _chosen(words, where, "tag", ",".join(given), "several tags are a,b,c")
    if remove:
        _changed(context.obj, found, lambda before: before._replace(tags=_without(before.tags, given)))
        return
    for run in found:
        if (count := len({*run.annotations.tags, *given})) > MOST_TAGS:
            what = f"{run.id} would have {count} tags; at most {MOST_TAGS} are possible."
            raise DltuiError(what, "Nothing was changed.", ExitStatus.USAGE)
    _changed(context.obj, found, lambda before: before._replace(tags=tuple(dict.fromkeys((*before.tags, *given)))))


def _without(tags: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """The tags that are left; none where none is named."""
    return tuple(one for one in tags if given and one not in given)


def group(
    context: typer.Context,
    words: Grouped = None,
    where: Where = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the runs out of their groups.")] = False,
) -> None:
    """Put runs into a group, each into one: `dltui runs group:x` lists them."""
    words, name = list(words or ()), ""
    if words and not remove:
        name = words.pop()
        _check(annotations.tag_problems(name, "group"))
    if not name and not remove:
        what = "Which group? None is given."
        raise DltuiError(what, "Example: dltui runs group last lr-study", ExitStatus.USAGE)
    found = _chosen(words, where, "group", name, "with --remove there is no GROUP" if remove else "a group is one word")
    _changed(context.obj, found, lambda before: before._replace(group=name))


def pin(
    context: typer.Context,
    words: Runs = None,
    where: Where = None,
    remove: Annotated[bool, typer.Option("--remove", help="Unpin them.")] = False,
) -> None:
    """Pin runs: first in the app, and kept by `dltui runs rm` unless they are named outright."""
    found = run_choice.chosen(words or [], where)
    _changed(context.obj, found, lambda before: before._replace(pinned=not remove))


def note(
    context: typer.Context,
    word: RunWord,
    text: SomeText = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the note away.")] = False,
) -> None:
    """Write a note about a run, in place of the one before; - takes it from standard input."""
    env, run = context.obj, runs.find(word)
    if text and remove:
        raise DltuiError("A TEXT and --remove are two wishes.", "Give one of them.", ExitStatus.USAGE)
    if not text and not remove:
        _print(env, run, lambda noted: noted.note, "note")
        return
    written = _read(env) if text == ["-"] else " ".join(text or ())
    _check(annotations.note_problems(written))
    _changed(env, [run], lambda before: before._replace(note=clean(written)))


def name(
    context: typer.Context,
    word: RunWord,
    given: OwnName = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the name away.")] = False,
) -> None:
    """Give a run a name, which stands for it wherever a RUN is asked for. No other run, recipe or id has it."""
    env, run = context.obj, runs.find(word)
    if given and remove:
        raise DltuiError("A NAME and --remove are two wishes.", "Give one of them.", ExitStatus.USAGE)
    if not given and not remove:
        _print(env, run, lambda noted: noted.name, "name")
        return
    _tell(env, run, given_names.give(run, given))


def _read(env) -> str:
    try:
        return env.stdin.read(annotations.LONGEST_NOTE + 2).rstrip("\n")
    except UnicodeDecodeError as error:
        raise DltuiError(f"standard input: no text: {error}.", "Nothing was changed.", ExitStatus.DATA) from None


def _chosen(words: Sequence[str], where: Sequence[str] | None, command: str, given: str, rule: str) -> list[Run]:
    try:
        return run_choice.chosen(words, where)
    except DltuiError as error:
        if error.status is ExitStatus.NOT_FOUND and len(words) > 1:
            error.hint += f"\nThe words before the last are runs; {rule}."
        elif not words and where is None:
            error.hint = f"Example: dltui runs {command} last {given or 'good'}"
        raise


def _check(problems: Sequence[str]) -> None:
    if found := [*problems]:
        told = "\n".join(problem[0].upper() + problem[1:] for problem in found)
        raise DltuiError(told, "Nothing was changed.", ExitStatus.USAGE)


def _print(env, run: Run, field: Callable[[Annotations], str], what: str) -> None:
    noted = run.annotations
    if noted.problem:
        env.tell(noted.problem)
    if text := field(noted):
        env.print(text)
    else:
        env.tell(f"{run.id} has no {what}.")


def _changed(env, found: Sequence[Run], change: Change) -> None:
    for run in found:
        _tell(env, run, annotations.change(run.path, change))


def _tell(env, run: Run, noted: Annotations) -> None:
    env.tell(f"{run.id}: {annotations.told(noted) or 'nothing is noted'}")
