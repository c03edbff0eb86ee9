"""`dltui report`: runs as a page, a slide or a film, for those who have no dltui."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated, NamedTuple

import typer

from dltui.cli import complete
from dltui.cli.environment import Environment
from dltui.cli.follow import recipe_of
from dltui.cli.words import Variant
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.check import LANGUAGES
from dltui.report import target
from dltui.runs import run as runs
from dltui.runs.run import Run

EXAMPLES = """
dltui report last                              # a page: <run>.html
dltui report mlp-mnist lenet-mnist --html both.html
dltui report --course --html ann.html          # all that was done here
dltui report last --svg confusion --white      # one pane for a slide; also --png
dltui report gan-mnist --gif gan.gif           # the replay as a film; --cast for asciinema
"""
SIZE = re.compile(r"(\d{1,3})x(\d{1,3})")
SIZE_BY_DEFAULT = "100x30"
LEAST, MOST = (20, 6), (300, 120)  # columns and lines
SCALE = 2  # of a PNG: sharp on a projector


def command(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN...]", help="One run or more.", autocompletion=complete.runs)
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="A page. The default.")] = None,
    course: Annotated[bool, typer.Option("--course", help="A page of all that was done here.")] = False,
    svg: Annotated[str, typer.Option("--svg", metavar="PANE", help="A pane or metric as a vector picture.")] = "",
    png: Annotated[str, typer.Option("--png", metavar="PANE", help="A pane or metric in pixels.")] = "",
    gif: Annotated[Path | None, typer.Option("--gif", metavar="FILE", help="The replay as a film.")] = None,
    cast: Annotated[Path | None, typer.Option("--cast", metavar="FILE", help="The replay for asciinema.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where --svg or --png go.")] = None,
    variant: Variant = "",
    white: Annotated[bool, typer.Option("--white", help="--svg and --png on a white page.")] = False,
    size: Annotated[str, typer.Option(metavar="COLUMNSxLINES", help="Of a pane or a film.")] = SIZE_BY_DEFAULT,
    language: Annotated[str, typer.Option("--lang", metavar="en|ru", help="Of a page; by default the locale's.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Make a page, a slide or a film of runs. What was written is told on standard output; FILE - goes there itself.

    A page is one file: lesson, claims, curves, pictures and configuration; it needs no network, and can be printed.
    """
    env = context.obj
    given = {"--html": html, "--svg": svg, "--png": png, "--gif": gif, "--cast": cast}
    asked = [name for name, value in given.items() if value] or ["--html"]
    look = _Look(svg or png, variant, not white, _size(size))
    _check_asked([*asked, *(["--out"] if out and (html or gif or cast) else [])], course, look)
    kind = "course" if course else asked[0][2:]
    found = _runs(words or [], kind)
    to = html or gif or cast or out or _default(found, kind, svg or png)
    target.check(to, "html" if course else kind, force=force)
    made = _makers(env, language)[kind]
    with target.opened(to, env.stdout) as file:
        made(file, found, look)
    if not (to == target.STDOUT or target.is_stream(to)):
        env.print(str(to))


def _check_asked(asked: list[str], course: bool, look: "_Look") -> None:
    """Raises DltuiError (2) for options that do not go together, and for one that would change nothing."""
    picture, framed = asked[0] in ("--svg", "--png"), asked[0] != "--html"
    if len(asked) > 1 or (course and asked != ["--html"]):
        asked = [*asked, *(["--course"] if course else [])]
        raise DltuiError(f"{' and '.join(asked)} are different answers.", "Ask for one.", ExitStatus.USAGE)
    idle = {
        "--variant": ("--svg and --png", look.variant and not picture),
        "--white": ("--svg and --png", not look.dark and not picture),
        "--size": ("--svg, --png, --gif and --cast", look.size != _size(SIZE_BY_DEFAULT) and not framed),
    }
    for name, (of, is_idle) in idle.items():
        if is_idle:
            raise DltuiError(f"{name} is for {of}.", f"Leave out {name}.", ExitStatus.USAGE)


