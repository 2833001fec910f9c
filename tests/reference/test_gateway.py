"""The probe application: every row of the protocol's part 1, and input that nobody well-behaved sends."""

from typing import Any

import pytest
from msgspec import structs

from reference import cookies
from reference.asking import ANSWER_WAIT
from reference.effects import Respond
from reference.gateway import LEVELS, hash_of
from reference.settings import MILLISECOND, SECOND
from tests.reference.cluster import SETTINGS, WALL, Cluster

FAR = 165 * MILLISECOND
IDLE = structs.replace(SETTINGS, idle_us=60 * SECOND, absolute_us=600 * SECOND)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(3).start()


def lines(answer: Respond) -> list[str]:
    return [value for name, value in answer.headers if name == "Set-Cookie"]


def last_of(cluster: Cluster, node: str, cookie: str) -> int:
    last: int = cluster.call(node, "GET", "/peek", cookie).body["last"]
    return last


# ------------------------------------------------------------------------------------------- the table's first column


@pytest.mark.requirement("REQ-COOK-2", "REQ-COOK-3", "REQ-COOK-4", "REQ-COOK-5")
def test_login_answers_with_the_user_and_a_new_id_and_the_session_is_empty(cluster: Cluster) -> None:
    answer = cluster.call("n1", "POST", "/login", None, {"user": "ann"})
    assert (answer.status, answer.body) == (200, {"user": "ann"})
    (line,) = lines(answer)
    name, _, rest = line.partition("=")
    value, _, attributes = rest.partition("; ")
    assert (name, attributes) == ("maverics_session", "Path=/; Secure; HttpOnly; SameSite=None")
    assert len(bytes.fromhex(value)) == 32, "256 bits (REQ-COOK-4), and no data in it (REQ-COOK-3)"
    shown = cluster.call("n1", "GET", "/session", f"{name}={value}")
    assert (shown.status, shown.body, shown.headers) == (200, {"user": "ann", "data": {}}, ())


def test_values_come_back_as_the_json_that_they_were_on_every_node(cluster: Cluster) -> None:
    cookie = cluster.login("n1")
    values: dict[str, Any] = {
        "text": "ünï\u0000\U0001f36a",
        "zero": 0,
        "most": 2**53,
        "least": -(2**53),
        "half": 0.5,
        "yes": True,
        "none": None,
        "list": [1, [2, {"a": []}]],
        "object": {"": {"b": None}},
        "empty": "",
        "A.b_c-9": "key of all kinds",
        "k" * 64: "longest key",
    }
    for key, value in values.items():
        answer = cluster.call("n1", "PUT", f"/session/data/{key}", cookie, {"value": value})
        assert (answer.status, answer.body) == (200, {})
    cluster.run(10 * MILLISECOND)
    for node in cluster.names:
        assert cluster.call(node, "GET", "/session", cookie).body == {"user": "ann", "data": values}


def test_delete_takes_a_key_away_and_says_200_also_when_it_is_absent(cluster: Cluster) -> None:
    cookie = cluster.login("n1")
    cluster.write("n1", cookie, "k", 1)
    for key in ("k", "k", "never"):
        answer = cluster.call("n2", "DELETE", f"/session/data/{key}", cookie)
        assert (answer.status, answer.body) == (200, {})
    cluster.run(10 * MILLISECOND)
    assert cluster.data("n1", cookie) == cluster.data("n3", cookie) == {}
    cluster.write("n3", cookie, "k", 2)
    assert cluster.data("n3", cookie) == {"k": 2}, "a deleted key can be written again"


@pytest.mark.requirement("REQ-COOK-9", "REQ-REVOC-8")
def test_logout_ends_the_session_everywhere_and_deletes_the_cookie(cluster: Cluster) -> None:
    """REQ-REVOC-1, REQ-COOK-9; and no other session (REQ-REVOC-8)."""
    cookie, other = cluster.login("n1"), cluster.login("n1")
    answer = cluster.call("n2", "POST", "/logout", cookie)
    assert (answer.status, answer.body) == (200, {})
    assert lines(answer) == ["maverics_session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=None"]
    cluster.run(10 * MILLISECOND)
    for node in cluster.names:
        again = cluster.call(node, "POST", "/logout", cookie)
        assert (again.status, again.body, again.headers) == (401, {"error": "ended"}, ()), "logout twice"
        assert cluster.call(node, "GET", "/session", other).status == 200


