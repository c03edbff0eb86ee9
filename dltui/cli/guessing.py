"""`--predict`: what a recipe asks before its first step, and what was answered."""

from dltui.cli.environment import Environment
from dltui.recipes import prediction
from dltui.recipes.recipe import Recipe

PROMPT = {"en": "Your guess ({form}; Enter skips it): ", "ru": "Ваш ответ ({form}; Enter — пропустить): "}


def asked(env: Environment, recipe: Recipe) -> dict | None:
    """Asks at the terminal until it is answered or skipped; returns {answer, value, language} of the event `guess`.

    None where it was skipped, where the recipe asks nothing, or where nobody sits at a terminal.
    """
    question = prediction.of(recipe.table)
    if question is None:
        env.tell(f"{recipe.name} asks nothing: it has no [predict].")
        return None
    if not env.is_visit:
        env.tell("--predict asks at a terminal; here nobody is asked.")
        return None
    env.print(question.in_language(question.question, env.language), bold=True)
    for number, name in enumerate(question.choice, 1):
        env.print(f"  {number}  {question.named(name, env.language)}")
    bounds = question.bounds(recipe.metrics)
    while True:
        env.stdout.write(PROMPT[env.language].format(form=question.form(bounds, env.language)))
        env.stdout.flush()
        line = env.stdin.readline().strip()
        if not line:
            return None
        value = question.read(line, bounds)
        if value is not None:
            return {"answer": question.answer, "value": value, "language": env.language}
