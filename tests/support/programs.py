"""Programs that really run: servers in processes of their own, and proxies with the files that are shipped."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SECONDS = 30.0
PATH = f"{Path(sys.executable).parent}:/usr/sbin:{os.environ['PATH']}"
"""Where programs are looked for: those that came with the packages, first."""
TOKEN = "test-token"


def free_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until(true: Callable[[], bool], what: str = "it did not come true") -> None:
    """Waits until something is true; fails when it does not come true in time."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a server answers at an address."""
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def environ(public_url: str, **more: str) -> dict[str, str]:
    """The environment of a server under test, on this machine."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"}
    return environment | given(public_url) | more


def given(public_url: str) -> dict[str, str]:
    """The settings of a server under test."""
    return {
        "TWILIO_ACCOUNT_SID": "AC0",
        "TWILIO_AUTH_TOKEN": TOKEN,
        "PHONETREE_PUBLIC_URL": public_url,
        "PHONETREE_DEMO": "1",
        "PHONETREE_BACKGROUND": "off",
        "ADVOCATE_1": "+16175550101",
        "ADVOCATE_2": "+16175550102",
    }


def start(folder: Path, port: int, settings: Mapping[str, str], *arguments: str) -> "subprocess.Popen[bytes]":
    """A server, which answers when this returns. What it writes goes to `log` in the folder."""
    command = [sys.executable, "-m", "phonetree", "serve", "--port", str(port), *arguments]
    with (folder / "log").open("a") as log:
        server = subprocess.Popen(command, cwd=folder, env=settings, stdout=log, stderr=log)  # noqa: S603
    until(lambda: answers(f"http://127.0.0.1:{port}") or server.poll() is not None)
    assert server.poll() is None, (folder / "log").read_text(encoding="utf-8")
    return server


def stop(program: "subprocess.Popen[bytes]") -> int:
    """Ends a program as an operator does; its exit status."""
    program.terminate()
    return program.wait(SECONDS)


# -- proxies


def certificate(folder: Path) -> Path:
    """A certificate for localhost, and its key, in a folder; what to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "fullchain.pem"


AROUND_NGINX = "worker_processes auto; worker_rlimit_nofile 20000; events { worker_connections 8192; }"
"""What docs/running.md says to set around the site."""


def _nginx(folder: Path, port: int, behind: tuple[int, ...], console: int) -> list[str]:
    """nginx with the file that is shipped, as one configuration of its own."""
    text = (DEPLOY / "nginx.conf").read_text().replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("127.0.0.1:8100", f"127.0.0.1:{console}", 1)
    first, *others = re.findall(r"^ +server 127.0.0.1:808\d .*\n", text, re.MULTILINE)
    servers = (re.sub(r":\d+", f":{port}", first, count=1) for port in behind)
    text = text.replace("".join([first, *others]), "".join(servers))
    text = text.replace("tree.example.org;", "localhost;").replace(
        "/etc/letsencrypt/live/tree.example.org", str(folder)
    )
    text = text.replace("/var/log/nginx", str(folder))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root; " if os.getuid() == 0 else ""
    head = f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log emerg; {AROUND_NGINX}"
    (folder / "nginx.conf").write_text(f"{head} http {{ {paths} {text} }}")
    return [program("nginx"), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def _caddy(folder: Path, port: int, behind: tuple[int, ...], console: int) -> list[str]:
    """Caddy with the file that is shipped, but for a certificate that is there already."""
    servers = " ".join(f"127.0.0.1:{port}" for port in behind)
    text = (DEPLOY / "Caddyfile").read_text().replace("phonetree:8080", servers)
    text = text.replace("console:8100", f"127.0.0.1:{console}")
    options = f"admin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}/storage\n\tlog default {{"
    text = text.replace("log default {", options)
    ours = f"localhost:{port} {{\n\ttls {folder}/fullchain.pem {folder}/privkey.pem"
    text = text.replace("{$PHONETREE_HOST} {", ours)
    (folder / "Caddyfile").write_text(text)
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


def program(name: str) -> str:
    """The path of a program that is there."""
    return str(shutil.which(name, path=PATH))


PROXIES = {"nginx": _nginx, "caddy": _caddy}

_STARTED = {"caddy": ("serving initial configuration", "finished cleaning storage units")}
"""What a proxy writes last when it starts."""


def missing(proxy: str) -> str | None:
    """What to install for a proxy; None when it is there."""
    return None if shutil.which(proxy, path=PATH) else f"{proxy} is not installed: apt-get install {proxy}"


@contextmanager
def proxied(proxy: str, folder: Path, port: int, behind: tuple[int, ...], console: int = 9) -> Iterator[Path]:
    """A proxy before servers at these ports, and a console, with a certificate of its own; what to trust."""
    trusted = certificate(folder)
    written = folder / "log-of-the-proxy"
    with written.open("w") as log:
        program = subprocess.Popen(PROXIES[proxy](folder, port, behind, console), stdout=log, stderr=log)  # noqa: S603
        try:
            until(lambda: _listens(port), f"{proxy} does not listen")
            until(lambda: all(line in written.read_text() for line in _STARTED.get(proxy, ())), written.read_text())
            yield trusted
        finally:
            stop(program)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
