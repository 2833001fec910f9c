"""What a browser keeps and sends back."""

import pytest

from reference import hosts
from simulator.browser import OF_A_SITE, Browser, _domains
from simulator.clock import EPOCH_US
from simulator.visits import Visit, visit

HOST = visit("https://app.example.com/")
SECOND = 1_000_000


def browser_with(*lines: str, host: Visit = HOST) -> Browser:
    browser = Browser()
    for line in lines:
        browser.store(line, host, EPOCH_US)
    return browser


def test_a_new_browser_sends_no_cookie() -> None:
    assert Browser().header(HOST, EPOCH_US) is None


def test_a_cookie_without_a_domain_goes_back_to_its_host_alone() -> None:
    browser = browser_with("s=1; Path=/; Secure; HttpOnly; SameSite=None")
    assert browser.header(HOST, EPOCH_US) == "s=1"
    assert browser.header(visit("https://shop.example.com/"), EPOCH_US) is None
    assert browser.header(visit("https://sub.app.example.com/"), EPOCH_US) is None


def test_a_cookie_of_a_parent_domain_goes_to_all_its_hosts() -> None:
    browser = browser_with("s=1; Domain=.example.com; Path=/")
    assert browser.header(visit("https://shop.example.com/"), EPOCH_US) == "s=1"
    assert browser.header(visit("https://example.com/"), EPOCH_US) == "s=1"
    assert browser.header(visit("https://badexample.com/"), EPOCH_US) is None


def test_a_domain_that_does_not_cover_the_host_voids_the_cookie() -> None:
    assert browser_with("s=1; Domain=other.com").header(HOST, EPOCH_US) is None
    assert browser_with("s=1; Domain=ple.com").header(HOST, EPOCH_US) is None


def test_a_later_value_replaces_an_earlier_one() -> None:
    assert browser_with("s=1", "s=2").header(HOST, EPOCH_US) == "s=2"


def test_a_cookie_keeps_its_place_when_it_is_replaced_and_none_when_the_old_one_has_expired() -> None:
    """COOK-41 and COOK-43."""
    browser = browser_with("a=1; Max-Age=5", "b=1")
    browser.store("a=2; Max-Age=5", HOST, EPOCH_US + 4 * SECOND)
    assert browser.header(HOST, EPOCH_US + 4 * SECOND) == "a=2; b=1"
    browser.store("a=3", HOST, EPOCH_US + 9 * SECOND)
    assert browser.header(HOST, EPOCH_US + 9 * SECOND) == "b=1; a=3"


def test_cookies_of_two_names_go_together() -> None:
    assert browser_with("s=1", "t=2").header(HOST, EPOCH_US) == "s=1; t=2"


def test_max_age_zero_deletes() -> None:
    assert browser_with("s=1; Path=/", "s=; Max-Age=0; Path=/").header(HOST, EPOCH_US) is None


def test_a_deletion_with_another_domain_or_path_deletes_nothing() -> None:
    """REQ-COOK-9: the cookie that logs out must match the one that logged in."""
    assert browser_with("s=1; Path=/", "s=; Max-Age=0; Domain=example.com").header(HOST, EPOCH_US) == "s=1"


def test_an_expiry_in_the_past_deletes_and_one_in_the_future_comes_to_pass() -> None:
    assert browser_with("s=1", "s=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT").header(HOST, EPOCH_US) is None
    kept = browser_with("s=1; Expires=Thu, 01 Jan 2026 00:00:10 GMT")
    assert kept.header(HOST, EPOCH_US + 9 * SECOND) == "s=1"
    assert kept.header(HOST, EPOCH_US + 11 * SECOND) is None


