"""`python -m phonetree NAME`: exit 0 when all is well, 1 on a known problem, 3 on a bug of ours."""

import sys
import traceback

import click

from phonetree.commands import phonetree
from phonetree.errors import PhonetreeError

KNOWN_PROBLEM = 1
BUG = 3


def main(arguments: list[str] | None = None) -> int:
    """Runs a command and answers its exit status."""
    try:
        status = phonetree.main(arguments, prog_name="phonetree", standalone_mode=False)
    except click.Abort:
        return KNOWN_PROBLEM
    except click.ClickException as error:
        error.show()
        return KNOWN_PROBLEM
    except PhonetreeError as error:
        click.echo(str(error), err=True)
        return KNOWN_PROBLEM
    except Exception:  # noqa: BLE001 -- the last stop: a sentence for the reader, the traceback for us
        traceback.print_exc()
        click.echo("This is a mistake in phonetree, not in what you did. Please report the lines above.", err=True)
        return BUG
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    sys.exit(main())
