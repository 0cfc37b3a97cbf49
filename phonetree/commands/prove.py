"""`prove`: the promises, each kept, or broken with the call that breaks it."""

from pathlib import Path

import click

from phonetree.commands.options import at_option, config_option


@click.command("prove")
@at_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@config_option
def prove_command(at: str | None, form: str, config: Path) -> int:
    """Walk everything that can happen on any call, and check what we promise to callers.

    Every node, key, silence, answer and failure is tried at every kind of moment of the next 400 days. A
    broken promise comes with the shortest call that breaks it, as a golden call: copy it to a file and play it
    with `call --golden FILE`. A broken promise blocks an edit from going live, like a problem. It goes by the folder's
    files, whatever callers hear.

    Example: python -m phonetree prove --config config
    """
    from phonetree.commands.work import prove as work

    return work.prove_command(at, form, config)
