"""`dltui sweep`: trials are runs or variants of one, Optuna learns from them, processes share a study, none is lost."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import optuna
import pytest

from dltui.cli.commands import sweep as command
from dltui.cli.follow import Interrupts
from dltui.errors import ExitStatus
from dltui.jobs import engine_control, launch
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.runs import repeat_command
from dltui.runs import run as runs
from dltui.runs.engine_lock import start_of
from dltui.runs.events import EventLog
from dltui.search import abandoned, storage
from dltui.search import study as sweep
from dltui.search.space import parse
from dltui.search.trials import Trials
from tests.cli.conftest import wait_until

VALLEY = Path(__file__).parents[1] / "valley_engine.py"
SPACE = "optimizer.lr=log:1e-4..0.5"


def kept(folder: Path):
    """The storage it.db in a folder."""
    return storage.opened(storage.url_of("", str(folder / "it.db")))


ASKED = ("--metric", "net.accuracy", "--goal", "max")  # mlp-moons has two variants of its own: line and net


@pytest.fixture(autouse=True)
def valley(monkeypatch):
    """Every engine has an accuracy that is best at a learning rate of 0.01."""
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(VALLEY)))
    monkeypatch.setenv("PYTHONPATH", str(VALLEY.parents[2]))


def trials(dltui, *words: str) -> list[dict]:
    result = dltui("sweep", "mlp-moons", *words, *ASKED, "--json")
    assert result.status == 0, result.err
    return json.loads(result.out)


def test_every_trial_is_a_run_that_says_what_was_changed(dltui):
    found = trials(dltui, SPACE, "--trials", "3", "--sampler", "random", "--set", "train.batch=32")
    assert len(found) == 3 and [one["state"] for one in found] == ["complete"] * 3
    for one in found:
        run = runs.find(one["run"])
        assert run.info()["overrides"] == {"train.batch": 32, **one["values"]}
        assert runs.state(run).summary["net.accuracy"] == pytest.approx(one["value"])


def test_tpe_finds_the_valley_nearer_than_its_first_guesses(dltui):
    """Guards the direction: a sweep that looked for the least accuracy would end far from 0.01."""
    found = trials(dltui, SPACE, "--trials", "16", "--together", "1")
    best = max(found, key=lambda one: one["value"])
    assert 0.003 < best["values"]["optimizer.lr"] < 0.03 and best["value"] > 0.97
    assert max(one["value"] for one in found[10:]) >= max(one["value"] for one in found[:3])


def test_a_grid_tries_every_combination_once(dltui):
    found = trials(dltui, "optimizer.lr=0.1|0.01|0.001", "train.batch=16..17", "--sampler", "grid")
    assert len(found) == 6
    assert len({(one["values"]["optimizer.lr"], one["values"]["train.batch"]) for one in found}) == 6


def test_the_report_ranks_the_trials_and_names_the_command_of_the_best(dltui):
    result = dltui("sweep", "mlp-moons", "optimizer.lr=0.1|0.01|0.0002", "--sampler", "grid", *ASKED)
    rows = result.out.splitlines()
    assert rows[0].split()[:3] == ["TRIAL", "NET.ACCURACY", "optimizer.lr"]
    assert [row.split()[2] for row in rows[1:]] == ["0.01", "0.1", "0.0002"]
    assert result.err.splitlines()[-1] == "The best again: dltui run mlp-moons optimizer.lr=0.01"
    words = ("sweep", "mlp-moons", "optimizer.lr=0.1|0.01", "--sampler", "grid", *ASKED)
    assert "best so far" in dltui(*words, terminal=True, CI="true").out


def test_the_report_tells_keys_apart_at_80_columns(dltui):
    """Their beginnings are alike: cut, they were twice the same."""
    words = ("optimizer.lr=0.1|0.01", "model.activation=relu|tanh", "train.batch=16|17", "--together", "1")
    head, *rows = dltui("sweep", "mlp-moons", *words, "--sampler", "grid", *ASKED, COLUMNS="80").out.splitlines()
    assert head.split() == ["TRIAL", "VALUE", "lr", "activation", "batch", "RUN"]
    assert all(len(row) <= 80 and runs.find(row.split()[-1]) for row in rows) and len(rows) == 8


def test_trials_are_chosen_by_validation_rows_which_is_said(dltui, monkeypatch):
    """Without --metric; what the best came to on the test rows is told once, at the end."""
    summary = {"net.validation_accuracy": 0.75, "net.accuracy": 0.875, "line.accuracy": 0.5}
    monkeypatch.setattr(Trials, "_run", lambda *words: {"status": "done", "summary": summary})
    result = dltui("sweep", "mlp-moons", "optimizer.lr=0.1|0.01", "--sampler", "grid")
    assert result.status == 0 and "net.validation_accuracy, higher is better" in result.err.splitlines()[0]
    assert "train.validation=0.2: this share of the training rows is held out" in result.err
    assert result.err.splitlines()[-1].startswith(
        "The best again: dltui run mlp-moons train.validation=0.2 optimizer.lr="
    )
    tested = dltui("sweep", "mlp-moons", "optimizer.lr=0.1|0.01", "--sampler", "grid", *ASKED)
    assert "net.accuracy is measured on test rows" in tested.err and "held out" not in tested.err


def test_the_best_is_judged_on_test_rows_once_and_is_found_opened_and_repeated(dltui):
    """By the commands that are printed, of a batch too: its value is that of the run of its own."""
    for together in "01":
        asked = dltui("sweep", "mlp-moons", RATES, "--sampler", "grid", "--together", together, *ASKED)
        said = asked.err.splitlines()
        words = {line.partition(": dltui ")[0]: shlex.split(line.partition(": dltui ")[2]) for line in said}
        value = re.search(r"The best: net.accuracy ([\d.]+) ", asked.err)[1]
        run = words["Its run"][1]
        assert run in dltui("runs").out and dltui(*words["Its run"], "--speed", "1000").status == 0
        assert dltui("check", *words["The best again"][1:]).status == 0
        assert dltui(*words["The best again"], "--quiet").status == 0
        again = runs.newest_first()[0]
        assert again.id != run and f"{runs.state(again).summary['net.accuracy']:.3f}" == value


@pytest.mark.parametrize("value", ["[64, 32]", "it's", "3", '"3"', "a b", "$HOME", "relu"])
def test_a_command_that_repeats_says_every_value_so_that_a_shell_gives_it_back(value):
    """One writer of KEY=VALUE: what is printed is read again as what was tried."""
    space = parse(f"model.hidden=x|{value}")
    plan = sweep.Plan("my recipe.toml", {"data.from": "a b"}, (space,), sweep.Goal("loss", False), device="cpu")
    trial = optuna.trial.create_trial(
        params={space.key: space.choices[1]},
        distributions={space.key: optuna.distributions.CategoricalDistribution(space.choices)},
        value=0.5,
    )
    program, word, recipe, *words, device = shlex.split(sweep.command(plan, trial))
    assert (program, word, recipe, device) == ("dltui", "run", "my recipe.toml", "--device=cpu")
    assert overrides.parse(words) == {"data.from": "a b", "model.hidden": overrides.parse_value(space.choices[1])}


def test_what_diverges_is_a_failed_trial_and_the_sweep_goes_on(dltui):
    result = dltui("sweep", "mlp-moons", "optimizer.lr=0.9|0.01", "--sampler", "grid", *ASKED)
    assert result.status == 0 and "failed: loss is nan at step 3" in result.err and "1 failed" in result.err
    nothing = dltui("sweep", "mlp-moons", "optimizer.lr=0.9|0.8", "--sampler", "grid", *ASKED)
    assert nothing.status == ExitStatus.FAILED and "loss is nan" in nothing.err


def test_the_same_name_goes_on_where_it_stopped(dltui):
    first = trials(dltui, SPACE, "--trials", "2", "--name", "mine")
    more = trials(dltui, SPACE, "--trials", "4", "--name", "mine")
    assert [one["run"] for one in more[:2]] == [one["run"] for one in first] and len(more) == 4
    other = dltui("sweep", "mlp-moons", "train.batch=8..16", "--name", "mine", *ASKED)
    assert other.status == ExitStatus.USAGE and "searches for something else" in other.err


def test_two_who_share_a_storage_share_the_trials(dltui, tmp_path):
    words = (SPACE, "--trials", "6", "--name", "both", "--storage", str(tmp_path / "it.db"), "--together", "1")
    plan = sweep.Plan("mlp-moons", {}, (parse(SPACE),), sweep.Goal("net.accuracy", True), trials=6, together=1)
    study = sweep.study_of(plan, "both", kept(tmp_path), 1)
    while sweep.left(study, plan):
        list(Trials(study, plan).next())
        if len(study.trials) == 2:
            assert len(trials(dltui, *words)) == 6
    assert len({trial.user_attrs["run"] for trial in study.trials}) == 6


def test_a_trial_that_falls_behind_is_stopped(dltui):
    rates = "0.01|0.011|0.012|0.013|0.009|0.0001"
    found = trials(dltui, f"optimizer.lr={rates}", "--sampler", "grid", "--prune")
    assert [one["state"] for one in found] == ["complete"] * 5 + ["pruned"]
    assert runs.state(runs.find(found[-1]["run"])).status == "stopped"


def test_a_trial_that_was_lost_with_its_sweep_counts_as_failed(dltui, tmp_path):
    """The sweep was killed: its trial stands as running for ever, though its run has ended."""
    plan = sweep.Plan("mlp-moons", {}, (parse(SPACE),), sweep.Goal("net.accuracy", True), trials=2)
    here = kept(tmp_path)
    trial = sweep.study_of(plan, "lost", here, 0).ask()
    sweep.suggested(trial, plan.spaces[0])
    run = runs.create("mlp-moons", "", {})
    log = EventLog(run.log)
    log.write("started", steps=10, step=0, series=[""])
    log.close()
    trial.set_user_attr("run", run.id)
    found = trials(dltui, SPACE, "--trials", "2", "--name", "lost", "--storage", str(tmp_path / "it.db"))
    assert [one["state"] for one in found] == ["fail", "complete", "complete"]


RATES = "optimizer.lr=0.1|0.03|0.01|0.003|0.001"


def test_alike_trials_are_variants_of_one_run_and_come_to_what_each_comes_to_alone(dltui):
    """Guards whose value is whose, and the order of trials: a grid in two runs is the grid in one."""
    together, alone = (trials(dltui, RATES, "--sampler", "grid", "--together", most) for most in ("0", "1"))
    assert len({one["run"] for one in together}) == 1 and len({one["run"] for one in alone}) == 5
    assert [one["variant"] for one in together] == [f"trial-0{number}" for number in range(1, 6)]
    assert [one["variant"] for one in alone] == [""] * 5
    assert [(one["values"], one["value"]) for one in together] == [(one["values"], one["value"]) for one in alone]
    run = runs.find(together[0]["run"])
    assert repeat_command.command(run) == f"dltui run {run.recipe_file}"  # no KEY=VALUE makes these variants
    variants = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file).variants
    assert len(variants) == 10 and variants["trial-03-line"].table["optimizer"]["lr"] == 0.01


def test_what_it_says_of_trials_in_one_run(dltui):
    result = dltui("sweep", "mlp-moons", RATES, "--sampler", "grid", *ASKED)
    said = result.err.splitlines()
    assert said[2] == f"trials 1-5: one batch of nets, in {runs.newest_first()[0].id}"
    assert [line.split("  ")[0] for line in said[3:8]] == [f"trial {number} of 5" for number in range(1, 6)]
    assert said[-1] == "The best again: dltui run mlp-moons optimizer.lr=0.01"


def test_a_variant_that_diverges_fails_its_trial_only(dltui):
    """Guards against the last evaluation before it diverged: it was the best of all."""
    found = trials(dltui, "optimizer.lr=0.1|0.9|0.01|0.8|0.001", "--sampler", "grid")
    assert [one["state"] for one in found] == ["complete", "fail", "complete", "fail", "complete"]
    assert found[1]["error"] == "loss is nan at step 3" and len({one["run"] for one in found}) == 1


def test_nets_that_cannot_be_one_batch_are_runs_of_their_own_from_then_on(dltui):
    words = (SPACE, "--sampler", "random", "--set", "train.batch=99", "--trials", "5")
    result = dltui("sweep", "mlp-moons", *words, *ASKED)
    assert result.status == 0 and "5 trials ended" in result.err
    assert "trials 1-5: too large for a batch. From here on each is a run of its own." in result.err
    assert len(runs.newest_first()) == 5  # what was refused has left nothing


def test_trials_of_one_architecture_are_one_run_and_others_another(dltui):
    found = trials(dltui, RATES, "train.batch=16|17", "--sampler", "grid")
    by_run = {}
    for one in found:
        by_run.setdefault(one["run"], set()).add(one["values"]["train.batch"])
    assert len(found) == 10 and sorted(by_run.values(), key=min) == [{"16"}, {"17"}]


def test_what_an_interrupt_leaves_undone_is_tried_again(dltui, tmp_path):
    """Guards a grid: its combinations are known once, and a trial that was stopped has used one up."""
    plan = sweep.Plan("mlp-moons", {}, (parse(RATES),), sweep.Goal("net.accuracy", True), "grid")
    here, asked = kept(tmp_path), []

    def stopped(engine: launch.Engine) -> launch.Engine:
        asked.append(engine_control.request(engine.run, "stop"))
        return engine

    study = sweep.study_of(plan, "night", here, 0)
    assert list(Trials(study, plan, stopped, lambda: bool(asked)).next()) == []
    words = (RATES, "--sampler", "grid", "--name", "night", "--storage", str(tmp_path / "it.db"))
    found = trials(dltui, *words)
    assert [one["state"] for one in found] == ["fail"] * 5 + ["complete"] * 5
    assert [one["values"] for one in found[:5]] == [one["values"] for one in found[5:]]


def test_a_batch_that_outlived_its_sweep_is_taken_in(dltui, tmp_path):
    """The sweep was killed, not its engine: what that came to is not trained again."""
    plan = sweep.Plan("mlp-moons", {}, (parse(RATES),), sweep.Goal("net.accuracy", True), "grid")
    here = kept(tmp_path)

    def killed(engine: launch.Engine) -> None:
        engine.process.wait()
        raise KeyboardInterrupt

    made = Trials(sweep.study_of(plan, "lost", here, 0), plan, killed)
    made.study.tell = made.study.enqueue_trial = lambda *words, **more: None  # a process that is gone tells nothing
    with pytest.raises(KeyboardInterrupt):
        list(made.next())
    found = trials(dltui, RATES, "--sampler", "grid", "--name", "lost", "--storage", str(tmp_path / "it.db"))
    assert [one["state"] for one in found] == ["complete"] * 5 and len(runs.newest_first()) == 1


def test_workers_share_the_batches(dltui, monkeypatch):
    """Eight of eight in the first one's batch would leave the second without work."""

    class Gone:
        poll = terminate = lambda self: 0

    monkeypatch.setattr("dltui.cli.commands.sweep._joined", lambda *words: Gone())
    found = trials(dltui, SPACE, "--workers", "2", "--trials", "8", "--sampler", "random")
    assert len({one["run"] for one in found[:4]}) == 1 == len({one["run"] for one in found[4:]})
    assert found[0]["run"] != found[4]["run"]


