"""A command imports what it uses: counted in modules, because seconds depend on the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from phonetree.commands import NAMES
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from tests.support.lines import ROOT, VPR
from tests.support.programs import environ

HEAVY = frozenset(
    {
        "aiohttp", "alembic", "apprise", "asyncio", "cryptography", "flask", "granian", "holidays", "icalendar",
        "jinja2", "phonenumbers", "prometheus_client", "psycopg", "pytz", "readability", "requests", "rich",
        "sqlalchemy", "structlog", "twilio", "werkzeug", "yaml",
    }
)  # fmt: skip
CONSOLE = frozenset(
    {"argon2", "flask_login", "flask_principal", "flask_security", "flask_wtf", "passlib", "segno", "wtforms"}
)
"""What only the staff console is made with."""
"""Libraries that take time to import. A command of the table imports no other of them than the table says."""

FILES = frozenset({"holidays", "phonenumbers", "pytz", "twilio", "yaml"})
"""What the two files of a helpline are read with; twilio's TwiML alone, for the last resort."""

HELP = dict.fromkeys(NAMES, frozenset[str]()) | {"override": frozenset({"pytz"})}
"""What the help of each command imports besides click."""

MOST_FOR_HELP, MOST_FOR_FILES = 145, 367
"""Modules, Python's own included: a little more than there are. A third of those for the files are phonenumbers' and
our own."""

PROGRAM = """
import sys
from phonetree.__main__ import main
status = main(sys.argv[1:])
print("modules:", *sys.modules, file=sys.stderr)
sys.exit(status)
"""

pytestmark = pytest.mark.slow


def imported(folder: Path, *arguments: str) -> frozenset[str]:
    """The modules that there are after a command, which runs in a folder."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PHONETREE_CONFIG": str(VPR)}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return frozenset(ran.stderr.rpartition("modules:")[2].split())


def heavy(modules: frozenset[str]) -> frozenset[str]:
    return (HEAVY | CONSOLE) & {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_command_imports_no_library_but_click(name: str, tmp_path: Path) -> None:
    modules = imported(tmp_path, name, "--help")
    assert heavy(modules) == HELP[name]
    assert len(modules) <= MOST_FOR_HELP


def test_the_help_of_all_commands_imports_no_more_than_that_of_each(tmp_path: Path) -> None:
    modules = imported(tmp_path, "--help")
    assert heavy(modules) == frozenset().union(*HELP.values())
    assert len(modules) <= MOST_FOR_HELP + len(NAMES)


@pytest.mark.parametrize("arguments", [("hours",), ("hours", "--days", "400"), ("tree",)])
def test_commands_that_read_the_files_import_what_reads_files(arguments: tuple[str, ...], tmp_path: Path) -> None:
    modules = imported(tmp_path, *arguments)
    assert heavy(modules) == FILES
    assert len(modules) <= MOST_FOR_FILES
    assert not [name for name in modules if name.startswith("phonetree.proof")]


def test_checking_and_proving_import_neither_the_web_nor_the_database(tmp_path: Path) -> None:
    assert heavy(imported(tmp_path, "check")) == FILES | {"readability"}
    assert heavy(imported(tmp_path, "prove")) == FILES


def test_only_the_country_that_the_file_names_is_imported(tmp_path: Path) -> None:
    found = [name for name in imported(tmp_path, "hours") if name.startswith("holidays.countries.")]
    assert found == ["holidays.countries.united_states"]


def test_hours_imports_the_database_if_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    store = Store(f"sqlite:///{tmp_path}/var/phonetree.db")
    migrate(store)
    store.close()
    assert heavy(imported(tmp_path, "hours")) == FILES | {"asyncio", "sqlalchemy"}


SERVED = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
import phonetree.commands.work.server
from phonetree.settings import read
from phonetree.simulator.transport import InProcess, sign
from phonetree.web import clock, context, create_app

configured = read()
app = create_app(configured, watching=False)
running = context.of(app).services
before = set(sys.modules)

def post(path, **more):
    fields = {"CallSid": "CA" + "0" * 32, "From": "+16175550123", "CallStatus": "ringing", **more}
    url = configured.public_url + path
    answer = InProcess(app).post(url, fields, {"X-Twilio-Signature": sign(configured.auth_token, url, fields)}, 5)
    assert answer.status in (200, 204), (path, answer.status)
    return answer.body.decode()

(there,) = re.findall('action="http://[^/]*([^"#]*)', post("/voice"))
post(there, Digits="1"), post(there, Digits="9"), post(there)
post("/voice/f00000000000/en/welcome/menu"), post("/voice/status"), post("/voice/recording")
running.worker.round(int(clock().timestamp()))
running.overrides.poll()
running.tell(), running.forget(), running.stop()
print("imported:", *sorted(set(sys.modules) - before), file=sys.stderr)
print("modules:", *sorted(before), file=sys.stderr)
"""


def test_a_server_imports_nothing_after_its_start(tmp_path: Path) -> None:
    environment = environ("http://127.0.0.1:9", PHONETREE_CONFIG=str(VPR), PHONETREE_PROVIDER_URL="http://127.0.0.1:9")
    environment["PHONETREE_BACKGROUND"] = "on"
    for command in (["-m", "phonetree", "migrate"], ["-c", SERVED]):
        ran = subprocess.run(  # noqa: S603
            [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
    late, at_start = ran.stderr.partition("imported:")[2].split("modules:")
    assert late.split() == []
    assert heavy(frozenset(at_start.split())) >= {"cryptography", "requests", "sqlalchemy", "twilio"}


UNUSED = frozenset({"aiohttp", "alembic", "apprise", "icalendar", "psycopg", "readability", "rich"})
"""What a server with SQLite and nobody to notify never uses."""


def test_a_server_imports_only_what_it_uses(tmp_path: Path) -> None:
    modules = after("import phonetree.commands.work.server", tmp_path)
    assert heavy(modules) == HEAVY - UNUSED
    assert not [name for name in modules if name.startswith("phonetree.console")]
    assert not [name for name in modules if name.startswith("sqlalchemy.dialects.postgresql")]


def test_the_console_is_not_a_server_that_answers_calls(tmp_path: Path) -> None:
    modules = after("import phonetree.commands.work.console", tmp_path)
    assert heavy(modules) >= CONSOLE - {"argon2"}  # with the first password
    assert not [name for name in modules if name.startswith("phonetree.web")]


def test_a_server_that_has_to_notify_staff_imports_what_notifies_at_its_start(tmp_path: Path) -> None:
    program = "from phonetree.mailbox.notices import channels\nchannels('{}')"
    assert "apprise" not in after(program.format(""), tmp_path)
    assert "apprise.plugins.email" in {
        name.rpartition(".base")[0] or name for name in after(program.format("mailto://u:p@example.org"), tmp_path)
    }


def after(program: str, folder: Path) -> frozenset[str]:
    """The modules that there are after a program."""
    command = [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return frozenset(ran.stdout.split())
