"""`p`: what a recipe asks before it runs, and what is answered."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from dltui.recipes.prediction import Bounds, Prediction
from dltui.tui.screens.settling import Settling

WORDS = {
    "en": ("Guess first", "{form}, then enter; esc runs without a guess", "Not {form}: {text}"),
    "ru": ("Сначала предскажите", "{form} и enter; esc — запустить без ответа", "Это не {form}: {text}"),
}
TITLE, HOW, WRONG = range(3)
WIDEST = 76  # columns


class GuessScreen(ModalScreen[dict | None], Settling[dict | None]):
    """Answers {answer, value, language} of the event `guess`; None where it is left."""

    HELP = "A guess\nIt stands in the run's log before the first step, and is judged at the end: dltui run --predict"
    BINDINGS: ClassVar[list[Binding]] = [Binding("escape", "leave", "Run without a guess", id="guess.leave")]
    DEFAULT_CSS = f"""
    GuessScreen {{ align: center middle; }}
    GuessScreen > Vertical {{
        width: {WIDEST}; max-width: 100%; height: auto; max-height: 100%;
        border: round $primary; padding: 0 1; background: $surface;
    }}
    GuessScreen Static {{ height: auto; }}
    GuessScreen Input {{ margin: 1 0 0 0; }}
    """

    def __init__(self, question: Prediction, bounds: Bounds, language: str):
        super().__init__()
        self.question, self.bounds, self.language = question, bounds, language

    def compose(self) -> ComposeResult:
        words, asked = WORDS[self.language], self.question
        with Vertical() as box:
            box.border_title = words[TITLE]
            text = asked.in_language(asked.question, self.language)
            choices = [f"  {number}  {asked.named(name, self.language)}" for number, name in enumerate(asked.choice, 1)]
            yield Static(Content("\n".join([text, *choices])))
            answer = Input(compact=True)
            answer.cursor_blink = False  # a blink is a timer, and bytes over the line
            yield answer
            yield Static(Content(words[HOW].format(form=self._form)), classes="hint")

    @property
    def _form(self) -> str:
        return self.question.form(self.bounds, self.language)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if not text:
            self.dismiss(None)
            return
        value = self.question.read(text, self.bounds)
        if value is None:
            told = WORDS[self.language][WRONG].format(form=self._form, text=text)
            self.query_one(".hint", Static).update(Content(told))
            return
        self.dismiss({"answer": self.question.answer, "value": value, "language": self.language})

    def action_leave(self) -> None:
        self.dismiss(None)
