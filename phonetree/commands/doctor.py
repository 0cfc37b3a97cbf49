"""`doctor`: checks everything that has to be right, each with a hint how to fix it."""

import click


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--notify", is_flag=True, help="Send staff a test notice at every address, and say whether it was sent.")
def doctor(form: str, *, notify: bool) -> int:
    """Check everything that has to be right before a call comes in, and after.

    It looks at the folder's files or, with PHONETREE_SOURCE=store, at the newest revision in the database. Every check
    runs; none hides another. The output has no secrets and no personal numbers, so it can be pasted into a ticket. The
    exit status is 1 when something is wrong.

    Example: python -m phonetree doctor
    """
    from phonetree.commands.work import doctor as work

    return work.doctor(form, notify=notify)
