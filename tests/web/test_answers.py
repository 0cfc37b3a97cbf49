"""What anybody can be answered: words, pages and files that are meant for everybody, whatever is wrong behind them."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from flask import Flask
from werkzeug.test import Client

from phonetree.config.prompts import audio_file
from phonetree.errors import Problem, Where
from phonetree.log import EXAMPLES
from phonetree.runtime.watch import reload
from phonetree.web import create_app
from phonetree.web.context import of
from phonetree.web.headers import security_headers
from tests.support.lines import NAMES, ROOT, SHOWN, STATUS_TOKEN, TOKEN, VPR, settings

MISTYPED = "+1 617 555 01"
"""An advocate's own number, a digit short, written into the file instead of the environment."""

SECRETS = {
    "what was mistyped": [MISTYPED, "617 555 01", "61755501"],
    "a number from the environment": [*NAMES.values(), *(name[2:] for name in NAMES.values())],
    "the name of a member": ["Second advocate"],
    "why an override was refused": ["a promise of overrides"],
    "where the database is": ["db.internal", "a-password", "somebody"],
    "what signs and opens": [TOKEN, STATUS_TOKEN, "AC" + "0" * 32],
    "where files are": [str(ROOT), "phonetree.db", "routing.yaml", "Traceback"],
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A server in production of which everything is wrong that can be."""
    config = Path(copytree(VPR, tmp_path / "config"))
    (config / "audio").mkdir(exist_ok=True)
    made = replace(settings(config), demo=False, database="postgresql://somebody:a-password@127.0.0.1:9/db.internal")
    app = create_app(replace(made, demo=True), watching=False)  # so that it starts with made-up numbers
    running = of(app).services
    running.settings = made
    sites, worker = running.sites, running.worker
    assert worker
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    routing.write_text(text.replace("number: $ADVOCATE_1}", f"number: {MISTYPED}}}"), encoding="utf-8")
    reload(sites)
    assert MISTYPED in str(sites.problems)
    sites.refused = (Problem(Where("overrides"), "a promise of overrides"),)
    worker.round(0)
    assert worker.problem
    yield app
    worker.store.close()


def _paths(app: Flask) -> set[str]:
    """Every address that there is, with whatever can stand in it, and some that there are not."""
    found = {
        "/nothing",
        "/voice/x",
        "/audio/x.mp3",
        "/audio/..%2frouting.yaml",
        "/readyz/",
        "//readyz",
        "/?language=xx",
    }
    for rule in app.url_map.iter_rules():
        found.add(app.url_map.bind("x").build(rule.endpoint, dict.fromkeys(rule.arguments, "x")))
    return found


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer \xff"}], ids=str)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_no_answer_tells_anybody_what_is_not_theirs(app: Flask, method: str, headers: dict[str, str]) -> None:
    client = Client(app)
    paths = _paths(app)
    assert {"/", "/readyz", "/healthz", "/metrics", "/audio/x", "/voice"} <= paths
    for path in paths:
        answer = client.open(path, method=method, headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
        whole = f"{answer.status} {answer.headers} {answer.get_data(as_text=True)}"
        for what, secrets in SECRETS.items():
            assert not any(secret in whole for secret in secrets), (path, what, whole)


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_every_answer_has_the_headers(app: Flask, method: str) -> None:
    client = Client(app)
    statuses = set()
    for path in _paths(app):
        with client.open(path, method=method) as answer:
            statuses.add(answer.status_code)
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["X-Frame-Options"] == "DENY", path
            assert answer.headers["Referrer-Policy"] == "no-referrer", path
            assert answer.headers["Cache-Control"], path
    assert {200, 404} <= statuses if method == "GET" else 403 in statuses


def test_over_http_no_browser_is_told_to_use_https_alone() -> None:
    assert "Strict-Transport-Security" not in security_headers("http://127.0.0.1:8080")


def test_readiness_is_words_for_everybody(app: Flask) -> None:
    answer = Client(app).get("/readyz", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    words = {"test_call": "not tried", "last_edit": "refused", "overrides": "refused", "database": "away"}
    assert answer.json == words


def test_details_and_metrics_are_for_whoever_has_the_token(app: Flask) -> None:
    client = Client(app)
    details = client.get("/readyz", headers=SHOWN).json
    assert details
    assert set(details["problems"]) == {"last_edit", "overrides", "database"}
    assert "routing.yaml:" in details["problems"]["last_edit"][0]
    assert "(a number) is not" in str(details)
    assert MISTYPED not in str(details)
    assert "a-password" not in str(details)
    assert client.get("/metrics", headers=SHOWN).status_code == 200
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": STATUS_TOKEN}, {"Authorization": "Bearer a"}):
        assert client.get("/metrics", headers=wrong).status_code == 404


def test_without_a_token_nobody_has_it(app: Flask) -> None:
    of(app).services.settings = replace(of(app).services.settings, status_token=None)
    client = Client(app)
    for header in ("Bearer ", "Bearer None", "", "Bearer"):
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 404
        assert "problems" not in client.get("/readyz", headers={"Authorization": header}).text


def test_a_demo_shows_them_on_its_own_machine(app: Flask) -> None:
    of(app).services.settings = replace(of(app).services.settings, demo=True)
    client = Client(app)
    for address, status in (("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 404)):
        assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": address}).status_code == status


def test_the_log_does_not_repeat_a_number_that_was_mistyped(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    sites = of(app).services.sites
    routing = sites.folder / "routing.yaml"
    routing.write_text(routing.read_text(encoding="utf-8").replace(MISTYPED, "617 5550 10"), encoding="utf-8")
    reload(sites)
    logged = capfd.readouterr().err.replace(EXAMPLES[0], "")
    assert "(a number) is not a phone number" in logged
    assert not any(secret in logged for secret in ("617", "5550"))


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    """A folder of audio files, and what must not be given out through it."""
    folder = tmp_path / "config" / "audio"
    (folder / "inner").mkdir(parents=True)
    (folder.parent / "secret.mp3").write_bytes(b"secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.mp3").write_bytes(b"secret")
    (folder / "good.mp3").write_bytes(b"sound")
    (folder / "inner" / "deep.mp3").write_bytes(b"sound")
    (folder / "within.mp3").symlink_to("good.mp3")
    (folder / "up.mp3").symlink_to("../secret.mp3")
    (folder / "away.mp3").symlink_to(tmp_path / "elsewhere" / "secret.mp3")
    (folder / "twice.mp3").symlink_to("up.mp3")
    (folder / "folder.mp3").symlink_to(tmp_path / "elsewhere")
    (folder / "round.mp3").symlink_to("round.mp3")
    (folder / "gone.mp3").symlink_to("nowhere.mp3")
    (folder / "device.wav").symlink_to("/dev/zero")
    (folder / "passwd.gsm").symlink_to("/etc/passwd")
    (folder / ".hidden.mp3").write_bytes(b"hidden")
    (folder / "notes.txt").write_bytes(b"notes")
    os.mkfifo(folder / "pipe.mp3")
    return folder


def _asked(client: Client, name: str) -> tuple[int, bytes]:
    with client.get(f"/audio/{name}") as answer:
        return answer.status_code, answer.get_data()


@pytest.mark.parametrize("linked", [False, True], ids=["a folder", "a link to a folder"])
def test_audio_gives_out_what_lies_in_its_folder_and_nothing_else(
    app: Flask, audio: Path, tmp_path: Path, *, linked: bool
) -> None:
    if linked:  # as it is where a platform mounts the files
        (tmp_path / "mounted").mkdir()
        (tmp_path / "mounted" / "audio").symlink_to(audio)
    of(app).services.sites.folder = (tmp_path / "mounted") if linked else audio.parent
    client = Client(app)
    names = [path.name for path in audio.iterdir()]
    given = {name: _asked(client, name) for name in [*names, "x.mp3", "x" * 5000 + ".mp3", "a%00.mp3"]}
    assert {name: body for name, (status, body) in given.items() if status == 200} == {
        "good.mp3": b"sound",
        "within.mp3": b"sound",
    }
    assert all(b"secret" not in body for _, body in given.values())
    for path in ("/audio/../secret.mp3", "/audio/..%2fsecret.mp3", "/audio/inner/deep.mp3", "/audio/%2e%2e/secret.mp3"):
        assert client.get(path).status_code in (403, 404)


def test_what_is_not_given_out_is_refused_in_the_files(audio: Path) -> None:
    """A prompt that the provider could not fetch would break the call."""
    assert [name for name in sorted(path.name for path in audio.iterdir()) if audio_file(audio, name)] == [
        "good.mp3",
        "within.mp3",
    ]
