"""A scenario, a seed and a subject in, history and trace out. Wiring and the order of a run; no rule of anything else.

First the nodes start; once all are ready, people come, and faults strike; at the scenario's `duration` nobody asks any
more and everything heals; within the contract's bound every node must then agree, which the observers read on all nodes
at one instant, with all links cut (protocol, part 4).
"""

import gzip
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

from msgspec import Struct

from conformance.history import VERSION as HISTORY_VERSION
from conformance.history import Contract, CookieScope, Fault, Header, Healed, Lifetime, Record
from conformance.trace import VERSION as TRACE_VERSION
from conformance.trace import Opened
from reference.protocol import Init
from scenarios import Inputs, read_inputs
from scenarios.faults import joining
from scenarios.schema import SEALED, Scenario
from simulator import staging
from simulator.chance import Chance
from simulator.clients import Clients
from simulator.clock import REQUEST, Loop, NodeClock, s
from simulator.cookie_domains import with_cookie_domain
from simulator.crowd import bring_users, bring_visitors
from simulator.discovery import Discovery
from simulator.garbage import seldom_collected
from simulator.healing import make_sure_that_nothing_is_left
from simulator.history import HistoryWriter
from simulator.holding import Account, Held
from simulator.host import Host, Machine
from simulator.network import Network
from simulator.readiness import Readiness
from simulator.rules import Cut, Rule
from simulator.scripted import bring_script
from simulator.sites import configured
from simulator.staged_faults import faults_of
from simulator.streams import StreamingNetwork
from simulator.timetable import Timetable
from simulator.trace import BATCH, Recorder
from simulator.users import TIMEOUT_US
from simulator.watching import Watching

READY_WITHIN_US = s(10)
"""Users come when all nodes are ready, and at the latest then."""
JOINED_WITHIN_US = s(60)
"""How long the end of a run waits for a node that joins; one that takes longer is not read."""
SETTLED_WITHIN_US = s(3_600)
"""How long the end of a run waits for agreement, whatever a contract allows; a longer bound is never met."""
STEP_US = s(1)
"""Simulated time between two reports of progress; in a long run they are STEPS."""
STEPS = 1_000
SLICES_US = s(10)
"""Divided by the number of nodes, how long the loop's slices are: an idle node has five events a second."""
STREAM = "stream"
"""The feature of subjects whose channel `data` keeps its order (protocol, part 2)."""
PREFIX = "app"
"""The host that browsers ask for: this name under the cookie's domain."""
DOMAIN = "example.com"


class Judged(Struct, frozen=True):
    """The subject under one configuration, as far as the world must know it.

    Attributes:
        name: what history and trace call it.
        features: those that count under this configuration (protocol, part 2).
        contract: its own bounds.
        make: makes the node of one boot.
        ended: told the node whose life is over, by whatever cause.
        config: the Orchestrator's configuration, given to every node.
        cluster: the cluster's name.
        absolute_us, idle_us: the configured lifetimes, µs; an idle limit of 0 means none.
        cookie_name, cookie_domain: the session cookie's; an empty domain means the host that was asked.
        routing: whether requests are forwarded under this configuration.
        store: "cluster" or "local".
        poll_us: how often discovery is asked, µs.
        former_domains: those that the cookie had before.
    """

    name: str
    features: list[str]
    contract: Contract
    make: Callable[[Init], Machine]
    ended: Callable[[str], None]
    config: dict[str, Any]
    cluster: str
    absolute_us: int
    idle_us: int
    cookie_name: str
    cookie_domain: str
    routing: bool
    store: str
    poll_us: int
    former_domains: list[str] = []


class Outcome(Struct, frozen=True):
    """What came of a run, for whoever writes the run document.

    `noise` is what the machine added to what was seen, where time was real, µs; empty where it was simulated. `noted`
    is how often nodes noted what, by kind of note. `held` is what nodes say that they hold.
    """

    digest: str
    events: int
    messages: int
    requests: int
    operations: int
    simulated_us: int
    faults: list[Fault]
    finished: bool
    deliveries: int
    alarms: int
    noise: dict[str, int] = {}
    noted: dict[str, int] = {}
    held: Held = Held(0, {})


