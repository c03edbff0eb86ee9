"""`dltui predict`: what a trained run says of the user's own pictures and texts."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import coco_boxes, trained_run
from dltui.cli.columns import aligned
from dltui.cli.environment import Environment
from dltui.cli.words import AsJson, ReadWord, Variant
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_answer
from dltui.runs import run as runs

EXAMPLES = """
dltui predict lenet-mnist digit.png
dltui predict last pictures/*.png --json | jq -r '.rows[] | [.file, .label] | @tsv'
dltui predict yolo photo.jpg --coco found.json
echo 'the film is not bad' | dltui predict sentiment --variant lstm -
"""
SHOWN = 3  # classes on a line
PICTURE_LINES = 16
LONGEST = 10_000_000  # bytes of standard input
SHOWN_TEXT = 120  # letters
NAMED = 3  # files to which the same was done
READ = "Pictures that are read: PNG, JPEG, BMP, GIF, WEBP, TIFF, PPM."


def command(
    context: typer.Context,
    word: ReadWord,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Pictures, or files with a text a line; - for stdin.")
    ],
    variant: Variant = "",
    coco: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of a detector: write pictures and boxes as COCO JSON.")
    ] = None,
    as_json: AsJson = False,
) -> ExitStatus:
    """What a trained run says of your pictures, or of your texts, a line each. Status 4 where one cannot be read, 3
    where all of those are not there. A detector tells boxes: left, top, width and height in your picture's pixels.

    Where the run's pictures have a plain ground, as digits do, yours are made alike, and it is told: inverted
    where they are dark on light, uneven light taken out, cropped and centred. A terminal shows the first as the net
    sees them.
    """
    env, run = context.obj, runs.find_to_read(word)
    trained_run.check(run, "predict")
    if coco and trained_run.predicts(run) != "boxes":
        raise DltuiError(f"{run.id} finds no boxes.", "Leave --coco out.", ExitStatus.USAGE)
    if coco:
        coco_boxes.check(coco)
    given = ["--variant", variant] if variant else []
    with tempfile.TemporaryDirectory(prefix="dltui-predict-") as folder:
        stdin = Path(folder) / "stdin.txt"
        if "-" in files:
            raw = getattr(env.stdin, "buffer", None)  # as files are: its encoding is found out
            given_text = raw.read(LONGEST + 1) if raw else env.stdin.read(LONGEST + 1).encode()
            if len(given_text) > LONGEST:
                what = f"Standard input is longer than {LONGEST // 10**6} MB."
                raise DltuiError(what, "Give it as files of a text a line.", ExitStatus.DATA)
            stdin.write_bytes(given_text)
        asked = [str(stdin) if file == "-" else file for file in files]
        answer = engine_answer.ask("predict", str(run.path), *given, "--folder", folder, "--", *asked)
        for row in answer["rows"]:
            row |= {part: row[part].replace(str(stdin), "-") for part in ("file", "error")}
        answer["notes"] = [note.replace(str(stdin), "-") for note in answer["notes"]]
        seen = answer.pop("seen", None)
        if seen and env.animated and not as_json:
            _draw(env, seen, Path(folder))
    good = [row for row in answer["rows"] if not row["error"]]
    used = [answer] if "step" in answer else []  # the run was not opened where no file is a picture
    trained_run.tell(env, run, used, answer["notes"], variant=variant, as_json=as_json)
    if coco and good:
        coco_boxes.write(coco, answer)
        env.tell(f"{sum(len(row['objects']) for row in good):,} boxes of {len(good):,} pictures are in {coco}")
    if as_json:
        env.print_json({**trained_run.described(run, variant), **answer})
    elif good and "objects" in good[0]:
        _tell_objects(env, good)
    elif good:
        texts = ["TEXT"] if any("text" in row for row in good) else []
        rows = [("FILE", "LABEL", "PROBABILITIES", *texts)]
        rows += [(row["file"], row["label"], _shares(row), *([_cut(row["text"])] if texts else [])) for row in good]
        header, *lines = aligned(rows, env.table_width)
        env.print(header, bold=True)
        env.print("\n".join(lines))
    _tell_done(env, good)
    for row in answer["rows"]:
        if row["error"]:
            error = row["error"].removeprefix(f"{row['file']}: ")
            env.tell(f"{row['file']}: {error}")
    if any("not a picture" in row["error"] for row in answer["rows"]):
        env.tell(READ)
    errors = [row["error"] for row in answer["rows"] if row["error"]]
    absent = all("no such file" in error.lower() for error in errors)
    return ExitStatus.OK if not errors else ExitStatus.NOT_FOUND if absent else ExitStatus.DATA


def _tell_objects(env: Environment, rows: list[dict]) -> None:
    cells = [("FILE", "LABEL", "SCORE", "X", "Y", "WIDTH", "HEIGHT")]
    for row in rows:
        for found in row["objects"]:
            cells.append(
                (row["file"], found["label"], f"{found['score']:.2f}", *(f"{side:.0f}" for side in found["box"]))
            )
    header, *lines = aligned(cells, env.table_width, right=(2, 3, 4, 5, 6))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    for row in rows:
        if not row["objects"]:
            env.tell(f"{row['file']}: nothing found.")


def _draw(env: Environment, seen: dict, folder: Path) -> None:
    from dltui.cli.drawing import draw
    from dltui.render import frames

    event = {"series": "", "step": 0, "pane": "seen", "payload": seen}
    draw(env, lambda width, look: frames.picture(event, folder, width, PICTURE_LINES, look))


def _tell_done(env: Environment, rows: list[dict]) -> None:
    """Tells what was done to pictures, once for all to which the same was done."""
    files: dict[str, list[str]] = {}
    for row in rows:
        if row["done"]:
            files.setdefault("; ".join(row["done"]), []).append(row["file"])
    for done, names in files.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        env.tell(f"{', '.join(names[:NAMED])}{more}: {done}.")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]}…"


def _shares(row: dict) -> str:
    best = sorted(row["probabilities"].items(), key=lambda item: -item[1])[:SHOWN]
    return "  ".join(f"{name} {share:.1%}" for name, share in best)
