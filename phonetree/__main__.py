"""`python -m phonetree NAME`: exit 0 when all is well or it was told to stop, 1 on a known problem, 2 on wrong usage,
3 on a bug of ours."""

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
    """Runs a command and answers its exit status."""
    try:
        status = phonetree.main(arguments, prog_name="phonetree", standalone_mode=False)
    except click.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):  # Ctrl-C, or the signal that asks to stop
            return STOPPED
        click.echo("Nothing was done.", err=True)
        return KNOWN_PROBLEM
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except PhonetreeError as error:
        click.echo(str(error), err=True)
        return KNOWN_PROBLEM
    except Exception as error:  # noqa: BLE001 -- the last stop: a sentence for the reader, the traceback for us
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return _full()
        traceback.print_exc()
        click.echo("This is a mistake in phonetree, not in what you did. Please report the lines above.", err=True)
        return BUG
    return status if isinstance(status, int) else 0


def _full() -> int:
    """What was to be printed is given up, so that Python does not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    click.echo("There is no room left on the disk for what is written.", err=True)
    return KNOWN_PROBLEM


def run() -> int:
    """The same as a process of its own, which SIGTERM stops as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return main()


if __name__ == "__main__":
    sys.exit(run())