@pytest.mark.parametrize("how", ["logout", "login", "revoke"])
def test_an_end_is_not_undone_by_what_the_other_side_of_a_partition_did_later(cluster: Cluster, how: str) -> None:
    """REQ-REPL-10, REQ-REVOC-6: the other side goes on reading and writing, in good faith, long after the end."""
    cookie = cluster.login("n1")
    cluster.run(SECOND)
    cluster.isolate("n1")
    cluster.run(4 * SECOND)
    path = {"logout": "/logout", "login": "/login", "revoke": "/revoke"}[how]
    assert cluster.call("n1", "POST", path, cookie, {"user": "ann"}).status == 200
    for _ in range(20):
        cluster.run(SECOND)
        assert cluster.write("n2", cookie, "later", 1) == 200
        assert cluster.call("n3", "GET", "/session", cookie).status == 200
    cluster.heal()
    cluster.run_until(cluster.agree, 10 * SECOND)
    for node in cluster.names:
        assert cluster.call(node, "GET", "/session", cookie).body == {"error": "ended"}
    cluster.restart("n1")
    cluster.run(10 * SECOND)
    for node in cluster.names:
        assert cluster.call(node, "PUT", "/session/data/k", cookie, {"value": 1}).body == {"error": "ended"}


def test_revoke_ends_every_session_of_that_user_and_of_nobody_else(cluster: Cluster) -> None:
    mine = [cluster.login(node, "ann") for node in cluster.names]
    theirs = cluster.login("n2", "bob")
    cluster.run(10 * MILLISECOND)
    answer = cluster.call("n3", "POST", "/revoke", None, {"user": "ann"})
    assert (answer.status, answer.body) == (200, {"sessions": 3})
    assert cluster.call("n3", "POST", "/revoke", None, {"user": "nobody"}).body == {"sessions": 0}
    cluster.run(10 * MILLISECOND)
    for node in cluster.names:
        assert {cluster.call(node, "GET", "/session", cookie).body["error"] for cookie in mine} == {"ended"}
        assert cluster.call(node, "GET", "/session", theirs).status == 200
    again = cluster.login("n1", "ann")
    cluster.run(10 * MILLISECOND)
    assert cluster.call("n2", "GET", "/session", again).status == 200, "who logs in afterwards is let in"


@pytest.mark.parametrize("ahead", [SECOND, 365 * 24 * 3600 * SECOND])
def test_revoke_reaches_every_session_that_its_node_knows_whatever_the_clocks_say(ahead: int) -> None:
    """n1's clock is ahead; and its sessions' logins lie after the revocation by n2's wall clock."""
    cluster = Cluster(2)
    cluster.skew["n1"] = ahead
    cluster.start()
    cookie = cluster.login("n1")
    cluster.run(10 * MILLISECOND)
    assert cluster.call("n2", "POST", "/revoke", None, {"user": "ann"}).body == {"sessions": 1}
    cluster.run(10 * MILLISECOND)
    for node in cluster.names:
        assert cluster.call(node, "GET", "/session", cookie).body == {"error": "ended"}
    assert cluster.call("n2", "GET", "/session", cluster.login("n2")).status == 200


def test_peek_shows_the_own_copy_and_moves_nothing(cluster: Cluster) -> None:
    cookie = cluster.login("n1")
    cluster.write("n1", cookie, "k", 1)
    cluster.isolate("n3")
    cluster.run(10 * MILLISECOND)
    cluster.write("n1", cookie, "k", 2)
    before = cluster.contents()
    since = cluster.now
    body = cluster.call("n1", "GET", "/peek", cookie).body
    assert body == {"user": "ann", "data": {"k": 2}, "created": body["created"], "last": body["last"], "ended": False}
    assert WALL < body["created"] <= body["last"] <= WALL + cluster.now
    assert cluster.data("n3", cookie) == {"k": 1}, "its own, be it stale"
    assert cluster.contents() == before
    assert all(message.__class__.__name__ != "Copies" for at, _, _, message in cluster.sent if at > since)


