"""All runs: filtered, sorted, marked; opened, compared, exported, repeated, resumed, deleted."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from dltui.runs import run as runs
from dltui.runs.facts import RunFacts
from dltui.runs.run import Run
from dltui.tui import run_chores, runs_keys
from dltui.tui.messages import OpenCompare, OpenRun, Told
from dltui.tui.run_chores import RunChores, RunsDeleted
from dltui.tui.run_columns import COLUMNS
from dltui.tui.run_index import Piece, RunIndex
from dltui.tui.run_listing import RunListing
from dltui.tui.run_notes import RunNotes
from dltui.tui.screens.settling import Settling
from dltui.tui.sheet import Unchanged
from dltui.tui.widgets.run_detail import RunDetail
from dltui.tui.widgets.run_filter import RunFilter
from dltui.tui.widgets.run_prompt import RunPrompt
from dltui.tui.widgets.run_table import RunTable
from dltui.tui.widgets.status_line import StatusLine
from dltui.tui.widgets.table_head import TableHead
from dltui.tui.widgets.waiting_list import WaitingList

AGES = 20.0  # seconds after which ages are written anew
REST = 0.01  # seconds that the reading thread leaves to the keys after each piece
LOW = 12  # rows below which the run under the cursor is not told of
ANY_OTHER = "   any other key: keep"
READING, NONE_YET = "Reading the runs ...", "No runs yet: press 1, choose a recipe, and press r."


class RunsScreen(Unchanged, Settling):
    """Its command-line twin: dltui runs; and compare, runs rm, run --resume."""

    HELP = (
        "All runs\n"
        "What c, x, e, t, u and p do, they do to the runs that are marked; where none is, to the one under the cursor. "
        "In the shell: dltui runs, dltui runs rm, tag, name, note, group and pin, dltui compare, dltui run --resume."
    )
    AUTO_FOCUS = "RunTable"
    BINDINGS: ClassVar[list[BindingType]] = runs_keys.BINDINGS
    DEFAULT_CSS = """
    RunsScreen {
        #runs-top { height: 1; background: $panel; }
        #runs-count { width: auto; padding: 0 1; color: $text-muted; }
    }
    """

    class Read(Message):
        """A piece of a look at the runs; None at its end."""

        def __init__(self, piece: Piece | None):
            super().__init__()
            self.piece = piece

    def __init__(self) -> None:
        super().__init__()
        self.index = RunIndex()
        self.listing, self.chores = RunListing(self.index), RunChores(self)
        self.filter, self.table, self.prompt = RunFilter(), RunTable(), RunPrompt()
        self.head, self.count = TableHead(self.table), Static(id="runs-count", markup=False)
        self.waiting, self.detail, self.status = WaitingList(), RunDetail(), StatusLine()
        self.notes = RunNotes(self.prompt, self._say, self._noted)
        self._reading = self._listed = self._all_read = False
        self._stale = False  # there is more than what is shown
        self._aged = time.monotonic()
        self._meant: Callable[[], None] = lambda: None  # what the answer yes does
        self._asked_from: Widget | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="runs-top"):
            yield self.filter
            yield self.count
        yield self.waiting
        yield self.head
        yield self.table
        yield self.detail
        yield self.prompt
        yield self.status

    def on_mount(self) -> None:
        self.listing.recall(self.app.settings)
        self._lay_out()
        self.drain()

    # -- what is new ---------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Begins a look at the runs where one is due: called by the app's timer some times a second."""
        if not self.is_mounted:
            return
        if not self._reading and (look := self.index.begin()) is not None:
            self._reading = True
            self.run_worker(partial(self._read, look), thread=True, group="runs")
        self.waiting.look_at_queue()
        if time.monotonic() - self._aged > AGES:
            self._aged = time.monotonic()
            self.table.refresh()
        self._lay_out_if_stale()
        self._show_status()

    @property
    def settled(self) -> bool:
        """Whether the newest runs are listed: keys that choose one need them."""
        return self._listed

    def _read(self, look: Iterator[Piece]) -> None:
        """In a thread: there may be ten thousand."""
        worker = get_current_worker()
        for piece in look:
            if worker.is_cancelled:
                return
            self.post_message(self.Read(piece))
            time.sleep(REST)
        self.post_message(self.Read(None))

    def on_runs_screen_read(self, message: Read) -> None:
        if message.piece is None:
            self._reading = False
            return
        self._stale |= self.index.take(message.piece) or not self._listed
        if not self._listed or not message.piece.left:  # those between wait for the timer: sorting takes its time
            self._listed = True
            self._lay_out_if_stale()

    def on_screen_resume(self) -> None:
        self.drain()

    def look_changed(self) -> None:
        """The theme has another ground or other colours."""
        self.waiting.draw()
        self.detail.show(self.table.chosen, self.app.look)
        self._show_status()

    def on_resize(self) -> None:
        self.detail.display = self.app.size.height >= LOW
        self.call_after_refresh(self._show_rest)

    # -- the list ------------------------------------------------------------------------------------------------------

    def _lay_out_if_stale(self) -> None:
        if self._stale:
            self._lay_out()

    def _lay_out(self) -> None:
        """Filters and sorts; while what is typed is no filter, the one before stays."""
        self._stale = False
        wanted = self.filter.read(self.index.names)
        if wanted is not None:
            self.listing.wanted = wanted
        if self.listing.shown_value != self.table.value:
            self.table.show_value(self.listing.shown_value)
        empty = READING if not self._listed else "No run fits this filter." if self.index.facts else NONE_YET
        stay = self._all_read or self.table.cursor > 0  # live runs, once they are known, come under the cursor
        self.table.show(self.listing.rows(), empty, stay=stay)
        self._all_read |= self._listed and not self.index.left
        self._show_rest()

    def _show_rest(self) -> None:
        """What stands around the table."""
        self.table.marked &= self.index.facts.keys()
        told = self.listing.counted(len(self.table.rows), len(self.table.marked))
        if told != self.count.content:
            self.count.update(told, layout=len(told) != len(self.count.content))
        self.head.show(self.listing.by, self.listing.down)
        self.detail.show(self.table.chosen, self.app.look)
        self._show_status()

    def _show_status(self) -> None:
        missing = [column.name for column in COLUMNS[:-1] if column.name not in self.table.widths]
        standing = f"too narrow for {', '.join(missing)}" if missing and self.table.rows else ""
        hints = runs_keys.hints(self.table.chosen, any_runs=bool(self.index.facts), queue=bool(self.waiting.display))
        hints = RunFilter.HINTS if self.filter.has_focus else WaitingList.HINTS if self.waiting.has_focus else hints
        if self.prompt.asking:
            hints, standing = RunPrompt.HINTS, self.prompt.wrong or self.prompt.question
        self.status.show(hints, standing if self.prompt.asking else self.filter.wrong or standing, self.app.look)

    def _say(self, text: str) -> None:
        self.status.say(text)
        self._show_status()

    def _ask(self, question: str, meant: Callable[[], None]) -> None:
        """Asks in the last row; x does what is `meant`."""
        self._meant, self._asked_from = meant, self.focused
        self.status.ask(f"{question}{ANY_OTHER}", "x")
        self._show_status()

    def on_status_line_answered(self, message: StatusLine.Answered) -> None:
        if message.yes:
            self._meant()
        there = self.waiting.display and self._asked_from is self.waiting
        (self.waiting if there else self.table).focus()
        self._show_status()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._lay_out()

    def on_run_filter_left(self) -> None:
        self.table.focus()

    def on_run_filter_moved(self, message: RunFilter.Moved) -> None:
        self.table.action_move(message.by)

    def on_descendant_focus(self) -> None:
        self._show_status()

    def on_run_table_chosen(self) -> None:
        self.detail.show(self.table.chosen, self.app.look)

    def on_run_table_marked(self) -> None:
        self._show_rest()

    def on_waiting_list_removal_asked(self, message: WaitingList.RemovalAsked) -> None:
        entry = message.entry
        what = f"{entry.number} {entry.recipe}"
        self._ask(f"Take {what} out of the queue?   x: take it out", lambda: self._say(self.waiting.remove(entry)))

    def on_waiting_list_left(self) -> None:
        self.table.focus()

    def on_table_head_chosen(self, message: TableHead.Chosen) -> None:
        if message.name == self.listing.by:
            self.action_reverse()
        else:
            self._sort_by(message.name)

    def action_queue(self) -> None:
        if self.waiting.entries:
            self.waiting.focus()
        else:
            self._say("Nothing waits: Q on a recipe puts it into the queue.")

    # -- the order and the column of values ----------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.filter.focus()

    def action_sort(self) -> None:
        self._sort_by(self.listing.column_after(list(self.table.widths)))

    def action_reverse(self) -> None:
        self._sort_by(self.listing.by, not self.listing.down)

    def _sort_by(self, by: str, down: bool | None = None) -> None:
        self.listing.sort_by(by, down)
        self._lay_out()
        self.table.action_edge(0)

    def action_value(self, by: int) -> None:
        self.listing.show_next_value(by)
        self._lay_out()

    # -- what is done to runs ------------------------------------------------------------------------------------------

    @property
    def targets(self) -> list[Run]:
        """The marked runs, the newest first; where none is marked, the one under the cursor."""
        marked = [facts.run for facts in self.index.facts.values() if facts.id in self.table.marked]
        return marked or ([self.table.chosen.run] if self.table.chosen else [])

    def on_run_table_opened(self) -> None:
        self.post_message(OpenRun(self.table.chosen.run))

    def action_compare(self) -> None:
        """A single marked run is compared with the one under the cursor."""
        found, chosen = self.targets, self.table.chosen
        if len(found) == 1 and chosen and chosen.run not in found:
            found.append(chosen.run)
        if len(found) > 1:
            self.post_message(OpenCompare(found))
        else:
            self._say("Mark two runs or more with space: c lays them over each other.")

    def action_copy(self) -> None:
        if self.table.chosen:
            self.chores.copy(self.table.chosen.run)

    def action_go_on(self) -> None:
        if self.table.chosen and self.chores.go_on(self.table.chosen.run):
            self.index.look_again()
            self._say(f"{self.table.chosen.id} goes on from its last checkpoint: enter watches it.")

    def action_export(self) -> None:
        if self.targets:
            self._say("Exporting ...")
            self.chores.export(self.targets)

    @property
    def _target_facts(self) -> list[RunFacts]:
        return [self.index.facts[run.id] for run in self.targets if run.id in self.index.facts]

    def action_annotate(self, field: str) -> None:
        """Asks for tags or the group of the targets, for the name or a note of the run under the cursor."""
        found = self._target_facts if field in ("tags", "group") else [*filter(None, [self.table.chosen])]
        if found:
            self.status.say("")
            self.notes.ask(field, found)
            self._show_status()

    def on_run_prompt_answered(self, message: RunPrompt.Answered) -> None:
        if self.notes.answered(message.field, message.text):
            self.on_run_prompt_left()
        self._show_status()

    def on_run_prompt_left(self) -> None:
        self.prompt.close()
        self.table.focus()

    def action_pin(self) -> None:
        if found := self._target_facts:
            self.notes.pin(found)

    def _noted(self, found: Sequence[RunFacts]) -> None:
        """Something was noted about runs."""
        for facts in found:
            self.index.note(facts.run, facts.annotations)
        self._lay_out()
        self.table.refresh()

    def action_delete(self) -> None:
        live = [run.id for run in self.targets if runs.engine_pid(run) is not None]
        if live:
            self._say(f"{live[0]} goes on: open it and stop it first.")
        elif self.targets:
            listed = {facts.id for facts in self.table.rows}
            hidden = sum(run.id not in listed for run in self.targets)
            pinned = sum(facts.annotations.pinned for facts in self._target_facts)
            width = self.app.size.width - len(ANY_OTHER) - 1
            question = run_chores.deletion(self.targets, hidden, width, pinned=pinned)
            self._ask(question, partial(self.chores.delete, self.targets))

    def on_runs_deleted(self, message: RunsDeleted) -> None:
        for run in message.deleted:
            self.index.forget(run)
        self._lay_out()
        for fault in message.faults[:1]:
            self.post_message(Told(fault, "error"))
        if message.deleted:
            self._say(f"{len(message.deleted)} run{'s' if len(message.deleted) > 1 else ''} deleted.")

    def action_leave(self) -> None:
        if self.filter.value:
            self.filter.value = ""
        elif self.table.marked:
            self.table.mark(set())
        else:
            raise SkipAction