@pytest.mark.parametrize(("status", "told"), [(1, ["no such table: trials"]), (0, []), (143, [])])
def test_a_process_that_shares_the_trials_does_not_write_over_the_live_view(monkeypatch, status, told):
    """What it died of is told all the same."""
    code = f"import sys; print('one line', 'no such table: trials', sep='\\n', file=sys.stderr); sys.exit({status})"

    def joined(name: str, url: str, workers: int, said) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-c", code], stderr=said)

    monkeypatch.setattr(command, "_joined", joined)
    heard: list[str] = []
    view = SimpleNamespace(owns_terminal=True, say=heard.append, look=lambda: None)
    with command._helpers("it", "sqlite://", 2, Interrupts(heard.append), view):
        pass
    assert heard == told


@pytest.fixture
def asked_by(tmp_path):
    """asked_by(pid, start) -> a study in it.db, whose first trial such a process asked for and never began."""

    def ask(pid: int, start: str, host: str = "", seen: float = 0.0):
        plan = sweep.Plan("mlp-moons", {}, (parse(RATES),), sweep.Goal("net.accuracy", True), "grid", together=1)
        study = sweep.study_of(plan, "lost", kept(tmp_path), 0)
        trial = study.ask()
        sweep.suggested(trial, plan.spaces[0])
        trial.set_user_attr("seen", seen)
        trial.set_user_attr("asker", f"{host or abandoned.machine()} {pid} {start}")
        return study, plan

    return ask