def test_peek_knows_ended_sessions_and_answers_404_for_unknown_ones(cluster: Cluster) -> None:
    cookie = cluster.login("n1")
    cluster.write("n1", cookie, "k", 1)
    cluster.call("n1", "POST", "/logout", cookie)
    body = cluster.call("n1", "GET", "/peek", cookie).body
    assert (body["ended"], body["user"], body["data"]) == (True, "", {}), "scrubbed at once"
    for unknown in (None, "maverics_session=" + "0" * 64):
        assert cluster.call("n1", "GET", "/peek", unknown).status == 404


def test_peek_expires_nothing() -> None:
    cluster = Cluster(1, IDLE).start()
    cookie = cluster.login("n1")
    cluster.run(61 * SECOND)
    assert cluster.call("n1", "GET", "/peek", cookie).body["ended"] is False
    assert cluster.call("n1", "GET", "/session", cookie).status == 401
    assert cluster.call("n1", "GET", "/peek", cookie).body["ended"] is True


def test_members_and_status(cluster: Cluster) -> None:
    assert cluster.call("n2", "GET", "/members").body == {"members": ["n1", "n2", "n3"]}
    assert cluster.call("n2", "GET", "/status").body == {"status": "up"}


# -------------------------------------------------------------------------------------------------- what is turned down

SESSION_ROWS = [
    ("GET", "/session", None),
    ("PUT", "/session/data/k", {"value": 1}),
    ("DELETE", "/session/data/k", None),
    ("POST", "/logout", None),
]


@pytest.mark.parametrize(("method", "path", "body"), SESSION_ROWS)
@pytest.mark.parametrize(
    "cookie",
    [
        None,
        "",
        "maverics_session",
        "maverics_session=",
        "other=" + "ab" * 32,
        "Maverics_Session=" + "ab" * 32,
        "xmaverics_session=" + "ab" * 32,
        "maverics_session=" + "ab" * 32,
        "maverics_session=\ud800; a=\x00",
        ";;=; =x; maverics_session =",
        "x" * 10_000,
    ],
)
def test_without_a_session_it_is_401_and_no_cookie_is_set(
    cluster: Cluster, method: str, path: str, body: Any, cookie: str | None
) -> None:
    """A 401 that deleted the cookie would delete the newer one of a parallel tab."""
    answer = cluster.call("n1", method, path, cookie, body)
    assert (answer.status, answer.body, answer.headers) == (401, {"error": "no-session"}, ())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "", 404),
        ("GET", "/Session", 404),
        ("GET", "/session/", 404),
        ("PUT", "/session/data", 404),
        ("GET", "/session/../status", 404),
        ("POST", "/session", 405),
        ("HEAD", "/session", 405),
        ("get", "/session", 405),
        ("GET", "/session/data/k", 405),
        ("POST", "/session/data/k", 405),
        ("GET", "/login", 405),
        ("GET", "/logout", 405),
        ("GET", "/revoke", 405),
        ("POST", "/peek", 405),
        ("DELETE", "/status", 405),
        ("OPTIONS", "/members", 405),
    ],
)
def test_what_is_not_in_the_table_is_404_or_405(cluster: Cluster, method: str, path: str, status: int) -> None:
    cookie = cluster.login("n1")
    answer = cluster.call("n1", method, path, cookie, {"value": 1, "user": "ann"})
    assert (answer.status, answer.headers) == (status, ())


@pytest.mark.parametrize("key", ["", "k" * 65, "a b", "a/b", "ü", "a%20b", "k\n", "../k", "k?x=1", "\ud800"])
def test_a_bad_key_is_400_and_nothing_happens(cluster: Cluster, key: str) -> None:
    cookie = cluster.login("n1")
    for method in ("PUT", "DELETE"):
        assert cluster.call("n1", method, f"/session/data/{key}", cookie, {"value": 1}).status == 400
    assert cluster.data("n1", cookie) == {}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        b"",
        "value",
        1,
        [],
        ["value"],
        {},
        {"Value": 1},
        {"value": 10**30},
        {"value": -(10**30)},
        {"value": {"deep": [2**70]}},
        {"value": "half a pair \ud800"},
        {"value": {"\udfff": 1}},
        {"value": object()},
        {"value": {1: 2}},
        {"value": nested(LEVELS + 2)},
        {"value": nested(100_000)},
    ],
)
def test_a_bad_body_is_400_and_stops_no_node(cluster: Cluster, body: Any) -> None:
    """What could not be sent or digested later must not get in."""
    cookie = cluster.login("n1")
    assert cluster.call("n1", "PUT", "/session/data/k", cookie, body).status == 400
    assert cluster.write("n1", cookie, "deep", nested(LEVELS)) == 200
    cluster.run(10 * SECOND)
    assert cluster.data("n3", cookie) == {"deep": nested(LEVELS)}


