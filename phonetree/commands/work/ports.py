"""Ports to listen at."""

import socket
from contextlib import closing

from phonetree.errors import PhonetreeError


def refuse_a_port_in_use(host: str, port: int) -> None:
    """Checked before anything is written: a second demo would overwrite the token of the first one."""
    if (why := why_not(host, port)) is not None:
        hint = "another server is running there; stop it, or choose another port with --port"
        raise PhonetreeError(f"{host}:{port} cannot be used ({why}): {hint}")


def why_not(host: str, port: int) -> str | None:
    """Why nobody can listen there; None if it is possible."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror
    return None
