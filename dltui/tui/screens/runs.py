"""All runs: filtered, sorted, marked; opened, compared, exported, repeated, resumed, deleted."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from dltui import filter as filters
from dltui import launch, repeat
from dltui import run as runs
from dltui.errors import DltuiError
from dltui.filter import Filter
from dltui.run import Run
from dltui.tui import run_chores, run_columns
from dltui.tui.messages import OpenCompare, OpenRun, Severity, Told
from dltui.tui.run_columns import COLUMNS
from dltui.tui.run_index import Piece, RunIndex
from dltui.tui.runs_keys import BINDINGS, HINTS
from dltui.tui.screens.settling import Settling
from dltui.tui.widgets.run_detail import RunDetail
from dltui.tui.widgets.run_filter import RunFilter
from dltui.tui.widgets.run_table import RunTable, TableHead
from dltui.tui.widgets.status_line import StatusLine
from dltui.tui.widgets.waiting_list import WaitingList

AGES = 20.0  # seconds after which ages are written anew
REST = 0.01  # seconds that the reading thread leaves to the keys after each piece
LOW = 12  # rows below which the run under the cursor is not told of
READING, NONE_YET = "Reading the runs ...", "No runs yet: press 1, choose a recipe, and press r."


class RunsScreen(Settling):
    """Its command-line twin: dltui runs; and compare, runs rm, run --resume."""

    HELP = (
        "All runs\n"
        "What c, x and e do, they do to the runs that are marked; where none is, to the one under the cursor. "
        "In the shell: dltui runs, dltui runs rm, dltui compare, dltui run --resume."
    )
    AUTO_FOCUS = "RunTable"
    BINDINGS: ClassVar[list[BindingType]] = BINDINGS
    DEFAULT_CSS = """
    RunsScreen {
        #runs-top { height: 1; background: $panel; }
        RunFilter { width: 1fr; }
        #runs-count { width: auto; padding: 0 1; color: $text-muted; }
        RunTable {
            height: 1fr;
            scrollbar-color: $border-blurred;
            scrollbar-color-hover: $border;
            scrollbar-color-active: $border;
            scrollbar-background: $background;
            scrollbar-background-hover: $background;
            scrollbar-background-active: $background;
        }
    }
    """

    class Read(Message):
        """A piece of a look at the runs; None at its end."""

        def __init__(self, piece: Piece | None):
            super().__init__()
            self.piece = piece

    class Gone(Message):
        """These runs were deleted; what could not be is told."""

        def __init__(self, deleted: list[Run], faults: list[str]):
            super().__init__()
            self.deleted, self.faults = deleted, faults

    def __init__(self) -> None:
        super().__init__()
        self.index = RunIndex()
        self.filter, self.table = RunFilter(), RunTable()
        self.head, self.count = TableHead(self.table), Static(id="runs-count", markup=False)
        self.waiting, self.detail, self.status = WaitingList(), RunDetail(), StatusLine()
        self.by, self.down, self.value = "age", False, ""
        self._wanted = Filter()
        self._reading = self._listed = self._all_read = False
        self._stale = False  # there is more than what is shown
        self._aged = time.monotonic()
        self._to_delete: list[Run] = []

    def compose(self) -> ComposeResult:
        with Horizontal(id="runs-top"):
            yield self.filter
            yield self.count
        yield self.waiting
        yield self.head
        yield self.table
        yield self.detail
        yield self.status

    def on_mount(self) -> None:
        settings = self.app.settings
        by = settings.get("runs.sort", self.by)
        if by in [column.name for column in COLUMNS]:
            self.by, self.down = by, settings.get("runs.down", self.down)
        self.value = settings.get("runs.value", "")
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
        self._wanted = self._wanted if wanted is None else wanted
        found = self.index.facts.values()
        if self._wanted.parts:
            found = [facts for facts in found if facts.is_read and self._wanted.holds(facts)]
        value = self.shown_value
        if value != self.table.value:
            self.table.show_value(value)
        empty = READING if not self._listed else "No run fits this filter." if self.index.facts else NONE_YET
        stay = self._all_read or self.table.cursor > 0  # live runs, once they are known, come under the cursor
        self.table.show(run_columns.ordered(found, self.by, self.down, value), empty, stay=stay)
        self._all_read |= self._listed and not self.index.left
        self._show_rest()

    @property
    def shown_value(self) -> str:
        """The metric that the runs are shown with: the one that was chosen, else the first that the filter names."""
        named = [name for name in self._wanted.metrics if name not in filters.ALWAYS]
        return self.value or next(iter(named), "")

    def _show_rest(self) -> None:
        """What stands around the table."""
        table, total = self.table, len(self.index.facts)
        table.marked &= self.index.facts.keys()
        marked = f"{len(table.marked)} marked  " if table.marked else ""
        shown = f"{len(table.rows):,} of {total:,}" if len(table.rows) != total else f"{total:,}"
        reading = f"  reading {self.index.left:,}" if self.index.left else ""
        self.count.update(f"{marked}{shown} run{'s' if total != 1 else ''}{reading}")
        self.head.show(self.by, self.down)
        self.detail.show(table.chosen, self.app.look)
        self._show_status()

    def _show_status(self) -> None:
        missing = [column.name for column in COLUMNS[:-1] if column.name not in self.table.widths]
        standing = f"too narrow for {', '.join(missing)}" if missing and self.table.rows else ""
        hints = RunFilter.HINTS if self.filter.has_focus else WaitingList.HINTS if self.waiting.has_focus else HINTS
        self.status.show(hints, self.filter.wrong or standing, self.app.look)

    def _say(self, text: str) -> None:
        self.status.say(text)
        self._show_status()

    def _tell(self, text: str, severity: Severity = "information") -> None:
        self.post_message(Told(text, severity))

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

    def on_waiting_list_removed(self, message: WaitingList.Removed) -> None:
        if not self.waiting.entries:
            self.table.focus()
        self._say(message.fault or f"{message.entry.number} {message.entry.recipe} was taken out of the queue.")

    def on_waiting_list_left(self) -> None:
        self.table.focus()

    def on_table_head_chosen(self, message: TableHead.Chosen) -> None:
        if message.name == self.by:
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
        names = [column.name for column in COLUMNS if column.name in self.table.widths]
        at = names.index(self.by) if self.by in names else -1
        self._sort_by(names[(at + 1) % len(names)])

    def action_reverse(self) -> None:
        self._sort_by(self.by, not self.down)

    def _sort_by(self, by: str, down: bool | None = None) -> None:
        self.by = by
        self.down = run_columns.down_first(by, self.shown_value) if down is None else down
        self.app.settings.set("runs.sort", self.by)
        self.app.settings.set("runs.down", self.down)
        self._lay_out()
        self.table.action_edge(0)

    def action_value(self, by: int) -> None:
        """Goes through the metrics of all runs; the first is none: what tells most of each."""
        names = ["", *(name for name in filters.keys(self.index.names()) if "." not in name)]
        names = [name for name in names if name not in filters.ALWAYS]
        at = names.index(self.value) if self.value in names else 0
        self.value = names[(at + by) % len(names)]
        self.app.settings.set("runs.value", self.value)
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
        chosen = self.table.chosen
        found = list(dict.fromkeys([*self.targets, *([chosen.run] if chosen else [])]))
        found = self.targets if len(self.targets) > 1 else found
        if len(found) > 1:
            self.post_message(OpenCompare(found))
        else:
            self._say("Mark two runs or more with space: c lays them over each other.")

    def action_copy(self) -> None:
        if self.table.chosen:
            command = repeat.command(self.table.chosen.run)
            self.app.copy_to_clipboard(command)
            self._tell(f"Copied: {command}")

    def action_go_on(self) -> None:
        if self.table.chosen is None:
            return
        run = self.table.chosen.run
        try:
            self.app.engines.append(launch.resume(run))
        except (DltuiError, OSError) as error:
            self._tell(str(error), "warning")
            return
        self.index.look_again()
        self._say(f"{run.id} goes on from its last checkpoint: enter watches it.")

    def action_export(self) -> None:
        if self.targets:
            self._say("Exporting ...")
            self.run_worker(partial(self._export, self.targets), thread=True, group="export")

    def _export(self, found: list[Run]) -> None:
        written, faults = run_chores.exported(found, Path.cwd())
        for fault in faults:
            self._tell(fault, "error")
        if written:
            more = f" and {len(written) - 3} more" if len(written) > 3 else ""
            self._tell(f"Written into {Path.cwd()}: {', '.join(written[:3])}{more}")

    def action_delete(self) -> None:
        live = [run.id for run in self.targets if runs.engine_pid(run) is not None]
        if live:
            self._say(f"{live[0]} goes on: open it and stop it first.")
        elif self.targets:
            self._to_delete = self.targets
            what = self.targets[0].id if len(self.targets) == 1 else f"{len(self.targets)} runs"
            self.status.ask(f"Delete {what} for good?   x: delete   any other key: keep", "x")
            self._show_status()

    def on_status_line_answered(self, message: StatusLine.Answered) -> None:
        self.table.focus()
        if message.yes:
            self.run_worker(partial(self._remove, self._to_delete), thread=True, group="delete")
        self._show_status()

    def _remove(self, found: list[Run]) -> None:
        self.post_message(self.Gone(*run_chores.removed(found)))

    def on_runs_screen_gone(self, message: Gone) -> None:
        for run in message.deleted:
            self.index.forget(run)
        self._lay_out()
        for fault in message.faults[:1]:
            self._tell(fault, "error")
        if message.deleted:
            self._say(f"{len(message.deleted)} run{'s' if len(message.deleted) > 1 else ''} deleted.")

    def action_leave(self) -> None:
        if self.filter.value:
            self.filter.value = ""
        elif self.table.marked:
            self.table.mark(set())
        else:
            raise SkipAction
