"""A proof in a process of its own: whatever happens to that process, callers hear what they heard."""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from threading import Event, Thread

import pytest
from sqlalchemy import select, update

from phonetree.__main__ import main
from phonetree.config.promises import broken_promises
from phonetree.config.site import load, overridden
from phonetree.core.schedule import Kind, Override
from phonetree.errors import ConfigError, PhonetreeError, Problem
from phonetree.runtime import prover as provers
from phonetree.runtime import sites as sites_of
from phonetree.runtime.prover import COMMAND, Prover, StoppedError, UnprovedError
from phonetree.runtime.sites import Sites
from phonetree.runtime.turnstile import turnstile
from phonetree.runtime.watch import reload
from phonetree.store.database import Store
from phonetree.store.overrides import Overrides
from phonetree.store.proofs import KEEP_DAYS, Proofs
from phonetree.store.tables import proofs as table
from phonetree.store.upkeep import Upkeep
from tests.config.test_proving import broken_site, large_site, seconds, small_site
from tests.support.databases import KINDS, store
from tests.support.lines import NAMES, RULES, VPR
from tests.support.programs import answers, environ, free_port, start, stop, until
from tests.support.server import DAY, Server

pytestmark = pytest.mark.long

SECRET, OLDER = "a secret of the tests, of enough characters", "an older secret of the tests, long enough"
BAD = "a caller who reached nobody is hung up on"


class House:
    """A helpline's files, its store, and the servers on a host."""

    def __init__(self, folder: Path, kept: Store | None = None) -> None:
        self.folder = folder
        self.store = kept
        self.starts = folder / "starts"
        self.starts.touch()

    def command(self) -> Sequence[str]:
        """What starts a prover, and notes that it did."""
        code = f"import os; open({str(self.starts)!r}, 'a').write('x'); os.execv({COMMAND[0]!r}, {list(COMMAND)!r})"
        return (sys.executable, "-c", code)

    @property
    def started(self) -> int:
        """How many provers there were."""
        return len(self.starts.read_text(encoding="utf-8"))

    def prover(
        self, config: Path, *secrets: str, command: Sequence[str] = (), seconds: float = 60.0, kept: bool = False
    ) -> Prover:
        proofs = Proofs(self.store, secrets or (SECRET,)) if self.store else None
        lock = self.folder / "lock"
        return Prover(
            config, RULES, lambda: DAY, lock, proofs, command=command or self.command(), seconds=seconds, kept=kept
        )

    def rows(self) -> list[tuple[str, str, bytes, bytes]]:
        assert self.store
        with self.store.read() as connection:
            return [tuple(row) for row in connection.execute(select(table))]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with store(request.param, tmp_path) as opened:
        yield House(tmp_path, opened)


def broken(prover: Prover, config: Path, *overrides: Override) -> tuple[Problem, ...]:
    loaded = load(config, RULES)
    return prover.broken(overridden(loaded.site, overrides), loaded.contents)


def python(code: str) -> Sequence[str]:
    return (sys.executable, "-c", code)