def test_max_age_wins_over_expires() -> None:
    kept = browser_with("s=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    assert kept.header(HOST, EPOCH_US + 4 * SECOND) == "s=1"
    assert kept.header(HOST, EPOCH_US + 5 * SECOND) is None


def test_a_line_without_a_name_is_sent_bare_and_a_date_that_cannot_be_read_counts_as_absent() -> None:
    assert browser_with("bare").header(HOST, EPOCH_US) == "bare"
    assert browser_with("s=1; Expires=soon").header(HOST, EPOCH_US) == "s=1"


def test_room_is_made_by_the_least_recently_used_and_those_without_secure_go_first() -> None:
    browser = browser_with("first=1; Secure", "old=1", *(f"c{number}=1; Secure" for number in range(OF_A_SITE - 2)))
    assert len(browser.kept) == OF_A_SITE
    browser.store("one=more; Secure", HOST, EPOCH_US)
    sent = browser.header(HOST, EPOCH_US) or ""
    assert len(browser.kept) == OF_A_SITE
    assert "old=1" not in sent
    assert sent.startswith("first=1; ")


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        (("a/", "b/", "a/"), "b"),
        (("a/", "b/", "a/", "b/"), "a"),
        (("a/one", "a/two", "b/", "a/one"), "b"),
        (("a/one", "b/", "a/two", "b/"), "a"),
    ],
)
@pytest.mark.parametrize("between", [(), ("c/",)], ids=["at once", "another is renewed in between"])
def test_a_cookie_is_used_whenever_it_is_sent_also_in_a_header_that_was_sent_before(
    asked: tuple[str, ...], goes: str, between: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.browser.OF_A_SITE", 3)
    browser, urls = Browser(), {at: visit(f"https://{at[0]}.example.com{at[1:]}") for at in ("c/", "d/", *asked)}
    for host in ("a", "b", "c"):
        browser.store(f"{host}=1; Path=/", visit(f"https://{host}.example.com/"), EPOCH_US)
    for at in (*asked, "c/"):
        browser.header(urls[at], EPOCH_US)
    for at in (*between, "d/"):
        browser.store(f"{at[0]}=1; Path=/", urls[at], EPOCH_US)
    assert {cookie.name for cookie in browser.kept.values()} == {"a", "b", "c", "d"} - {goes}


def test_what_has_expired_makes_room_before_anything_else() -> None:
    browser = browser_with("gone=1; Secure; Max-Age=1", "old=1", *(f"c{number}=1" for number in range(OF_A_SITE - 2)))
    browser.store("one=more", HOST, EPOCH_US + 2 * SECOND)
    sent = browser.header(HOST, EPOCH_US + 2 * SECOND) or ""
    assert "old=1" in sent
    assert len(browser.kept) == OF_A_SITE


def test_no_cookie_is_kept_longer_than_400_days() -> None:
    browser = browser_with("a=1; Max-Age=99999999", "b=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT")
    day = 86_400 * SECOND
    assert browser.header(HOST, EPOCH_US + 400 * day - 1) == "a=1; b=1"
    assert browser.header(HOST, EPOCH_US + 400 * day) is None


def test_a_secure_cookie_is_not_overlaid_without_tls_until_it_has_expired() -> None:
    """COOK-26; what has expired is in the jar no more, says the draft, whenever it is let go (5.7)."""
    plain, browser = visit("http://app.example.com/"), browser_with("s=1; Secure; Max-Age=5")
    refusal = browser.store("s=2", plain, EPOCH_US + 5 * SECOND - 1)
    assert refusal is not None
    assert refusal.rule == "COOK-26"
    assert browser.store("s=2", plain, EPOCH_US + 5 * SECOND) is None
    assert browser.header(plain, EPOCH_US + 5 * SECOND) == "s=2"


def test_the_header_is_written_anew_when_a_cookie_in_it_has_expired() -> None:
    browser = browser_with("a=1", "b=1; Max-Age=10")
    assert [browser.header(HOST, EPOCH_US + second * SECOND) for second in (0, 9, 10)] == [
        "a=1; b=1",
        "a=1; b=1",
        "a=1",
    ]


def test_the_domains_of_a_host_are_those_that_it_matches() -> None:
    names = [
        "example.com",
        "a.example.com",
        "b.a.example.com",
        "aexample.com",
        "com",
        "a.example.com.",
        "127.0.0.1",
        "0.0.1",
        "::1",
    ]
    for host in names:
        assert {domain for domain in names if hosts.matches(host, domain)} == _domains(host) & {*names}


def test_plain_http_to_the_own_machine_is_secure_with_a_dot_at_the_end_too() -> None:
    """Chromium does so; drawn lines have shown it."""
    for host, secure in (("localhost", True), ("app.localhost.", True), ("localhost.", True), ("xlocalhost", False)):
        asked = visit(f"http://{host}/")
        assert browser_with("s=1; Secure", host=asked).header(asked, EPOCH_US) == ("s=1" if secure else None), host


@pytest.mark.parametrize(
    ("suffix", "host", "stranger"),
    [("com.", "shop.example.com.", "other.com."), ("github.io.", "a.github.io.", "b.github.io.")],
)
def test_a_last_dot_makes_no_domain_of_a_public_suffix(suffix: str, host: str, stranger: str) -> None:
    """COOK-16, COOK-21."""
    browser, own = Browser(), visit(f"https://{host}/")
    refusal = browser.store(f"s=1; Domain={suffix}", own, EPOCH_US)
    assert refusal is not None
    assert refusal.rule == "COOK-16"
    assert browser.header(visit(f"https://{stranger}/"), EPOCH_US) is None
    assert browser_with(f"s=1; Domain={suffix}", host=visit(f"https://{suffix}/")).header(own, EPOCH_US) is None


def test_a_domain_with_a_last_dot_goes_to_the_hosts_that_have_it_too() -> None:
    browser = browser_with("s=1; Domain=example.com.", host=visit("https://shop.example.com./"))
    assert browser.header(visit("https://pay.example.com./"), EPOCH_US) == "s=1"
    assert browser.header(visit("https://pay.example.com/"), EPOCH_US) is None
