"""The words of a page's own, in the languages that lessons have."""

from typing import NamedTuple


class Words(NamedTuple):
    """Headings and labels; status: of a run, by its name in the log."""

    run: str
    noted: str
    begun: str
    steps: str
    took: str
    data: str
    device: str
    parameters: str
    versions: str
    claims: str
    claim: str
    wanted: str
    measured: str
    met: str
    missed: str
    met_so_far: str
    not_yet: str
    outcome: str
    one_met: str
    one_missed: str
    all_met: str
    some_met: str
    guess: str
    curves: str
    log: str
    zoomed: str
    outside: str
    pictures: str
    at_step: str
    more_pictures: str
    lesson: str
    configuration: str
    changed: str
    all_settings: str
    again: str
    note: str
    warnings: str
    unreadable: str
    edited: str
    compared: str
    values: str
    differently: str
    alike: str
    zoom: str
    zoom_in: str
    zoom_out: str
    whole: str
    made: str
    status: dict[str, str]

    def result(self, met: int, claims: int) -> str:
        """Returns in words how many claims were met."""
        if claims == 1:
            return self.one_met if met else self.one_missed
        return (self.all_met if met == claims else self.some_met).format(met=met, claims=claims)


WORDS = {
    "en": Words(
        run="run", noted="noted", begun="begun", steps="steps", took="time", data="data", device="device",
        parameters="parameters", versions="versions",
        claims="What the recipe claims", claim="claim", wanted="wanted", measured="measured", met="met",
        missed="not met", met_so_far="met so far", not_yet="not yet", outcome="outcome",
        one_met="claim met", one_missed="claim not met",
        all_met="all {met} claims met",
        some_met="{met} of {claims} claims met", guess="The guess before the first step",
        curves="Curves", log="logarithmic axis", zoomed="the axis shows a part of what there can be",
        outside="in all {}",
        pictures="Pictures", at_step="at step", more_pictures="further pictures are left out.",
        lesson="The lesson", configuration="Configuration", changed="Changed for this run",
        all_settings="All settings", again="Run it again", note="Note", warnings="What the run warned of",
        unreadable="{} lines of the log could not be read.", edited="This run was edited by hand: {}.",
        compared="Side by side", values="value",
        differently="Configured differently", alike="Configured alike.",
        zoom="Drag over a part of the steps to enlarge it.",
        zoom_in="enlarge", zoom_out="shrink", whole="all steps", made="Made by",
        status={
            "starting": "starting", "running": "running", "paused": "paused", "done": "done", "stopped": "stopped",
            "failed": "failed", "diverged": "diverged", "lost": "lost: its engine died",
        },
    ),
    "ru": Words(
        run="запуск", noted="пометки", begun="начат", steps="шаги", took="время", data="данные", device="устройство",
        parameters="параметры", versions="версии",
        claims="Что утверждает рецепт", claim="утверждение", wanted="требуется", measured="получено",
        met="выполнено", missed="не выполнено", met_so_far="пока выполнено", not_yet="пока не выполнено",
        outcome="итог", one_met="утверждение выполнено",
        one_missed="утверждение не выполнено", all_met="выполнены все утверждения: {met}",
        some_met="выполнено утверждений: {met} из {claims}", guess="Предсказание до первого шага",
        curves="Кривые", log="логарифмическая шкала", zoomed="шкала показывает часть диапазона", outside="всего {}",
        pictures="Картинки", at_step="на шаге", more_pictures="картинок не показано.", lesson="Урок",
        configuration="Настройки", changed="Изменено для этого запуска", all_settings="Все настройки",
        again="Как повторить", note="Заметка", warnings="Предупреждения", unreadable="Не прочитано строк журнала: {}.",
        edited="Этот запуск правили вручную: {}.",
        compared="Сравнение", values="величина", differently="Чем различаются настройки",
        alike="Настройки одинаковы.",
        zoom="Выделите мышью часть шагов, чтобы увеличить её.",
        zoom_in="увеличить", zoom_out="уменьшить", whole="все шаги", made="Сделано в",
        status={
            "starting": "начинается", "running": "идёт", "paused": "на паузе", "done": "завершён",
            "stopped": "остановлен", "failed": "ошибка", "diverged": "разошёлся", "lost": "процесс обучения погиб",
        },
    ),
}  # fmt: skip


class CourseWords(NamedTuple):
    """The words of a portfolio. standing, guess: by their names in runs.recipe_status and render.guess."""

    title: str
    recipes: str
    guesses: str
    exercises: str
    nothing: str
    columns: tuple[str, ...]
    exercises_head: str
    exercise_columns: tuple[str, ...]
    solved: str
    begun: str
    no_proof: str
    standing: dict[str, str]
    guess: dict[str, str]


COURSE_WORDS = {
    "en": CourseWords(
        title="What was done with dltui",
        recipes="{met} of {recipes} recipes have met their claims here.",
        guesses="{count} guessed first, {near} right or close.",
        exercises="{solved} of {begun} exercises that were begun are solved.",
        nothing="Nothing was run here yet. Begin: dltui course",
        columns=("recipe", "standing", "values", "guess", "runs", "last"),
        exercises_head="Exercises",
        exercise_columns=("exercise", "standing", "checks", "hints", "solved"),
        solved="solved",
        begun="begun",
        no_proof="Made from the learner's own files: no proof of who did it.",
        standing={"met": "✓ met", "missed": "✗ not met", "live": "running", "failed": "✗ failed", "ran": "ran"},
        guess={"right": "right", "near": "close", "far": "missed"},
    ),
    "ru": CourseWords(
        title="Сделано с dltui",
        recipes="Утверждения выполнены у {met} рецептов из {recipes}.",
        guesses="Предсказаний: {count}, верных или близких: {near}.",
        exercises="Решено упражнений: {solved} из {begun} начатых.",
        nothing="Здесь ещё ничего не запускали. Начните так: dltui course",
        columns=("рецепт", "итог", "величины", "предсказание", "запуски", "последний"),
        exercises_head="Упражнения",
        exercise_columns=("упражнение", "итог", "проверки", "подсказки", "решено"),
        solved="решено",
        begun="начато",
        no_proof="Составлено по файлам самого учащегося: не доказывает, кто это сделал.",
        standing={
            "met": "✓ выполнено",
            "missed": "✗ не выполнено",
            "live": "идёт",
            "failed": "✗ ошибка",
            "ran": "был запуск",
        },
        guess={"right": "верно", "near": "близко", "far": "мимо"},
    ),
}
