"""Russian sentences by rules with declined nouns: which forms belong to one word is known, some are never seen."""

import re

import numpy as np

CASES = ("nom", "gen", "dat", "acc", "ins", "pre")
# nouns that take the endings of стол, or of корова; of what is alive the accusative is the genitive
GROUPS = {
    "animal": "волк слон тигр кабан баран кролик барсук бобр корова коза сова лиса ворона собака",
    "person": "доктор повар студент мастер художник инженер рыбак сосед сестра медсестра актриса соседка",
    "food": "суп сыр хлеб салат пирог банан арбуз рыба каша капуста котлета груша",
    "vehicle": "трактор автобус самолёт вагон катер грузовик машина лодка ракета телега карета",
    "place": "лес парк сад двор порт завод театр школа гора река поляна роща",
}
ALIVE = ("animal", "person")
ENDINGS = {"": ("", "а", "у", "", "ом", "е"), "а": ("а", "ы", "е", "у", "ой", "е")}  # by CASES
HARD = "гкх"  # behind these stands и in the place of ы
LIGHT = "жшчщц"  # behind these ей in the place of ой
RULES = (
    "{person:nom} видит {animal:acc}", "{person:nom} кормит {animal:acc}", "{animal:nom} боится {animal:gen}",
    "{person:nom} ест {food:acc}", "{animal:nom} ест {food:acc}", "у {person:gen} нет {food:gen}",
    "{person:nom} даёт {food:acc} {animal:dat}", "{person:nom} несёт {food:acc} {person:dat}",
    "{person:nom} едет на {vehicle:pre}", "{person:nom} чинит {vehicle:acc}", "{person:nom} управляет {vehicle:ins}",
    "{vehicle:nom} стоит у {place:gen}", "{vehicle:nom} едет к {place:dat}", "{animal:nom} живёт в {place:pre}",
    "{person:nom} гуляет в {place:pre}", "за {place:ins} виден {place:nom}", "{person:nom} идёт к {place:dat}",
    "{person:nom} гордится {animal:ins}", "{person:nom} думает о {food:pre}", "{person:nom} говорит о {animal:pre}",
    "{person:nom} спорит с {person:ins}", "{animal:nom} бежит за {animal:ins}", "{person:nom} пахнет {food:ins}",
    "{person:nom} рассказывает о {person:pre}", "{person:nom} мечтает о {vehicle:pre}",
    "рядом с {vehicle:ins} {animal:nom}",
    "{person:nom} вышел из {vehicle:gen}", "{person:nom} вышел из {place:gen}", "у {vehicle:gen} стоит {person:nom}",
    "{person:nom} рад {food:dat}", "{person:nom} доверяет {vehicle:dat}", "{person:nom} строит {place:acc}",
)  # fmt: skip
# present -> past of a masculine and of a feminine subject; where one is given, а is added
PAST = {
    "видит": "видел", "кормит": "кормил", "боится": "боялся боялась", "ест": "ел", "даёт": "дал", "несёт": "нёс несла",
    "едет": "ехал", "чинит": "чинил", "управляет": "управлял", "стоит": "стоял", "живёт": "жил", "гуляет": "гулял",
    "виден": "виден видна", "идёт": "шёл шла", "гордится": "гордился гордилась", "думает": "думал",
    "говорит": "говорил", "спорит": "спорил", "бежит": "бежал", "пахнет": "пах пахла", "рассказывает": "рассказывал",
    "мечтает": "мечтал", "вышел": "вышел вышла", "рад": "рад", "доверяет": "доверял", "строит": "строил",
}  # fmt: skip
# words that do not change; each noun keeps company with two of them, in whatever case it stands
ADVERBS = (
    "сегодня вчера завтра тихо громко быстро медленно вместе снова всегда часто редко рано поздно утром вечером днём"
    " ночью зимой летом весной осенью дома далеко близко вверху внизу слева справа молча весело грустно смело робко"
    " долго вдруг потом давно"
)
COMPANY = 0.8  # share of nouns that have one of theirs beside them
SLOT = re.compile(r"\{(\w+):(\w+)\}")
NOUNS = {noun: group for group, nouns in GROUPS.items() for noun in nouns.split()}
HIDDEN = ("gen", "dat", "ins", "pre")  # of each noun the form of one of these stands in test sentences alone


def form(noun: str, case: str) -> str:
    """Returns the singular of a noun of NOUNS in a case of CASES."""
    last = "а" if noun.endswith("а") else ""
    stem = noun.removesuffix("а")
    if case == "acc" and not last and NOUNS[noun] in ALIVE:
        case = "gen"
    ending = ENDINGS[last][CASES.index(case)]
    if ending == "ы" and stem[-1] in HARD + LIGHT.replace("ц", ""):
        ending = "и"
    if ending == "ой" and stem[-1] in LIGHT:
        ending = "ей"
    return stem + ending


def hidden(seed: int) -> dict[str, str]:
    """Returns noun -> the case in which no training sentence has it; a form that another case has too is not taken."""
    random = np.random.Generator(np.random.PCG64(seed))
    found = {}
    for noun in NOUNS:
        forms = [form(noun, case) for case in CASES]
        alone = [case for case in HIDDEN if forms.count(form(noun, case)) == 1]
        found[noun] = str(alone[random.integers(len(alone))])
    return found


def sentences(rows: int, seed: int, *, seen: bool, past: bool = False) -> list[list[tuple[str, str]]]:
    """Returns sentences of (word, its noun or ""), without the hidden forms if `seen`; else each has one of them.

    past: whether they are about the past, where the verb agrees with the gender of its subject.
    """
    random = np.random.Generator(np.random.PCG64([seed, int(seen)]))
    of_noun, found = hidden(seed), []
    while len(found) < rows:
        rule = RULES[random.integers(len(RULES))]
        words = [word for part in rule.split() for word in _drawn(part, random)]
        has = any(noun and of_noun[noun] == case for _, noun, case in words)
        if has != seen:
            subject = next((noun for _, noun, case in words if case == "nom"), "")
            found.append([(in_past(word, subject) if past else word, noun) for word, noun, _ in words])
    return found


def in_past(word: str, subject: str) -> str:
    """Returns a verb's past form for its subject, a noun of NOUNS; another word as it is."""
    if word not in PAST or not subject:
        return word
    masculine, *feminine = PAST[word].split()
    return (feminine or [masculine + "а"])[0] if subject.endswith("а") else masculine


def _drawn(part: str, random: np.random.Generator) -> list[tuple[str, str, str]]:
    """A word of a rule -> itself, or a noun's form, its noun and case, and perhaps a word that goes with this noun."""
    slot = SLOT.fullmatch(part)
    if not slot:
        return [(part, "", "")]
    nouns = GROUPS[slot[1]].split()
    noun = nouns[random.integers(len(nouns))]
    words = [(form(noun, slot[2]), noun, slot[2])]
    if random.random() < COMPANY:
        words.append((company(noun)[random.integers(2)], "", ""))
    return words


def company(noun: str) -> tuple[str, str]:
    """Returns the two adverbs that stand beside a noun of NOUNS more often than by chance."""
    place = list(NOUNS).index(noun)
    adverbs = ADVERBS.split()
    return adverbs[place % len(adverbs)], adverbs[(7 * place + 3) % len(adverbs)]
