"""The language of recipes and metrics: the field's terms, and both languages of a lesson about the same things."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from dltui import paths
from dltui.errors import DltuiError
from dltui.recipes import files, overrides
from dltui.recipes import recipe as recipes

FILES = files.files()
# words of our own that a reader cannot look up -> the field's, which stand in their place
BANNED = {
    "en": {
        r"told": "given, labelled or shown",
        r"foretell(?:s|ing)?|foretold": "predict",
        r"noughts?": "zero",
        r"who leads": "which has the lowest loss, the highest accuracy ...",
        r"rows? teach(?:es)?": "the training set",
        r"parts (?:the|them|two|both|these|those|classes|points|groups)": "separates",
        r"held[ -]back": "held out, the held-out set",
        r"the ill": "patients with the disease",
    },
    "ru": {
        r"темп(?:а|у|ом|е|ы|ов|ам|ами|ах)?": "скорость обучения",
        r"пач(?:ка|ки|ку|кой|ке|ек|кам|ками|ках)": "батч",
        r"порци(?:я|и|ю|ей|й|ям|ями|ях)": "батч",
        r"сет(?:ь|и) говор(?:ит|ят)": "сеть предсказывает",
    },
}
BANNED_OF_METRICS = BANNED["en"] | {r"the same, for": "the whole meaning: a description is read alone"}
LONGEST_SUMMARY = 160
NAME = re.compile(r"[\w.-]+(?: [\w.-]+)*(?:=\S+)?")  # of a pane, a metric, an option, a recipe; no formula
Line = tuple[int, str]


def banned(lines: list[Line], terms: dict[str, str], where: Path) -> list[str]:
    """Returns a message for each banned word in (number, text) lines, with the term that replaces it."""
    return [
        f'{where}:{number}: "{found[0]}": write {better}'
        for number, line in lines
        for word, better in terms.items()
        for found in re.finditer(rf"(?i)\b(?:{word})\b", line)
    ]


def written(path: Path) -> dict[str, list[Line]]:
    """Returns the lines of a recipe's file that a person reads, by language: title, summary and lesson."""
    found: dict[str, list[Line]] = {"en": [], "ru": []}
    language = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if begins := re.match(r'(en|ru) = """', line):
            language = begins[1]
        elif line.startswith('"""'):
            language = None
        elif language:
            found[language].append((number, line))
        elif re.match(r"(title|summary) = ", line):
            found["en"].append((number, line))
    return found


def names(lesson: str) -> set[str]:
    """Returns what stands in backticks in the prose of a lesson and is a name, not a formula."""
    prose = re.sub(r"(?m)^    .*$", "", lesson)
    return {marked for marked in re.findall(r"`([^`\n]+)`", prose) if NAME.fullmatch(marked)}


def commands(lesson: str) -> list[str]:
    return re.findall(r"(?m)^    (dltui .*)$", lesson)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", FILES)
def test_it_uses_the_terms_of_the_field(name, language):
    path = FILES[name]
    lines = written(path)[language]
    assert len(lines) > 5, f"{path}: no lesson found"
    if found := banned(lines, BANNED[language], path):
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("name", FILES)
def test_both_languages_tell_of_the_same_things(name):
    path = FILES[name]
    lesson = files.read_table(path)["lesson"]
    only = {
        language: names(lesson[language]) - names(lesson[other]) for language, other in (("en", "ru"), ("ru", "en"))
    }
    assert not any(only.values()), f"{path}: named in one language only: {only}"
    assert commands(lesson["en"]) == commands(lesson["ru"]), f"{path}: the languages give different commands"


@pytest.mark.parametrize("name", FILES)
def test_its_summary_is_one_sentence(name):
    path = FILES[name]
    summary = files.read_table(path)["summary"]
    assert len(summary) <= LONGEST_SUMMARY, f"{path}: the summary has {len(summary)} characters"
    one = summary.endswith(".") and not re.search(r"[.!?]\s", summary)
    assert one, f"{path}: the summary must be one sentence that ends with a full stop: {summary}"


@pytest.mark.parametrize("name", FILES)
def test_each_setting_of_its_commands_changes_what_is_run(name):
    """A setting that all variants have a value of their own for changes nothing: a reader would wait for nothing."""
    for command in commands(files.read_table(FILES[name])["lesson"]["en"]):
        _, verb, *words = shlex.split(command)
        if verb == "run":
            recipe, *settings = [word for word in words if not word.startswith("-")]
            meant = trained(recipe, settings)
            assert meant, f"{command}: this cannot be run"
            for setting in settings:
                without = trained(recipe, [word for word in settings if word != setting])
                assert meant != without, f"{command}: {setting} changes nothing"


def trained(name: str, settings: list[str]) -> list[dict] | None:
    """Returns the table of each variant that is trained with these settings; None where they make no recipe."""
    try:
        recipe = recipes.load(name, overrides.parse(settings))
        return [variant.table for variant in (recipe.variants or {"": recipe}).values()]
    except DltuiError:
        return None


def described() -> Iterator[tuple[Path, int, str]]:
    """Yields file, line and text of each metric's description, as recipes.schema reads them."""
    for path in sorted(paths.ENGINE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "METRICS":
                for key, metric in zip(node.value.keys, node.value.values, strict=True):
                    yield path, key.lineno, ast.literal_eval(metric.args[0])


def test_metrics_are_described_in_the_terms_of_the_field():
    metrics = list(described())
    assert len(metrics) > 200, "hardly a metric was found"
    found = [message for path, line, text in metrics for message in banned([(line, text)], BANNED_OF_METRICS, path)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)