GOES_ON = (RATES, "--sampler", "grid", "--name", "lost", "--together", "1", "--storage")


def test_a_trial_whose_asker_is_gone_is_made_again_even_where_another_process_has_its_number(dltui, asked_by, tmp_path):
    """The number of a process that ended is given to others: the trial stood as running for ever, and the sweep ended
    one short with status 0."""
    asked_by(os.getppid(), "an-earlier-start")
    found = trials(dltui, *GOES_ON, str(tmp_path / "it.db"))
    assert [one["state"] for one in found] == ["fail", *["complete"] * 5]
    assert sorted(one["values"]["optimizer.lr"] for one in found[1:]) == sorted(RATES.partition("=")[2].split("|"))


def test_a_trial_that_another_process_makes_is_waited_for(dltui, asked_by, tmp_path):
    """Else the sweep reports before it has what was asked for."""
    other = subprocess.Popen(["sleep", "12"])  # longer than it takes to make the one trial that is left
    asked_by(other.pid, start_of(other.pid))
    reaper = threading.Thread(target=other.wait)
    reaper.start()
    found = trials(dltui, RATES, *GOES_ON[1:], str(tmp_path / "it.db"), "--trials", "2")
    reaper.join()
    assert [one["state"] for one in found] == ["fail", "complete", "complete"]


