"""Expiration hooks are Python callables: what they are told, what follows from what they say, how they are named."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from reference import hooks
from reference.config import read
from reference.diagnose import diagnose
from reference.errors import HINT, Refused
from reference.hooks import Facts, Hook, HookFailed, says_over
from reference.session import Cell, Session
from reference.settings import MILLISECOND, SECOND, Settings
from tests.reference.cluster import WALL, Cluster
from tests.reference.test_config import RIGHT, edited

PLAIN = Settings("my-cluster", absolute_us=600 * SECOND)


def after(seconds: int) -> Hook:
    """Make an idle hook that expires a session so many seconds after its last activity."""
    return lambda session, since: session.now > since + seconds * SECOND


def never(_session: Facts, _since: int) -> bool:
    """Expire nothing."""
    return False


def with_idle(hook: Any, **more: Any) -> Settings:
    return structs.replace(PLAIN, idle_hook=hook, **more)


# -------------------------------------------------------------------------------------------------- what a hook is told


def test_a_hook_is_told_who_since_when_and_what_and_can_change_none_of_it() -> None:
    told: list[tuple[Facts, int]] = []

    def meddling(session: Facts, since: int) -> bool:
        told.append((structs.replace(session, data=dict(session.data)), since))
        session.data["list"].append(2)
        session.data.clear()
        return False

    cells = {"list": Cell([1], 5, "n1"), "gone": Cell(None, 6, "n1", gone=True)}
    session = Session("s", "o", WALL, "ann", WALL, cells)
    assert says_over(hooks.IDLE_HOOK, meddling, session, 7, WALL + 1) is False
    assert [(facts.user, facts.created, facts.now, since) for facts, since in told] == [("ann", WALL, WALL + 1, 7)]
    assert list(told[0][0].data) == ["list"]
    assert session.cells["list"].value == [1]


@pytest.mark.parametrize("answer", [None, 0, 1, "yes", [], (True,)])
def test_a_hook_that_answers_neither_true_nor_false_has_failed(answer: Any) -> None:
    session = Session("s", "o", WALL, "ann", WALL, {})
    with pytest.raises(HookFailed) as failed:
        says_over(hooks.MAX_HOOK, lambda _session, _since: answer, session, WALL, WALL)
    assert failed.value.hook == "evalMaxLifetimeSE"
    assert failed.value.why == f"answered a {type(answer).__name__}"


# ------------------------------------------------------------------------------------------------------ what follows


@pytest.mark.requirement("REQ-EXP-8")
def test_an_idle_hook_ends_a_session_when_it_says_so_and_keeps_it_as_long_as_it_does_not() -> None:
    """REQ-EXP-7, REQ-EXP-8."""
    for hook, status in ((after(60), 401), (never, 200)):
        cluster = Cluster(3, with_idle(hook)).start()
        cookie = cluster.login("n1")
        cluster.run(61 * SECOND)
        assert cluster.call("n2", "GET", "/session", cookie).status == status
        cluster.run(SECOND)
        denied = {cluster.call(node, "GET", "/session", cookie).body.get("error") for node in cluster.names}
        assert denied == ({"expired"} if status == 401 else {None}), "a denial is final everywhere"


@pytest.mark.requirement("REQ-EXP-9")
def test_the_idle_hook_is_told_of_activity_on_all_nodes() -> None:
    """REQ-EXP-9: before it may deny, the others are asked, as for the idle limit."""
    told: list[int] = []

    def noting(session: Facts, since: int) -> bool:
        told.append(since)
        return session.now > since + 10 * SECOND

    cluster = Cluster(3, with_idle(noting)).start()
    cookie = cluster.login("n1")
    cluster.run(8 * SECOND)
    cluster.isolate("n3")
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    active = WALL + cluster.now
    cluster.run(3 * SECOND)
    cluster.heal()
    told.clear()
    assert cluster.call("n3", "GET", "/session", cookie).status == 200
    assert told[0] < active, "the touch was lost on its way"
    assert told[-1] == active


@pytest.mark.requirement("REQ-EXP-16")
def test_no_hook_outlives_the_greatest_age() -> None:
    """REQ-EXP-16."""
    cluster = Cluster(2, with_idle(never, max_hook=never)).start()
    cookie = cluster.login("n1")
    cluster.run(PLAIN.absolute_us - SECOND)
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    cluster.run(SECOND + 500 * MILLISECOND)
    assert cluster.call("n2", "GET", "/session", cookie).body == {"error": "expired"}


@pytest.mark.requirement("REQ-EXP-2", "REQ-EXP-8")
def test_the_hook_for_the_age_is_asked_first_and_told_when_the_session_was_created() -> None:
    """REQ-EXP-2, REQ-EXP-8."""
    asked: list[str] = []

    def too_old(session: Facts, since: int) -> bool:
        asked.append("age")
        assert since == session.created
        return session.now > since + 30 * SECOND

    def idle(_session: Facts, _since: int) -> bool:
        asked.append("idle")
        return False

    cluster = Cluster(1, with_idle(idle, max_hook=too_old)).start()
    cookie = cluster.login("n1")
    cluster.run(20 * SECOND)
    assert cluster.call("n1", "GET", "/session", cookie).status == 200
    assert asked == ["age", "idle"]
    cluster.run(11 * SECOND)
    assert cluster.call("n1", "GET", "/session", cookie).body == {"error": "expired"}
    assert asked == ["age", "idle", "age"]


@pytest.mark.parametrize("place", ["idle_hook", "max_hook"])
def test_an_error_in_a_hook_denies_with_503_and_is_noted_without_what_it_says(place: str) -> None:
    def failing(session: Facts, _since: int) -> bool:
        raise ValueError(f"secret of {session.user}")

    cluster = Cluster(2, structs.replace(PLAIN, **{place: failing})).start()
    cookie = cluster.login("n1")
    answer = cluster.call("n1", "GET", "/session", cookie)
    assert (answer.status, answer.body) == (503, {"error": "hook-failed"})
    assert [note.fields["why"] for _, _, note in cluster.noted("hook-failed")] == ["ValueError"]
    assert not cluster.nodes["n1"].records.sessions.popitem()[1].end, "nothing was ended"


# ------------------------------------------------------------------------------------------------------ how it is named

MODULE = """
def idle(session, since):
    return session.now > since + 60_000_000

