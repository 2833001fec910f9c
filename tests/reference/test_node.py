"""Whole clusters under random faults: what was acknowledged is kept, what ended stays ended, and all nodes agree."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from reference.effects import Note, Respond
from reference.gateway import hash_of, owner_of
from reference.protocol import Ping
from reference.settings import MILLISECOND, SECOND
from reference.timing import converge_us, detect_us
from tests.reference.cluster import WALL, Cluster

DELAYS = (MILLISECOND, 40 * MILLISECOND, 165 * MILLISECOND)


class Promise(Struct):
    """Something that a client was told is done, and how it fared since.

    Attributes:
        text: for whoever reads a failure.
        held_by: says whether a node holds it.
        alone: when the client heard of it, its node was, or so lately that it need not know otherwise, cut off from all
            others: its death excuses the loss.
        deaths: of nodes that held it, since the answer or since all running nodes held it.
        excused: the last node that held it died, with more deaths than the contract survives.
    """

    text: str
    held_by: Callable[[str], bool]
    alone: bool = False
    deaths: int = 0
    excused: bool = False


class Observed(Cluster):
    """A cluster that keeps account of what its clients were told."""

    def __init__(self, size: int, delay: int, seed: int) -> None:
        super().__init__(size, delay=delay, seed=seed)
        self.promises: list[Promise] = []
        self.sessions: list[tuple[str, str]] = []
        self.begun_at: dict[str, int] = {}
        self.may_have_ended: dict[str, None] = {}
        self.met_within = detect_us(self.settings, size)
        self.cut_off_at: dict[str, int] = {}
        self.revoked_at: dict[str, int] = {}
        self.revokes_later: dict[str, None] = {}  # asked of a node that stands still
        self.doomed: dict[str, None] = {}
        self.told: dict[str, Callable[[Respond], Promise | None]] = {}

    def perform(self, name: str, effects: list[Any]) -> None:
        answers = [
            place for place, one in enumerate(effects) if isinstance(one, Respond) and one.request in self.doomed
        ]
        if answers:
            effects = effects[: answers[0] + 1]
        super().perform(name, effects)
        self._account_for(name, effects)
        if answers:
            self.kill(list(self.nodes).index(name), back=False)

    def _account_for(self, name: str, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Respond) and effect.status == 200 and effect.request in self.told:
                promise = self.told.pop(effect.request)(effect)
                if promise is not None:
                    self.promises.append(promise)
                    holders = [other for other in self.nodes if promise.held_by(other)]
                    assert name in holders, promise.text
                    self._look_for_cuts()
                    lately = self.now - self.cut_off_at.get(name, -self.now - self.met_within) < self.met_within
                    promise.alone = holders == [name] and lately

    def _look_for_cuts(self) -> None:
        for name in self.nodes:
            others = [other for other in self.nodes if other != name and other not in self._paused]
            if all(self.cut(name, other) or self.cut(other, name) for other in others):
                self.cut_off_at[name] = self.now

    def crash(self, name: str) -> None:
        held = [promise for promise in self.promises if promise.held_by(name)]
        super().crash(name)
        for promise in held:
            promise.deaths += 1
            if not any(promise.held_by(other) for other in self.nodes):
                promise.excused = promise.alone or promise.deaths > 1

    def look(self) -> None:
        """Take note of what every running node holds by now, and of who is cut off."""
        self._look_for_cuts()
        for promise in self.promises:
            if len(self.nodes) > 1 and all(promise.held_by(name) for name in self.nodes):
                promise.deaths, promise.alone = 0, False

    def up(self, chosen: int) -> str:
        return list(self.nodes)[chosen % len(self.nodes)]

    # --------------------------------------------------------------------------------------------------------- clients

    def session_of(self, node: str, name: str) -> Any:
        return self.nodes[node].records.sessions.get(name)

    def begin(self, chosen: int, user: str) -> None:
        node, asked = self.up(chosen), self.now

        def begun(answer: Respond) -> Promise:
            cookie = dict(answer.headers)["Set-Cookie"].partition(";")[0]
            name = hash_of(cookie.partition("=")[2])
            self.sessions.append((cookie, user))
            self.begun_at[name] = self.now
            if self._is_near_a_revocation(user, asked):
                self.may_have_ended[name] = None
            return Promise(f"login of {name} on {node}", lambda other: self.session_of(other, name) is not None)

        self.hope(begun, node, "POST", "/login", None, {"user": user})

    def hope(
        self,
        then: Callable[[Respond], Promise],
        node: str,
        method: str,
        path: str,
        cookie: str | None,
        body: Any = None,
        *,
        doomed: bool = False,
    ) -> None:
        """Ask, and take what a good answer promises into the account; the answer may come at once."""
        request = f"r{self._count + 1}"
        self.told[request] = then
        if doomed:
            self.doomed[request] = None
        assert self.ask(node, method, path, cookie, body) == request

    def recent(self, which: int) -> str:
        """One of the last few sessions: most is to be seen where much happens to few."""
        return self.sessions[-1 - which % min(3, len(self.sessions))][0]

    def last_words(self, chosen: int, which: int) -> None:
        """Write, and crash the node with the answer on its lips."""
        self.change(chosen, which, doomed=True)

    def change(self, chosen: int, which: int, *, doomed: bool = False) -> None:
        if not self.sessions:
            return
        node, cookie = self.up(chosen), self.recent(which)
        name = hash_of(cookie.partition("=")[2])
        key = f"k{self._count}"

        def held_by(other: str) -> bool:
            held = self.session_of(other, name)
            return held is not None and (held.end is not None or key in held.cells)

        promise = Promise(f"write of {key} to {name} on {node}", held_by)
        body = {"value": key}
        self.hope(lambda _answer: promise, node, "PUT", f"/session/data/{key}", cookie, body, doomed=doomed)

    def end(self, chosen: int, which: int) -> None:
        if not self.sessions:
            return
        node, cookie = self.up(chosen), self.recent(which)
        name = hash_of(cookie.partition("=")[2])
        self.may_have_ended[name] = None

        def held_by(other: str) -> bool:
            held = self.session_of(other, name)
            return held is not None and held.end is not None

        promise = Promise(f"logout of {name} on {node}", held_by)
        self.hope(lambda _answer: promise, node, "POST", "/logout", cookie)

    def contest(self, chosen: int, other: int, which: int) -> None:
        """End a session here and write to it there a little later: the end must win, whoever hears of what first."""
        self.end(chosen, which)
        self.run(300 * MILLISECOND)
        self.change(other, which)

    def revoke(self, chosen: int, user: str) -> None:
        node, now = self.up(chosen), WALL + self.now
        self._revoked_now(user)
        if node in self._paused:
            self.revokes_later[user] = None
        self.told.clear()  # so may a login that is on its way
        names = [hash_of(cookie.partition("=")[2]) for cookie, owner in self.sessions if owner == user]
        converge = converge_us(self.settings, len(self.names))
        revoked = [name for name in names if self.begun_at[name] + converge < self.now]

        def held_by(other: str) -> bool:
            held = self.nodes[other].records.revocations.get(owner_of(user))
            ends = [self.session_of(other, name) for name in revoked]
            return held is not None and held.at >= now and all(one is None or one.end is not None for one in ends)

        promise = Promise(f"revocation of {user} on {node}", held_by)
        self.hope(lambda _answer: promise, node, "POST", "/revoke", None, {"user": user})

    def _is_near_a_revocation(self, user: str, asked: int) -> bool:
        """Say whether a login asked for then may fall on either side of one, which may have come since."""
        revoked = self.revoked_at.get(user)
        return revoked is not None and asked <= revoked + converge_us(self.settings, len(self.names))

    def _revoked_now(self, user: str) -> None:
        """Take note that a revocation may end what this user has now, or soon will have."""
        self.revoked_at[user] = self.now
        for cookie, owner in self.sessions:
            if owner == user:
                self.may_have_ended[hash_of(cookie.partition("=")[2])] = None

    # ---------------------------------------------------------------------------------------------------------- faults

    def kill(self, chosen: int, *, back: bool) -> None:
        """Crash a node, unless fewer than two ready ones would be left: with all of them all is lost, as stated."""
        name = self.up(chosen)
        ready = [other for other, node in self.nodes.items() if other != name and node.membership.ready]
        if len(ready) >= 2:
            self.crash(name)
            if back:
                self.boot(name)

    def boot_one(self) -> None:
        down = [name for name in self.names if name not in self.nodes]
        if down:
            self.boot(down[0])

    def stand_still(self, chosen: int) -> None:
        if not self._paused:
            self.pause(self.up(chosen))

    def go_on(self) -> None:
        for user in self.revokes_later:
            self._revoked_now(user)
        self.revokes_later.clear()
        for name in list(self._paused):
            self.resume(name)

    def heal(self) -> None:
        super().heal()
        self.jitter = 0
        self.go_on()


number = st.integers(0, 30)
users = st.sampled_from(["ann", "bob"])
steps = st.one_of(
    st.tuples(st.just("begin"), number, users),
    st.tuples(st.just("change"), number, number),
    st.tuples(st.just("change"), number, number),
    st.tuples(st.just("last_words"), number, number),
    st.tuples(st.just("end"), number, number),
    st.tuples(st.just("contest"), number, number, number),
    st.tuples(st.just("revoke"), number, users),
    st.tuples(st.just("run"), st.sampled_from([1, 50, 300, 1_100, 4_000, 9_000, 20_000])),
    st.tuples(st.just("run"), st.sampled_from([1, 50, 300, 1_100, 4_000, 9_000, 20_000])),
    st.tuples(st.just("kill"), number),
    st.tuples(st.just("restart"), number),
    st.tuples(st.just("boot_one")),
    st.tuples(st.just("isolate"), number),
    st.tuples(st.just("halves"), number),
    st.tuples(st.just("one_way"), number, number),
    st.tuples(st.just("unruly"), st.sampled_from([50, 200])),
    st.tuples(st.just("heal")),
    st.tuples(st.just("stand_still"), number),
    st.tuples(st.just("go_on")),
)


def perform(cluster: Observed, step: tuple[Any, ...]) -> None:
    match step:
        case ("run", duration):
            cluster.run(duration * MILLISECOND)
        case ("kill", chosen):
            cluster.kill(chosen, back=False)
        case ("restart", chosen):
            cluster.kill(chosen, back=True)
        case ("isolate", chosen):
            cluster.isolate(cluster.names[chosen % len(cluster.names)])
        case ("halves", chosen):
            cluster.isolate(*cluster.names[: 1 + chosen % (len(cluster.names) - 1)])
        case ("one_way", chosen, other):
            names = cluster.names
            cluster.cut_one_way((names[chosen % len(names)], names[other % len(names)]))
        case ("unruly", loss):
            cluster.loss, cluster.repeat, cluster.jitter = loss, 200, 100 * MILLISECOND
        case (name, *arguments):
            getattr(cluster, name)(*arguments)
    cluster.look()


def recover(cluster: Observed) -> None:
    """Let everything heal, and hold the cluster to its contract."""
    cluster.doomed.clear()
    cluster.heal()
    while len(cluster.nodes) < len(cluster.names):
        cluster.boot_one()
    within = detect_us(cluster.settings, len(cluster.names)) + converge_us(cluster.settings, len(cluster.names))
    cluster.run(within)
    assert cluster.ready()
    assert cluster.views_are(*cluster.names)
    assert cluster.agree()


def account(cluster: Observed) -> None:
    """Every promise was kept, or may have been broken; nothing ended by itself."""
    for promise in cluster.promises:
        if not promise.excused:
            assert [name for name in cluster.nodes if not promise.held_by(name)] == [], promise.text
    for cookie, user in cluster.sessions:
        held = cluster.session_of("n1", hash_of(cookie.partition("=")[2]))
        if held is not None:
            assert held.end is None or held.id in cluster.may_have_ended, "nobody ended it"
            assert (held.owner, held.user) == (owner_of(user), "" if held.end else user)


@example(3, 1000, 0, [("stand_still", 1), ("revoke", 1, "ann"), ("run", 4000), ("begin", 0, "ann"), ("run", 1)])
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.integers(3, 5), st.sampled_from(DELAYS), st.integers(0, 1 << 30), st.lists(steps, min_size=5, max_size=40))
def test_whatever_happens_all_agree_in_the_end_and_what_was_promised_is_kept(
    size: int, delay: int, seed: int, plan: list[tuple[Any, ...]]
) -> None:
    cluster = Observed(size, delay, seed)
    cluster.start()
    for step in plan:
        perform(cluster, step)
    recover(cluster)
    account(cluster)
    since, rung = cluster.now, cluster.rung
    cluster.run(60 * SECOND)
    assert cluster.agree()
    assert sum(1 for at, *_ in cluster.sent if at >= since) / 60 / size < 5, "and then the cluster is idle"
    assert (cluster.rung - rung) / 60 / size < 2.5
    for node in cluster.nodes.values():
        assert node.replication.settled()


def test_a_loss_beyond_what_is_promised_is_seen_by_this_account() -> None:
    """The account must be able to convict: a cluster that never sends copies loses an acknowledged write."""
    cluster = Observed(3, MILLISECOND, 1)
    cluster.start()
    cluster.begin(0, "ann")
    cluster.run(10 * MILLISECOND)
    assert [promise.alone for promise in cluster.promises] == [False]
    for name in ("n2", "n3"):
        cluster.nodes[name].records.drop_lives(cluster.now)
    cluster.crash("n1")
    cluster.look()
    recover(cluster)
    with pytest.raises(AssertionError, match="login of"):
        account(cluster)


# -------------------------------------------------------------------------------------------------------- single turns


def test_an_unknown_message_is_noted_and_stops_nobody() -> None:
    """A later version may say what this one does not know."""

    class Foreign(Struct):
        pass

    node = Cluster(2).start().nodes["n1"]
    for message in (Foreign(), None, {"tag": "ping"}, 7):
        effects = node.receive("n2", "data", message, WALL, SECOND)
        assert [effect.kind for effect in effects if isinstance(effect, Note)] == ["unknown-message"]


def test_messages_from_strangers_stop_nobody() -> None:
    """Every kind of message, from members and others, at a node that has just started and at one that is ready."""
    world = Cluster(3, delay=20 * MILLISECOND)
    world.repeat = 300
    world.start("n1", "n2")
    cookie = world.login("n1")
    world.boot("n3")
    world.run_until(world.ready, 20 * SECOND)
    world.call("n2", "POST", "/revoke", None, {"user": "bob"})
    world.write("n1", cookie, "k", 1)
    world.run(70 * SECOND)
    every = {message.__class__.__name__: message for *_, message in world.sent}
    assert len(every) >= 10
    for started in (False, True):
        cluster = Cluster(2)
        if started:
            cluster.start()
        else:
            cluster.boot("n1")
        for message in every.values():
            for sender in ("n9", "n2", "n1"):
                effects = cluster.nodes["n1"].receive(sender, "data", message, *cluster.clocks("n1"))
                assert isinstance(effects, list)
        cluster.run(10 * SECOND)


def test_the_same_name_twice_does_not_set_the_cluster_on_fire() -> None:
    """Somebody starts n2 on a second machine: noted by whoever is the older life, and the cluster stays calm."""
    cluster = Cluster(3).start()
    cluster.run(10 * SECOND)
    twin = Cluster(3, seed=2)
    twin.boots["n2"] = 5
    twin.boot("n2")
    for _, _, to, message in twin.sent:
        if to in cluster.nodes:
            effects = cluster.nodes[to].receive("n2", "membership", message, *cluster.clocks(to))
            cluster.perform(to, effects)
    since = cluster.now
    cluster.run(60 * SECOND)
    assert cluster.noted("name-taken")
    assert sum(1 for at, *_ in cluster.sent if at >= since) / 60 < 3 * 5


# --------------------------------------------------------------------------------------------------------- determinism

RUN = """
from hashlib import blake2b
from msgspec import msgpack
from tests.reference.cluster import Cluster
from tests.reference.test_node import eventful
print(blake2b(msgpack.encode(eventful({seed}).sent)).hexdigest())
"""


def eventful(seed: int) -> Cluster:
    """A run with a bit of everything."""
    cluster = Observed(4, 20 * MILLISECOND, seed)
    cluster.start()
    cluster.loss, cluster.repeat, cluster.jitter = 50, 50, 30 * MILLISECOND
    for moment in range(60):
        cluster.begin(moment, f"u{moment % 7}")
        cluster.change(moment * 3, moment)
        if moment % 5 == 4:
            cluster.end(moment, moment)
        if moment == 20:
            cluster.isolate("n2")
        if moment == 30:
            cluster.revoke(1, "u3")
            cluster.heal()
        if moment == 40:
            cluster.restart("n3")
        cluster.run(700 * MILLISECOND)
    return cluster


def digest_with(hash_seed: str, seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", RUN.format(seed=seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_same_seed_sends_the_same_in_every_process() -> None:
    digests = [digest_with(hash_seed, 3) for hash_seed in ("1", "977")]
    assert digests[0] == digests[1]
    assert digest_with("1", 4) != digests[0]


def test_a_run_does_not_depend_on_what_ran_before_it() -> None:
    assert eventful(5).sent == eventful(5).sent
    assert any(isinstance(message, Ping) for *_, message in eventful(5).sent)
