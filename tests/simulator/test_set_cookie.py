"""Reading one `Set-Cookie` line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.browser import Browser
from simulator.clock import EPOCH_US, s
from simulator.cookie_dates import instant
from simulator.set_cookie import ATTRIBUTE_MOST, PAIR_MOST, Line, Refusal, read
from simulator.visits import visit

VISIT = visit("https://app.example.com/a/b")
OCTETS = st.text(st.characters(max_codepoint=0xFF), max_size=60)
ATTRIBUTES = st.sampled_from(
    [
        *(
            "Domain=example.com",
            "Domain=.com",
            "Path=/",
            "Path=/a",
            "Path=a",
            "Secure",
            "HttpOnly",
            "Partitioned",
            "x=y",
        ),
        *("SameSite=None", "SameSite=strict", "Max-Age=0", "Max-Age=9999999999999", "Expires=soon"),
        "Expires=Wed, 25 Nov 2026 08:00:00 GMT",
    ]
)


def line_of(text: str) -> Line:
    line = read(text)
    assert isinstance(line, Line), line
    return line


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a=\x01", "COOK-2"),
        ("a=1; Path=/\x7f", "COOK-2"),
        ("", "COOK-4"),
        (" = ; Path=/", "COOK-4"),
        ("a=" + "x" * PAIR_MOST, "COOK-5"),
    ],
)
def test_a_line_that_is_dropped_names_the_rule(text: str, rule: str) -> None:
    refused = read(text)
    assert isinstance(refused, Refusal)
    assert refused.rule == rule


def test_name_and_value_keep_what_is_within_and_lose_what_is_around() -> None:
    line = line_of(' a b = "c, d" =e ; Path=/')
    assert (line.name, line.value) == ("a b", '"c, d" =e')
    assert line_of("only a value").name == ""
    assert line_of("a=" + "x" * (PAIR_MOST - 1)).value == "x" * (PAIR_MOST - 1)


def test_of_a_repeated_attribute_the_last_that_can_be_read_counts() -> None:
    line = line_of("a=1; max-age=5; MAX-AGE=6; max-age=x; domain=one.example; Domain=; Path=/a; Path=/b")
    assert (line.max_age, line.domain, line.path) == (6, "", "/b")


def test_an_attribute_that_is_too_long_is_skipped_and_the_cookie_stays() -> None:
    assert line_of(f"a=1; Path=/{'x' * ATTRIBUTE_MOST}; Secure") == Line("a", "1", secure=True)
    assert line_of(f"a=1; Path=/{'x' * (ATTRIBUTE_MOST - 1)}").path == "/" + "x" * (ATTRIBUTE_MOST - 1)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("Thu, 01 Jan 1970 00:00:01 GMT", s(1)),
        ("1 jan 70 0:0:1", s(1)),
        ("00:00:01 1970 January 1", s(1)),
        ("Thu, 01-Jan-70 00:00:01 GMT", s(1)),
        ("Wed, 09 Jun 2021 10:18:14 GMT", s(1_623_233_894)),
        ("9 jun 21 10:18:14", s(1_623_233_894)),
        ("9 jun 69 10:18:14", s(3_137_998_694)),
    ],
)
def test_a_date_is_read_in_whatever_order_it_stands(text: str, us: int) -> None:
    assert instant(text) == us


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "30 Feb 2026 00:00:00", "1 Jan 1600 00:00:00", "1 Jan 2026", "00:00:00 2026 Jan"),
        *("1 Jan 2026 24:00:00", "1 Jan 2026 00:60:00", "0 Jan 2026 00:00:00", "1 Jan 20261 00:00:00x"),
    ],
)
def test_a_date_that_lacks_something_is_none(text: str) -> None:
    assert instant(text) is None


@given(OCTETS)
def test_no_line_breaks_the_reader(text: str) -> None:
    assert isinstance(read(text), (Line, Refusal))


@given(st.text(max_size=40))
def test_no_date_breaks_the_reader(text: str) -> None:
    found = instant(text)
    assert found is None or isinstance(found, int)


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "__Host-a", "__Secure-b"]), st.lists(ATTRIBUTES, max_size=5)), max_size=12
    )
)
def test_what_is_sent_was_set_and_each_cookie_once(lines: list[tuple[str, list[str]]]) -> None:
    browser = Browser()
    for number, (name, attributes) in enumerate(lines):
        browser.store("; ".join([f"{name}={number}", *attributes]), VISIT, EPOCH_US)
    sent = browser.header(VISIT, EPOCH_US)
    pairs = sent.split("; ") if sent else []
    assert set(pairs) <= {f"{name}={number}" for number, (name, _) in enumerate(lines)}
    assert len(set(pairs)) == len(pairs)
    assert browser.header(VISIT, EPOCH_US) == sent