class World:
    """One run of one scenario; also the stage on which faults act.

    Args:
        scenario: what happens.
        seed: decides all chance.
        judged: whose nodes run.
        inputs: what was read from the files that the scenario names; read here when None.
        loop: the event loop; another one than the simulated world's runs in another time.

    Attributes:
        batch: events between two checkpoints of the trace (`Recorder`); to be set before the run.
    """

    def __init__(
        self, scenario: Scenario, seed: int, judged: Judged, inputs: Inputs | None = None, loop: Loop | None = None
    ) -> None:
        self.scenario = scenario
        self.inputs = read_inputs(scenario) if inputs is None else inputs
        self.seed = seed
        self.judged = judged
        self.batch = BATCH
        self.loop = Loop(min(STEP_US, SLICES_US // scenario.cluster.nodes)) if loop is None else loop
        self.hosts: dict[str, Host] = {}
        self.recorder: Recorder
        self.network: Network
        self._chance = Chance(seed)
        self._names = scenario.cluster.names
        self._late = joining(scenario.faults)
        self.discovery = Discovery(self._names, self._listed)
        self.cookie_domains: dict[str, str | None] = {}
        self.wiring = staging.wiring_of(scenario, seed)
        self._groups = scenario.cluster.groups
        named = scenario.workload.hosts
        self._host = named[0] if named else f"{PREFIX}.{judged.cookie_domain.lstrip('.') or DOMAIN}"
        self._progress: Callable[[int], None] | None = None
        self._history: HistoryWriter
        self._standing: list[Rule]
        self._readiness: Readiness
        self._clients: Clients
        self._watching: Watching
        self._account: Account
        self._faults: Timetable
        self._finished = False

    def run(
        self,
        history: BinaryIO | None = None,
        trace: BinaryIO | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Outcome:
        """Run the scenario once.

        Args:
            history: where the history's lines go.
            trace: where the trace goes, gzip-compressed; None draws the digest alone.
            progress: told now and then how far simulated time has come, µs.

        Returns:
            What came of it.

        Raises:
            KeyboardInterrupt: interrupted; both files are whole up to there and lack their last line.
        """
        self._progress = progress
        packed = (
            None if trace is None else gzip.GzipFile(fileobj=trace, mode="wb", compresslevel=5, mtime=0, filename="")
        )
        try:
            with seldom_collected():
                self._build(history, packed)
                self._start()
                self._let_people_act()
                self._heal()
                self._await_agreement()
                self._read_everything()
            self._account.look(self.loop.now)
            self._history.close(self.loop.now)
            self.recorder.close(self.loop.now)
            self._finished = True
        finally:
            self.loop.let_go()
            self._history.flush()
            if packed is not None:
                packed.close()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Tell how far the run has come."""
        return Outcome(
            digest=self.recorder.digest(),
            events=self.recorder.events,
            messages=self.recorder.messages,
            requests=self._clients.requests,
            operations=self._history.operations,
            simulated_us=self.loop.now,
            faults=self._fault_records(),
            finished=self._finished,
            deliveries=self.network.delivered,
            alarms=self.recorder.alarms,
            noted=dict(self.recorder.noted),
            held=self._account.held(),
        )

    def write(self, record: Record) -> None:
        """Write a line of the history, as a fault asks for."""
        self._history.write(record)

    # ------------------------------------------------------------------------------------------------- before the start

    def _build(self, history: BinaryIO | None, trace: Any) -> None:
        scenario, judged, loop = self.scenario, self.judged, self.loop
        self._history = HistoryWriter(history)
        self.recorder = Recorder(trace, self.batch)
        chance = self._chance.part("network")
        self.network = self._make_network(chance)
        self._standing = staging.standing_rules(scenario, chance)
        for rule in self._standing:
            self.network.add(rule)
        for name in self._names:
            self.hosts[name] = self._make_host(name)
        balancer = staging.balancer_of(scenario, self._chance.part("balancer"))
        self._readiness = Readiness(loop, self.hosts, self._history.write, balancer.saw)
        self._clients = Clients(
            loop,
            self.hosts,
            balancer.pick,
            self._history.write,
            judged.cookie_name,
            self._host,
            scenario.network.clients,
            balancer.answered,
            scenario.workload.served_by,
            balancer.midway if scenario.workload.moves_midway else None,
        )
        self._watching = Watching(
            loop,
            self._clients,
            self.hosts,
            judged.features,
            self._chance.part("observers"),
            scenario.observers.witnesses,
            self._host,
            list(self._groups.values()),
        )
        self._faults = Timetable(self, faults_of(scenario), self._chance.part("faults"))
        self._account = Account(self.hosts, scenario.duration)
        self._write_headers()

    def _make_network(self, chance: Chance) -> Network:
        kind = StreamingNetwork if STREAM in self.judged.features else Network
        delays = staging.delay_between(self.scenario, self.inputs)
        return kind(self.loop, self._names, delays, chance, self.recorder)

    def _make_host(self, name: str) -> Host:
        judged, seed, sealed = self.judged, self.seed, self.scenario.wire == SEALED
        cluster = next((cluster for cluster, nodes in self._groups.items() if name in nodes), judged.cluster)
        config = configured(judged.config, cluster) if self._groups else judged.config

        def make(boot: int) -> Machine:
            life = staging.seed_of_a_life(seed, name, boot)
            init = Init(name, boot, cluster, host.found, life, config)
            if name in self.cookie_domains:
                init = with_cookie_domain(init, self.cookie_domains[name])
            if not sealed:
                return judged.make(init)
            init = self.wiring.configured(init)
            return self.wiring.wired(judged.make(init), init)

        host = Host(
            self.loop,
            name,
            make,
            self.network,
            self.recorder,
            NodeClock(),
            partial(self.discovery.find, name),
            judged.poll_us,
        )
        host.on_end.append(lambda ended: judged.ended(ended.name))
        return host

    def _listed(self, name: str) -> bool:
        """Say whether discovery names a node: whoever has yet to join is not there to be named."""
        return name not in self._late or self.hosts[name].boot > 0

    def _write_headers(self) -> None:
        scenario, judged = self.scenario, self.judged
        self._history.open(
            Header(
                history=HISTORY_VERSION,
                scenario=scenario.name,
                seed=self.seed,
                subject=judged.name,
                nodes=self._names,
                features=judged.features,
                contract=judged.contract,
                expect=_expected(scenario),
                routing=judged.routing,
                store=judged.store,
                lifetime=Lifetime(judged.absolute_us, judged.idle_us),
                cookie=CookieScope(judged.cookie_name, judged.cookie_domain, judged.former_domains),
                clusters=self._groups,
            )
        )
        self.recorder.open(Opened(TRACE_VERSION, scenario.name, self.seed, judged.name, self._names))

    # ------------------------------------------------------------------------------------------------ the run, in order

    def _start(self) -> None:
        """Start all nodes at once, but those that join later, and wait until all are ready, or long enough."""
        self._faults.begin()
        for name, host in self.hosts.items():
            if name not in self._late:
                host.start()
        self._readiness.begin()
        limit = min(READY_WITHIN_US, self.scenario.duration)
        self._advance(limit, until=self._everybody_ready)

    def _let_people_act(self) -> None:
        scenario, workload = self.scenario, self.scenario.workload
        begin, end = self.loop.now, scenario.duration
        habits = staging.habits_of(
            workload, self._host, self.judged.cookie_name, revoke="revoke" in self.judged.features
        )
        day = staging.day_of(scenario, self.inputs, self._chance.part("day"), end - begin)
        if workload.script is not None:
            bring_script(self.loop, self._clients, habits, self._chance, workload.script, begin, end)
        elif day is None:
            bring_users(self.loop, self._clients, habits, self._chance, workload.users, begin, end)
        else:
            bring_visitors(self.loop, self._clients, habits, self._chance, day, begin, end)
        self._watching.begin(self._witnesses_begin(begin), end)
        self._advance(end)

    def _witnesses_begin(self, begin: int) -> int:
        """Say from when on witnesses log in: within half a limit of the end, that none has expired by then.

        Where even the time after healing takes longer than that, none can be seen alive at the end; they begin in the
        last quarter.
        """
        judged, duration = self.judged, self.scenario.duration
        limits = [limit for limit in (judged.idle_us, judged.absolute_us) if limit]
        if not limits:
            return begin
        earliest = duration + TIMEOUT_US + self._settling_us() - min(limits) // 2
        return max(begin, earliest) if earliest < duration else duration - (duration - begin) // 4

    def _heal(self) -> None:
        """Undo every fault, and make sure that nothing of any is left."""
        self._faults.heal()
        for record in self._fault_records():
            self._history.write(record)
        make_sure_that_nothing_is_left(self, self._faults.faults, self._standing)
        self._history.write(Healed(self.loop.now))

    def _await_agreement(self) -> None:
        """Let open requests end and joining nodes become ready, then give the nodes the time that they promised.

        That is an hour at most: of a longer bound a run shows nothing (protocol, part 2).
        """
        self._advance(self.loop.now + TIMEOUT_US, until=self._nothing_open)
        self._advance(self.loop.now + JOINED_WITHIN_US, until=self._everybody_ready)
        self._advance(self.loop.now + self._settling_us())

    def _settling_us(self) -> int:
        contract = self.judged.contract
        detect_us = contract.detect_us if staging.may_change_membership(self.scenario) else 0
        bound_us = min(contract.converge_us + detect_us, SETTLED_WITHIN_US)
        return bound_us + STEP_US  # a step more: a bound that is met exactly is met

    def _read_everything(self) -> None:
        """Cut every link, read every witness session on every ready node at one instant, and hear the answers."""
        self._watching.stop()
        self.network.add(Cut([[name] for name in self._names]))
        ready = [name for name, host in self.hosts.items() if host.up and self._readiness.ready[name]]
        self.loop.push(self.loop.now, REQUEST, self._watching.read_everything, ready)
        self._advance(self.loop.now + 1)
        self._advance(self.loop.now + TIMEOUT_US, until=self._nothing_open)

    def _fault_records(self) -> list[Fault]:
        """Tell what every fault did; one that never struck concerned nobody and touched nothing."""
        now = self.loop.now
        return [
            record
            for fault in self._faults.faults
            for record in fault.history_records() or [Fault(fault.kind, [], now, now)]
        ]

    # --------------------------------------------------------------------------------------------------------- stepping

    def _everybody_ready(self) -> bool:
        return self._readiness.all_up_are_ready()

    def _nothing_open(self) -> bool:
        return self._clients.open == 0

    def _advance(self, to: int, until: Callable[[], bool] | None = None) -> None:
        """Let the world run up to an instant, or until something holds, which is asked every tenth of a second."""
        loop = self.loop
        step = STEP_US // 10 if until is not None else max(STEP_US, (to - loop.now) // STEPS)
        while loop.now < to and not (until is not None and until()):
            loop.run_to(min(to, loop.now + step))
            self._account.look_when_due(loop.now)
            if self._progress is not None:
                self._progress(loop.now)


def _expected(scenario: Scenario) -> dict[str, list[str]]:
    expect = scenario.expect
    touched = {"touched": list(expect.touched)} if expect.touched else {}
    return {"checks": list(expect.checks), **touched}