@pytest.mark.parametrize("path", ["/login", "/revoke"])
@pytest.mark.parametrize(
    "body",
    [None, "ann", ["user"], {}, {"user": ""}, {"user": None}, {"user": 7}, {"user": ["ann"]}, {"user": "\ud800"}],
)
def test_a_missing_or_impossible_user_is_400(cluster: Cluster, path: str, body: Any) -> None:
    cookie = cluster.login("n1")
    answer = cluster.call("n1", "POST", path, cookie, body)
    assert (answer.status, answer.headers) == (400, ())
    assert cluster.call("n1", "GET", "/session", cookie).status == 200, "and the session of the cookie goes on"


def test_400_and_404_need_no_acknowledgement_and_503_moves_nothing(cluster: Cluster) -> None:
    cookie = cluster.login("n1")
    last = last_of(cluster, "n1", cookie)
    cluster.run(2 * SECOND)
    cluster.call("n1", "PUT", "/session/data/k", cookie, None)
    cluster.call("n1", "GET", "/nowhere", cookie)
    assert last_of(cluster, "n1", cookie) == last


# ------------------------------------------------------------------------------------------------------------- login


def test_a_login_with_a_live_cookie_ends_that_session_and_renews_the_id(cluster: Cluster) -> None:
    """REQ-COOK-11; also that of another user, and on every node."""
    old = cluster.login("n1", "ann")
    cluster.run(10 * MILLISECOND)
    new = cluster.login("n2", "bob", old)
    assert new != old
    cluster.run(10 * MILLISECOND)
    for node in cluster.names:
        assert cluster.call(node, "GET", "/session", old).body == {"error": "ended"}
        assert cluster.call(node, "GET", "/session", new).body == {"user": "bob", "data": {}}


@pytest.mark.parametrize("value", ["ab" * 32, "x", "0", "../../etc"])
def test_an_id_that_the_client_brings_is_never_adopted(cluster: Cluster, value: str) -> None:
    """REQ-COOK-10."""
    brought = f"maverics_session={value}"
    assert cluster.login("n1", "ann", brought) != brought
    assert cluster.call("n1", "GET", "/session", brought).body == {"error": "no-session"}


def test_a_failed_login_ends_nothing(cluster: Cluster) -> None:
    cookie = cluster.login("n1")
    assert cluster.call("n1", "POST", "/login", cookie, {"user": 1}).status == 400
    assert cluster.call("n1", "GET", "/session", cookie).status == 200


def test_ids_are_kept_and_sent_as_hashes_only(cluster: Cluster) -> None:
    """REQ-SEC-6."""
    cookie = cluster.login("n1", "ann")
    cluster.write("n1", cookie, "k", 1)
    cluster.call("n2", "POST", "/logout", cookie)
    value = cookie.partition("=")[2]
    told = repr([message for *_, message in cluster.sent]) + repr(cluster.contents()) + repr(cluster.notes)
    assert value not in told
    assert hash_of(value) in told


# ------------------------------------------------------------------------------------------------------------ cookies


@pytest.mark.requirement("REQ-COOK-5", "REQ-COOK-7", "REQ-COOK-8", "REQ-COOK-9")
def test_the_cookie_follows_the_configuration_alike_on_every_node() -> None:
    """REQ-COOK-1, -2, -5 to -8."""
    settings = structs.replace(
        SETTINGS, cookie_name="sid", cookie_domain="example.com", http_only=False, secure=False, same_site="Lax"
    )
    cluster = Cluster(2, settings).start()
    for node in cluster.names:
        (line,) = lines(cluster.call(node, "POST", "/login", None, {"user": "ann"}))
        assert line.partition("; ")[2] == "Path=/; Domain=example.com; SameSite=Lax"
        assert line.startswith("sid=")
        session = line.partition(";")[0]
        (gone,) = lines(cluster.call(node, "POST", "/logout", session))
        assert gone == "sid=; Max-Age=0; Path=/; Domain=example.com; SameSite=Lax"