def children(pid: int | str = "self") -> set[int]:
    """The provers that a process has started."""
    found = set()
    for each in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((each / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
            proves = b"phonetree.config.proving" in (each / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if proves and parent == (os.getpid() if pid == "self" else pid):
            found.add(int(each.name))
    return found


# -- what it says


def test_an_edit_is_refused_with_the_words_of_the_proof(house: House) -> None:
    config = broken_site(house.folder)
    told = broken(house.prover(config), config)
    assert told == broken_promises(load(config, RULES).site, config, DAY.date())
    assert BAD in told[0].text


def test_a_server_refuses_such_an_edit_and_goes_on(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    server = Server(config, provers=True)
    before = server.sites.current
    bad = (broken_site(tmp_path / "other") / "routing.yaml").read_bytes()
    fine = (config / "routing.yaml").read_bytes()
    (config / "routing.yaml").write_bytes(bad)
    reload(server.sites)
    assert server.sites.current is before
    assert server.sites.problems == broken_promises(load(config, RULES).site, config, DAY.date())
    assert server.post("/voice").status_code == 200
    (config / "routing.yaml").write_bytes(fine)
    reload(server.sites)
    assert server.sites.problems == ()


def test_a_site_whose_language_lacks_phrases_can_be_closed(tmp_path: Path) -> None:
    """Such a site is answered with after an upgrade, with English in their place."""
    portuguese = VPR.parent / "portuguese"
    config = Path(copytree(portuguese, tmp_path / "config"))
    phrases = config / "phrases" / "pt.yaml"
    lines = phrases.read_text(encoding="utf-8").splitlines(keepends=True)
    lacking = next(n for n, line in enumerate(lines) if line.startswith("  press:"))
    del lines[lacking]
    phrases.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError):
        load(config, RULES)
    server = Server(config, provers=True)
    closed = Override(server.now, server.now + timedelta(hours=1), Kind.CLOSED, {})
    assert server.sites.override((closed,)), server.sites.refused


# -- what may happen to it


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os, signal, sys; sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)", "ended by signal 9"),
        ("raise SystemExit(7)", "ended with status 7"),
        ("import sys; sys.stdin.readline(); print('rubbish')", "no readable answer"),
        ("import sys; sys.stdin.readline(); print('{}')", "no readable answer"),
        ("import sys; sys.stdin.readline(); sys.stdout.write('[' * 2**22)", "no readable answer"),
        ("import sys; sys.stdin.readline(); sys.stdout.buffer.write(bytes(range(256)))", "no readable answer"),
        ("import os, sys, time; sys.stdin.readline(); os.close(1); time.sleep(60)", "stopped answering"),
        ("import time; time.sleep(60)", "within 2 seconds"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "within 2 seconds"),
    ],
)
def test_a_process_that_fails_is_a_problem_and_ends(house: House, code: str, said: str) -> None:
    config = large_site(house.folder, 500)  # more than fits into a pipe that nobody reads
    prover = house.prover(config, command=python(code), seconds=2)
    began = time.monotonic()
    with pytest.raises(UnprovedError, match=said) as caught:
        broken(prover, config)
    assert time.monotonic() - began < 10
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{config}: could not be checked")
    assert "operator" in problem.text, "it says what to do"
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_one_that_is_kept_answers_again_until_the_code_is_another_or_it_is_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    prover = house.prover(VPR, kept=True)
    for _ in range(2):
        assert broken(prover, VPR) == ()
    assert house.started == 1
    monkeypatch.setattr(provers, "code", lambda: "another version")
    assert broken(prover, VPR) == ()
    assert house.started == 2
    (child,) = children()
    os.kill(child, signal.SIGKILL)
    until(lambda: not (prover._spare._kept and prover._spare._kept.runs))
    monkeypatch.setattr(provers, "IDLE_SECONDS", 0.01)
    assert broken(prover, VPR) == ()
    assert house.started == 3
    prover.stop()
    assert not children()
    short = house.prover(VPR, kept=True)
    assert broken(short, VPR) == ()
    until(lambda: not children(), "it waits longer than it should")


def test_one_that_cannot_be_started_is_a_problem(house: House) -> None:
    with pytest.raises(UnprovedError, match=r"could not be started \(No such file or directory\); have the operator"):
        broken(house.prover(VPR, command=("/nonexistent",)), VPR)


def test_one_that_is_killed_in_the_middle_of_a_proof_is_a_problem(house: House) -> None:
    config = large_site(house.folder)
    caught: list[PhonetreeError] = []
    asking = Thread(target=_catch, args=(house.prover(config), config, caught))
    asking.start()
    until(lambda: children() != set())
    (pid,) = children()
    until(lambda: seconds(pid) > 0.5)
    os.kill(pid, signal.SIGKILL)
    asking.join()
    assert "ended by signal 9" in str(caught[0])


def _catch(prover: Prover, config: Path, caught: list[PhonetreeError]) -> None:
    try:
        broken(prover, config)
    except (UnprovedError, StoppedError) as error:
        caught.append(error)


def test_one_that_takes_too_long_is_ended(house: House) -> None:
    config = large_site(house.folder)
    began = time.monotonic()
    with pytest.raises(UnprovedError, match="could not be checked within 1 seconds; make the tree smaller"):
        broken(house.prover(config, seconds=1), config)
    assert time.monotonic() - began < 5
    assert children() == set()


