"""A learner's portfolio: what was run and met here, what was guessed, which exercises are solved, as one page."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from dltui.recipes import exercise
from dltui.render import guess
from dltui.render.cells import shown
from dltui.render.guess import Verdict
from dltui.render.run_cells import key_values, values_text
from dltui.report import page, pictures
from dltui.report.pictures import Picture
from dltui.report.words import COURSE_WORDS, WORDS
from dltui.runs import course, exercise_folder, guesses
from dltui.runs.course import Step
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

MOST_PICTURES = 24  # of recipes whose claims were met
DAY = "%Y-%m-%d"


class RecipeRow(NamedTuple):
    """One recipe that was run. standing: met, missed, live, failed, ran; guess: right, near, far, or ""."""

    name: str
    title: str
    standing: str
    values: str
    guess: str
    runs: int
    day: str


class TopicRows(NamedTuple):
    """A topic, how many of its recipes have met their claims, how many there are, and those that were run."""

    number: int
    name: str
    met: int
    recipes: int
    rows: list[RecipeRow]


class ExerciseRow(NamedTuple):
    """An exercise that was begun. day: when it was solved, "" where it was not."""

    name: str
    title: str
    hints: int
    checks: int
    day: str


def render(language: str) -> str:
    """Returns the page of all that was done in this home."""
    topics = course.topics()
    run = {step.name for topic in topics for step in topic.steps if step.standing}
    guessed = {name: verdict for name, told in guesses.newest(run).items() if (verdict := guess.judged(*told))}
    met, recipes = course.progress(topics)
    found = [
        TopicRows(topic.number, topic.name, topic.count("met"), len(topic.steps), rows)
        for topic in topics
        if (rows := [_row(step, guessed) for step in topic.steps if step.mark])
    ]
    return page.environment().get_template("course.html.jinja").render(
        title=COURSE_WORDS[language].title,
        words=WORDS[language],
        said=COURSE_WORDS[language],
        language=language,
        made=page.made(),
        met=met,
        recipes=recipes,
        guessed=guessed,
        near=sum(verdict.kind != "far" for verdict in guessed.values()),
        topics=found,
        exercises=list(_exercises(language)),
        pictures=list(_pictures([step for topic in topics for step in topic.steps if step.standing == "met"])),
    )  # fmt: skip


def _row(step: Step, guessed: dict[str, Verdict]) -> RecipeRow:
    mark = step.mark
    created = mark.run.info().get("created", 0.0)
    return RecipeRow(
        name=step.name,
        title=shown(step.title),
        standing=mark.kind,
        values=shown(values_text(key_values(mark.state))),
        guess=guessed[step.name].kind if step.name in guessed else "",
        runs=mark.count,
        day=time.strftime(DAY, time.localtime(created)) if created else "",
    )


def _exercises(language: str) -> Iterator[ExerciseRow]:
    for name in exercise.found():
        if done := exercise_folder.progress(name):
            day = time.strftime(DAY, time.localtime(done.solved)) if done.solved else ""
            yield ExerciseRow(name, shown(exercise.load(name).text("title", language)), done.hints, done.checks, day)


def _pictures(steps: list[Step]) -> Iterator[tuple[str, Picture]]:
    """(title, the first pane at its end) of recipes, the newest runs first."""
    newest = sorted(steps, key=lambda step: step.mark.run.info().get("created", 0.0), reverse=True)
    for step in newest[:MOST_PICTURES]:
        if picture := _first(step.mark.run):
            yield shown(step.title), picture


def _first(run: Run) -> Picture | None:
    history = History(compact=True)
    history.take(Tail(run.log, stored=True).read())
    if not history.panes:
        return None
    first = history.panes[0][1]
    last = [key for key in history.panes if key[1] == first][-1]  # of the variants the last is the whole method
    return pictures.drawn(history.frames[last][-1], run.frames)
