"""`dltui course`: the topics, what was run of them here, what met its claim, and what comes next."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import syllabus_view
from dltui.cli.columns import aligned
from dltui.cli.pager import NoPager, paged
from dltui.cli.words import AsJson
from dltui.recipes import exercise
from dltui.render import guess
from dltui.render.guess import Verdict
from dltui.render.terminal_capabilities import detect
from dltui.runs import course, exercise_folder, guesses

EXAMPLES = """
dltui course
dltui course --file syllabus.toml    # [[part]] name, due, recipes = [...], exercises = [...]
dltui course --json | jq -r '.[] | select(.met < .recipes) | .next'
"""
BAR = 10  # cells


def command(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE.toml", help="A teacher's own selection, order and dates.")
    ] = None,
    as_json: AsJson = False,
    no_pager: NoPager = False,
) -> None:
    """The whole course on one screen: how far you are, and the recipe to run next."""
    if file:
        syllabus_view.show(context.obj, file, as_json=as_json, today=datetime.now().date())
        return
    env, topics = context.obj, course.topics()
    guessed = _guessed({step.name for topic in topics for step in topic.steps if step.standing})
    if as_json:
        env.print_json([_as_json(topic, guessed) for topic in topics])
        return
    with paged(env, no_pager) as page:
        _print(page, topics)
    step = course.following(topics)
    met, everything = course.progress(topics)
    told = f"{met} of {everything} met."
    if step:
        topic = next(topic for topic in topics if step in topic.steps)
        told += f" Next: dltui run {step.name}; its topic: dltui lesson {topic.number}"
    env.tell(told)
    if besides := [*_of_guesses(guessed), *_of_exercises()]:
        env.tell("; ".join(besides))


def _of_guesses(guessed: dict[str, Verdict]) -> Iterator[str]:
    if guessed:
        yield f"{len(guessed)} guessed first, {sum(one.kind != 'far' for one in guessed.values())} right or close"


def _of_exercises() -> Iterator[str]:
    begun = [progress for name in exercise.found() if (progress := exercise_folder.progress(name))]
    if begun:
        yield f"{len(begun)} exercises begun, {sum(bool(one.solved) for one in begun)} solved"


def _guessed(names: set[str]) -> dict[str, Verdict]:
    """How the newest guess on each of these recipes came out."""
    found = {name: guess.judged(*told) for name, told in guesses.newest(names).items()}
    return {name: verdict for name, verdict in found.items() if verdict}


def _print(env, topics: list[course.Topic]) -> None:
    rows = [("", "TOPIC", "", "MET", "RUN", "OF", "NEXT"), *(_cells(topic, env) for topic in topics)]
    header, *lines = aligned(rows, env.table_width, right=(0, 3, 4, 5), whole=(1,), first=(6,))
    env.print(header, bold=True)
    env.print("\n".join(lines))


def _cells(topic: course.Topic, env) -> tuple[str, ...]:
    met, run = topic.count("met"), len(topic.steps) - topic.count("")
    done = max(met > 0, round(BAR * met / len(topic.steps)))  # what was begun is seen
    full, empty = ("━", "╌") if detect(env.variables, env.stdout).unicode else ("#", ".")
    step = course.following([topic])
    following = f"{step.name}: {step.title}" if step else "all met"
    return (f"{topic.number:02d}", topic.name, full * done + empty * (BAR - done), str(met), str(run),
            str(len(topic.steps)), following)  # fmt: skip


def _as_json(topic: course.Topic, guessed: dict[str, Verdict]) -> dict:
    step = course.following([topic])
    return {
        "number": topic.number,
        "topic": topic.name,
        "recipes": len(topic.steps),
        "run": len(topic.steps) - topic.count(""),
        "met": topic.count("met"),
        "next": step.name if step else None,
        "steps": [
            {
                "name": step.name,
                "title": step.title,
                "standing": step.standing,
                "guess": guessed[step.name].kind if step.name in guessed else None,
            }
            for step in topic.steps
        ],
    }
