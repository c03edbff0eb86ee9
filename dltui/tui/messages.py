"""What a screen asks of the app: screens post these, only the app acts on them."""

from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from dltui.runs.run import Run

Severity = Literal["information", "warning", "error"]


class OpenRun(Message):
    """Show this run on the run screen."""

    def __init__(self, run: "Run"):
        super().__init__()
        self.run = run


class OpenRecipe(Message):
    """Show the recipe of this name on the recipes screen."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name


class StartRun(Message):
    """Start a run, or let it wait in the queue.

    recipe_word: a recipe's name or file, as `dltui run` takes it.
    changes: dotted key -> value, as KEY=VALUE of `dltui run`.
    full: the published size.
    queue: wait until its device is free.
    device: auto, cpu, cuda, cuda:N or mps.
    guess: what the event `guess` holds; None where nothing was guessed.
    """

    def __init__(
        self,
        recipe_word: str,
        changes: dict[str, object],
        full: bool = False,
        queue: bool = False,
        device: str = "auto",
        guess: dict | None = None,
    ):
        super().__init__()
        self.recipe_word, self.changes, self.full, self.queue, self.device = recipe_word, changes, full, queue, device
        self.guess = guess


class OpenCompare(Message):
    """Lay these runs over each other on the compare screen."""

    def __init__(self, runs: "list[Run]"):
        super().__init__()
        self.runs = runs


class Told(Message):
    """Tell the person something in a corner of the screen. The text is drawn as it is, never as markup."""

    def __init__(self, text: str, severity: Severity = "information"):
        super().__init__()
        self.text, self.severity = text, severity
