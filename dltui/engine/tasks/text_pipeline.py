"""From a text to the words it is about: tokens, small letters, stop words, stems (Porter 1980) and lemmas."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import nn

from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.generators.stop_words import ENGLISH, RUSSIAN
from dltui.recipes import files
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "en_tokens": Metric("English words read"),
    "en_written": Metric("different English words, as they are written"),
    "en_folded": Metric("the same in small letters"),
    "en_kept": Metric("of these, the ones that are no stop words"),
    "en_kept_tokens": Metric("English words read that are no stop words"),
    "en_stems": Metric("different stems of those that are kept"),
    "en_lemmas": Metric("different lemmas of those that are kept"),
    "en_shrink": Metric("English stems for each word that is kept"),
    "ru_tokens": Metric("Russian words read"),
    "ru_written": Metric("different Russian words, as they are written"),
    "ru_folded": Metric("the same in small letters"),
    "ru_kept": Metric("of these, the ones that are no stop words"),
    "ru_kept_tokens": Metric("Russian words read that are no stop words"),
    "ru_stems": Metric("different stems of those that are kept"),
    "ru_lemmas": Metric("different lemmas of those that are kept"),
    "ru_shrink": Metric("Russian stems for each word that is kept"),
}
STAGES = ("written", "folded", "kept", "stems", "lemmas")
NAMES = ("as written", "in small letters", "without stop words", "stems", "lemmas")
WORD = {"en": re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*"), "ru": re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")}
STOP = {"en": ENGLISH, "ru": RUSSIAN}
LANGUAGES = {"en": "english", "ru": "russian"}
CODE = re.compile(r"(?m)^    .*$|`[^`]*`")
CUT = 5  # letters that are left of a word where stems are cut
FATES = ("stop word", "as it is", "changed")
PASSAGE = 45  # words shown
FAMILIES = 7  # of each language in the table
POINTS = 200  # of a curve


def build(*, parts: int = 30, stop_words: bool = True, stem: Literal["snowball", "cut"] = "snowball") -> Callable:
    """Returns (data, nets, device) -> TextPipeline.

    parts: parts in which the texts are read, one a step, at least 1.
    stop_words: whether stop words are left out.
    stem: snowball, endings are taken off by the rules of the language; cut, five letters are left of each word.
    """
    return partial(TextPipeline, parts=parts, stop_words=stop_words, stem=stem)


class Reading(NamedTuple):
    """A text read to its end. `forms`: each stage's form of every word, None where it was left out."""

    words: list[str]
    forms: dict[str, list[str | None]]
    known: dict[str, np.ndarray]  # stage -> (N,): different forms among the first words


