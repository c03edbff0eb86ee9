"""The commands as Typer knows them, each loaded only when it is called."""

from importlib import import_module
from types import ModuleType

import typer
from typer.core import CompletionItem, TyperGroup
from typer.exceptions import TyperException

import dltui
from dltui.cli.environment import Environment
from dltui.cli.main import COMMANDS
from dltui.errors import DltuiError, ExitStatus, did_you_mean

SETTINGS = {"help_option_names": ["-h", "--help"]}
SHELLS = ("bash", "zsh", "fish")


class Commands(TyperGroup):
    """The root: names and one-line helps come from COMMANDS, so that `--help` imports no command."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, name: str):
        if name not in COMMANDS:
            hint = f"{did_you_mean(name, COMMANDS)} See: dltui --help"
            raise DltuiError(f'There is no command "{name}".', hint, ExitStatus.USAGE)
        return load(name)

    def format_commands(self, ctx: typer.Context, formatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return found or super(TyperGroup, self).shell_complete(ctx, incomplete)  # options


class WithDefault(TyperGroup):
    """Sub-commands, of which the first is meant where none is named: `dltui runs mnist` is `dltui runs list mnist`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        completing = ctx.resilient_parsing and not args
        if first not in self.commands and first not in SETTINGS["help_option_names"] and not completing:
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


def load(name: str):
    """Returns the click command of commands/<name>.py: its `command`, or its SUBCOMMANDS with the first as default."""
    module = import_module(f"dltui.cli.commands.{name}")
    app = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=SETTINGS)
    if hasattr(module, "SUBCOMMANDS"):
        app.callback(cls=WithDefault, help=module.__doc__, epilog=_examples(module))(lambda: None)
        for sub, function in module.SUBCOMMANDS.items():
            app.command(sub, context_settings=SETTINGS)(function)
    else:
        app.command(name, epilog=_examples(module), context_settings=SETTINGS)(module.command)
    return typer.main.get_command(app)


def _examples(module: ModuleType) -> str:
    """The module's EXAMPLES as help shows them: line by line (\\b keeps click from filling them)."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in module.EXAMPLES.strip().splitlines())


def root():
    """Returns the whole command line as one click group."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=SETTINGS)
    examples = "\b\nExamples:\n  dltui list\n  dltui show mlp-moons\n  dltui run mlp-moons\n  dltui COMMAND --help"
    app.callback(cls=Commands, invoke_without_command=True, epilog=examples)(_dltui)
    return typer.main.get_command(app)


def _dltui(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
    show_completion: str = typer.Option(
        "",
        metavar="SHELL",
        help='Print the completion of bash, zsh or fish. In ~/.bashrc: eval "$(dltui --show-completion bash)"',
    ),
    remote: bool | None = typer.Option(
        None, "--remote/--local", help="The app draws less, for a slow line; so it does by itself over SSH."
    ),
) -> int | None:
    """Learn and try deep learning in a terminal. Without a command: the app."""
    env = context.obj
    if version:
        env.print(dltui.__version__)
        raise typer.Exit()
    if show_completion:
        from dltui.cli.complete import script

        env.print(script(show_completion))
        raise typer.Exit()
    if context.invoked_subcommand is None:
        return _alone(context, env, remote)
    return None


def _alone(context: typer.Context, env: Environment, remote: bool | None) -> int:
    """`dltui` without a word: the app on a terminal, else help and status 2."""
    if env.is_visit:
        return import_module("dltui.tui.start").run_tui(env, remote)
    env.print(context.get_help())
    return ExitStatus.USAGE


def invoke(arguments: list[str], env: Environment) -> int:
    """Runs the command that `arguments` name and returns its exit status. Raises DltuiError (2) for wrong usage."""
    try:
        with root().make_context("dltui", list(arguments), obj=env, terminal_width=env.width) as context:
            return context.command.invoke(context) or ExitStatus.OK
    except typer.Exit as end:
        return end.exit_code
    except TyperException as error:
        raise _usage_error(error) from None


def _usage_error(error: TyperException) -> DltuiError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "dltui"
    if option := getattr(error, "option_name", ""):
        known = [name for parameter in context.command.get_params(context) for name in parameter.opts]
        near = did_you_mean(option, (name for name in known if name.startswith("--")))
        message, hint = f"{command} has no option {option}.", f"{near} See: {command} --help"
    else:
        message, hint = error.format_message(), f"See: {command} --help"
    return DltuiError(message, hint, ExitStatus.USAGE)
