"""The keys of the recipes screen."""

from textual.binding import Binding

BINDINGS = [
    Binding("slash", "search", "Search", id="recipes.search", priority=True),
    Binding("n", "following", "To what comes next in the course", id="recipes.following"),
    Binding("r", "run", "Run what the form says", id="recipes.run"),
    Binding("R", "run(True)", "Run its published size (--full)", id="recipes.run_full"),
    Binding("p", "guess", "Predict what will come out, then run", id="recipes.predict"),
    Binding("Q", "run(False, True)", "Put it into the queue", id="recipes.queue"),
    Binding("y", "copy", "Copy the command line", id="recipes.copy"),
    Binding("e", "edit", "Edit a copy in your editor", id="recipes.edit"),
    Binding("t", "try_next", "Put the lesson's next command into the options", id="recipes.try"),
    Binding("l", "language", "English or Russian lessons", id="recipes.language"),
    Binding("tab", "part(1)", "Next part", show=False, id="recipes.next_part"),
    Binding("shift+tab", "part(-1)", "Part before", show=False, id="recipes.part_before"),
    Binding("escape", "leave", "Back to the tree", show=False, id="recipes.leave"),
]
PARTS = {  # what tab goes through -> what one does there
    "lesson": "Read the lesson",
    "options": "Change the options in the form",
    "layers": "See the layers of the nets",
}
