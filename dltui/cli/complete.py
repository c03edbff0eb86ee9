"""Completion on the tab key for bash, zsh and fish: commands, options, recipes, runs, the KEY of KEY=VALUE.

The shell's script calls `dltui` with _DLTUI_COMPLETE=<shell> and the line up to the cursor in COMP_LINE. What it gets
back is one `value<tab>meaning` a line; nothing at all means: file names.
"""

from collections.abc import Iterator

import typer

from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.text import clean_line

Found = list[tuple[str, str]]
MOST_RUNS = 100

SCRIPTS = {
    "bash": """\
_dltui() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\\t'*}")
    done < <(_DLTUI_COMPLETE=bash COMP_LINE="${COMP_LINE:0:COMP_POINT}" \\
             COMP_WORDBREAKS="$COMP_WORDBREAKS" dltui 2>/dev/null)
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o default -F _dltui dltui""",
    "zsh": """\
#compdef dltui
_dltui() {
    local -a found values meanings space
    local line
    found=("${(@f)$(_DLTUI_COMPLETE=zsh COMP_LINE="${(j: :)words[1,CURRENT]}" dltui 2>/dev/null)}")
    if [[ -z $found[1] ]]; then
        _files
        return
    fi
    for line in $found; do
        values+=("${line%%$'\\t'*}")
        meanings+=("${line/$'\\t'/  -- }")
    done
    [[ $values[1] == *= ]] && space=(-S '')
    compadd "${space[@]}" -l -d meanings -a values
}
compdef _dltui dltui""",
    "fish": """\
function __dltui_complete
    set -l found (env _DLTUI_COMPLETE=fish COMP_LINE=(commandline -cp | string collect) dltui 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c dltui -f -a '(__dltui_complete)'""",
}


def script(shell: str) -> str:
    """Returns the text to source in `shell`. Raises DltuiError (2) for a shell that has none."""
    if shell not in SCRIPTS:
        raise DltuiError(f'There is no completion for "{shell}".', did_you_mean(shell, SCRIPTS), ExitStatus.USAGE)
    return SCRIPTS[shell]


def answer(shell: str, env) -> int:
    """Prints what can stand at the cursor. A broken line, run or recipe completes to nothing."""
    from typer.completion import shell_completion

    from dltui.cli.group import root

    words = shell_completion.split_arg_string(env.variables.get("COMP_LINE", ""))[1:]
    incomplete = "" if env.variables.get("COMP_LINE", " ")[-1:].isspace() or not words else words.pop()
    shell_completion.ShellComplete.__abstractmethods__ = frozenset()  # its lookup is what we want, not its printing
    try:
        found = shell_completion.ShellComplete(root(), {}, "dltui", "").get_completions(words, incomplete)
    except DltuiError:
        found = []
    start = _replaced_from(incomplete, env.variables.get("COMP_WORDBREAKS", "")) if shell == "bash" else 0
    for item in found:
        if item.type == "plain":
            value, meaning = clean_line(item.value)[start:], clean_line(item.help or "")
            env.stdout.write(f"{value}\t{meaning}\n" if meaning else f"{value}\n")
    return ExitStatus.OK


def _replaced_from(incomplete: str, breaks: str) -> int:
    """Where the part of a word begins that bash replaces: after the last of its word breaks."""
    return max((incomplete.rfind(character) + 1 for character in breaks if character in "=:"), default=0)


# -- what arguments can be -----------------------------------------------------------------------------------------


def recipes(incomplete: str) -> Found:
    """Names of recipes, with their titles."""
    from dltui.recipes import recipe

    return [
        (name, str(recipe.read_table(path).get("title", "")))
        for name, path in recipe.files().items()
        if name.startswith(incomplete)
    ]


def topics() -> list[str]:
    """Names of the topics, as one word each."""
    from dltui.recipes import files

    return [name.replace(" ", "_") for name in files.topics().values()]


def exercises() -> list[str]:
    """Names of the exercises."""
    from dltui.recipes import exercise

    return list(exercise.found())


def runs(incomplete: str) -> list[str]:
    """`last`, then the names that were given to runs, then the ids of runs, the newest first."""
    from dltui.runs import run

    known = run.newest_first()
    named = [name for found in known if (name := found.annotations.name) and name.startswith(incomplete)]
    ids = [found.id for found in known if found.id.startswith(incomplete)]
    found = [*named[:MOST_RUNS], *ids[:MOST_RUNS]]
    return ["last", *found] if "last".startswith(incomplete) else found


def folders() -> list[str]:
    """What `dltui kinds` lists."""
    from dltui.recipes import schema

    return [*schema.FOLDERS.values(), "train"]


def kinds(context: typer.Context) -> list[str]:
    """The kinds of the folder that the word before names."""
    from dltui.recipes import schema

    return [kind for section, place in schema.FOLDERS.items() if place == context.params.get("folder")
            for kind in schema.kinds(section)]  # fmt: skip


def data_kinds() -> list[str]:
    """Names of data sets."""
    from dltui.recipes import schema

    return list(schema.kinds("data"))


def sources() -> list[str]:
    """What --data can be, besides a path."""
    from dltui.recipes import check

    return list(check.SOURCES)


def devices() -> list[str]:
    """What --device can be."""
    return ["auto", "cpu", "cuda", "mps"]


def precisions() -> list[str]:
    """What --precision can be."""
    from dltui.jobs import launch

    return list(launch.PRECISIONS)


def settings(context: typer.Context, incomplete: str) -> Found:
    """KEY= of the recipe that the line names; after the `=`, the values of an option that has few."""
    from dltui.recipes import kind_files, recipe

    word = context.params.get("recipe")
    if not word or word == "-":
        return []
    path = recipe.find(word)
    table = recipe.read_table(path)
    kind_files.of_recipe(table, path, context.params.get("kinds") or ())
    known = dict(_options_of(table))
    key, equals, _ = incomplete.partition("=")
    if equals and key in known:
        return [(f"{key}={value}", "") for value in known[key][1]]
    return [(f"{key}=", meaning) for key, (meaning, _) in known.items()]


def _options_of(table: dict) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """(dotted key, (meaning, values that are worth offering)) of every option of a recipe."""
    from dltui.recipes import check, keys, schema

    for key, option in keys.options(table):
        section = key.partition(".")[0]
        yield key, (option.help, _values(option)) if option else (schema.FOLDERS[section], list(schema.kinds(section)))
    if "data" in table:
        yield "data.from", ("hub, builtin, hf:OWNER/NAME or a path", list(check.SOURCES))


def _values(option) -> list[str]:
    return ["true", "false"] if option.type == "bool" else list(map(str, option.choices))


def knobs(context: typer.Context) -> Found:
    """KEY= of the knobs that the run said it has, with their values at its start."""
    from dltui.runs import run
    from dltui.runs.events import Tail

    found = run.find(str(context.params.get("word")))
    started = next((event for event in Tail(found.log).read() if event["kind"] == "started"), {})
    return [(f"{key}=", str(value)) for key, value in started.get("knobs", {}).items()]