REMOVED = "maverics_session=; Max-Age=0"


@pytest.mark.requirement("COOK-66")
def test_a_login_and_a_logout_delete_what_was_set_before_the_domain_was_changed() -> None:
    settings = structs.replace(SETTINGS, cookie_domain="example.com", former_domains=("", "shop.example.com"))
    cluster = Cluster(1, settings).start()
    cookie, *gone = lines(cluster.call("n1", "POST", "/login", None, {"user": "ann"}))
    assert "; Domain=example.com" in cookie
    rest = "; Secure; HttpOnly; SameSite=None"
    before = [f"{head}{rest}" for head in (f"{REMOVED}; Path=/", f"{REMOVED}; Path=/; Domain=shop.example.com")]
    assert gone == before
    answer = cluster.call("n1", "POST", "/logout", cookie.partition(";")[0])
    assert lines(answer) == [f"{REMOVED}; Path=/; Domain=example.com{rest}", *before]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("maverics_session=v", ["v"]),
        ("a=1; maverics_session=v; b=2", ["v"]),
        ("a=1;maverics_session=v", ["v"]),
        ("maverics_session=v=w", ["v=w"]),
        ("maverics_session=; maverics_session=v", ["v"]),
        ("maverics_session=w; a=1; maverics_session=v; maverics_session=w", ["w", "v"]),
        ("a=maverics_session=v", []),
        ("maverics_session2=v", []),
        ("", []),
        (None, []),
    ],
)
def test_every_cookie_of_the_sessions_name_is_found_among_others(header: str | None, found: list[str]) -> None:
    assert cookies.values(SETTINGS, header) == found


# -------------------------------------------------------------------------------------------------------------- expiry


def test_an_idle_session_is_denied_for_good_and_everywhere() -> None:
    """REQ-EXP-4, REQ-EXP-14."""
    cluster = Cluster(3, IDLE).start()
    cookie = cluster.login("n1")
    cluster.run(61 * SECOND)
    assert cluster.call("n2", "GET", "/session", cookie).body == {"error": "expired"}
    cluster.run(10 * MILLISECOND)
    for node in cluster.names:
        assert cluster.call(node, "PUT", "/session/data/k", cookie, {"value": 1}).body == {"error": "expired"}
        assert cluster.call(node, "GET", "/peek", cookie).body["ended"] is True