def test_one_that_takes_too_much_memory_is_a_problem(house: House) -> None:
    config = large_site(house.folder)
    code = "from phonetree.config import proving; proving.MOST_MEGABYTES = 110; proving.main()"
    with pytest.raises(ConfigError, match="takes more than 110 MB of memory to check; make the tree smaller"):
        broken(house.prover(config, command=(sys.executable, "-P", "-c", code)), config)


def test_a_process_that_stops_waits_for_no_proof(house: House) -> None:
    config = large_site(house.folder)
    prover = house.prover(config)
    sites = Sites(config, RULES, prover.broken)
    loading = Thread(target=reload, args=(sites,))
    loading.start()
    until(lambda: children() != set())
    prover.stop()
    loading.join(2)
    assert not loading.is_alive()
    assert sites.problems == (), "and nothing is told of it"
    assert children() == set()
    with pytest.raises(StoppedError):
        broken(prover, config)


def test_an_edit_an_override_and_a_draft_wait_only_for_their_own_kind(house: House) -> None:
    config = small_site(house.folder)
    loaded = load(config, RULES)
    asked = {
        "lock": house.prover(config).broken,
        "lock-overrides": house.prover(config).broken_by_override,
        "lock-drafts": house.prover(config).answer_for_draft,
    }
    for own, ask in asked.items():
        with ExitStack() as others, ThreadPoolExecutor(1) as pool:
            for name in asked.keys() - {own}:
                others.enter_context(turnstile(house.folder / name, 0, Event()))
            assert pool.submit(ask, loaded.site, loaded.contents).result(30) is not None
        with ThreadPoolExecutor(1) as pool:
            with turnstile(house.folder / own, 0, Event()):
                waiting = pool.submit(ask, loaded.site, loaded.contents)
                with pytest.raises(TimeoutError):
                    waiting.result(0.2)
            waiting.result(30)


def test_it_gets_no_secret_and_no_number_but_in_the_question(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", SECRET)
    monkeypatch.setenv("ADVOCATE_1", NAMES["ADVOCATE_1"])
    config = large_site(house.folder)
    prover = house.prover(config, command=COMMAND)
    asking = Thread(target=_catch, args=(prover, config, []))
    asking.start()
    until(lambda: children() != set())
    (pid,) = children()
    seen = b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("environ", "cmdline"))
    prover.stop()
    asking.join()
    assert b"PYTHONPATH=" in seen
    assert SECRET.encode() not in seen
    assert b"555" not in seen


# -- once for all servers


def test_what_one_server_proved_no_other_proves_again(kept: House) -> None:
    config = small_site(kept.folder, breaks=True)
    first = broken(kept.prover(config), config)
    assert broken(kept.prover(config), config) == first
    assert kept.started == 1
    elsewhere = Path(copytree(config, kept.folder / "elsewhere"))
    again = broken(kept.prover(elsewhere), elsewhere)
    assert [problem.text for problem in again] == [problem.text for problem in first]
    assert again[0].where.file == str(elsewhere / "routing.yaml")
    assert kept.started == 1


