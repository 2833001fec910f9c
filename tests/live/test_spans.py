"""What the cluster does makes spans in the log, and those of one request are one trace, whichever nodes saw to it."""

import asyncio
import json
from itertools import count
from typing import Any

import httpx
import pytest

from reference.live.http import application
from reference.live.log import Log
from reference.live.spans import COMPARE, JOIN, OPEN_MOST, SUSPECT, Context, Spans, context_of
from reference.protocol import Forward, Returned
from tests.live.lives import Life, start, together

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = f"00-{TRACE}-{PARENT}-01"
"""The example of W3C Trace Context, 3.2.2.5."""
ROUTING = {"routing": {"enabled": True, "type": "cluster", "cluster": {"name": "trial"}}}


def spans_of(life: Life, name: str) -> list[dict[str, Any]]:
    return [line for line in life.lines if line["event"] == "span" and line["name"] == name]


@pytest.mark.requirement("REQ-OBS-5")
def test_joining_and_bringing_state_together_make_spans_and_a_request_is_one_trace_over_all_nodes() -> None:
    async def work() -> None:
        async with together(2, http=ROUTING) as lives:
            await start(lives)
            for life in lives:
                (join,) = spans_of(life, JOIN)
                compared = spans_of(life, COMPARE)
                assert (len(join["trace_id"]), len(join["span_id"]), join["took_us"] > 0) == (32, 16, True)
                assert join["trace_id"] in [span["trace_id"] for span in compared], "a joining node compares"
                assert join["span_id"] in [span.get("parent_id") for span in compared]
            n1, n2 = lives
            transport = httpx.ASGITransport(application(n1.runtime, n1.plan.options, probe=True))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
                for _ in range(400):  # until n1 has heard that n2 is ready, and a session has its home there
                    granted = await browser.post("/login", json={"user": "ann"})
                    cookie = granted.headers["Set-Cookie"].partition(";")[0]
                    browser.cookies.clear()
                    asked = await browser.get("/session", headers={"Cookie": cookie, "traceparent": HEADER})
                    assert asked.status_code == 200
                    if spans_of(n1, "request.pass-on"):
                        break  # one that n2 answered in time
                    await asyncio.sleep(0.025)
            (passed_on,) = spans_of(n1, "request.pass-on")
            of_request = passed_on["parent_id"]
            answered = next(span for span in spans_of(n2, "request.answer") if span["parent_id"] == of_request)
            request = next(span for span in spans_of(n1, "request") if span["span_id"] == answered["parent_id"])
            assert {span["trace_id"] for span in (request, passed_on, answered)} == {TRACE}
            assert (request["parent_id"], request["path"], request["status"]) == (PARENT, "/session", 200)
            assert (passed_on["parent_id"], passed_on["member"]) == (request["span_id"], "n2")
            assert (answered["member"], answered["status"], answered["node"]) == ("n1", 200, "n2")
            n1.runtime.spans = None  # as where the level is not debug: nothing is recorded, and the header goes along
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
                await browser.get("/session", headers={"Cookie": cookie, "traceparent": HEADER})
            assert spans_of(n2, "request.answer")[-1]["parent_id"] == PARENT
            assert not any(cookie.partition("=")[2] in str(line) for line in n1.lines + n2.lines)

    asyncio.run(work())


class Written:
    """Spans whose clock and ids are counted."""

    def __init__(self, level: str = "debug") -> None:
        self.lines: list[dict[str, Any]] = []
        clock, ids = count(0, 10), count(1)
        log = Log("n1", level, write=lambda line: self.lines.append(json.loads(line)))
        self.spans = Spans(log, lambda: next(clock), lambda octets: next(ids).to_bytes(octets, "big"))


@pytest.mark.requirement("REQ-OBS-5")
@pytest.mark.parametrize("found", ["alive", "dead", "left"])
def test_a_suspicion_is_a_span_until_it_is_known_what_it_was(found: str) -> None:
    written = Written()
    written.spans.noted("suspect", {"member": "n2", "incarnation": 1})
    written.spans.noted(found, {"member": "n3", "incarnation": 1})
    assert written.lines == []
    written.spans.noted(found, {"member": "n2", "incarnation": 1})
    (line,) = written.lines
    assert (line["name"], line["member"], line["found"], line["took_us"]) == (SUSPECT, "n2", found, 10)
    assert "parent_id" not in line


def test_what_is_passed_on_again_is_one_span_and_what_nobody_answers_is_not_kept_for_ever() -> None:
    written = Written()
    asked = [Forward(number, "ab", "GET", "/session", None, 0, 0, again=False) for number in range(OPEN_MOST + 1)]
    for forward in (*asked, asked[-1]):
        written.spans.sent("n2", forward)
    for number in (0, OPEN_MOST, OPEN_MOST):
        written.spans.received("n2", Returned(number, 200, (), {}))
    assert [line["name"] for line in written.lines] == ["request.pass-on"], "the oldest was forgotten"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        HEADER.upper(),
        HEADER[:-1],
        HEADER + "-more",  # version 00 has four parts
        "ff" + HEADER[2:],
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        HEADER + "\nX: y",
    ],
)
def test_a_header_that_is_not_valid_counts_as_none(header: str | None) -> None:
    assert context_of(header) is None


def test_a_valid_header_is_read_and_written_back_and_so_are_those_of_later_versions() -> None:
    assert context_of(HEADER) == Context(TRACE, PARENT)
    assert Context(TRACE, PARENT).header == HEADER
    assert context_of(f"01-{TRACE}-{PARENT}-00-what-comes") == Context(TRACE, PARENT, "00")