@pytest.mark.parametrize(("silent", "lives"), [(5, True), (abandoned.SILENT + 5, False)])
def test_a_process_of_another_machine_is_known_by_its_signs_of_life(asked_by, silent, lives):
    study, plan = asked_by(4, "5", host="elsewhere", seen=time.time() - silent)
    assert abandoned.settle(study, plan) == ([0] if lives else [])
    assert sweep.left(study, plan) == (4 if lives else 5)


def test_a_worker_that_was_killed_is_gone_before_its_parent_asks_how_it_ended(asked_by):
    """The parent, which asks at the end only, waited for its trial for ever."""
    worker = subprocess.Popen(["sleep", "60"])
    study, plan = asked_by(worker.pid, start_of(worker.pid))
    assert abandoned.settle(study, plan) == [0]
    worker.kill()
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
    assert start_of(worker.pid) and abandoned.settle(study, plan) == []
    worker.wait()


def test_a_machine_of_the_same_name_is_another_machine(asked_by):
    """Its process ids mean nothing here: a trial that it was training was given up at once, and made a second time."""
    study, plan = asked_by(4, "5", host=f"{os.uname().nodename}/0123abcd", seen=time.time())
    assert abandoned.settle(study, plan) == [0]


@pytest.mark.parametrize("prune", [False, True])
def test_a_trial_that_others_took_for_dead_is_left_to_them(dltui, tmp_path, monkeypatch, prune):
    """A laptop that slept told the storage of its trial, was refused, and the whole sweep ended with an error."""
    monkeypatch.setattr("dltui.search.trials.MARK", 0.0)
    plan = sweep.Plan(
        "mlp-moons", {}, (parse("optimizer.lr=0.0001|0.01"),), sweep.Goal("net.accuracy", True), "grid", together=1,
        prune=prune,
    )  # fmt: skip
    study, other = (sweep.study_of(plan, "night", kept(tmp_path), 0) for _ in range(2))
    said = []

    def slept(engine: launch.Engine) -> launch.Engine:
        sweep.give_up(other, plan, other.trials[0])
        return engine

    assert list(Trials(study, plan, slept, tell=said.append).next()) == []
    assert said == ["trial 1: another process took this one for dead, and has it made again"]
    assert runs.state(runs.newest_first()[0]).status == "stopped"
    assert [trial.state.name for trial in other.trials] == ["FAIL", "WAITING"]
    found = trials(dltui, "optimizer.lr=0.0001|0.01", "--sampler", "grid", "--name", "night", "--together", "1",
                   "--storage", str(tmp_path / "it.db"))  # fmt: skip
    assert [one["state"] for one in found] == ["fail", "complete", "complete"]


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_sweep_that_is_ended_ends_its_engines_and_can_go_on(dltui, ending):
    """A closed terminal left the engine running and its trial open for ever; with one trial asked for, an interrupt
    counted as its failure, and the same command made no other."""
    code = f"import sys; from dltui.jobs import launch; launch.ENGINE_COMMAND = {launch.ENGINE_COMMAND!r};"
    code += "from dltui.cli.main import main; sys.exit(main())"
    words = ["sweep", "mlp-moons", "optimizer.lr=0.0001|0.01", "--sampler", "grid", "--name", "it", *ASKED]
    began = subprocess.Popen([sys.executable, "-c", code, *words, "--trials", "1"], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: runs.newest_first() and runs.state(runs.newest_first()[0]).status == "running", 60)
    began.send_signal(ending)
    said = began.communicate(timeout=60)[1]
    assert began.returncode == (130 if ending == signal.SIGINT else 143) and "--name it" in said
    assert runs.engine_pid(runs.newest_first()[0]) is None
    found = json.loads(dltui(*words, "--trials", "1", "--json").out)
    assert [one["state"] for one in found] == ["fail", "complete"] and found[0]["values"] == found[1]["values"]


