"""Builds the Dockerfile, step by step, and runs what comes out as compose.yaml does.

    apt-get install buildah debootstrap && sudo .venv/bin/python -m bench.container

No registry is asked: the base image is stood in for by Debian with its own Python (debootstrap). What is run has a
root file system that cannot be written, no capability, no way to new privileges, and a user of its own.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from phonetree.simulator.transport import sign
from tests.support.programs import ROOT, TOKEN, answers, given, stop, until

BASE = "docker.io/library/python:3.13-slim-trixie"
IMAGE = "localhost/phonetree:bench"
MIRROR = "http://deb.debian.org/debian"
PORT = 8971
URL = f"http://127.0.0.1:{PORT}"
TOOLS = ("gcc", "cc", "g++", "make", "ld", "pip", "pip3")
TUCKED_AWAY = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
ENVIRON = {**given(URL), "PHONETREE_BACKGROUND": "on"}


def run(*command: str | Path) -> str:
    """What a command prints; its own words when it fails."""
    environ = {**os.environ, **TUCKED_AWAY}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def stand_in(folder: Path) -> None:
    """An image of the base's name: Debian, its Python, and a pip that can be taken away like the official one's."""
    base = folder / "base"
    run("debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates", "trixie", base, MIRROR)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", base / "etc/ssl/certs")
    (base / "usr/bin/python").symlink_to("python3")
    (base / "usr/lib/python3.13/EXTERNALLY-MANAGED").unlink()
    packages = "/usr/local/lib/python3.13/dist-packages"
    run("chroot", base, "sh", "-c", f"python -m venv /v && /v/bin/pip install -q pip --target {packages} && rm -r /v")
    (base / "usr/local/bin/pip").write_text('#!/bin/sh\nPIP_ROOT_USER_ACTION=ignore exec python -m pip "$@"\n')
    (base / "usr/local/bin/pip").chmod(0o755)
    container = run("buildah", "from", "scratch")
    run("buildah", "add", "-q", container, base, "/")
    run("buildah", "commit", "-q", container, BASE)
    run("buildah", "rm", container)


def built() -> str:
    """Builds the image; a working container of it."""
    options = ("--format", "docker", "--pull-never", "--network", "host", "--no-cache")
    run("buildah", "bud", *options, "-t", IMAGE, ROOT)
    return run("buildah", "from", "--pull-never", IMAGE)


def inside(root: str, *command: str, **environ: str) -> list[str]:
    """A command in the image as compose runs it."""
    path = "/opt/phonetree/bin:/usr/local/bin:/usr/bin:/bin"
    pairs = [f"{name}={value}" for name, value in {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environ}.items()]
    mounted = "mount --bind $0 $0 && mount -o remount,ro,bind $0 && mount -t tmpfs tmpfs $0/tmp"
    devices = "mount --rbind /dev $0/dev"
    there = "sh -c 'cd /srv/phonetree && exec \"$@\"' sh"
    dropped = "setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
    entered = f'exec chroot $0 {dropped} {there} "$@"'
    return [
        "unshare",
        "--mount",
        "sh",
        "-c",
        f"{mounted} && {devices} && {entered}",
        root,
        "env",
        "-i",
        *pairs,
        *command,
    ]


@contextmanager
def serving(root: str, command: list[str], **environ: str) -> Iterator[None]:
    server = subprocess.Popen(inside(root, *command, **environ))  # noqa: S603
    try:
        until(lambda: answers(URL))
        yield
    finally:
        print(f"stopped with {stop(server)}")


def main() -> None:
    if missing := [tool for tool in ("buildah", "debootstrap", "setpriv") if not shutil.which(tool)]:
        sys.exit(f"not installed: {', '.join(missing)}; apt-get install buildah debootstrap util-linux")
    with tempfile.TemporaryDirectory() as folder:
        stand_in(Path(folder))
    container = built()
    settings = json.loads(run("buildah", "inspect", "--type", "image", IMAGE))["Docker"]["config"]
    root = run("buildah", "mount", container)
    try:
        added = sum(path.lstat().st_size for place in ("opt", "srv") for path in Path(root, place).rglob("*"))
        print(f"added to the base: {added / 1e6:.0f} MB")
        left = run(*inside(root, "sh", "-c", f"which {' '.join(TOOLS)} || true"))
        assert not left, f"tools are left: {left}"
        assert settings["User"] == "10001"
        tried = "touch x /opt/x /tmp/x 2>/dev/null; ls x /opt/x /tmp/x 2>/dev/null || true"
        assert run(*inside(root, "sh", "-c", tried)) == "/tmp/x", "more can be written than /tmp"  # noqa: S108
        command = [part.replace("8080", str(PORT)) for part in settings["Cmd"]]
        check = [part.replace("8080", str(PORT)) for part in settings["Healthcheck"]["Test"][1:]]
        with serving(root, command, **ENVIRON):
            run(*inside(root, *check))
            fields = {"CallSid": "CA" + "0" * 32, "From": "+16175550123"}
            headers = {"X-Twilio-Signature": sign(TOKEN, f"{URL}/voice", fields)}
            answer = requests.post(f"{URL}/voice", data=fields, headers=headers, timeout=5)
            assert answer.status_code == 200, answer.status_code
            assert b"<Gather" in answer.content
            ready = requests.get(f"{URL}/readyz", timeout=5)
            print(f"without a database: /readyz {ready.status_code}, {ready.json()['database']}")
        database = {"DATABASE_URL": "sqlite:////tmp/phonetree.db"}
        migrating = ["sh", "-c", f"python -m phonetree migrate && exec {' '.join(command)}"]
        with serving(root, migrating, **ENVIRON, **database):
            time.sleep(2)
            ready = requests.get(f"{URL}/readyz", timeout=5)
            assert ready.status_code == 200, ready.text
        gone = run(*inside(root, "sh", "-c", '"$@" 2>/dev/null || echo gone', "sh", *check))
        assert gone == "gone", "the health check is content without a server"
        print("built, healthy, answered a signed call, wrote nothing, and had nothing to build with")
    finally:
        run("buildah", "rm", container)


if __name__ == "__main__":
    main()
