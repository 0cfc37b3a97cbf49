"""What is shipped for hosts: nothing in it logs a request; nginx, where it is installed, really passes a call."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The server behind nginx with the file that is shipped, and a certificate of its own."""
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    port, behind = _free(), _free()
    url = f"https://localhost:{port}"
    _certificate(tmp_path)
    text = (DEPLOY / "nginx.conf").read_text().replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{behind}").replace("tree.example.org;", "localhost;")
    text = text.replace("/etc/letsencrypt/live/tree.example.org", str(tmp_path))
    text = text.replace("/var/log/nginx", str(tmp_path))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    head = f"user root; daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log emerg; events {{}}"
    conf = f"{head} http {{ {paths} {text} }}"
    (tmp_path / "nginx.conf").write_text(conf)
    application = create_app(replace(settings(ROOT / "config"), public_url=url), watching=False)
    server = make_server("127.0.0.1", behind, application, threaded=True, request_handler=_Quiet)
    Thread(target=server.serve_forever, daemon=True).start()
    proxy = subprocess.Popen(["nginx", "-e", f"{tmp_path}/error.log", "-c", f"{tmp_path}/nginx.conf"])  # noqa: S603, S607
    try:
        for _ in range(100):
            try:
                requests.get(f"{url}/healthz", verify=str(tmp_path / "fullchain.pem"), timeout=2)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        yield url, tmp_path
    finally:
        proxy.terminate()
        proxy.wait(10)
        server.shutdown()
        server.server_close()


def test_a_call_comes_through_nginx_signature_and_all_and_leaves_nothing(site: tuple[str, Path]) -> None:
    url, folder = site
    trusted = str(folder / "fullchain.pem")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for path in ("/voice", "/voice/x/en/welcome/ask?menu=welcome&misses=1"):
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", "Note": "a b&c=d +é"}
        headers = {"X-Twilio-Signature": sign(TOKEN, url + path, fields)}
        answer = requests.post(url + path, data=fields, headers=headers, verify=trusted, timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml")
        assert requests.post(url + path, data=fields, verify=trusted, timeout=5).status_code == 403
    large = requests.post(f"{url}/voice", data=b"x" * 1_000_000, verify=trusted, timeout=5)
    assert large.status_code == 413
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before, "nothing is written of any request"