class _Look(NamedTuple):
    """What of a run is shown, and on what."""

    pane: str
    variant: str
    dark: bool
    size: tuple[int, int]


Maker = Callable[[IO[bytes], list[Run], _Look], None]


def _makers(env: Environment, language: str) -> dict[str, Maker]:
    """What writes each kind of file."""
    language = language or env.language
    if language not in LANGUAGES:
        hint = did_you_mean(language, LANGUAGES)
        raise DltuiError(f'There are no lessons in "{language}".', hint, ExitStatus.USAGE)

    def page(file: IO[bytes], found: list[Run], _look: _Look) -> None:
        from dltui.report import page

        file.write(page.render(found, language).encode())

    def course(file: IO[bytes], _found: list[Run], _look: _Look) -> None:
        from dltui.report import course_page

        file.write(course_page.render(language).encode())

    def svg(file: IO[bytes], found: list[Run], look: _Look) -> None:
        from dltui.report import cells_svg

        of = cells_svg.DARK if look.dark else cells_svg.WHITE
        file.write(cells_svg.svg(_lines(found[0], look, env), of, f"{look.pane} of {found[0].id}").encode())

    def png(file: IO[bytes], found: list[Run], look: _Look) -> None:
        from dltui.report import cells_svg, raster

        of = cells_svg.DARK if look.dark else cells_svg.WHITE
        raster.image(_lines(found[0], look, env), of, SCALE).save(file, "PNG")

    def gif(file: IO[bytes], found: list[Run], look: _Look) -> None:
        from dltui.report import film

        film.write_gif(file, found[0], recipe_of(found[0], env), look.size)

    def cast(file: IO[bytes], found: list[Run], look: _Look) -> None:
        from dltui.report import film

        film.write_cast(file, found[0], recipe_of(found[0], env), look.size)

    return {"html": page, "course": course, "svg": svg, "png": png, "gif": gif, "cast": cast}


def _lines(run: Run, look: _Look, env: Environment) -> list:
    from dltui.report import slide
    from dltui.runs.events import Tail
    from dltui.runs.history import History

    history = History()
    history.take(Tail(run.log, stored=True).read())
    return slide.lines(run, history, recipe_of(run, env), look.pane, look.variant, look.size, dark=look.dark)


def _runs(words: list[str], kind: str) -> list[Run]:
    """The runs that are named. Raises DltuiError (2), (3) where none is, or more than this kind of file shows."""
    if kind == "course":
        if words:
            raise DltuiError("--course is a page of all that was done here.", "Leave out RUN.", ExitStatus.USAGE)
        return []
    if not words:
        raise DltuiError("Of which run? RUN is missing.", "Such as: dltui report last", ExitStatus.USAGE)
    found = list(dict.fromkeys(runs.find_to_read(word) for word in words))
    if len(found) > 1 and kind != "html":
        raise DltuiError(f"--{kind} shows one run, not {len(found)}.", "Only --html lays runs over.", ExitStatus.USAGE)
    for run in found:
        if not run.log.exists():
            what = f"{run.id} has no events yet."
            raise DltuiError(what, f"Watch it: dltui attach {run.id}", ExitStatus.NOT_FOUND)
    return found


def _default(found: list[Run], kind: str, pane: str) -> Path:
    if kind == "course":
        return Path("course.html")
    stem = found[0].id if len(found) == 1 else "runs"
    return Path(f"{stem}-{re.sub(r'[^0-9A-Za-z]+', '-', pane).strip('-')}.{kind}" if pane else f"{stem}.{kind}")


def _size(text: str) -> tuple[int, int]:
    found = SIZE.fullmatch(text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(low <= number <= high for low, number, high in zip(LEAST, size, MOST, strict=True)):
        what = f"--size {text}: columns and lines, {LEAST[0]}x{LEAST[1]} to {MOST[0]}x{MOST[1]}."
        raise DltuiError(what, "Such as: --size 80x24", ExitStatus.USAGE)
    return size
