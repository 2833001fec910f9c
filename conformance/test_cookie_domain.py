"""The session's cookie: for which hosts it is set, where it goes, and how it is deleted, on every node alike."""

from base64 import b64encode, urlsafe_b64encode
from collections import Counter

import pytest

from conformance.asserting import listed, must, must_be, must_be_without, shown
from conformance.cookie_lint import values_of
from conformance.fixtures import Judgement
from conformance.listing import NEEDED
from conformance.overheard import CREATION, REMOVAL, RENEWAL, USER, Overheard, Said, Shown, bits, overhear
from conformance.pair import HOST
from conformance.subjects.http import HttpSubject
from conformance.subjects.subject import Subject
from simulator.browser import Browser
from simulator.clock import EPOCH_US
from simulator.set_cookie import NONE, PAIR_MOST, UNSET, Line, read
from simulator.visits import visit

EVERY = (CREATION, RENEWAL, REMOVAL)
FEW = 4
"""So many cookies of one answer are few."""


@pytest.mark.requirement("REQ-COOK-5", "COOK-67")
@pytest.mark.scenario("no-domain", "planted-cookies", "sibling-domain", check="cookie_scope")
def test_a_cookie_stays_with_the_hosts_that_it_was_meant_for(judgement: Judgement) -> None:
    judgement.must_hold(met="requests_on_hosts_outside")


@pytest.mark.requirement("REQ-COOK-6", "REQ-COOK-8", "COOK-67", "COOK-69")
@pytest.mark.scenario(
    "parent-domain",
    "subdomain-hop-failover",
    "subdomain-hop-partition",
    "hosts-rolling-restart",
    "hosts-behind-a-sticky-balancer",
    "login-by-redirect",
    check="cookie_scope",
)
def test_with_the_parent_domain_one_session_goes_along_from_host_to_host(judgement: Judgement) -> None:
    judgement.must_hold(met="requests_on_hosts_within")


@pytest.mark.requirement("REQ-COOK-9", "COOK-68")
@pytest.mark.scenario(
    "parent-domain",
    "subdomain-hop-failover",
    "subdomain-hop-partition",
    "no-domain",
    "hosts-rolling-restart",
    "hosts-behind-a-sticky-balancer",
    "logout-on-a-sibling",
    "login-by-redirect",
    "two-ports-of-one-host",
    "domain-changes-in-service",
    check="cookie_scope",
)
def test_a_logout_deletes_the_cookie_as_it_was_set(judgement: Judgement) -> None:
    judgement.must_hold(met="removals")


