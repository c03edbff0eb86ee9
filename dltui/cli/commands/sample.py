"""`dltui sample`: new pictures from what was trained."""

import re
from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import trained_run
from dltui.cli.words import AsJson, RunWord, Variant
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_answer
from dltui.report.target import opened
from dltui.runs import run as runs

EXAMPLES = """
dltui sample gan-mnist
dltui sample last --count 16 --seed 7
dltui sample cgan --label 7 --grid 4x8 --out sevens.png
dltui sample ddpm --grid 6x6 --gif way.gif      # out of noise, step by step
"""
ROWS = 24  # lines of the picture
GRID = re.compile(r"(\d{1,2})x(\d{1,2})")
MOST = 4096  # pictures
GREATEST_SEED = 2**63 - 1  # that torch takes


def command(
    context: typer.Context,
    word: RunWord,
    count: Annotated[int, typer.Option(min=1, max=MOST, help="How many.")] = 64,
    seed: Annotated[int, typer.Option(min=0, max=GREATEST_SEED, help="The same seed, the same pictures.")] = 0,
    label: Annotated[str, typer.Option(help="Of this class, by a run that was told classes.")] = "",
    grid: Annotated[str, typer.Option(metavar="ROWSxCOLUMNS", help="So many, and so laid out.")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Where to; by default the run's folder.")] = None,
    gif: Annotated[Path | None, typer.Option(metavar="FILE.gif", help="A diffusion's way out of noise.")] = None,
    variant: Variant = "",
    as_json: AsJson = False,
) -> None:
    """New pictures from a trained run: the files' names on standard output, on a terminal the picture too."""
    env, run = context.obj, runs.find(word)
    rows, columns = _grid(grid) if grid else (0, 0)
    targets = [path for path in (out, gif) if path]
    for path, suffix in ((out, ".png"), (gif, ".gif")):
        _check_target(path, suffix)
    trained_run.check(run, "sample")
    given = ["--count", str(rows * columns or count), "--seed", str(seed)]
    for name, value in (("variant", variant), ("label", label), ("columns", str(columns or ""))):
        given += [f"--{name}", value] if value else []
    answer = engine_answer.ask("sample", str(run.path), *given, *(["--film"] if gif else []))
    trained_run.tell(env, run, [answer], answer["notes"], variant=variant, as_json=as_json)
    made = [Path(file) for file in answer["files"]]
    for path, file in zip(targets, made if out else made[1:], strict=False):
        with opened(path, env.stdout) as copy:
            copy.write(file.read_bytes())
    answer["files"] = [str(path) for path in targets] or answer["files"]
    if as_json:
        env.print_json({**trained_run.described(run, variant), **answer})
        return
    if env.animated:
        from dltui.cli.drawing import draw
        from dltui.render import frames

        event = {"series": "", "step": 0, "pane": "samples", "payload": answer["payload"]}
        draw(env, lambda width, look: frames.picture(event, made[0].parent, width, ROWS, look))
    env.print("\n".join(answer["files"]))


def _grid(text: str) -> tuple[int, int]:
    found = GRID.fullmatch(text)
    rows, columns = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= rows * columns <= MOST:
        what = f"--grid {text}: rows and columns, 1x1 to 64x64."
        raise DltuiError(what, "Such as: --grid 8x8", ExitStatus.USAGE)
    return rows, columns


def _check_target(path: Path | None, suffix: str) -> None:
    """Raises DltuiError (2), (3) for a file that is there already, of another kind, or in no folder."""
    if path is None:
        return
    if path.suffix.lower() != suffix:
        raise DltuiError(f"{path}: its name must end in {suffix}.", f"Such as: samples{suffix}", ExitStatus.USAGE)
    if path.exists():
        raise DltuiError(f"{path} is there already.", "Choose another name.", ExitStatus.USAGE)
    if not path.parent.is_dir():
        what = f"{path}: there is no folder {path.parent}."
        raise DltuiError(what, "Make it first, or choose another.", ExitStatus.NOT_FOUND)