NUMBER = 7
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's own."""
    (tmp_path / "hooks_of_a_user.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "broken_hooks_of_a_user.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "hooks_of_a_user"


def hooked(extension: str, stand_in: str = "") -> str:
    text = edited(("    idleTimeout: 15m\n", f"    idleTimeout: 15m\n    evalIdleTimeoutSE: {extension}\n"))
    return text + (f"x-anynode: {{hooks: {{evalIdleTimeoutSE: {stand_in}}}}}\n" if stand_in else "")


@pytest.mark.requirement("REQ-EXP-7")
def test_a_hook_is_named_by_its_function_or_by_its_stand_in_and_replaces_the_idle_limit(module: str) -> None:
    """REQ-EXP-7."""
    go = "{funcName: IsIdle, file: /etc/maverics/extensions/idle.go}"
    for text in (hooked(f"{{funcName: '{module}:idle'}}"), hooked(go, f"{module}:idle")):
        settings = read(text, environment={}, name="m.yaml").settings()
        assert settings.idle_us == 0
        assert settings.max_hook is None
        assert settings.idle_hook is not None
        assert settings.idle_hook(Facts("ann", 0, {}, 61 * SECOND), 0) is True
        assert settings.idle_hook(Facts("ann", 0, {}, 60 * SECOND), 0) is False
    assert read(RIGHT, environment={}).settings().idle_hook is None


@pytest.mark.parametrize(
    ("extension", "stand_in", "rule", "found"),
    [
        ("{funcName: IsIdle, file: idle.go}", "", "hook-without-python", "names no Python callable"),
        ("{funcName: 'no_such_module_here:idle'}", "", "hook-not-found", "no module of that name"),
        ("{funcName: F}", "no_such_module_here:idle", "hook-not-found", "no module of that name"),
        ("{funcName: 'hooks_of_a_user:busy'}", "", "hook-not-found", "nothing is called 'busy'"),
        ("{funcName: 'hooks_of_a_user:NUMBER'}", "", "hook-not-found", "'NUMBER' in that module cannot be called"),
        ("{funcName: 'broken_hooks_of_a_user:idle'}", "", "hook-not-found", "ZeroDivisionError"),
        ("{funcName: F}", "idle", "malformed-value", "no name of a Python callable"),
    ],
)
def test_a_hook_that_cannot_be_run_is_refused_at_load(
    extension: str, stand_in: str, rule: str, found: str, module: str
) -> None:
    del module
    with pytest.raises(Refused) as refused:
        read(hooked(extension, stand_in), environment={}, name="m.yaml")
    finding = refused.value.findings[0]
    assert finding.rule == rule
    assert found in finding.found
    assert "module:function" in finding.write
    assert finding.line > 0


def test_a_stand_in_for_a_hook_that_is_not_there_is_refused(module: str) -> None:
    text = RIGHT + f"x-anynode: {{hooks: {{evalMaxLifetimeSE: '{module}:idle'}}}}\n"
    with pytest.raises(Refused) as refused:
        read(text, environment={}, name="m.yaml")
    assert [finding.rule for finding in refused.value.findings] == ["hook-for-nothing"]


def test_doctor_imports_nothing_and_takes_a_hook_of_the_product_for_right() -> None:
    text = hooked("{funcName: IsIdle, file: idle.go}")
    findings = [f for f in diagnose([("m.yaml", text)], environment={}).findings if f.rule.startswith("hook")]
    assert [(finding.rule, finding.level) for finding in findings] == [("hook-without-python", HINT)]
    text = hooked("{funcName: 'no_such_module_here:idle'}")
    assert not [f for f in diagnose([("m.yaml", text)], environment={}).findings if f.rule.startswith("hook")]
