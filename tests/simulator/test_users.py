"""What a user asks, given what was answered before."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from msgspec import structs

from simulator.chance import Chance
from simulator.users import (
    DELETE,
    LOGIN,
    LOGOUT,
    READ,
    REVOKE,
    WRITE,
    Answer,
    Ask,
    Habits,
    Leave,
    User,
    Wait,
    spread_around,
)

SECOND = 1_000_000
HABITS = Habits(
    hosts=("app.example.com",), keys=("k1", "k2"), think_us=3 * SECOND, pages=(4, 12), writes=330_000, deletes=30_000,
    logouts=800_000, stale=(1, 2), rest_us=15 * SECOND, revokes=0,
)  # fmt: skip
END = 3_600 * SECOND


class Site:
    """Answers as an honest store would: logins give cookies, logouts take them."""

    def __init__(self) -> None:
        self.logins = 0
        self.live: list[str] = []

    def __call__(self, ask: Ask) -> Answer:
        session = (ask.cookie or "").removeprefix("s=")
        if ask.op == LOGIN:
            self.logins += 1
            self.live.append(f"{self.logins}")
            return Answer(200, {"user": ask.user}, (f"s={self.logins}; Path=/",))
        if ask.op == REVOKE:
            self.live.clear()
            return Answer(200, {"sessions": 1})
        if session not in self.live:
            return Answer(401, {"error": "ended"})
        if ask.op == LOGOUT:
            self.live.remove(session)
            return Answer(200, {}, ("s=; Max-Age=0; Path=/",))
        return Answer(200, {})


def live(
    site: Callable[[Ask], Answer], habits: Habits = HABITS, seed: int = 1, end: int = END
) -> list[tuple[int, Ask]]:
    """Run one user against a site that answers at once."""
    user = User("u1", "ann", habits, Chance(seed).stream("user", "u1"), 0, end)
    now = 0
    answer: Answer | None = None
    asked: list[tuple[int, Ask]] = []
    while True:
        step = user.next(now, answer)
        answer = None
        if isinstance(step, Leave):
            return asked
        if isinstance(step, Wait):
            assert step.until > now
            now = step.until
        else:
            asked.append((now, step))
            answer = site(step)


def test_a_visit_begins_with_a_login_and_its_pages_carry_the_cookie() -> None:
    asked = [ask for _, ask in live(Site())]
    assert (asked[0].op, asked[0].cookie) == (LOGIN, None)
    assert asked[1].cookie == "s=1"


def test_about_a_third_of_the_pages_write_and_most_visits_end_with_a_logout() -> None:
    counts = Counter(ask.op for _, ask in live(Site(), end=20 * END))
    pages = counts[READ] + counts[WRITE] + counts[DELETE]
    assert 0.25 < counts[WRITE] / pages < 0.4
    assert 0 < counts[DELETE] / pages < 0.06
    assert 0.7 < counts[LOGOUT] / counts[LOGIN] < 0.9


def test_every_written_value_is_unique_and_names_its_request() -> None:
    values = [ask.value for _, ask in live(Site()) if ask.op == WRITE]
    assert len(values) == len(set(values))
    assert all(
        ask.body == {"value": ask.id} and ask.path == f"/session/data/{ask.key}"
        for _, ask in live(Site())
        if ask.op == WRITE
    )


def test_a_tab_left_open_asks_with_the_cookie_of_the_ended_session_at_a_later_time() -> None:
    ended: dict[str, int] = {}
    late = []
    for now, ask in live(Site()):
        if ask.cookie in ended:
            late.append(now - ended[ask.cookie])
        if ask.op == LOGOUT and ask.cookie is not None:
            ended[ask.cookie] = now
    assert len(late) >= len(ended)
    assert min(late) > 0
    assert max(late) > 30 * SECOND


def test_a_tab_left_open_may_save_something_with_the_cookie_of_the_ended_session() -> None:
    asked = [ask for _, ask in live(Site(), structs.replace(HABITS, stale=(2, 3), stale_writes=500_000))]
    ended: set[str] = set()
    late = []
    for ask in asked:
        if ask.cookie in ended:
            late.append(ask)
        elif ask.op == LOGOUT and ask.cookie is not None:
            ended.add(ask.cookie)
    assert Counter(ask.op for ask in late).keys() == {READ, WRITE}
    written = [ask.value for ask in asked if ask.op == WRITE]
    assert len(set(written)) == len(written)


def test_a_denial_makes_the_user_log_in_again() -> None:
    site = Site()

    def forgetful(ask: Ask) -> Answer:
        answer = site(ask)
        if ask.op == WRITE:
            site.live.clear()
        return answer

    asked = [ask for _, ask in live(forgetful, structs.replace(HABITS, stale=(0, 0)))]
    denied = [index for index, ask in enumerate(asked[:-1]) if ask.op == WRITE]
    assert denied
    for index in denied[:-1]:
        assert LOGIN in [ask.op for ask in asked[index + 1 : index + 3]]


def test_an_unknown_outcome_is_followed_by_the_next_page() -> None:
    site = Site()

    def broken(ask: Ask) -> Answer:
        return Answer(None) if ask.op == READ else site(ask)

    asked = [ask for _, ask in live(broken, structs.replace(HABITS, stale=(0, 0)))]
    after = Counter(later.op for ask, later in pairwise(asked) if ask.op == READ)
    assert after[WRITE] > 0
    assert after[LOGIN] < after[WRITE]


def test_a_logout_whose_outcome_is_unknown_is_tried_again_after_a_page() -> None:
    site = Site()
    heard: list[str] = []

    def broken(ask: Ask) -> Answer:
        heard.append(ask.op)
        return Answer(503) if ask.op == LOGOUT and heard.count(LOGOUT) == 1 else site(ask)

    asked = [ask for _, ask in live(broken, structs.replace(HABITS, stale=(0, 0), logouts=1_000_000))]
    first = next(index for index, ask in enumerate(asked) if ask.op == LOGOUT)
    assert asked[first + 2].op == LOGOUT
    assert asked[first + 2].cookie == asked[first].cookie


def test_a_visit_without_a_logout_is_ended_by_the_next_login() -> None:
    logins = [ask for _, ask in live(Site(), structs.replace(HABITS, logouts=0)) if ask.op == LOGIN]
    assert logins[1].cookie == "s=1"
    kept = [ask for _, ask in live(Site(), structs.replace(HABITS, logouts=1_000_000)) if ask.op == LOGIN]
    assert kept[1].cookie is None


def test_a_user_who_revokes_does_so_once_and_logs_in_again() -> None:
    asked = [ask for _, ask in live(Site(), structs.replace(HABITS, revokes=1_000_000))]
    places = [index for index, ask in enumerate(asked) if ask.op == REVOKE]
    assert len(places) == 1
    assert LOGIN in [ask.op for ask in asked[places[0] + 1 : places[0] + 5]]
    assert REVOKE not in [ask.op for _, ask in live(Site())]


def test_nothing_is_asked_from_the_end_on() -> None:
    assert all(now < 60 * SECOND for now, _ in live(Site(), end=60 * SECOND))


def test_one_seed_gives_one_life_and_another_seed_another() -> None:
    assert live(Site(), seed=1) == live(Site(), seed=1)
    assert live(Site(), seed=1) != live(Site(), seed=2)


def test_waits_have_the_mean_that_was_asked_for() -> None:
    stream = Chance(1).stream("waits")
    waits = [spread_around(3 * SECOND, stream) for _ in range(20_000)]
    assert 2.9 * SECOND < sum(waits) / len(waits) < 3.1 * SECOND
    assert min(waits) >= 1


def test_who_has_two_tabs_asks_for_two_pages_at_one_instant_out_of_one_cookie_jar() -> None:
    asked = [ask for _, ask in live(Site(), structs.replace(HABITS, tabs=1_000_000))]
    pages = [ask for ask in asked if ask.op in (READ, WRITE, DELETE, LOGOUT) and ask.beside is not None]
    assert pages
    for ask in pages:
        assert ask.beside is not None
        assert ask.beside.cookie == ask.cookie
        assert ask.beside.op in (READ, WRITE, DELETE)
        assert ask.beside.id != ask.id
    numbers = [ask.id for ask in asked] + [ask.beside.id for ask in asked if ask.beside is not None]
    assert len(numbers) == len(set(numbers))
    assert not any(ask.beside for ask in asked if ask.op == LOGIN)
    assert not any(ask.beside for _, ask in live(Site()))


def test_who_has_many_tabs_asks_in_all_of_them_at_one_instant() -> None:
    pages = [ask for _, ask in live(Site(), structs.replace(HABITS, tabs=1_000_000, open_tabs=30)) if ask.op != LOGIN]
    chains = []
    for ask in pages:
        chain = [ask]
        while chain[-1].beside is not None:
            chain.append(chain[-1].beside)
        chains.append(chain)
    chains = [chain for chain in chains if len(chain) > 1]
    assert chains
    assert {len(chain) for chain in chains} == {30}
    for chain in chains:
        assert len({ask.id for ask in chain}) == 30
        assert len({ask.cookie for ask in chain}) == 1


def test_a_denial_in_the_other_tab_counts_unless_the_cookie_is_a_newer_one() -> None:
    user = User("u1", "ann", structs.replace(HABITS, tabs=1_000_000), Chance(1).stream("user", "u1"), 0, END)
    now, answer, steps = 0, None, []
    while len(steps) < 2:
        step = user.next(now, answer)
        answer = None
        if isinstance(step, Wait):
            now = step.until
        elif isinstance(step, Ask):
            steps.append(step)
            answer = Answer(200, {}, ("s=1; Path=/",)) if step.op == LOGIN else Answer(200, {})
    beside = steps[1].beside
    assert beside is not None
    user.other_tab(structs.replace(beside, cookie="s=0"), Answer(401), now)
    assert user._signed_in
    user.other_tab(beside, Answer(401), now)
    assert not user._signed_in


def test_who_is_away_for_a_gap_comes_back_within_its_span_with_the_same_cookie() -> None:
    shortest, longest = 57 * SECOND, 63 * SECOND
    habits = structs.replace(HABITS, stale=(0, 0), pages=(50, 50), gaps=200_000, gap_us=(shortest, longest))
    asked = live(Site(), habits, end=20 * END)
    pauses = [(later[0] - earlier[0], earlier[1], later[1]) for earlier, later in pairwise(asked)]
    within = [(us, one.cookie, other.cookie) for us, one, other in pauses if LOGIN not in (one.op, other.op)]
    gaps = [us for us, one, other in within if us >= shortest and one == other]
    assert 0.1 < len(gaps) / len(within) < 0.3
    assert max(gaps) <= longest
    assert max(gaps) - min(gaps) > 0.9 * (longest - shortest)
    assert not any(30 * SECOND < us < shortest for us, _, _ in within)


def test_a_share_of_pages_claims_to_be_asked_for_somebody_else() -> None:
    forged = structs.replace(HABITS, forged=300_000, others=("user1", "user2"))
    asked = [ask for _, ask in live(Site(), forged)]
    claims = [dict(ask.headers) for ask in asked if ask.headers]
    assert 0.1 < len(claims) / len(asked) < 0.5
    assert {claim["X-Forwarded-User"] for claim in claims} == {"user1", "user2"}
    assert not any(ask.headers for _, ask in live(Site(), HABITS))