@pytest.mark.requirement("REQ-REVOC-1", "REQ-COOK-9")
@pytest.mark.scenario(
    "parent-domain",
    "subdomain-hop-failover",
    "subdomain-hop-partition",
    "logout-on-a-sibling",
    "login-by-redirect",
    check="no_resurrection",
)
def test_a_logout_on_one_host_ends_the_session_on_its_siblings(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-8", "COOK-67")
@pytest.mark.scenario("two-ports-of-one-host", check="cookie_scope")
def test_nodes_on_two_ports_of_a_host_share_its_cookie_and_the_session(judgement: Judgement) -> None:
    judgement.must_hold(met="requests_on_hosts_within")


@pytest.mark.requirement("REQ-COOK-8", "COOK-67")
@pytest.mark.scenario("two-ports-of-one-host", check="durability")
def test_a_login_at_one_port_throws_nobody_out_at_the_other(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-8", "COOK-67")
@pytest.mark.scenario("public-suffix-as-domain", check="cookie_scope")
def test_a_domain_that_no_browser_takes_is_written_as_configured_all_the_same(judgement: Judgement) -> None:
    judgement.must_hold(met="lines")


@pytest.mark.requirement("REQ-COOK-8", "COOK-67")
@pytest.mark.scenario("domain-changes-in-service", check="cookie_scope")
def test_each_node_sets_the_domain_that_it_has_while_others_have_another(judgement: Judgement) -> None:
    judgement.must_hold(met="lines")


@pytest.mark.requirement("COOK-70", "COOK-52")
@pytest.mark.scenario("domain-changes-in-service", check="durability")
def test_a_change_of_the_domain_in_service_loses_nobodys_session(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("COOK-70", "COOK-52")
@pytest.mark.scenario("domain-changes-in-service", check="read_your_writes")
def test_nor_what_anybody_wrote(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-EXP-4", "REQ-COOK-10")
@pytest.mark.scenario("expired-session-and-its-cookie", check="idle_band")
def test_the_cookie_of_a_session_that_has_expired_opens_nothing_on_any_host(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-6", "COOK-69")
@pytest.mark.scenario("expired-session-and-its-cookie", check="cookie_scope")
def test_after_an_expiry_the_next_session_goes_along_as_the_one_before(judgement: Judgement) -> None:
    judgement.must_hold(met="requests_on_hosts_within")


@pytest.mark.requirement("REQ-FAIL-2", "COOK-69")
@pytest.mark.scenario("subdomain-hop-failover", check="durability")
def test_neither_another_host_nor_another_node_loses_the_session(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-10", "REQ-COOK-11", "COOK-65")
@pytest.mark.scenario(
    "planted-cookies",
    "cookies-before-copies",
    "parent-domain",
    "subdomain-hop-failover",
    "subdomain-hop-partition",
    "expired-session-and-its-cookie",
    check="id_renewal",
)
def test_an_id_that_nobody_gave_is_never_taken_over(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-FAIL-3", "REQ-FAIL-11")
@pytest.mark.scenario("hosts-rolling-restart", check="durability")
def test_nor_does_the_restart_of_every_node(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("COOK-70")
@pytest.mark.scenario("planted-cookies", check="durability")
def test_of_several_cookies_the_one_that_is_known_counts_wherever_it_stands(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("COOK-70", "REQ-ROUT-1")
@pytest.mark.scenario("cookies-before-copies", check="read_your_writes")
def test_the_living_cookie_is_found_though_its_copy_has_not_arrived(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-COOK-10", "COOK-70")
@pytest.mark.scenario("planted-cookies", "cookies-before-copies", check="isolation")
def test_nobody_is_led_into_another_session_by_a_planted_cookie(judgement: Judgement) -> None:
    judgement.must_hold()


# ----------------------------------------------------------------------------------- what the lines must and should say

SETTINGS = (("__Host-id", None), ("__Secure-id", ".app.example.com"))
"""Names and domains of the cookie under which a subject is heard: for one host, and shared below one name."""
BITS_MUST = 64
DENIED, OK = 401, 200


@pytest.fixture(scope="module", params=SETTINGS, ids=["of-one-host", "shared"])
def heard(request: pytest.FixtureRequest, subject: Subject) -> Overheard:
    """What the subject says about its cookie on two nodes, where browsers would listen."""
    if isinstance(subject, HttpSubject):
        pytest.skip(f"not tested: {subject.name} is asked over HTTP alone (needs simulated time)")
    name, domain = request.param
    heard = overhear(subject, name, domain)
    needed = NEEDED["heard"]
    if needed not in heard.features:
        pytest.skip(f"not tested: needs the feature `{needed}`, which the subject does not list")
    return heard


@pytest.mark.requirement("REQ-COOK-8")
def test_all_nodes_write_one_line_but_for_the_id(heard: Overheard) -> None:
    for one in heard.said:
        must_be(one.status, OK, f"{one.node}: the status at {one.at}")
    for at in EVERY:
        lines = {text.partition(";")[2] for one in heard.said if one.at == at for text, _ in own_lines(heard, one)}
        found = f"found {len(lines)}: {listed(sorted(lines))}" if lines else "found none"
        must(len(lines) == 1, f"what follows the id in the Set-Cookie at {at}: expected one text on all nodes, {found}")


@pytest.mark.requirement("COOK-47")
def test_a_line_keeps_to_the_grammar(heard: Overheard) -> None:
    must_be_without(heard.faults("COOK-47"))


@pytest.mark.requirement("COOK-48")
def test_nothing_is_said_twice(heard: Overheard) -> None:
    must_be_without(heard.faults("COOK-48"))


@pytest.mark.requirement("COOK-50")
def test_a_domain_is_a_host_name_without_a_dot_before_it(heard: Overheard) -> None:
    must_be_without(heard.faults("COOK-50"))


@pytest.mark.requirement("COOK-67")
def test_the_domain_is_the_configured_one_or_none_at_all(heard: Overheard) -> None:
    said = {(one.at, line.domain) for one in heard.said for _, line in own_lines(heard, one)}
    must_be(sorted(said), sorted((at, heard.domain) for at in EVERY), "the domain of the Set-Cookie, by occasion")


@pytest.mark.requirement("COOK-51")
def test_no_cookie_is_without_a_name(heard: Overheard) -> None:
    must_be_without(heard.faults("COOK-51"))
    for one in heard.said:
        names = [told.name for told in one.told]
        must(heard.name in names, f"{one.node}, {one.at}: expected a Set-Cookie of {heard.name}, found {shown(names)}")


@pytest.mark.requirement("COOK-58", "COOK-71")
def test_an_id_holds_enough_chance_without_what_is_fixed_and_what_a_balancer_adds(heard: Overheard) -> None:
    """64 bits; 128 are better. What generator they come from cannot be seen from outside."""
    values = heard.values()
    must_differ(values)
    must(bits(values) >= BITS_MUST, f"the ids hold {bits(values)} bits at most, expected {BITS_MUST}: {listed(values)}")


@pytest.mark.requirement("COOK-60")
def test_the_cookie_is_secure_and_http_only(heard: Overheard) -> None:
    must_be_without(heard.own_faults("COOK-60"))


@pytest.mark.requirement("COOK-61")
def test_same_site_is_written_out_and_none_only_with_secure(heard: Overheard) -> None:
    """Any of the three words: which is right depends on what other sites are to do, and the product writes None."""
    lines = [line for one in heard.said if one.at != REMOVAL for line in own_lines(heard, one)]
    for text, line in lines:
        written = len(values_of(text, "samesite")) == 1 and line.same_site != UNSET
        must(written, f"expected SameSite once, with Strict, Lax or None, found: {text}")
        must(line.same_site != NONE or line.secure, f"expected Secure beside SameSite=None, found: {text}")


@pytest.mark.requirement("COOK-64")
def test_an_id_tells_nothing_about_its_user(heard: Overheard) -> None:
    must_be_without(heard.own_faults("COOK-64"))
    user = USER.encode()
    written = {USER, user.hex(), b64encode(user).decode().rstrip("="), urlsafe_b64encode(user).decode().rstrip("=")}
    for value in heard.values():
        held = [form for form in sorted(written) if form.lower() in value.lower()]
        must(not held, f"the id {value} holds its user's name, written {listed(held)}")


@pytest.mark.requirement("COOK-68")
def test_browsers_keep_what_is_set_and_delete_what_is_removed(heard: Overheard) -> None:
    """Also under a prefix, which they hold the cookie to (COOK-35, COOK-36)."""
    for one in heard.said:
        browser, page = Browser(), visit(f"https://{HOST}/")
        for line in (*one.asked, *one.lines):
            refused = browser.store(line, page, EPOCH_US)
            must(refused is None, f"{one.node}, {one.at}: a browser drops '{line}': {refused}")
        kept = [cookie for cookie in browser.kept.values() if cookie.name == heard.name]
        what = f"{one.node}: the cookies of {heard.name} that a browser has after {one.at} by {listed(list(one.lines))}"
        must_be(len(kept), int(one.at != REMOVAL), what)


@pytest.mark.requirement("COOK-65")
def test_an_id_that_nobody_gave_is_not_taken_over_by_a_login(heard: Overheard) -> None:
    given, planted = heard.unfit.given_for_planted, heard.unfit.planted
    must(given not in ("", planted), f"n1: POST /login with the id {planted} that nobody gave set {given or 'no id'}")


@pytest.mark.requirement("COOK-70", "COOK-52")
def test_a_living_cookie_counts_before_and_behind_one_that_nobody_knows(heard: Overheard) -> None:
    for place, answer in zip(("behind", "before"), heard.unfit.either_way, strict=True):
        must_be(status(answer), OK, f"n1: the status of GET /session with the living cookie {place} one nobody knows")
    behind, before = heard.unfit.either_way
    must(
        behind == before,
        f"n1: the living cookie behind one that nobody knows shows {shown(behind)}, before it {shown(before)}",
    )


@pytest.mark.requirement("COOK-70", "COOK-52")
def test_of_two_living_cookies_neither_is_trusted_and_both_fare_alike(heard: Overheard) -> None:
    """In either order both are refused; each alone is still good, or each is ended."""
    together = [status(answer) for answer in heard.living.together]
    must_be(together, [DENIED, DENIED], "n1: the statuses of GET /session with two living cookies, in either order")
    alone = [status(answer) for answer in heard.living.alone]
    fare_alike = f"n1: then each alone was answered {shown(alone)}, expected 200 for both, or 401 for both"
    must(alone in ([OK, OK], [DENIED, DENIED]), fare_alike)


# SHOULD: who does otherwise may have a reason.


@pytest.mark.requirement("COOK-49")
def test_a_date_is_written_as_dates_are(heard: Overheard) -> None:
    must_be_without(heard.faults("COOK-49"))


@pytest.mark.requirement("COOK-54")
def test_cookies_are_few_and_small_and_one_that_does_not_come_back_is_missed_alone(heard: Overheard) -> None:
    for one in heard.said:
        kept = [told.name for told in one.told if told.lives not in ("deleted at once", "not kept")]
        must(len(kept) <= FEW, f"{one.node}, {one.at}: {len(kept)} cookies are kept, expected {FEW} at most")
        size = sum(map(len, one.lines))
        must(size < PAIR_MOST, f"{one.node}, {one.at}: Set-Cookie of {size} characters, expected below {PAIR_MOST}")
    must_be(heard.unfit.without, DENIED, "n1: the status of GET /session without a cookie")


@pytest.mark.requirement("COOK-55")
def test_every_cookie_is_secure(heard: Overheard) -> None:
    for one in heard.said:
        for text, line in readable(one.lines):
            must(line.secure, f"{one.node}, {one.at}: expected Secure, found: {text}")


@pytest.mark.requirement("COOK-56")
def test_a_login_brings_a_new_id_and_the_old_one_is_dead(heard: Overheard) -> None:
    must_differ(heard.values())
    must_be(status(heard.unfit.old), DENIED, "n1: the status of GET /session with the cookie from before a login")


@pytest.mark.requirement("COOK-57", "COOK-59")
def test_the_cookie_can_be_called_what_tells_no_product_and_what_browsers_guard(heard: Overheard) -> None:
    must_be_without(heard.own_faults("COOK-57"))
    must_be_without(heard.own_faults("COOK-59"))


@pytest.mark.requirement("COOK-62")
def test_the_cookie_reaches_no_further_than_it_is_told(heard: Overheard) -> None:
    must_be_without([] if heard.domain else heard.own_faults("COOK-62"))
    others = {line.domain for one in heard.said for _, line in own_lines(heard, one)} - {"", heard.domain}
    must(not others, f"expected no domain but the configured '{heard.domain}', found {listed(sorted(others))}")


@pytest.mark.requirement("COOK-63")
def test_the_cookie_ends_with_the_browser(heard: Overheard) -> None:
    must_be_without(heard.own_faults("COOK-63"))


@pytest.mark.requirement("COOK-66")
def test_the_name_is_used_for_one_domain_and_one_path_alone(heard: Overheard) -> None:
    used = {(line.domain, line.path) for one in heard.said for _, line in own_lines(heard, one)}
    must(
        len(used) == 1,
        f"the name is used for other than one pair of domain and path: {shown(sorted(used))}",
    )


def status(answer: Shown | None) -> int | None:
    """Give the status of an answer; None where nothing was asked, since no cookie was given to ask with."""
    return None if answer is None else answer.status


def must_differ(values: list[str]) -> None:
    """Fail if an id was given twice."""
    twice = sorted(value for value, times in Counter(values).items() if times > 1)
    must(not twice, f"{len(twice)} ids were given more than once: {listed(twice)}")


def readable(lines: tuple[str, ...]) -> list[tuple[str, Line]]:
    """Read lines as browsers do; those that they drop whole are left out (COOK-68 misses what they held)."""
    return [(text, line) for text in lines if isinstance(line := read(text), Line)]


def own_lines(heard: Overheard, said: Said) -> list[tuple[str, Line]]:
    """Pick an answer's lines of the session's cookie, as they stand there and as browsers read them."""
    return [(text, line) for text, line in readable(said.lines) if line.name == heard.name]
