"""`dltui lesson`: a topic's lessons in course order, with the commands to run between them."""

from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.commands.show import print_lesson
from dltui.cli.pager import NoPager, paged
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import check, files
from dltui.runs import course

EXAMPLES = """
dltui lesson foundations
dltui lesson 3 --lang ru
dltui lesson clustering --no-pager
"""
STANDINGS = {"met": "you have met its claim here", "missed": "you ran it; its claim was not met", "ran": "you ran it",
             "live": "it is running now", "failed": "its last run failed", "": ""}  # fmt: skip


def command(
    context: typer.Context,
    word: Annotated[
        str, typer.Argument(metavar="TOPIC", help="A topic's name or number.", autocompletion=complete.topics)
    ],
    language: Annotated[
        str, typer.Option("--lang", metavar="en|ru", help="The lessons' language; by default the locale's.")
    ] = "",
    no_pager: NoPager = False,
) -> None:
    """Read a topic from its first recipe to its last. On a terminal it opens in your pager."""
    env = context.obj
    if language and language not in check.LANGUAGES:
        near = did_you_mean(language, check.LANGUAGES)
        raise DltuiError(f'There are no lessons in "{language}".', near, ExitStatus.USAGE)
    topic = course.find(word)
    with paged(env, no_pager) as page:
        _print(page, topic, language or env.language)


def _print(env, topic: course.Topic, language: str) -> None:
    env.print(f"{topic.number:02d} {topic.name}: {len(topic.steps)} lessons", bold=True)
    for number, step in enumerate(topic.steps, 1):
        lessons = files.read_table(step.path).get("lesson", {})
        text = lessons.get(language) or lessons.get("en", "")
        env.print(f"\n{number}. {step.title}", bold=True)
        print_lesson(env, text.strip())
        standing = STANDINGS[step.standing]
        env.print(f"\n  Run it: dltui run {step.name}" + (f"    ({standing})" if standing else ""))