class TextPipeline:
    """Reads the lessons of all recipes, in English and in Russian, a part of them at each step."""

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        parts: int,
        stop_words: bool,
        stem: str,
    ):
        self.parts = parts
        self.readings = {language: read(lessons(language), language, stop_words, stem) for language in LANGUAGES}
        self.place = nets["place"] = Counters(part=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["part"] = min(self.place["part"] + 1, self.parts)
        return {}

    def _read(self, language: str) -> int:
        """Words that were read so far."""
        return len(self.readings[language].words) * self.place["part"] // self.parts

    def evaluate(self) -> dict[str, float]:
        found = {}
        for language, reading in self.readings.items():
            count = self._read(language)
            now = {stage: float(known[count - 1]) if count else 0.0 for stage, known in reading.known.items()}
            kept = count - reading.forms["kept"][:count].count(None)
            now |= {"tokens": count, "kept_tokens": kept, "shrink": now["stems"] / max(1.0, now["kept"])}
            found |= {f"{language}_{name}": float(value) for name, value in now.items()}
        return found

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Of each language the words just read, before and after, and how many there are; what was joined."""
        for language, name in LANGUAGES.items():
            yield Picture(name, self._passage(language))
        for language, name in LANGUAGES.items():
            yield Picture(f"{name} vocabulary", self._growth(language))
        yield Picture("joined", self._families())

    def _passage(self, language: str) -> dict:
        reading, end = self.readings[language], self._read(language)
        places = range(max(0, end - PASSAGE), end)
        parts, label = [], []
        for title, stage in (("as written", "written"), ("stems", "stems"), ("lemmas", "lemmas")):
            parts.append(f"{title}\n")
            label.append(-1)
            for place in places:
                form, folded = reading.forms[stage][place], reading.forms["folded"][place]
                if form is None:
                    continue
                left_out = reading.forms["kept"][place] is None
                changed = (reading.forms["stems"] if stage == "written" else reading.forms[stage])[place] != folded
                parts += [form, " "]
                label += [0 if left_out else 1 + changed, -1]
            parts.append("\n\n")
            label.append(-1)
        return {"type": "spans", "parts": parts, "label": label, "classes": list(FATES)}

    def _growth(self, language: str) -> dict:
        end = self._read(language)
        at = np.unique(np.linspace(0, max(0, end - 1), POINTS).astype(int))[:end]
        known = self.readings[language].known
        curves = [{"name": name, "x": at + 1, "y": known[stage][at]} for stage, name in zip(STAGES, NAMES, strict=True)]
        return {"type": "lines", "curves": curves, "x_title": "words read", "y_title": "different ones"}

    def _families(self) -> dict:
        rows = []
        for language, reading in self.readings.items():
            joined = families(reading, self._read(language))
            for stem, forms in sorted(joined.items(), key=lambda item: (-len(item[1]), item[0]))[:FAMILIES]:
                lemmas = sorted(set(forms.values()))
                rows.append([len(forms), stem, ", ".join(lemmas), ", ".join(sorted(forms))])
        return {"type": "table", "columns": ["forms", "stem", "lemmas", "words"], "rows": rows}


def lessons(language: str) -> str:
    """Returns the lessons of all bundled recipes without their commands and formulas."""
    tables = map(files.read_table, files.files().values())
    return "\n".join(CODE.sub(" ", table.get("lesson", {}).get(language, "")) for table in tables)


def read(text: str, language: str, stop_words: bool = True, stem: str = "snowball") -> Reading:
    """Takes a text through all stages."""
    import simplemma
    import snowballstemmer

    words = WORD[language].findall(text)
    folded = [word.lower().replace("’", "'") for word in words]
    left_out = STOP[language] if stop_words else frozenset()
    kept = [None if word in left_out else word for word in folded]
    different = sorted({word for word in kept if word is not None})
    if stem == "snowball":
        stems = dict(zip(different, snowballstemmer.stemmer(LANGUAGES[language]).stemWords(different), strict=True))
    else:
        stems = {word: word[:CUT] for word in different}
    lemmas = {word: simplemma.lemmatize(word, lang=language).lower() for word in different}
    forms = {
        "written": words,
        "folded": folded,
        "kept": kept,
        "stems": [stems.get(word) for word in kept],
        "lemmas": [lemmas.get(word) for word in kept],
    }
    return Reading(words, forms, {stage: known_so_far(forms[stage]) for stage in STAGES})


def known_so_far(forms: list[str | None]) -> np.ndarray:
    """Returns (N,): how many different forms there are among the first 1, 2 ... N; None is none."""
    seen: set[str | None] = {None}
    counts = []
    for form in forms:
        seen.add(form)
        counts.append(len(seen) - 1)
    return np.array(counts)


def families(reading: Reading, count: int) -> dict[str, dict[str, str]]:
    """Returns {stem: {word: its lemma}} of the first `count` words, where a stem has more than one."""
    joined: dict[str, dict[str, str]] = {}
    stages = (reading.forms[stage][:count] for stage in ("stems", "kept", "lemmas"))
    for stem, word, lemma in zip(*stages, strict=True):
        if stem is not None:
            joined.setdefault(stem, {})[word] = lemma
    return {stem: forms for stem, forms in joined.items() if len(forms) > 1}
