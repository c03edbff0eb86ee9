"""A storage is made by whoever opens it first, and others who open it at that moment get it too."""

import subprocess
import sys
import time

import pytest

from dltui.errors import DltuiError
from dltui.search import storage

OPEN = "import sys, time; import optuna, sqlalchemy.exc; from dltui.search import storage; " \
       "time.sleep(max(0, float(sys.argv[2]) - time.time())); storage.opened(sys.argv[1])"  # fmt: skip


def test_many_who_open_a_new_storage_at_once_all_get_it(tmp_path):
    """All but one died: "table studies already exists"."""
    at = str(time.time() + 12)
    command = [sys.executable, "-c", OPEN, f"sqlite:///{tmp_path}/it.db", at]
    openers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [opener.communicate()[1] for opener in openers] == ["", "", ""]


@pytest.mark.parametrize("url", ["mysql://me:secret@host/x", "nonsense://me:s:e@c@ret@host/x", "sqlite:///{}"])
def test_what_is_none_is_told_without_its_password(url, tmp_path):
    (tmp_path / "it.db").write_text("not a database")
    with pytest.raises(DltuiError, match="cannot be used as a sweep's storage: ") as fault:
        storage.opened(url.format(tmp_path / "it.db"))
    assert "ret" not in str(fault.value)


def test_a_password_is_not_shown():
    assert storage.shown("mysql+x://me:sec/r@et@host:3306/x") == "mysql+x://me:***@host:3306/x"
    assert storage.shown("sqlite:////a@b/it.db") == "sqlite:////a@b/it.db"
