"""`dltui`: one line per command, and the one place where an exception becomes an exit status."""

import gc
import sys

# name -> what it does. The command is commands/<name>.py, imported only when it is called.
COMMANDS = {
    "course": "the topics: what was run here, what met its claim, what comes next",
    "lesson": "a topic's lessons in course order",
    "exercise": "find the bug in a part of a recipe, or write what is missing of it",
    "handin": "what one has done, as a zip for the teacher",
    "class": "what the students of a folder have done",
    "list": "recipes: name, title, topic, time, claim",
    "show": "a recipe: lesson, options, claim, commands to try",
    "kinds": "what a recipe can name, with its options: tasks, algorithms, data, models, losses, regularizers, "
    "augmentations, optimizers, schedules, callbacks, probes, comparisons, train",
    "new": "copy a recipe to edit",
    "check": "validate recipe files: every problem at once",
    "run": "run a recipe and watch it learn",
    "runs": "past and present runs",
    "queue": "runs that wait until their device is free",
    "attach": "watch a run from its first step",
    "stop": "stop a running run; it saves first",
    "pause": "hold a running run still",
    "resume": "let a paused run go on",
    "set": "turn a knob of a running run",
    "replay": "a run's log again, as it looked",
    "compare": "runs: curves over each other, summaries and configurations side by side",
    "report": "runs as a page, a slide or a film, for those who have no dltui",
    "sample": "new pictures from what was trained",
    "predict": "what a trained run says of your files",
    "profile": "where the time of a training step goes: parts, operators, memory",
    "export": "what a run learned and measured: ONNX, safetensors, CSV, TensorBoard",
    "import": "logs of other trainers as runs: CSV, JSON Lines, TensorBoard",
    "sweep": "search a recipe's options: every trial is a run",
    "verify": "run recipes and check their claims",
    "data": "data sets and their cache",
    "doctor": "devices, versions, terminal, data access; what to fix",
}


def main() -> int:
    """The entry point of `dltui`."""
    try:
        return _main(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are imported: nothing has begun
        return 130


def _main(arguments: list[str]) -> int:
    if arguments == ["--version"]:  # nothing is imported for it
        from dltui import __version__

        return _told(__version__)
    gc.set_threshold(50_000, 20, 20)  # modules stay: looking among them for garbage takes a tenth of a command's time
    from dltui.cli.environment import Environment

    status = program(arguments, Environment.of_process())
    try:
        sys.stdout.flush()
    except OSError:  # it has been told; the interpreter would try again at its end
        sys.stdout = None
    return status


def _told(text: str) -> int:
    try:
        print(text, flush=True)
    except OSError as error:
        sys.stdout = None  # or it would be flushed once more at the end
        print(f"standard output: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def program(arguments: list[str], env) -> int:
    """Runs `dltui arguments...` in an Environment and returns its ExitStatus. No exception leaves it."""
    from dltui.errors import DltuiError, ExitStatus

    try:
        try:
            return _invoked(arguments, env)
        finally:
            env.flush()  # here, where a reader that went away is known, and not at the interpreter's end
    except DltuiError as error:
        env.tell(error.message + (f"\n{error.hint}" if error.hint else ""))
        return error.status
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        return ExitStatus.PIPE
    except OSError as error:
        env.tell(f"{error.filename or 'dltui'}: {error.strerror}.\nSee: dltui doctor")
        return ExitStatus.FAILED


def _invoked(arguments: list[str], env) -> int:
    shell = env.variables.get("_DLTUI_COMPLETE")
    if shell:
        from dltui.cli.complete import answer

        return answer(shell, env)
    if not arguments and env.is_visit:  # 80 ms before its first screen, Typer would take
        from dltui.tui.start import run_tui

        return run_tui(env)
    from contextlib import redirect_stderr, redirect_stdout

    from dltui.cli.group import invoke

    with redirect_stdout(env.stdout), redirect_stderr(env.stderr):  # Typer prints help by itself
        return invoke(arguments, env)
