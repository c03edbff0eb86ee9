"""The words of the page of a class, in the languages that lessons have."""

from typing import NamedTuple


class ClassWords(NamedTuple):
    """standing: (sign, word) of a cell, by its name in class_page."""

    title: str
    summary: str
    students: str
    student_columns: tuple[str, ...]
    grids: str
    hard: str
    hard_caption: str
    hard_columns: tuple[str, ...]
    not_hard: str
    recipe: str
    exercise: str
    exercises: str
    own: str
    left_out: str
    part: str
    legend: str
    edited: str
    edited_note: str
    edited_columns: tuple[str, ...]
    unknown: str
    unread: str
    no_proof: str
    standing: dict[str, tuple[str, str]]


CLASS_WORDS = {
    "en": ClassWords(
        title="Class: {}",
        summary="Students: {students}. Recipes that were begun: {recipes}, exercises: {exercises}.",
        students="Students",
        student_columns=("student", "claims met", "recipes run", "solved", "begun", "last", "handed in"),
        grids="Recipes and exercises",
        hard="Hard for many",
        hard_caption="What two students or more have begun and not done, the most first",
        hard_columns=("", "name", "not done", "of those who began"),
        not_hard="Nothing that two students or more have begun and not done.",
        recipe="recipe",
        exercise="exercise",
        exercises="Exercises",
        own="Recipes of their own",
        left_out="{} more are left out.",
        part="{topic}, {number} of {count}",
        legend="The number is the day: month-day.",
        edited="Edited by hand",
        edited_note="Their log, recipe.toml or record is not as dltui wrote it. That is no proof, and a run that is not"
        " marked may be edited too: who can edit a log can compute its chain again.",
        edited_columns=("student", "run", "what was noticed"),
        unknown="Runs that are not checked: {}. An older dltui wrote them, or their logs are too long to be handed in.",
        unread="Could not be read",
        no_proof="Made from the students' own files: no proof of who did it, or that it was done.",
        standing={
            "met": ("✓", "claim met"),
            "missed": ("✗", "claim not met"),
            "begun": ("○", "begun"),
            "solved": ("✓", "solved"),
            "edited": ("!", "edited by hand"),
        },
    ),
    "ru": ClassWords(
        title="Группа: {}",
        summary="Учащихся: {students}. Начато рецептов: {recipes}, упражнений: {exercises}.",
        students="Учащиеся",
        student_columns=("учащийся", "утверждений выполнено", "рецептов запущено", "решено", "начато", "последнее",
                         "сдано"),
        grids="Рецепты и упражнения",
        hard="Трудно для многих",
        hard_caption="Что начали и не довели до конца двое или больше, сначала самое частое",
        hard_columns=("", "название", "не выполнили", "из начавших"),
        not_hard="Нет ничего, что начали и не довели до конца двое или больше.",
        recipe="рецепт",
        exercise="упражнение",
        exercises="Упражнения",
        own="Собственные рецепты",
        left_out="Не показано ещё: {}.",
        part="{topic}, {number} из {count}",
        legend="Число под знаком — день: месяц-день.",
        edited="Изменено вручную",
        edited_note="Журнал, recipe.toml или запись о запуске не такие, какими их записал dltui. Это не доказательство,"
        " и запуск без пометки тоже мог быть изменён: кто правит журнал, может пересчитать и его цепочку.",
        edited_columns=("учащийся", "запуск", "что замечено"),
        unknown="Не проверено запусков: {}. Их записал прежний dltui, или журнал слишком длинен для сдачи.",
        unread="Не удалось прочитать",
        no_proof="Составлено по файлам самих учащихся: не доказывает, кто это сделал и делалось ли это.",
        standing={
            "met": ("✓", "утверждение выполнено"),
            "missed": ("✗", "утверждение не выполнено"),
            "begun": ("○", "начато"),
            "solved": ("✓", "решено"),
            "edited": ("!", "изменено вручную"),
        },
    ),
}  # fmt: skip
