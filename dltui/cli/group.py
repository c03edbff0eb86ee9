"""The commands as Typer knows them, each loaded only when it is called."""

from importlib import import_module
from types import ModuleType

import typer
from typer.core import CompletionItem, TyperGroup
from typer.exceptions import TyperException

import dltui
from dltui.cli.environment import Environment
from dltui.cli.main import COMMANDS
from dltui.errors import MOST_NEAR, DltuiError, ExitStatus, did_you_mean, nearest, suggested

SETTINGS = {"help_option_names": ["-h", "--help"]}


class Commands(TyperGroup):
    """The root: names and one-line helps come from COMMANDS, so that `--help` imports no command."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, name: str):
        if name not in COMMANDS:
            from dltui.recipes import files

            near = f'Did you mean "run {name}"?' if name in files.files() else did_you_mean(name, COMMANDS)
            hint = f"{near} See: dltui --help"
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


class WithAside(WithDefault):
    """The same, where the first is what the command is for: its help and its completion are those of the command."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else [next(iter(self.commands)), *args])


def load(name: str):
    """Returns the click command of commands/<name>.py: its `command`, or its SUBCOMMANDS with the first as default.

    Where it has both, its `command` is the first of them, and the others stand aside.
    """
    module = import_module(f"dltui.cli.commands.{name}")
    app = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=SETTINGS)
    if hasattr(module, "SUBCOMMANDS"):
        group = WithAside if hasattr(module, "command") else WithDefault
        app.callback(cls=group, help=module.__doc__, epilog=_examples(module))(lambda: None)
        for sub, function in module.SUBCOMMANDS.items():
            own = _examples(module) if function is getattr(module, "command", None) else None
            app.command(sub, epilog=own, context_settings=SETTINGS)(function)
    else:
        app.command(name, epilog=_examples(module), context_settings=SETTINGS)(module.command)
    return typer.main.get_command(app)


def _examples(module: ModuleType) -> str:
    """The module's EXAMPLES as help shows them: line by line (\\b keeps click from filling them)."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in module.EXAMPLES.strip().splitlines())


def _setting_meant(option: str, arguments: list[str]) -> str:
    """What to write for `--lr 0.1` of a command that takes KEY=VALUE; '' where the recipe has no such key."""
    from dltui.recipes import files, keys

    at = next((place for place, word in enumerate(arguments) if word.partition("=")[0] == option), len(arguments))
    if at == len(arguments):
        return ""
    _, equals, value = arguments[at].partition("=")
    following = arguments[at + 1] if at + 1 < len(arguments) else ""
    value = value if equals else following if following[:1] not in ("", "-") else "VALUE"
    word = next((word for word in arguments[1:] if word in files.files() or word.endswith(".toml")), "mlp-moons")
    try:
        table = files.read_table(files.find(word))
    except DltuiError:
        return ""
    found = keys.meant(option.lstrip("-"), (key for key, _ in keys.options(table)))
    return suggested(f"{key}={value}" for key in found[:MOST_NEAR]) if found else ""


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
        raise _usage_error(error, arguments) from None


def _usage_error(error: TyperException, arguments: list[str]) -> DltuiError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "dltui"
    option = getattr(error, "option_name", "")
    if option and context:  # an option whose value is missing has no context
        parameters = context.command.get_params(context)
        known = {name.lstrip("-"): name for each in parameters for name in each.opts if name.startswith("--")}
        takes_settings = any("KEY=VALUE" in (each.metavar or "") for each in parameters)
        near = _setting_meant(option, arguments) if takes_settings and option.startswith("--") else ""
        if not near:
            names = nearest(option.lstrip("-"), known)  # without the dashes, in which all are alike
            near = suggested(known[name] for name in names) if names else did_you_mean(option, known.values())
        message, hint = f"{command} has no option {option}.", f"{near} See: {command} --help"
    else:
        message, hint = error.format_message(), f"See: {command} --help"
    return DltuiError(message, hint, ExitStatus.USAGE)
