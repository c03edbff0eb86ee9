"""From a text to the words it is about: tokens, small letters, stop words, stems (Porter 1980) and lemmas."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes import files
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Spans, Table

NEEDS_DATA = False
METRICS = {
    "en_tokens": Metric("English words read", counter=True, unit="words"),
    "en_written": Metric("different English words, as they are written", whole=True),
    "en_lowercase": Metric("different English words in small letters", whole=True, axis="en_written"),
    "en_content": Metric(
        "different English words in small letters that are no stop words", whole=True, axis="en_written"
    ),
    "en_content_tokens": Metric("English words read that are no stop words", counter=True, unit="words"),
    "en_stems": Metric("different stems of the English words that are no stop words", whole=True, axis="en_written"),
    "en_lemmas": Metric("different lemmas of the English words that are no stop words", whole=True, axis="en_written"),
    "en_shrink": Metric("different English stems for each different word that is no stop word"),
    "en_stem_f1": Metric(
        "F1 of the pairs of English words with one stem: right are those with one lemma", better="higher", range=(0, 1)
    ),
    "en_cut_f1": Metric(
        "F1 of the pairs of English words that begin with the same 5 letters",
        better="higher",
        range=(0, 1),
        axis="en_stem_f1",
    ),
    "ru_tokens": Metric("Russian words read", counter=True, unit="words"),
    "ru_written": Metric("different Russian words, as they are written", whole=True),
    "ru_lowercase": Metric("different Russian words in small letters", whole=True, axis="ru_written"),
    "ru_content": Metric(
        "different Russian words in small letters that are no stop words", whole=True, axis="ru_written"
    ),
    "ru_content_tokens": Metric("Russian words read that are no stop words", counter=True, unit="words"),
    "ru_stems": Metric("different stems of the Russian words that are no stop words", whole=True, axis="ru_written"),
    "ru_lemmas": Metric("different lemmas of the Russian words that are no stop words", whole=True, axis="ru_written"),
    "ru_shrink": Metric("different Russian stems for each different word that is no stop word"),
    "ru_stem_f1": Metric(
        "F1 of the pairs of Russian words with one stem: right are those with one lemma", better="higher", range=(0, 1)
    ),
    "ru_cut_f1": Metric(
        "F1 of the pairs of Russian words that begin with the same 5 letters",
        better="higher",
        range=(0, 1),
        axis="ru_stem_f1",
    ),
}
STAGES = ("written", "lowercase", "content", "stems", "lemmas")
NAMES = ("as written", "in small letters", "without stop words", "stems", "lemmas")
WORD = {"en": re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*"), "ru": re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")}
LANGUAGES = {"en": "english", "ru": "russian"}
CODE = re.compile(r"(?m)^    .*$|`[^`]*`")
CUT = 5  # letters that are left of a word where stems are cut
FATES = ("stop word", "as it is", "changed")
PASSAGE = 45  # words shown
FAMILIES = 7  # of each language in the table
POINTS = 200  # of a curve

# words that stand in every text and tell little about what it says
_ENGLISH = """
a about above after again against all also am an and any are as at be because been before being below between both
but by can cannot could did do does doing down during each even ever every few for from further had has have having
he her here hers herself him himself his how i if in into is it its itself just let may me might more most must my
myself no nor not now of off on once one only or other our ours out over own same she should since so some such than
that the their theirs them themselves then there these they this those though through to too under until up upon us
very was we were what when where whether which while who whom whose why will with within without would yet you your
yours yourself
"""
_RUSSIAN = """
а без бы был была были было быть в вам вами вас весь во вот все всего всех всю вся вы где да даже для до его ее её
если есть еще ещё ж же за здесь и из или им ими иначе их к каждая каждого каждое каждой каждую каждый как какая
какие какое какой когда кто ко ли либо лишь между меня мне много может можно мой мы на над надо нам нами нас наш не него
нее неё нет ни никто них ними ничего но ну о об обо однако он она они оно от ото перед по под после потом потому почти
при про раз с сам сама само сами самый свое своё своего своей своих свои свой себе себя со сразу так такая также
такие такой там те тем тех то того тоже той только том тот ту тут ты у уж уже хотя чего чем через что чтобы чтоб эта
эти этим этих это этого этой этом этот эту я
"""
STOP_WORDS = {"en": frozenset(_ENGLISH.split()), "ru": frozenset(_RUSSIAN.split())}


def build(
    *, parts: int = 30, stop_words: bool = True, stem: Literal["snowball", "cut"] = "snowball"
) -> Callable[[Context], "TextPipeline"]:
    """Each step reads one more part of the lessons of all recipes, in English and in Russian.

    parts: parts in which the texts are read, one a step, at least 1.
    stop_words: whether stop words are left out.
    stem: snowball, endings are taken off by the rules of the language; cut, five letters are left of each word.
    """
    return lambda context: TextPipeline(parts, stop_words, stem)


class Reading(NamedTuple):
    """A text read to its end. `forms`: each stage's form of every word, None where it was left out."""

    words: list[str]
    forms: dict[str, list[str | None]]
    known: dict[str, np.ndarray]  # stage -> (N,): different forms among the first words


def lessons(language: str) -> str:
    """Returns the lessons of all bundled recipes without their commands and formulas."""
    tables = map(files.read_table, files.files().values())
    return "\n".join(CODE.sub(" ", table.get("lesson", {}).get(language, "")) for table in tables)


