"""A state goes into an address and comes out again; nothing else does."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.core.state import LARGEST_TOKEN, State, Step, from_address, to_address
from phonetree.errors import StateError

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
STATES = st.builds(
    State,
    NAMES,
    st.sampled_from(["en", "es", "pt-br"]),
    NAMES,
    st.sampled_from(Step),
    st.one_of(st.just(""), NAMES),
    misses=st.integers(0, 9),
    repeats=st.integers(0, 10),
    round=st.integers(0, 30),
    rang=st.integers(0, 300),
    picked=st.integers(0, 2**100),
    rung=st.integers(0, 2**100),
    ringing=st.integers(0, 2**100),
    alone=st.integers(0, 2**100),
    began=st.integers(0, 2**33),
    token=st.integers(0, LARGEST_TOKEN),
    refused=st.integers(0, 1),
    counted=st.integers(0, 1),
)


def read(address: str) -> State:
    parts = urlsplit(address)
    return from_address(parts.path[1:], parts.query)


@given(STATES)
def test_a_state_survives_its_address(state: State) -> None:
    assert read(to_address(state)) == state


def test_an_address_holds_only_what_is_not_zero() -> None:
    state = State("abc", "en", "welcome", Step.ASK)
    assert to_address(state) == "/abc/en/welcome/ask"
    assert to_address(state._replace(menu="welcome", misses=2)) == "/abc/en/welcome/ask?menu=welcome&misses=2"


@pytest.mark.parametrize(
    "address",
    [
        "abc/en/welcome/dance",
        "/en/welcome/ask",
        "abc/en/welcome",
        "abc/en/welcome/ask/more",
        "abc/en/../ask",
        f"abc/en/{'a' * 65}/ask",
        "abc/en/welcome/ask?misses=-1",
        "abc/en/welcome/ask?misses=1e9",
        "abc/en/welcome/ask?misses=%D9%A3",
        f"abc/en/welcome/ask?began={'9' * 400}",
        "abc/en/welcome/ask?menu=%3Cscript%3E",
        "abc/en/welcome/ask?menu=a/b",
    ],
)
def test_what_we_never_wrote_is_refused(address: str) -> None:
    path, _, query = address.partition("?")
    with pytest.raises(StateError):
        from_address(path, query)


@given(st.text(), st.text())
def test_any_address_is_a_state_or_refused(path: str, query: str) -> None:
    try:
        state = from_address(path, query)
    except StateError:
        return
    assert read(to_address(state)) == state
