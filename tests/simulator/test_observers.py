"""Witness sessions and the looks at what nodes hold."""

from collections import Counter
from itertools import pairwise

from simulator.chance import Chance
from simulator.observers import LOOKS_US, Change, Watch, Witness, final_read, members, peek, shows
from simulator.users import LOGIN, LOGOUT, REVOKE, WRITE, Answer, Ask, Leave, Wait

NODES = ["n1", "n2", "n3"]
SECOND = 1_000_000
BEGIN, END = 100 * SECOND, 400 * SECOND


def witness(number: int, *, revokes: bool = True) -> Witness:
    return Witness(
        number, NODES, "app.example.com", Chance(5).stream("witness", f"{number}"), BEGIN, END, revokes=revokes
    )


def live(made: Witness, refuse: str = "") -> list[tuple[int, Ask, Change | None]]:
    """Run a witness against a store that answers at once, all but the node named."""
    now = logins = 0
    answer: Answer | None = None
    lived: list[tuple[int, Ask, Change | None]] = []
    while True:
        step = made.next(now, answer)
        if answer is not None:
            lived[-1] = (*lived[-1][:2], made.change)
        answer = None
        if isinstance(step, Leave):
            return lived
        if isinstance(step, Wait):
            now = step.until
            continue
        lived.append((now, step, None))
        if step.node == refuse:
            answer = Answer(None)
        elif step.op == LOGIN:
            logins += 1
            answer = Answer(200, {"user": step.user}, (f"s={made.user}.{logins}; Path=/",))
        else:
            answer = Answer(200, {})


def test_a_witness_logs_in_and_writes_within_its_time_on_changing_nodes() -> None:
    lived = live(witness(1))
    assert [ask.op for _, ask, _ in lived[:4]] == [LOGIN, WRITE, WRITE, WRITE]
    assert all(BEGIN <= now < END for now, _, _ in lived)
    assert len({ask.node for _, ask, _ in lived}) == len(NODES)


def test_about_one_witness_in_four_is_logged_out_and_one_in_eight_of_the_others_replaced_or_revoked() -> None:
    last = Counter(live(witness(number))[-1][1].op for number in range(1, 1_001))
    assert 200 < last[LOGOUT] < 300
    assert 40 < last[LOGIN] < 90
    assert 40 < last[REVOKE] < 90
    assert last[WRITE] > 550


def test_without_the_feature_nothing_is_revoked() -> None:
    assert all(ask.op != REVOKE for number in range(1, 200) for _, ask, _ in live(witness(number, revokes=False)))


def test_every_session_that_a_witness_held_is_known_for_the_final_reads() -> None:
    replaced = next(
        made for made in map(witness, range(1, 200)) if [ask.op for _, ask, _ in live(made)].count(LOGIN) == 2
    )
    assert len(replaced.cookies) == 2
    assert len(set(replaced.cookies)) == 2


def test_a_login_that_nobody_answers_is_tried_on_the_next_node() -> None:
    lived = live(witness(1), refuse="n2")
    assert lived[0][1].node == "n2"
    assert (lived[1][1].op, lived[1][1].node) == (LOGIN, "n3")
    assert lived[1][0] - lived[0][0] == SECOND


def test_only_an_answered_change_is_watched() -> None:
    lived = live(witness(1), refuse="n2")
    for _, ask, change in lived:
        if ask.node == "n2":
            assert change is None or change.value != ask.value
        elif ask.op == WRITE:
            assert change == Change(WRITE, ask.cookie or "", ask.id, key=ask.key, value=ask.value)


def test_a_write_shows_where_its_value_stands_and_nowhere_else() -> None:
    change = Change(WRITE, "s=1", "o1-2", key="k", value="o1-2")
    assert shows(change, Answer(200, {"data": {"k": "o1-2"}, "ended": False}))
    assert not shows(change, Answer(200, {"data": {"k": "o1-1"}, "ended": False}))
    assert not shows(change, Answer(404, {"error": "no-session"}))
    assert not shows(change, Answer(None))
    assert not shows(change, Answer(503, {"error": "not-ready"}))


def test_a_login_shows_where_the_session_is_held() -> None:
    assert shows(Change(LOGIN, "s=1", "o1-2"), Answer(200, {"data": {}, "ended": False}))
    assert not shows(Change(LOGIN, "s=1", "o1-2"), Answer(404, {}))


def test_an_end_shows_where_the_copy_is_ended_or_gone() -> None:
    change = Change(LOGOUT, "s=1", "o1-2", ended=True)
    assert shows(change, Answer(200, {"data": {}, "ended": True}))
    assert shows(change, Answer(404, {}))
    assert not shows(change, Answer(200, {"data": {}, "ended": False}))
    assert not shows(change, Answer(None))


def test_nodes_are_looked_at_at_growing_delays_until_they_show_it() -> None:
    change = Change(WRITE, "s=1", "o1-2", key="k", value="o1-2")
    watch = Watch(change, NODES, 1_000, Chance(1).stream("watch"))
    looks = [watch.next_look() - 1_000 for _ in range(12)]
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert looks[0] >= LOOKS_US[0] // 2
    assert looks == sorted(looks)
    assert max(gaps) <= 3 * SECOND
    watch.saw("n2", Answer(200, {"data": {"k": "o1-2"}}))
    watch.saw("n3", Answer(200, {"data": {}}))
    assert watch.missing == ["n1", "n3"]


def test_looks_and_final_reads_name_the_node_that_is_asked() -> None:
    assert (peek("o1-1p1", "s=1", "witness1", "n3").node, peek("o1-1p1", "s=1", "witness1", "n3").path) == (
        "n3",
        "/peek",
    )
    assert (members("m-1", "n2").node, members("m-1", "n2").path) == ("n2", "/members")
    assert (final_read("f-1", "s=1", "w", "n1").op, final_read("f-1", "s=1", "w", "n1").path) == ("read", "/session")
