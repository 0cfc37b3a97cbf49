"""What is shipped for hosts: nothing in it logs a request; nginx and Caddy, where installed, really pass a call."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import requests
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from werkzeug.serving import make_server

from phonetree.simulator.provider import _Quiet
from phonetree.simulator.transport import sign
from phonetree.web import create_app
from tests.support.lines import ROOT, TOKEN, settings

DEPLOY = ROOT / "deploy"


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
    assert "log_access=False" in (ROOT / "phonetree" / "commands" / "serve.py").read_text()


def test_compose_shows_the_database_to_the_server_alone_and_locks_the_rest() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert services["database"]["networks"] == ["inside"]
    assert "ports" not in services["database"]
    assert "ports" not in services["phonetree"]
    for name in ("phonetree", "migrate"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert services["phonetree"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


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
    program = shutil.which(check[0], path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip(f"{check[0]} is not installed")
    found = subprocess.run([program, *check[1:]], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert found.returncode == 0, found.stdout + found.stderr


def test_systemd_knows_every_word_of_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    unit = (DEPLOY / "phonetree.service").read_text()
    for program in re.findall(r"^Exec\w+=(\S+)", unit, re.MULTILINE):
        unit = unit.replace(f"={program} ", "=/bin/true ")
    (tmp_path / "phonetree.service").write_text(unit)
    command = ["systemd-analyze", "verify", f"{tmp_path}/phonetree.service"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert "phonetree.service" not in found.stderr, found.stderr
    assert found.returncode == 0


def test_the_image_runs_as_a_user_of_its_own_and_installs_nothing() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text().split("FROM ")
    assert len(dockerfile) == 3, "what builds is not what runs"
    assert "\nUSER 10001\n" in dockerfile[2]
    assert "HEALTHCHECK" in dockerfile[2]
    assert "pip install" not in dockerfile[2]


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _nginx(folder: Path, port: int, behind: int) -> list[str]:
    """nginx with the file that is shipped, as one configuration of its own."""
    text = (DEPLOY / "nginx.conf").read_text().replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{behind}").replace("tree.example.org;", "localhost;")
    text = text.replace("/etc/letsencrypt/live/tree.example.org", str(folder))
    text = text.replace("/var/log/nginx", str(folder))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    head = f"user root; daemon off; pid {folder}/pid; error_log {folder}/error.log emerg; events {{}}"
    (folder / "nginx.conf").write_text(f"{head} http {{ {paths} {text} }}")
    return ["nginx", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def _caddy(folder: Path, port: int, behind: int) -> list[str]:
    """Caddy with the file that is shipped, but for a certificate that is there already."""
    text = (DEPLOY / "Caddyfile").read_text().replace("phonetree:8080", f"127.0.0.1:{behind}")
    options = f"admin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}/storage\n\tlog default {{"
    text = text.replace("log default {", options)
    certificate = f"\ttls {folder}/fullchain.pem {folder}/privkey.pem\n\trequest_body {{"
    text = text.replace("\trequest_body {", certificate).replace("{$PHONETREE_HOST}", f"localhost:{port}")
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


PROXIES = {"nginx": (_nginx, "nginx-light"), "caddy": (_caddy, "caddy")}


@pytest.fixture(params=PROXIES)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path, Callable[[], None]]]:
    """The server behind a proxy with the file that is shipped, and a certificate of its own."""
    command, package = PROXIES[request.param]
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed: apt-get install {package}")
    port, behind = _free(), _free()
    url = f"https://localhost:{port}"
    _certificate(tmp_path)
    application = create_app(replace(settings(ROOT / "config"), public_url=url), watching=False)
    server = make_server("127.0.0.1", behind, application, threaded=True, request_handler=_Quiet)
    Thread(target=server.serve_forever, daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    with (tmp_path / "log").open("w") as log:
        proxy = subprocess.Popen(command(tmp_path, port, behind), stdout=log, stderr=log)  # noqa: S603
        try:
            for _ in range(200):
                try:
                    requests.get(f"{url}/healthz", verify=str(tmp_path / "fullchain.pem"), timeout=2)
                    break
                except requests.ConnectionError:
                    time.sleep(0.05)
            yield url, tmp_path, stop
        finally:
            proxy.terminate()
            proxy.wait(10)
            stop()


def test_a_call_comes_through_the_proxy_signature_and_all_and_leaves_nothing(
    site: tuple[str, Path, Callable[[], None]],
) -> None:
    """Nor is anything written of a call that comes when the server is gone."""
    url, folder, stop = site
    trusted = str(folder / "fullchain.pem")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for path in ("/voice", "/voice/x/en/welcome/ask?menu=welcome&misses=1"):
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", "Note": "a b&c=d +é"}
        headers = {"X-Twilio-Signature": sign(TOKEN, url + path, fields)}
        answer = requests.post(url + path, data=fields, headers=headers, verify=trusted, timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml")
        assert requests.post(url + path, data=fields, verify=trusted, timeout=5).status_code == 403
    large = requests.post(f"{url}/voice", data=b"x" * 1_000_000, verify=trusted, timeout=5)
    assert large.status_code in (413, 502)
    stop()
    assert requests.post(f"{url}/voice", data=fields, headers=headers, verify=trusted, timeout=15).status_code == 502
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before, "nothing is written of any request"