def read(text: str, language: str, stop_words: bool = True, stem: str = "snowball") -> Reading:
    """Takes a text through all stages."""
    import simplemma
    import snowballstemmer

    words = WORD[language].findall(text)
    lowercase = [word.lower().replace("’", "'") for word in words]
    left_out = STOP_WORDS[language] if stop_words else frozenset()
    content = [None if word in left_out else word for word in lowercase]
    different = sorted({word for word in content if word is not None})
    if stem == "snowball":
        stems = dict(zip(different, snowballstemmer.stemmer(LANGUAGES[language]).stemWords(different), strict=True))
    else:
        stems = {word: word[:CUT] for word in different}
    lemmas = {word: simplemma.lemmatize(word, lang=language).lower() for word in different}
    forms = {
        "written": words,
        "lowercase": lowercase,
        "content": content,
        "stems": [stems.get(word) for word in content],
        "lemmas": [lemmas.get(word) for word in content],
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


def joined_f1(groups: Sequence[str], lemmas: Sequence[str]) -> float:
    """F1 of the pairs of words that stand in one group, where a pair is right if its words have one lemma; 0 of none.

    groups, lemmas: of each different word the name of its group, and its lemma.
    """
    right = _pairs(zip(groups, lemmas, strict=True))
    return 2 * right / max(1, _pairs(groups) + _pairs(lemmas))


def _pairs(names: Iterable[object]) -> int:
    """How many pairs have one name."""
    return sum(count * (count - 1) // 2 for count in Counter(names).values())


def families(reading: Reading, count: int) -> dict[str, dict[str, str]]:
    """Returns {stem: {word: its lemma}} of the first `count` words, where a stem has more than one."""
    joined: dict[str, dict[str, str]] = {}
    stages = (reading.forms[stage][:count] for stage in ("stems", "content", "lemmas"))
    for stem, word, lemma in zip(*stages, strict=True):
        if stem is not None:
            joined.setdefault(stem, {})[word] = lemma
    return {stem: forms for stem, forms in joined.items() if len(forms) > 1}


class TextPipeline:
    """A walkthrough of both languages' texts, part after part."""

    def __init__(self, parts: int, stop_words: bool, stem: str):
        self.length = parts
        self.readings = {language: read(lessons(language), language, stop_words, stem) for language in LANGUAGES}

    def at(self, step: int) -> Moment:
        """Of each language the words just read, before and after, and how many there are; what was joined."""
        counts = {language: len(one.words) * step // self.length for language, one in self.readings.items()}
        metrics = {
            f"{language}_{name}": float(value)
            for language, reading in self.readings.items()
            for name, value in vocabulary(reading, counts[language]).items()
        }
        pictures = {LANGUAGES[language]: passage(self.readings[language], count) for language, count in counts.items()}
        for language, count in counts.items():
            pictures[f"{LANGUAGES[language]} vocabulary"] = growth(self.readings[language], count)
        pictures["joined"] = self._joined(counts)
        return Moment(metrics, [Picture(pane, payload) for pane, payload in pictures.items()])

    def _joined(self, counts: dict[str, int]) -> Table:
        """The largest families of each language."""
        rows = []
        for language, count in counts.items():
            joined = families(self.readings[language], count)
            for stem, forms in sorted(joined.items(), key=lambda item: (-len(item[1]), item[0]))[:FAMILIES]:
                rows.append([len(forms), stem, ", ".join(sorted(set(forms.values()))), ", ".join(sorted(forms))])
        return Table(columns=["forms", "stem", "lemmas", "words"], rows=rows)


def vocabulary(reading: Reading, count: int) -> dict[str, float]:
    """Returns how many words, and different forms of each stage, the first `count` words hold."""
    different = {stage: float(known[count - 1]) if count else 0.0 for stage, known in reading.known.items()}
    forms = {stage: reading.forms[stage][:count] for stage in ("content", "stems", "lemmas")}
    words = {word: found for word, *found in zip(*forms.values(), strict=True) if word is not None}
    stems, lemmas = zip(*words.values(), strict=True) if words else ((), ())
    return {
        **different,
        "tokens": count,
        "content_tokens": count - forms["content"].count(None),
        "shrink": different["stems"] / max(1.0, different["content"]),
        "stem_f1": joined_f1(stems, lemmas),
        "cut_f1": joined_f1([word[:CUT] for word in words], lemmas),
    }


def passage(reading: Reading, end: int) -> Spans:
    """The last words before `end`, as written, as stems and as lemmas, each with what became of it."""
    forms = reading.forms
    parts, label = [], []
    for title, stage in (("as written", "written"), ("stems", "stems"), ("lemmas", "lemmas")):
        parts.append(f"{title}\n")
        label.append(-1)
        for place in range(max(0, end - PASSAGE), end):
            if forms[stage][place] is None:
                continue
            left_out = forms["content"][place] is None
            changed = forms["stems" if stage == "written" else stage][place] != forms["lowercase"][place]
            parts += [forms[stage][place], " "]
            label += [0 if left_out else 1 + changed, -1]
        parts.append("\n\n")
        label.append(-1)
    return Spans(parts=parts, label=label, classes=list(FATES))


def growth(reading: Reading, end: int) -> Lines:
    """Different forms of each stage over the words read."""
    at = np.unique(np.linspace(0, max(0, end - 1), POINTS).astype(int))[:end]
    curves = {name: (at + 1, reading.known[stage][at]) for stage, name in zip(STAGES, NAMES, strict=True)}
    return lines(curves, x_title="words read", y_title="different ones")
