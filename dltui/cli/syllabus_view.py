"""`dltui course --file`: a teacher's own course, and how far one is in it."""

from datetime import date
from pathlib import Path

from dltui.cli.columns import aligned
from dltui.cli.environment import Environment
from dltui.recipes import files
from dltui.runs import exercise_folder, recipe_status, syllabus
from dltui.runs.syllabus import Part

MARKS = {"met": "met", "solved": "solved", "missed": "not met", "failed": "failed", "ran": "ran", "live": "running",
         "begun": "begun", "": ""}  # fmt: skip


def show(env: Environment, path: Path, *, as_json: bool, today: date) -> None:
    """Prints a syllabus: each part with its date, each recipe and exercise with how it stands here."""
    course = syllabus.read(path)
    stands = _standings(course.parts)
    if as_json:
        env.print_json([_as_json(part, stands) for part in course.parts])
        return
    env.print(course.title, bold=True)
    for part in course.parts:
        items = [*part.recipes, *part.exercises]
        done = sum(stands[item] in ("met", "solved") for item in items)
        late = part.due and part.due < today and done < len(items)
        due = f"  due {part.due}{', late' if late else ''}" if part.due else ""
        env.print(f"\n{part.name}  {done} of {len(items)}{due}", bold=True)
        rows = [("", "run", name, MARKS[stands[name]]) for name in part.recipes]
        rows += [("", "exercise", name, MARKS[stands[name]]) for name in part.exercises]
        env.print("\n".join(aligned(rows, env.table_width, whole=(1, 2))))
    following = [(verb, item) for part in course.parts
                 for verb, items in (("run", part.recipes), ("exercise", part.exercises))
                 for item in items if stands[item] not in ("met", "solved")]  # fmt: skip
    env.tell(f"Next: dltui {' '.join(following[0])}" if following else "All is done.")


def _standings(parts: tuple[Part, ...]) -> dict[str, str]:
    """Recipe or exercise -> how it stands here, a key of MARKS."""
    wanted = {name for part in parts for name in part.recipes}
    marks = recipe_status.read({name: path for name, path in files.files().items() if name in wanted})
    stands = {name: marks[name].kind if name in marks else "" for name in wanted}
    for name in (name for part in parts for name in part.exercises):
        progress = exercise_folder.progress(name)
        stands[name] = "" if progress is None else "solved" if progress.solved else "begun"
    return stands


def _as_json(part: Part, stands: dict[str, str]) -> dict:
    return {
        "name": part.name,
        "due": part.due.isoformat() if part.due else None,
        "recipes": {name: stands[name] or None for name in part.recipes},
        "exercises": {name: stands[name] or None for name in part.exercises},
    }