def test_data_that_cannot_be_read_end_the_sweep_at_once_with_their_status(dltui, monkeypatch):
    """Guards a failure for each trial, of which none depends on what is tried."""
    fails = (sys.executable, str(VALLEY.with_name("fake_engine.py")), "data_fault")
    monkeypatch.setattr(launch, "ENGINE_COMMAND", fails)
    for together in "01":
        result = dltui("sweep", "mlp-moons", RATES, "--sampler", "grid", "--together", together, *ASKED)
        assert result.status == ExitStatus.DATA and "mnist: the hub cannot be reached." in result.err
    assert len(runs.newest_first()) == 2


def test_a_sweep_that_ends_short_says_so_by_its_status(dltui, monkeypatch):
    """As many trials as were asked for failed, and one came to its end."""
    ends = [{"status": "failed", "error": "no"}] * 3
    ends.insert(2, {"status": "done", "summary": {"net.accuracy": 0.5}})
    monkeypatch.setattr(Trials, "_run", lambda *words: ends.pop(0))
    result = dltui("sweep", "mlp-moons", SPACE, "--trials", "3", "--together", "1", *ASKED)
    assert result.status == ExitStatus.FAILED and "2 trials short" in result.err and "no" in result.err
    assert len(result.out.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["optimizer.lrr=1..2"], 'Did you mean "lr"'),
        (["optimizer.lr=0.1"], "optimizer.lr=0.1 is one value: there is nothing to search.\nFor every trial: --set "),
        (["optimizer.lr=0.1..0.2", "model.activation=relu"], "--set model.activation=relu"),
        (["model.hidden=[3]|[4]"], "model.hidden=[3] changes nothing: each variant"),
        (["optimizer.lr=-1.0..1"], "must be above 0"),
        (["optimizer.lr=0.1|fast"], "optimizer.lr"),
        (["optimizer.lr=0.1|0.2", "optimizer.lr=1..2"], "two spaces"),
        (["optimizer.lr=0.1..0.2", "--sampler", "grid"], "A grid has no end"),
        (["optimizer.lr=0.1..0.2", "--metric", "net.speed", "--goal", "max"], "measures no speed"),
        (["optimizer.lr=0.1..0.2", "--metric", "accuracy"], "each variant has accuracy of its own"),
        (["optimizer.lr=0.1..0.2", "--set", "train.validation=0"], "holds out no rows"),
        (["optimizer.lr=0.1..0.2", "--device", "cudaa"], 'Did you mean "cuda"'),
        (["optimizer.lr=0.1|0.2|0.1"], "optimizer.lr: 0.1 stands there twice"),
        (["optimizer.lr=0.1..0.2", "--together", "3"], "--together 1"),
        (["optimizer.lr=0.1..0.2", "--name", "../../x"], "--name: the name '../../x' must be"),
        (["optimizer.lr=0.1..0.2", "--together", "8", "--prune"], "cannot be one batch"),
    ],
)
def test_what_cannot_be_searched_is_told_before_the_first_run(dltui, words, reason):
    result = dltui("sweep", "mlp-moons", *words)
    assert result.status == ExitStatus.USAGE and reason in result.err
    assert not runs.newest_first()


def test_a_storage_that_is_none_is_told(dltui, tmp_path):
    (tmp_path / "it.db").write_text("no database at all, but long enough to be read as one" * 40)
    result = dltui("sweep", "mlp-moons", SPACE, "--storage", str(tmp_path / "it.db"), *ASKED)
    assert result.status == ExitStatus.FAILED and "it.db" in result.err
