"""What the keys of the list note about runs: names, tags, notes, groups, pins."""

from collections.abc import Callable, Iterable, Sequence

from dltui.errors import DltuiError, ExitStatus
from dltui.render.cells import shown
from dltui.runs import annotations, given_names
from dltui.runs.annotations import MOST_TAGS, Annotations
from dltui.runs.facts import RunFacts
from dltui.text import clean
from dltui.tui.widgets.run_prompt import RunPrompt

MANY_LINES = "Its note has several lines: dltui runs note {} tells it, and writes another."


class RunNotes:
    """Asks by a prompt, and writes what is answered; tells its screen by `noted` about which runs it was."""

    def __init__(self, prompt: RunPrompt, say: Callable[[str], None], noted: Callable[[Sequence[RunFacts]], None]):
        self._prompt, self._say, self._noted = prompt, say, noted
        self._found: Sequence[RunFacts] = ()

    def ask(self, field: str, found: Sequence[RunFacts]) -> None:
        """Asks for a field of some runs: name or note of one, tags or group of several."""
        try:
            asked, text = question(field, found)
        except DltuiError as error:
            self._say(error.message)
            return
        self._found = found
        self._prompt.ask(field, asked, text)

    def answered(self, field: str, text: str) -> bool:
        """Takes an answer; returns whether it was right. The prompt says what is wrong with one."""
        try:
            write(field, text, self._found)
        except DltuiError as error:
            self._prompt.wrong = error.message
            return False
        self._noted(self._found)
        return True

    def pin(self, found: Sequence[RunFacts]) -> None:
        """Pins runs, or unpins them where all are pinned."""
        try:
            pinned = pin(found)
        except DltuiError as error:
            self._say(error.message)
            return
        self._noted(found)
        self._say(f"{'Pinned' if pinned else 'Unpinned'}: {len(found)} run{'s' if len(found) > 1 else ''}.")


def question(field: str, found: Sequence[RunFacts]) -> tuple[str, str]:
    """Returns (what to ask, what the line holds at first). Raises DltuiError where a line cannot hold what there is."""
    noted = [facts.annotations for facts in found]
    whose = shown(found[0].id) if len(found) == 1 else f"{len(found)} runs"
    if field == "tags":
        has = dict.fromkeys(tag for one in noted for tag in one.tags)
        told = f" (now {' '.join(has)})" if has else ""
        return f"Tags of {whose}{told}: word adds, -word takes away", ""
    values = {getattr(one, field) for one in noted}
    value = values.pop() if len(values) == 1 else ""
    if "\n" in value:
        raise DltuiError(MANY_LINES.format(found[0].id), "", ExitStatus.USAGE)
    return f"{field.capitalize()} of {whose}", value


def write(field: str, text: str, found: Sequence[RunFacts]) -> None:
    """Notes what was typed; the runs know it at once. Raises DltuiError where it cannot be noted."""
    if field == "name":
        _take(found[0], given_names.give(found[0].run, text))
        return
    if field == "tags":
        _tag(text.replace(",", " ").split(), found)
        return
    if field == "note":
        _check(annotations.note_problems(text))
        text = clean(text)
    elif text:
        _check(annotations.tag_problems(text, field))
    for facts in found:
        _take(facts, annotations.change(facts.run.path, lambda before: before._replace(**{field: text})))


def pin(found: Sequence[RunFacts]) -> bool:
    """Pins runs, or unpins them where all are pinned; returns whether they are now. Raises DltuiError."""
    pinned = not all(facts.annotations.pinned for facts in found)
    for facts in found:
        _take(facts, annotations.change(facts.run.path, lambda before: before._replace(pinned=pinned)))
    return pinned


def _tag(words: Sequence[str], found: Sequence[RunFacts]) -> None:
    gone = {word[1:].removeprefix("#") for word in words if word.startswith("-")}
    new = [word.removeprefix("#") for word in words if not word.startswith("-")]
    _check(problem for tag in new for problem in annotations.tag_problems(tag))
    if any(len({*facts.annotations.tags, *new} - gone) > MOST_TAGS for facts in found):
        raise DltuiError(f"A run has at most {MOST_TAGS} tags.", "", ExitStatus.USAGE)

    def changed(before: Annotations) -> Annotations:
        return before._replace(tags=tuple(tag for tag in dict.fromkeys((*before.tags, *new)) if tag not in gone))

    for facts in found:
        _take(facts, annotations.change(facts.run.path, changed))


def _check(problems: Iterable[str]) -> None:
    for problem in problems:
        raise DltuiError(problem[0].upper() + problem[1:], "", ExitStatus.USAGE)


def _take(facts: RunFacts, noted: Annotations) -> None:
    facts.annotations = noted._replace(problem="")
