"""The simulated network is strict: what the real one refuses or skips is a loud error."""

import pytest

from phonetree.errors import SimulationError
from phonetree.simulator.twiml import parse

SAY = '<Say voice="Polly.Joanna-Neural" language="en-US">Hello.</Say>'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (" <?xml version='1.0'?><Response/>", "12100"),
        ("<Response>", "12100"),
        ("<response/>", "12100"),
        ("<Response><say>Hello</say></Response>", "<say> is not a verb"),
        ("<Response><Enqueue>x</Enqueue></Response>", "<Enqueue> is not a verb"),
        ("<Response><Say>Hello</Say></Response>", "without voice or language"),
        ('<Response><Say voice="a" language="b" volume="9">x</Say></Response>', "no attribute 'volume'"),
        ('<Response><Say voice="a" language="b"></Say></Response>', "<Say> is empty"),
        (f'<Response><Say voice="a" language="b">{"x" * 3001}</Say></Response>', "3001 characters"),
        ("<Response><Gather><Dial>+1</Dial></Gather></Response>", "may not stand inside <Gather>"),
        ('<Response><Gather timeout="0"/></Response>', "timeout='0'"),
        ('<Response><Gather finishOnKey="12"/></Response>', "13310"),
        ('<Response><Gather method="GET"/></Response>', "puts callers' numbers into addresses"),
        ('<Response><Dial timeout="4">+16175550101</Dial></Response>', "timeout='4'"),
        ("<Response><Dial><Sip>x</Sip></Dial></Response>", "<Sip> inside <Dial>"),
        ("<Response><Dial>" + "<Number>+16175550101</Number>" * 11 + "</Dial></Response>", "at most 10"),
        ("<Response><Dial/></Response>", "<Dial> is empty"),
        ('<Response><Record maxLength="1"/></Response>', "maxLength='1'"),
        ("<Response><Redirect/></Response>", "<Redirect> is empty"),
        (f"<Response><Hangup>{SAY}</Hangup></Response>", "nothing may stand inside"),
        ('<Response><Pause length="-1"/></Response>', "length='-1'"),
        ("<Response>" + SAY * 1200 + "</Response>", "11750"),
    ],
)
def test_what_the_network_would_not_run_is_an_error(body: str, message: str) -> None:
    with pytest.raises(SimulationError, match=message.replace("(", r"\(")):
        parse(body.encode(), "text/xml")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json", "audio/mpeg"])
def test_another_content_type_is_no_document(content_type: str) -> None:
    with pytest.raises(SimulationError, match="12300"):
        parse(b"<Response/>", content_type)


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml", "text/html; charset=utf-8"])
def test_the_types_that_the_network_takes(content_type: str) -> None:
    assert parse(b"<Response/>", content_type) == ()
