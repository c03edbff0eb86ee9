"""`dltui exercise`: find the fault in a part of a recipe, or write what is missing of it; the claims judge."""

from typing import Annotated

import typer

from dltui.cli import complete, exercise_check, saved_file
from dltui.cli.columns import aligned
from dltui.cli.environment import Environment
from dltui.cli.exercise_check import Verdict
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import check
from dltui.recipes import exercise as exercises
from dltui.recipes.exercise import Exercise
from dltui.recipes.files import topic_name
from dltui.runs import exercise_folder
from dltui.runs.exercise_folder import Progress

EXAMPLES = """
dltui exercise                        # all of them, and how far you are
dltui exercise kmeans-centres         # your file, and what is seen; each time you save it, it is checked
dltui exercise kmeans-centres --hint
dltui exercise kmeans-centres --check --json | jq .solved
"""
NARROW = 110  # cells below which a bound is told without what it is made of
WORDS = {
    "en": {
        "file": "Your file", "seen": "What is seen", "task": "What to do",
        "watch": "Save it, and it is checked here.  c: check now   h: a hint   q: leave",
        "solved": "Solved.", "not": "Not yet.", "none": "There are no more hints.", "explained": "Why",
        "hint": "Hint {number} of {count}",
    },
    "ru": {
        "file": "Ваш файл", "seen": "Что видно", "task": "Что сделать",
        "watch": "Сохраните его — и он будет проверен.  c: проверить   h: подсказка   q: выйти",
        "solved": "Решено.", "not": "Пока нет.", "none": "Подсказок больше нет.", "explained": "Почему",
        "hint": "Подсказка {number} из {count}",
    },
}  # fmt: skip


def command(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Without: all of them.", autocompletion=complete.exercises)
    ] = "",
    listed: Annotated[bool, typer.Option("--list", help="All of them, and how far you are.")] = False,
    once: Annotated[bool, typer.Option("--check", help="Check your file once; status 7 while it is wrong.")] = False,
    hint: Annotated[bool, typer.Option("--hint", help="The next hint.")] = False,
    solution: Annotated[bool, typer.Option("--solution", help="What was wrong, once it is solved.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Begin anew; your file is kept beside.")] = False,
    language: Annotated[
        str, typer.Option("--lang", metavar="en|ru", help="The language; by default the locale's.")
    ] = "",
    as_json: AsJson = False,
) -> ExitStatus:
    """Find the bug, or fill the hole: a part of a recipe in your own folder, judged by the recipe's claims.

    On a terminal your file is watched: each time you save it, it is run, live, on seeds that nobody knows before.
    """
    env = context.obj
    if language and language not in check.LANGUAGES:
        near = did_you_mean(language, check.LANGUAGES)
        raise DltuiError(f'There are no exercises in "{language}".', near, ExitStatus.USAGE)
    language = language or env.language
    asked = [option for option, given in (("--check", once), ("--hint", hint), ("--solution", solution),
             ("--reset", reset), ("--list", listed)) if given]  # fmt: skip
    if len(asked) > 1 or (asked not in ([], ["--list"]) and not name) or (listed and name):
        what = f"{' and '.join(asked)}: one at a time." if len(asked) > 1 else f"{asked[0]} needs NAME alone."
        what = "--list takes no NAME." if asked == ["--list"] else what
        raise DltuiError(what, "See: dltui exercise --help", ExitStatus.USAGE)
    if not name:
        _print_list(env, language, as_json)
        return ExitStatus.OK
    exercise = exercises.load(name)
    if reset:
        kept = exercise_folder.reset(exercise, language)
        env.tell(f"It is as in the beginning.{f' Your file is kept: {kept}' if kept else ''}")
    if solution:
        _print_solution(env, exercise, language)
        return ExitStatus.OK
    exercise_folder.begin(exercise, language)
    progress = exercise_folder.progress(name) or Progress()
    if progress.problem:
        env.tell(progress.problem)
    if hint:
        _give_hint(env, exercise, progress, language)
        return ExitStatus.OK
    if not (once and as_json):
        _introduce(env, exercise, language)
    if once or not env.is_visit:
        return _check(env, exercise, language, as_json=as_json)
    return _watch(env, exercise, language)


def _introduce(env: Environment, exercise: Exercise, language: str) -> None:
    words = WORDS[language]
    env.print(f"{exercise.text('title', language)}", bold=True)
    for key, text in (
        ("seen", exercise.text("observed", language)),
        ("task", exercise.task(language)),
        ("file", str(exercise_folder.file_of(exercise))),
    ):
        env.print(f"\n{words[key]}", bold=True)
        env.print(_filled(env, text))


def _watch(env: Environment, exercise: Exercise, language: str) -> ExitStatus:
    """Checks the file whenever it is saved, until it is solved or left."""
    file = exercise_folder.file_of(exercise)
    env.tell(f"\n{WORDS[language]['watch']}")
    known = saved_file.version(file)
    while True:
        with saved_file.keys_unechoed(env.stdin):
            key = saved_file.waited(file, known, env.stdin)
        if key in ("q", "\x04"):
            return ExitStatus.OK
        if key == "h":
            _give_hint(env, exercise, exercise_folder.progress(exercise.name) or Progress(), language)
        elif key in ("", "c", "\n", "\r"):
            known = saved_file.version(file)
            try:
                if _check(env, exercise, language, as_json=False) is ExitStatus.OK:
                    return ExitStatus.OK
            except DltuiError as error:
                if error.status in (ExitStatus.INTERRUPTED, ExitStatus.TERMINATED):
                    raise
                env.tell("\n".join(filter(None, (error.message, error.hint))))
            env.tell(f"\n{WORDS[language]['watch']}")