def test_servers_that_ask_at_once_prove_once(kept: House) -> None:
    config = large_site(kept.folder, 50)
    asking = [Thread(target=broken, args=(kept.prover(config), config)) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert kept.started == 1
    assert len(kept.rows()) == 1


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_whatever_the_proof_depends_on_is_proved_anew(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small_site(kept.folder)
    closed, opened = (Override(DAY, DAY + timedelta(hours=1), kind, {}) for kind in (Kind.CLOSED, Kind.OPEN))
    words = Override(DAY, DAY + timedelta(hours=1), None, {"en": "Hello."})
    prover = kept.prover(config)
    broken(prover, config)
    for number, overrides in enumerate([(closed,), (opened,), (closed, opened)], 2):
        broken(prover, config, *overrides)
        assert kept.started == number, overrides
    broken(prover, config, words)
    assert kept.started == 4, "words alone change no proof"
    (config / "audio").mkdir(exist_ok=True)
    (config / "audio" / "new.mp3").touch()
    broken(prover, config)
    assert kept.started == 5
    monkeypatch.setitem(RULES.names, "ADVOCATE_1", "+16175550109")
    broken(prover, config)
    assert kept.started == 6
    prover._now = lambda: DAY + timedelta(days=1)
    broken(prover, config)
    assert kept.started == 7
    monkeypatch.setattr("phonetree.config.question.code", lambda: "another version")
    broken(prover, config)
    assert kept.started == 8
    broken(prover, config)
    assert kept.started == 8


def test_no_number_can_be_found_by_trying_in_what_is_kept(kept: House) -> None:
    config = small_site(kept.folder)
    broken(kept.prover(config), config)
    broken(kept.prover(config, OLDER), config)
    (one, _, _, _), (two, _, _, _) = kept.rows()
    assert one != two, "the name of a row is a hash with a key"


def test_a_forged_row_is_not_believed(kept: House) -> None:
    config = small_site(kept.folder, breaks=True)
    assert BAD in str(broken(kept.prover(config), config)[0])
    assert kept.store
    ((name, _, answer, mac),) = kept.rows()
    with kept.store.write() as connection:
        connection.execute(update(table).values(answer=b'{"problems": [], "proved": true}'))
    assert BAD in str(broken(kept.prover(config), config)[0])
    assert kept.started == 2
    assert kept.rows()[0][2:] == (answer, mac), "and it is put right"
    fine = small_site(kept.folder / "fine")
    broken(kept.prover(fine), fine)
    good = next(row for row in kept.rows() if row[0] != name)
    with kept.store.write() as connection:  # what was proved of another site
        connection.execute(update(table).where(table.c.name == name).values(answer=good[2], mac=good[3]))
    assert BAD in str(broken(kept.prover(config), config)[0])
    assert kept.started == 4


def test_a_secret_is_rotated_without_a_proof(kept: House) -> None:
    config = small_site(kept.folder)
    broken(kept.prover(config, OLDER), config)
    broken(kept.prover(config, SECRET, OLDER), config)
    assert kept.started == 1
    broken(kept.prover(config, SECRET), config)
    assert kept.started == 2, "the older one is no longer accepted"


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_what_failed_is_not_kept(kept: House) -> None:
    config = large_site(kept.folder)
    code = "from phonetree.config import proving; proving.MOST_MEGABYTES = 110; proving.main()"
    for prover in (
        kept.prover(config, seconds=1),
        kept.prover(config, command=(sys.executable, "-P", "-c", code)),
    ):
        with pytest.raises(ConfigError):
            broken(prover, config)
    assert kept.rows() == []


def test_old_proofs_are_deleted(kept: House) -> None:
    config = small_site(kept.folder)
    broken(kept.prover(config), config)
    assert kept.store
    now = int(DAY.timestamp())
    Upkeep(kept.store).round(now + KEEP_DAYS * 24 * 3600)
    assert len(kept.rows()) == 1
    Upkeep(kept.store).round(now + (KEEP_DAYS + 1) * 24 * 3600)
    assert kept.rows() == []


def test_a_store_that_is_away_costs_a_proof_and_no_more(kept: House, capfd: pytest.CaptureFixture[str]) -> None:
    config = small_site(kept.folder, breaks=True)
    assert kept.store
    with kept.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE proofs RENAME TO hidden")
    for number in (1, 2):
        assert BAD in str(broken(kept.prover(config), config)[0])
        assert kept.started == number
    assert capfd.readouterr().err == "", "the worker reports it"


def test_a_store_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as opened:
        house, config = House(tmp_path, opened), small_site(tmp_path)
        with closing(sqlite3.connect(tmp_path / "phonetree.db")) as busy:
            busy.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            assert broken(house.prover(config), config) == ()
            assert time.monotonic() - began < provers.STORE_SECONDS + 6, "it is asked once"
            busy.rollback()


def test_without_a_secret_nothing_is_kept_and_every_server_proves(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as opened:
        address = opened.engine.url.render_as_string(hide_password=False)
        server = Server(VPR, provers=True, database=address)
        reload(server.sites)
        assert server.sites.problems == ()
        server.close()
        assert House(tmp_path, opened).rows() == []


# -- tried again


def test_an_edit_that_could_not_be_proved_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small_site(house.folder)
    prover = house.prover(config, command=("/nonexistent",))
    sites = Sites(config, RULES, prover.broken)
    before = sites.current
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    (config / "routing.yaml").write_text(text.replace("for the line", "for the other line"), encoding="utf-8")
    assert not sites.reload()
    assert "could not be started" in str(sites.problems[0])
    closed = Override(DAY, DAY + timedelta(hours=1), Kind.CLOSED, {})
    assert not sites.override((closed,))
    prover._command = COMMAND
    assert not sites.reload(), "not at once"
    assert not sites.override_due
    later = time.monotonic() + sites_of.AGAIN_SECONDS
    monkeypatch.setattr(sites_of, "monotonic", lambda: later)
    assert sites.override_due
    assert sites.override((closed,))
    assert not sites.override_due
    assert sites.reload()
    assert sites.problems == ()
    assert sites.current.revision != before.revision


def test_the_first_site_is_not_called_good_before_it_is_proved(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small_site(house.folder, breaks=True)
    prover = house.prover(config, command=("/nonexistent",))
    sites = Sites(config, RULES, prover.broken)
    assert not sites.reload()
    assert "could not be started" in str(sites.problems[0])
    prover._command = COMMAND
    later = time.monotonic() + sites_of.AGAIN_SECONDS
    monkeypatch.setattr(sites_of, "monotonic", lambda: later)
    assert not sites.reload()
    assert BAD in str(sites.problems[0])


def test_a_problem_of_the_site_itself_is_not_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small_site(house.folder)
    sites = Sites(config, RULES, house.prover(config).broken)
    bad = small_site(house.folder / "other", breaks=True) / "routing.yaml"
    (config / "routing.yaml").write_bytes(bad.read_bytes())
    assert not sites.reload()
    tried = house.started
    assert tried == 2, "the edit, and what callers hear"
    later = time.monotonic() + sites_of.AGAIN_SECONDS
    monkeypatch.setattr(sites_of, "monotonic", lambda: later)
    assert not sites.reload()
    assert house.started == tried


# -- the command, and real servers


def test_an_override_that_a_command_proved_no_server_proves_again(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**NAMES, "SECRET_KEY": SECRET, "PHONETREE_CONFIG": str(VPR)}.items():
        monkeypatch.setenv(name, value)
    assert main(["migrate"]) == 0
    assert main(["override", "add", "closed", "--until", "23:59", "--who", "Ada"]) == 0, capsys.readouterr().err
    opened = Store(database)
    house = House(tmp_path, opened)
    assert len(house.rows()) == 1
    (each,) = Overrides(opened).kept(int(time.time()))
    prover = house.prover(VPR)
    prover._now = lambda: datetime.now(UTC)
    assert broken(prover, VPR, each.override) == ()
    assert house.started == 0
    opened.close()


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_a_server_leaves_no_prover_however_it_ends(tmp_path: Path, how: str) -> None:
    config = large_site(tmp_path)
    port = free_port()
    more = {"PHONETREE_CONFIG": str(config), "DATABASE_URL": f"sqlite:///{tmp_path}/phonetree.db"}
    server = start(tmp_path, port, environ("https://tree.example.org", **more), "--workers", "2")
    workers = [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]
    assert len(workers) == 2
    until(lambda: any(children(pid) for pid in workers), "the first proof has not begun")
    running = set().union(*(children(pid) for pid in workers))
    assert len(running) == 1, "one at a time"
    assert answers(f"http://127.0.0.1:{port}")
    began = time.monotonic()
    if how == "ended":
        assert stop(server) == 0
        assert time.monotonic() - began < 8, "it waits for no proof"
    else:
        for pid in (server.pid, *workers):
            os.kill(pid, signal.SIGKILL)
        server.wait()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in running), "a prover is left")
    assert "problems" not in (tmp_path / "log").read_text(encoding="utf-8")


def test_one_edit_of_a_server_with_two_workers_is_proved_once(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    with store("sqlite", tmp_path) as opened:
        house = House(tmp_path, opened)
        address = opened.engine.url.render_as_string(hide_password=False)
        more = {"PHONETREE_CONFIG": str(config), "DATABASE_URL": address, "SECRET_KEY": SECRET}
        port = free_port()
        server = start(tmp_path, port, environ("https://tree.example.org", **more), "--workers", "2")
        until(lambda: len(house.rows()) == 1, "the start is not proved")
        (config / "routing.yaml").write_bytes((broken_site(tmp_path / "other") / "routing.yaml").read_bytes())
        log = tmp_path / "log"
        until(lambda: log.read_text(encoding="utf-8").count(BAD) == 2, "both workers refuse it")
        assert len(house.rows()) == 2
        assert stop(server) == 0