def test_activity_keeps_a_session_alive_until_its_absolute_limit() -> None:
    """REQ-EXP-3, REQ-EXP-10, REQ-EXP-11: on whatever node it is active."""
    cluster = Cluster(3, IDLE).start()
    cookie = cluster.login("n1")
    for moment in range(14):
        cluster.run(41 * SECOND)
        assert cluster.call(f"n{1 + moment % 3}", "GET", "/session", cookie).status == 200, moment
    cluster.run(IDLE.absolute_us + IDLE.clock_bound_us // 2 - cluster.now)
    for node in cluster.names:
        assert cluster.call(node, "GET", "/session", cookie).body == {"error": "expired"}
    cluster.run(2 * IDLE.clock_bound_us)
    assert cluster.call("n1", "GET", "/session", cookie).body == {"error": "no-session"}, "by then it is forgotten"


def test_every_200_moves_activity_on_and_no_401_does() -> None:
    cluster = Cluster(1, IDLE).start()
    cookie = cluster.login("n1")
    for method, path, body in SESSION_ROWS[:3]:
        before = last_of(cluster, "n1", cookie)
        cluster.run(5 * SECOND)
        assert cluster.call("n1", method, path, cookie, body).status == 200
        assert last_of(cluster, "n1", cookie) == before + 5 * SECOND
    for _ in range(3):
        cluster.run(61 * SECOND)
        assert cluster.call("n1", "GET", "/session", cookie).status == 401


def test_a_node_asks_before_it_denies() -> None:
    """REQ-EXP-11: the copy of n2 is stale, since n1's touches were lost; the session must not die of that."""
    cluster = Cluster(2, IDLE).start()
    cookie = cluster.login("n1")
    cluster.run(30 * SECOND)
    lost, carry = [True], cluster.carry

    def without_data(sender: str, to: str, channel: str, message: object) -> None:
        if not (lost[0] and channel == "data"):
            carry(sender, to, channel, message)

    cluster.carry = without_data  # type: ignore[method-assign]
    for _ in range(2):
        assert cluster.call("n1", "GET", "/session", cookie).status == 200
        cluster.run(300 * MILLISECOND)
    cluster.run(30 * SECOND)
    lost[0] = False
    assert cluster.call("n2", "GET", "/session", cookie).status == 200


def test_the_answer_of_the_one_asked_counts_what_it_has_not_sent_yet() -> None:
    """A touch that is held back for up to `idle_slack` is activity all the same."""
    settings = structs.replace(IDLE, idle_us=10 * SECOND, clock_bound_us=10 * SECOND)
    cluster = Cluster(2, settings).start()
    cookie = cluster.login("n1")
    cluster.run(SECOND)
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    cluster.run(400 * MILLISECOND)
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    held_back = last_of(cluster, "n1", cookie)
    assert last_of(cluster, "n2", cookie) < held_back
    replication = cluster.nodes["n1"].replication
    session = next(iter(cluster.nodes["n1"].records.sessions.values()))
    assert replication.last_activity(session) == held_back
    cluster.skew["n2"] = settings.idle_us - 200 * MILLISECOND
    assert cluster.call("n2", "GET", "/session", cookie).status == 200


def test_who_is_asked_and_does_not_answer_delays_a_denial_by_a_quarter_of_a_second() -> None:
    """Out of contact a node denies on what it knows; once it has denied, that is final on both sides (stated price)."""
    cluster = Cluster(2, IDLE).start()
    cookie = cluster.login("n1")
    cluster.run(59 * SECOND)
    cluster.isolate("n1")
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    cluster.run(3_500 * MILLISECOND)
    since = cluster.now
    assert cluster.call("n2", "GET", "/session", cookie).body == {"error": "expired"}
    assert cluster.now - since == ANSWER_WAIT
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    cluster.heal()
    cluster.run(15 * SECOND)
    assert cluster.call("n1", "GET", "/session", cookie).body == {"error": "expired"}
    assert cluster.agree()


def test_several_requests_for_one_idle_session_are_each_answered_once() -> None:
    cluster = Cluster(3, IDLE, delay=FAR).start()
    cookie = cluster.login("n1")
    cluster.run(61 * SECOND)
    asked = [cluster.ask("n2", method, path, cookie, body) for method, path, body in SESSION_ROWS for _ in range(3)]
    cluster.run(3 * SECOND)
    assert [cluster.answers[request].status for request in asked] == [401] * len(asked)


def test_with_no_idle_limit_only_the_absolute_one_counts() -> None:
    """REQ-EXP-5."""
    cluster = Cluster(1, structs.replace(IDLE, idle_us=0)).start()
    cookie = cluster.login("n1")
    cluster.run(600 * SECOND)
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    cluster.run(IDLE.clock_bound_us // 2)
    assert cluster.call("n1", "GET", "/session", cookie).body == {"error": "expired"}


def test_of_several_cookies_the_one_that_is_known_and_alive_counts_wherever_it_stands(cluster: Cluster) -> None:
    """COOK-70."""
    over, alive = cluster.login("n1", "ann"), cluster.login("n1", "ann")
    assert cluster.call("n1", "POST", "/logout", over).status == 200
    for sent in (f"maverics_session=planted; {over}; {alive}", f"{alive}; {over}; maverics_session=planted"):
        assert cluster.call("n2", "GET", "/session", sent).status == 200
    assert cluster.call("n2", "GET", "/session", f"maverics_session=planted; {over}").body == {"error": "ended"}


def test_of_two_cookies_that_are_alive_neither_is_trusted_and_a_login_ends_both(cluster: Cluster) -> None:
    """COOK-70: one of them may be the session of whoever planted it."""
    both = "; ".join([cluster.login("n1", "ann"), cluster.login("n1", "bob")])
    assert cluster.call("n2", "GET", "/session", both).body == {"error": "no-session"}
    cluster.login("n2", "ann", both)
    for one in both.split("; "):
        assert cluster.call("n3", "GET", "/session", one).body == {"error": "ended"}