def _check(env: Environment, exercise: Exercise, language: str, *, as_json: bool) -> ExitStatus:
    file = exercise_folder.file_of(exercise)
    verdicts = exercise_check.judged(exercise, file, env, shown=not as_json)
    met = all(verdict.ok for verdict in verdicts)
    before = exercise_folder.progress(exercise.name) or Progress()
    made = before._replace(checks=before.checks + 1, problem="")
    made = exercise_folder.solved_now(made) if met else made
    exercise_folder.keep(exercise.name, made)
    if as_json:
        told = [{key: value for key, value in one._asdict().items() if key != "seed"} for one in verdicts]
        env.print_json({"exercise": exercise.name, "solved": met, "checks": made.checks, "verdicts": told})
    else:
        _print_verdicts(env, exercise, verdicts, language)
    return ExitStatus.OK if met else ExitStatus.CLAIM


def _print_verdicts(env: Environment, exercise: Exercise, verdicts: list[Verdict], language: str) -> None:
    words, met = WORDS[language], all(verdict.ok for verdict in verdicts)
    seeds = list(dict.fromkeys(verdict.seed for verdict in verdicts))
    rows = [("RUN", "CLAIM", "WANT", "GOT", "")]
    for one in verdicts:
        got = f"{one.got:.4g}" if isinstance(one.got, float) else str(one.got)
        sign, _, value = one.want.partition(" ")
        want = f"{sign} {value.rpartition(' = ')[2]}" if (env.table_width or NARROW) < NARROW else one.want
        rows.append((str(seeds.index(one.seed) + 1), one.claim, want, got, "met" if one.ok else "NOT MET"))
    env.print("")
    env.print("\n".join(aligned(rows, env.table_width, right=(0,), whole=(1, 2, 4))))
    env.print(f"\n{words['solved' if met else 'not']}", bold=True)
    if met:
        env.print(_filled(env, exercise.text("explained", language)))


def _give_hint(env: Environment, exercise: Exercise, progress: Progress, language: str) -> None:
    """Tells the next hint; after the last one all of them again."""
    words, hints = WORDS[language], exercise.hints
    told = progress.hints < len(hints)
    if told:
        exercise_folder.keep(exercise.name, progress._replace(hints=progress.hints + 1, problem=""))
    for number in [progress.hints] if told else range(len(hints)):
        env.print(words["hint"].format(number=number + 1, count=len(hints)), bold=True)
        env.print(_filled(env, exercises.said(hints[number], language)))
    if not told:
        env.tell(words["none"])


def _print_solution(env: Environment, exercise: Exercise, language: str) -> None:
    progress = exercise_folder.progress(exercise.name)
    if not (progress and progress.solved):
        hint = f"Check your file: dltui exercise {exercise.name}. A hint: dltui exercise {exercise.name} --hint"
        raise DltuiError("The solution is told once your file meets the claims.", hint)
    env.print(WORDS[language]["explained"], bold=True)
    env.print(_filled(env, exercise.text("explained", language)))
    env.print(f"\n{exercise.part}")


def _print_list(env: Environment, language: str, as_json: bool) -> None:
    known = [exercises.load(name) for name in exercises.found()]
    stands = {one.name: exercise_folder.progress(one.name) for one in known}
    if as_json:
        env.print_json([_as_json(one, stands[one.name], language) for one in known])
        return
    rows = [("", "EXERCISE", "KIND", "TITLE", "YOU")]
    for one in known:
        told = (one.kind, one.text("title", language), _stand(stands[one.name]))
        rows.append((one.topic.partition("_")[0], one.name, *told))
    header, *lines = aligned(rows, env.table_width, whole=(0, 1, 4), first=(3,))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    solved = sum(bool(one and one.solved) for one in stands.values())
    env.tell(f"{solved} of {len(known)} solved.{_next(known, stands)}")


def _next(known: list[Exercise], stands: dict[str, Progress | None]) -> str:
    """The command for the first that is not solved, "" where all are."""
    left = [one.name for one in known if not ((was := stands[one.name]) and was.solved)]
    return f" Begin: dltui exercise {left[0]}" if left else ""


def _stand(progress: Progress | None) -> str:
    if progress is None:
        return ""
    return "solved" if progress.solved else "begun"


def _as_json(exercise: Exercise, progress: Progress | None, language: str) -> dict:
    return {
        "name": exercise.name,
        "topic": topic_name(exercise.topic),
        "kind": exercise.kind,
        "recipe": exercise.recipe,
        "title": exercise.text("title", language),
        "standing": _stand(progress) or None,
        "hints_told": progress.hints if progress else 0,
        "hints": len(exercise.hints),
        "checks": progress.checks if progress else 0,
        "solved": progress.solved or None if progress else None,
    }


def _filled(env: Environment, text: str) -> str:
    import textwrap

    width = min(env.width, 100) - 2
    return "\n".join(
        textwrap.fill(
            line, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
        )  # a path is to be copied
        for line in text.split("\n")
    )
