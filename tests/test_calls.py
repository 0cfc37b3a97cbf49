"""Golden calls: each as its file says, word for word, through the engine and through the signed webhook."""

from pathlib import Path

import pytest

from phonetree.config.site import load
from phonetree.simulator.golden import Golden
from tests.support.lines import ROOT, RULES, direct, folder_of, play, read_golden, webhook

CALLS = sorted((ROOT / "tests" / "calls").rglob("*.call"))


@pytest.mark.parametrize("path", CALLS, ids=lambda path: str(path.relative_to(ROOT / "tests" / "calls"))[:-5])
def test_a_golden_call_is_heard_as_written(path: Path, tmp_path: Path, *, rewrite: bool) -> None:
    golden = read_golden(path)
    for number, line in enumerate((direct, webhook)):
        folder = tmp_path / str(number)
        folder.mkdir()
        call = play(golden, line, folder)
        if rewrite:
            path.write_text(str(Golden(golden.title, golden.headers, str(call.transcript))), encoding="utf-8")
            golden = read_golden(path)
        assert str(call.transcript) == golden.transcript, f"{line.__name__} hears something else"
        _check_who_was_dialled(golden, call)


def _check_who_was_dialled(golden: Golden, call) -> None:  # type: ignore[no-untyped-def]
    """Only phones of the site ring; members always see the helpline's number, unless the provider refuses it."""
    site = load(folder_of(golden), RULES).site
    members = {member.number for team in site.teams.values() for member in team.members}
    own = {line.number for line in site.resources.values() if line.own_caller_id}
    lines = {line.number for line in site.resources.values()}
    for ringing in call.dialled:
        assert set(ringing.numbers) <= members | lines
        if not set(ringing.numbers) <= own:
            assert ringing.caller_id == (site.helpline.number if golden.verified else site.helpline.provider_number)
