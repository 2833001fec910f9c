"""What a visitor of a day asks, given when the pages are due and what was answered before."""

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import structs

from simulator.chance import Chance
from simulator.users import (
    LOGIN,
    LOGOUT,
    READ,
    REVOKE,
    WRITE,
    Answer,
    Ask,
    Habits,
    Leave,
    Wait,
)
from simulator.visitors import VISIT_US, Visitor

SECOND = 1_000_000
HABITS = Habits(
    hosts=("app.example.com",), keys=("k1", "k2"), think_us=3 * SECOND, pages=(4, 12), writes=333_333, deletes=0,
    logouts=0, stale=(0, 0), rest_us=SECOND, revokes=0,
)  # fmt: skip
END = 100_000 * SECOND
LATENCY_US = 2_000


class Site:
    """Answers as an honest store would, with an idle limit of 15 minutes."""

    def __init__(self) -> None:
        self.logins = 0
        self.live: dict[str, int] = {}

    def __call__(self, ask: Ask, now: int) -> Answer:
        session = (ask.cookie or "").removeprefix("s=")
        if ask.op == LOGIN:
            self.logins += 1
            self.live[f"{self.logins}"] = now
            return Answer(200, {"user": ask.user}, (f"s={self.logins}; Path=/",))
        if session not in self.live or now - self.live[session] > 900 * SECOND:
            return Answer(401, {"error": "expired"})
        self.live[session] = now
        if ask.op in (LOGOUT, REVOKE):
            del self.live[session]
            return Answer(200, {}, ("s=; Max-Age=0; Path=/",))
        return Answer(200, {})


def visit(
    pages: Sequence[int], habits: Habits = HABITS, site: Callable[[Ask, int], Answer] | None = None, seed: int = 1
) -> list[tuple[int, Ask]]:
    """Run one visitor whose pages are due at these seconds; each answer takes 2 ms."""
    answers = Site() if site is None else site
    due = [second * SECOND for second in pages]
    visitor = Visitor("u1", "ann", habits, Chance(seed).stream("user", "u1"), due, END)
    now, answer = 0, None
    asked: list[tuple[int, Ask]] = []
    while not isinstance(step := visitor.next(now, answer), Leave):
        answer = None
        if isinstance(step, Wait):
            assert step.until > now
            now = step.until
        else:
            asked.append((now, step))
            answer = answers(step, now)
            now += LATENCY_US
        assert len(asked) < 100
    return asked


def told(asked: list[tuple[int, Ask]]) -> list[tuple[int, str]]:
    """Give second and kind of what was asked, writes and reads alike as pages."""
    return [(at // SECOND, "page" if ask.op in (READ, WRITE) else ask.op) for at, ask in asked]


def test_pages_are_asked_for_when_they_are_due_after_one_login() -> None:
    assert told(visit([5, 9, 9, 40])) == [(5, LOGIN), (5, "page"), (9, "page"), (9, "page"), (40, "page")]


def test_who_comes_back_after_the_session_has_expired_is_denied_logs_in_and_gets_the_page() -> None:
    asked = visit([5, 1_000])
    assert told(asked) == [(5, LOGIN), (5, "page"), (1_000, "page"), (1_000, LOGIN), (1_000, "page")]
    assert asked[3][1].cookie == asked[2][1].cookie == "s=1"
    assert asked[4][1].cookie == "s=2"


def test_a_page_that_is_denied_after_a_login_too_is_given_up() -> None:
    """A store that denies everybody must not be asked without end in one instant."""

    def denying(ask: Ask, now: int) -> Answer:
        return Site()(ask, now) if ask.op == LOGIN else Answer(401, {"error": "no-session"})

    asked = told(visit([5, 9], site=denying))
    assert asked == [(second, what) for second in (5, 9) for what in (LOGIN, "page", LOGIN, "page")]


def test_a_login_without_an_answer_is_tried_again_later() -> None:
    heard: list[str] = []
    site = Site()

    def failing(ask: Ask, now: int) -> Answer:
        heard.append(ask.op)
        return Answer(503) if heard == [LOGIN] else site(ask, now)

    asked = visit([5, 300], site=failing)
    assert [what for _, what in told(asked)] == [LOGIN, LOGIN, "page", "page"]
    assert asked[1][0] > asked[0][0] + LATENCY_US


def test_a_page_whose_outcome_nobody_knows_is_not_asked_for_again() -> None:
    site = Site()
    asked = visit([5, 9], site=lambda ask, now: site(ask, now) if ask.op == LOGIN else Answer(None))
    assert told(asked) == [(5, LOGIN), (5, "page"), (9, "page")]


def test_a_visit_that_logs_out_does_so_soon_after_its_last_page() -> None:
    always = structs.replace(HABITS, logouts=1_000_000)
    second_visit = 9 + VISIT_US // SECOND + 1
    asked = visit([5, 9, second_visit], always)
    assert [what for _, what in told(asked)] == [LOGIN, "page", "page", LOGOUT, LOGIN, "page", LOGOUT]
    assert asked[4][1].cookie is None
    for before, after in ((2, 3), (5, 6)):
        assert 0 < asked[after][0] - asked[before][0] < VISIT_US


def test_a_gap_of_half_an_hour_ends_no_visit() -> None:
    asked = told(visit([5, 5 + VISIT_US // SECOND], structs.replace(HABITS, logouts=1_000_000)))
    assert [what for _, what in asked].count(LOGOUT) == 1


def test_one_visit_in_five_logs_out_and_one_page_in_three_writes() -> None:
    habits = structs.replace(HABITS, logouts=200_000)
    counts = Counter(ask.op for seed in range(500) for _, ask in visit([5, 9, 20], habits, seed=seed))
    assert 0.15 < counts[LOGOUT] / 500 < 0.25
    assert 0.3 < counts[WRITE] / (counts[WRITE] + counts[READ]) < 0.37


def test_a_tab_left_open_asks_later_with_the_cookie_of_the_session_that_was_logged_out() -> None:
    asked = visit([5], structs.replace(HABITS, logouts=1_000_000, stale=(2, 2)))
    assert [ask.op for _, ask in asked][-3:] == [LOGOUT, READ, READ]
    assert [ask.cookie for _, ask in asked][-3:] == ["s=1"] * 3


def test_who_revokes_does_so_once_in_place_of_a_visits_last_page() -> None:
    asked = [what for _, what in told(visit([5, 9, 5_000], structs.replace(HABITS, revokes=1_000_000)))]
    assert asked == [LOGIN, "page", REVOKE, LOGIN, "page"]


def test_nothing_is_asked_from_the_end_on() -> None:
    assert told(visit([5, END // SECOND])) == [(5, LOGIN), (5, "page")]
