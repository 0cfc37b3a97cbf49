"""`python -m phonetree NAME`: exit 0 on success or when stopped, 1 on a known problem, 2 on wrong usage, 3 on a bug."""

import errno
import os
import signal
import sys
import traceback

import click

from phonetree.commands import phonetree
from phonetree.errors import PhonetreeError

STOPPED = 0
KNOWN_PROBLEM = 1
BUG = 3


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    try:
        status = phonetree.main(arguments, prog_name="phonetree", standalone_mode=False)
    except click.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):  # Ctrl-C, or SIGTERM
            return STOPPED
        click.echo("Nothing was done.", err=True)
        return KNOWN_PROBLEM
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except PhonetreeError as error:
        click.echo(str(error), err=True)
        return KNOWN_PROBLEM
    except Exception as error:  # noqa: BLE001 -- top level: a sentence for the user, the traceback for us
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return _full()
        traceback.print_exc()
        click.echo("This is a bug in phonetree, not a mistake of yours. Please report the lines above.", err=True)
        return BUG
    return status if isinstance(status, int) else 0


def _full() -> int:
    """Discards pending output, so that Python does not try to write it again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    click.echo("The output cannot be written: the disk is full.", err=True)
    return KNOWN_PROBLEM


def run() -> int:
    """The same as a process, which SIGTERM stops like Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return main()


if __name__ == "__main__":
    sys.exit(run())
