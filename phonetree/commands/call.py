"""`call`: a simulated call, typed or scripted, in process or against a running server."""

from pathlib import Path

import click

from phonetree.commands.files import PATH
from phonetree.commands.options import at_option, config_option


@click.command()
@at_option
@click.option("--keys", metavar="K,...", help='What the caller does: "1", "wait", "20s", "hangup"... Default: typed.')
@click.option("--world", default="", metavar="W", help='Who answers: "+16175550101=busy; *=no-answer".')
@click.option("--save", type=PATH, metavar="FILE", help="Write the call as a golden call.")
@click.option("--url", help="Call a running server there, instead of one in this process.")
@click.option("--golden", type=PATH, metavar="FILE", help="Play a golden call (- reads it from the terminal).")
@config_option
def call(
    at: str | None,
    keys: str | None,
    world: str,
    save: Path | None,
    url: str | None,
    golden: Path | None,
    config: Path,
) -> int:
    """Call the helpline without a phone, and see what is heard, when, and who is rung.

    Without --url it is the helpline of the folder's files, whatever callers hear.

    The caller's steps: a key (pressed when it has been offered), 1! (at once), wait, 20s (speak), 20s#,
    20sx, hangup, hangup@75. The world's words: accepts, answers, declines, machine, wrong-key, wrong-keys,
    busy, no-answer, fails; each with "after SECONDS" and "talks SECONDS".

    A golden call from `--save` or `prove` is played as written; if callers hear something else, the difference
    is shown, and the exit status is 1.

    Example: python -m phonetree call --at "2026-11-27 10:00" --keys 1 --world "*=no-answer"
    """
    from phonetree.commands.work import call as work

    return work.call(at, keys, world, save, url, golden, config)
