"""A report: one run, or several over each other, as one page that needs no network, no dltui and no JavaScript."""

import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2

import dltui
from dltui.errors import DltuiError
from dltui.recipes import overrides, prediction
from dltui.recipes.recipe import Recipe
from dltui.render import claims, guess, header
from dltui.render.cells import shown
from dltui.render.number import count, spoken
from dltui.render.run_cells import summary_rows
from dltui.report import curve_figures, lessons, pictures
from dltui.report.curve_figures import Figure
from dltui.report.lessons import Block
from dltui.report.pictures import Picture
from dltui.report.words import WORDS, Words
from dltui.runs import compare, log_check, recorded_recipe, repeat_command
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run
from dltui.text import clean

MOST_PICTURES = 40  # of a run
TEMPLATES = Path(__file__).with_name("templates")
DAY = "%Y-%m-%d %H:%M"


class ClaimRow(NamedTuple):
    """A claim as a person reads it. kind: good, bad, or "" for what a run that has not ended may still meet."""

    name: str
    wanted: str
    got: str
    outcome: str
    kind: str


class Guess(NamedTuple):
    """What was asked before the first step, and how near the guess came."""

    question: str
    kind: str  # right, near, far
    verdict: str


class Section(NamedTuple):
    """All that a page says of one run. facts: (what, a text); changes: KEY=VALUE of the command line."""

    title: str
    summary: str
    status: str
    result: str
    met: bool | None
    error: str
    facts: list[tuple[str, str]]
    claims: list[ClaimRow]
    guess: Guess | None
    figures: list[Figure]
    pictures: list[Picture]
    left_out: int
    lesson: list[Block]
    changes: list[str]
    recipe: str
    repeat: str
    note: str
    warnings: list[str]


class Comparison(NamedTuple):
    """Runs beside each other: (what, a text a run), and what was configured differently."""

    names: list[str]
    rows: list[tuple[str, ...]]
    differences: list[tuple[str, list[str]]]
    figures: list[Figure]


def render(found: Sequence[Run], language: str) -> str:
    """Returns the page of one run, or of several. Raises DltuiError where a recipe.toml that is compared is broken."""
    told = [_read(run) for run in found]
    words = WORDS[language]
    sections = [_section(run, history, recipe, language) for run, (history, recipe) in zip(found, told, strict=True)]
    over = _comparison(found, told) if len(found) > 1 else None
    title = sections[0].title if len(sections) == 1 else ", ".join(over.names)
    template = environment().get_template("run.html.jinja")
    return template.render(title=title, words=words, language=language, sections=sections, over=over, made=made())


@cache
def environment() -> jinja2.Environment:
    """The templates; texts that are put into them are cleaned and escaped."""
    return jinja2.Environment(
        finalize=lambda value: clean(value) if type(value) is str else value,
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def made() -> str:
    """Returns which version made a page, and when."""
    return f"dltui {dltui.__version__}, {time.strftime(DAY)}"


def _read(run: Run) -> tuple[History, Recipe]:
    history = History()
    tail = Tail(run.log, stored=True)
    history.take(tail.read())
    history.unreadable = tail.unreadable
    return history, recorded_recipe.read(run)[0]


def _section(run: Run, history: History, recipe: Recipe, language: str) -> Section:
    words, state = WORDS[language], runs.state(run)
    found = claims.judged(history, recipe)
    met = sum(one["ok"] for one in found)
    shown_panes = [history.frames[key][-1] for key in history.panes]
    lesson = recipe.table.get("lesson") or {}
    return Section(
        title=shown(recipe.title),
        summary=shown(recipe.table.get("summary", "")),
        status=words.status[state.status],
        result=words.result(met, len(found)) if found and history.finished else "",
        met=met == len(found) if found and history.finished else None,
        error=shown(state.error),
        facts=_facts(run, history, words),
        claims=[_claim(one, history, words) for one in found],
        guess=_guess(history, recipe, language),
        figures=curve_figures.figures(history, recipe),
        pictures=[pictures.of_event(event, run.frames) for event in shown_panes[:MOST_PICTURES]],
        left_out=max(0, len(shown_panes) - MOST_PICTURES),
        lesson=list(lessons.blocks(str(lesson.get(language) or lesson.get("en") or ""))),
        changes=[overrides.written(key, value) for key, value in (run.info().get("overrides") or {}).items()],
        recipe=_without_lesson(run),
        repeat="" if run.info().get("imported") else repeat_command.command(run),  # a log alone trains nothing
        note=run.annotations.note,
        warnings=_warnings(run, history, words),
    )


def _facts(run: Run, history: History, words: Words) -> list[tuple[str, str]]:
    """(what, a text) of what the run was trained on, with and for how long."""
    started, info = history.started or {}, run.info()
    seconds = history.finished["seconds"] if history.finished else history.latest - history.began
    data = started.get("data") or {}
    versions = info.get("versions") or {}
    facts = [
        (words.run, run.id),
        (words.noted, run.annotations.words),
        (words.begun, time.strftime(DAY, time.localtime(history.began)) if history.began else ""),
        (words.steps, f"{count(history.step)} / {count(history.steps)}"),
        (words.took, spoken(seconds) if seconds else ""),
        (words.data, header.data_words(data) if data.get("kind") else ""),
        (words.device, " ".join(str(started.get(key, "")) for key in ("device", "precision"))),
        (words.parameters, count(started["params"]) if started.get("params") else ""),
        (words.versions, ", ".join(f"{name} {version}" for name, version in versions.items())),
    ]
    return [(what, shown(text)) for what, text in facts if text.strip()]


def _claim(one: dict, history: History, words: Words) -> ClaimRow:
    if history.finished:
        outcome, kind = ("✓ " + words.met, "good") if one["ok"] else ("✗ " + words.missed, "bad")
    else:
        outcome, kind = words.met_so_far if one["ok"] else words.not_yet, ""
    wanted, got = claims.bound(one, short=False), claims.got(one, history.declared)
    return ClaimRow(shown(one["name"]), shown(wanted), got, outcome, kind)


def _guess(history: History, recipe: Recipe, language: str) -> Guess | None:
    asked, verdict = prediction.of(recipe.table), guess.judged(history, recipe)
    return Guess(asked.in_language(asked.question, language), verdict.kind, verdict.text) if verdict else None


def _without_lesson(run: Run) -> str:
    """The recipe that was run, as text, without its lesson: that stands above."""
    try:
        table = compare.configuration(run)
    except DltuiError as error:
        return str(error)
    return "\n".join(overrides.written(key, value) for key, value in table.items())


def _warnings(run: Run, history: History, words: Words) -> list[str]:
    """What the run warned of, and what is to be known of its log."""
    told = [shown(note["text"]) for note in history.notes if note["level"] in ("warning", "error")]
    if history.unreadable:
        told.append(words.unreadable.format(history.unreadable))
    verdict = log_check.check(run)
    return [*told, words.edited.format(shown(verdict.why))] if verdict.state == log_check.EDITED else told


def _comparison(found: Sequence[Run], told: Sequence[tuple[History, Recipe]]) -> Comparison:
    names = compare.short_names(found)
    over = compare.laid_over([history for history, _ in told], names)
    figures = curve_figures.figures(over, compare.recipe_over([recipe for _, recipe in told]), laid_over=True)
    differences = compare.different([compare.configuration(run) for run in found])
    rows = summary_rows([runs.state(run) for run in found])
    listed = [(key, ["" if one is None else str(one) for one in values]) for key, values in differences.items()]
    return Comparison(names, rows, listed, figures)
