"""One node as a process: from a configuration to open sockets, to a farewell when it is told to stop."""

import asyncio
import contextlib
import os
import resource
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import uvicorn

from reference.config import Configuration
from reference.frames import BOOT_SIZE
from reference.live.addresses import WILDCARDS, Addresses, Reach, own_place
from reference.live.clocks import Clocks
from reference.live.discovery import Discovery, SrvRecords, Static
from reference.live.http import HEADERS_MOST, application
from reference.live.identity import identity
from reference.live.log import Log
from reference.live.metrics import Metrics
from reference.live.network import Bound, Network
from reference.live.options import Options, options
from reference.live.peers import NameTaken
from reference.live.refusals import CannotServe
from reference.live.runtime import Runtime
from reference.node import Node
from reference.notation import Endpoint
from reference.orchestrator import CLUSTER, STATIC, Advertise, Cluster
from reference.protocol import DATA, MEMBERSHIP, Init
from reference.settings import Settings
from reference.wire import Wire

GRACE_S: Final = 120.0
"""How long a node may take to leave (REQ-MEMB-11)."""
TICKS_A_SECOND: Final = 4
"""A process takes longer than a tick to start, so no two lives of a node have one number."""
EPOCH: Final = 1_767_225_600
"""2026-01-01; lives are counted from then, in ticks, and fit into 31 bits until 2043."""


@dataclass(frozen=True)
class Plan:
    """A node that can be started, with its sockets bound.

    Attributes:
        name: what the others call it.
        options: how it meets people.
        settings: of its core.
        cluster: None with the local store.
        model: the whole configuration.
        http: the bound socket on which it answers.
        bound: those for the other nodes; None with the local store.
        tls: what HTTP is wrapped in; None for none.
        probe: whether it serves the probe application.
    """

    name: str
    options: Options
    settings: Settings
    configuration: Configuration
    cluster: Cluster | None
    http: socket.socket
    bound: Bound | None
    tls: ssl.SSLContext | None
    probe: bool

    @property
    def url(self) -> str:
        """Where people reach it."""
        host, port = self.http.getsockname()[:2]
        return f"{'https' if self.tls else 'http'}://{Endpoint(host, port)}"


def plan(
    configuration: Configuration,
    environment: Mapping[str, str],
    name: str | None = None,
    *,
    probe: bool = False,
    http: str | None = None,
) -> Plan:
    """Check what a node needs, and bind its sockets.

    Args:
        configuration: checked already.
        environment: of the process.
        name: what the others call it; else it follows from the node key, and without one no other life has it.
        probe: whether to serve the probe application; on the loopback only.
        http: where to answer, stronger than file and environment.

    Raises:
        CannotServe: it cannot be started; nothing is left open.
    """
    chosen = options(configuration, environment, http)
    if probe and not chosen.loopback:
        raise CannotServe(
            "http.address",
            f"{chosen.http}, with --probe",
            "an address of the loopback: the probe application needs no password and lets anybody revoke",
            "write 'http: {address: 127.0.0.1:8080}' or --http 127.0.0.1:8080",
        )
    cluster = configuration.model.find(configuration.model.session.store.cluster.name)
    if configuration.store != CLUSTER:
        cluster = None
    if cluster is not None and configuration.psk() is None:
        raise CannotServe(
            "clusters[].encryption.psk",
            "a reference to the secret provider, which this project does not ask",
            "64 hex digits",
            'write psk: "{{ env.CLUSTER_PSK }}" and set CLUSTER_PSK=$(openssl rand -hex 32)',
        )
    tls = _tls(chosen)
    named = name or identity(cluster.encryption.node_key.file if cluster is not None else None)
    with contextlib.ExitStack() as opened:
        bound = _bind_all(cluster, opened) if cluster is not None else None
        web = _bind(chosen.http, socket.SOCK_STREAM, "http.address", opened)
        opened.pop_all()
    return Plan(named, chosen, configuration.settings(), configuration, cluster, web, bound, tls, probe)


def serve(chosen: Plan, *, while_stdin: bool = False) -> int:
    """Run a node until it is told to stop by SIGINT or SIGTERM, and let it leave.

    Args:
        chosen: what to run.
        while_stdin: whether to stop as well when stdin ends: whoever started this is gone.

    Returns:
        The exit code: 0 after a farewell, 2 when the name is taken.

    Raises:
        BaseException: a defect of the node: it stopped in the middle of a turn.
    """
    _allow_many_files()
    return asyncio.run(_Life(chosen, while_stdin=while_stdin).live())


def _allow_many_files() -> None:
    """Let this process have as many connections as the system allows it at most."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class _Life:
    def __init__(self, chosen: Plan, *, while_stdin: bool) -> None:
        self._plan = chosen
        self._while_stdin = while_stdin
        self._failure: BaseException | None = None
        self._end = asyncio.Event()

    async def live(self) -> int:
        chosen = self._plan
        log = Log(chosen.name, chosen.options.level, session_ids=chosen.options.session_ids)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: heed(context, log, self._failed))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end.set)
        if self._while_stdin:
            loop.add_reader(sys.stdin.fileno(), self._read_stdin)
        boot = int((time.time() - EPOCH) * TICKS_A_SECOND)
        runtime = runtime_of(chosen, boot, Clocks(), log, self._failed)
        web = _web(runtime, chosen)
        serving = loop.create_task(web.serve(sockets=[chosen.http]))
        try:
            await runtime.start()
        except NameTaken as taken:
            self._failed(taken)
        log.line("info", "started", _about(chosen, boot))
        await self._end.wait()
        if self._failure is None:
            runtime.leave()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await runtime.stopped.wait()
        web.should_exit = True
        await serving
        runtime.close()
        if isinstance(self._failure, NameTaken):
            raise CannotServe(
                f"the name '{chosen.name}'",
                f"it taken by the node at {self._failure}",
                "a name of its own",
                "write --name",
            )
        if self._failure is not None:
            log.line("error", "defect", {"error": repr(self._failure)})
            raise self._failure
        log.line("info", "stopped", {})
        return 0

    def _failed(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._end.set()

    def _read_stdin(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._end.set()


def heed(context: Mapping[str, Any], log: Log, failed: Callable[[BaseException], None]) -> None:
    """Take what the event loop could hand to nobody: what the system lacks is logged, anything else ends the node.

    Args:
        context: as asyncio makes it.
        log: of the node.
        failed: ends it against its will.
    """
    error = context.get("exception")
    if error is None or isinstance(error, OSError):  # too many connections open, for one
        log.line("warn", "event-loop", {"message": context.get("message"), "error": repr(error)})
    else:
        failed(error)


class _Web(uvicorn.Server):
    """uvicorn without its own idea of signals: a node says goodbye first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs the node."""
        yield


def _web(runtime: Runtime, chosen: Plan) -> _Web:
    tls = chosen.tls
    config = uvicorn.Config(
        application(runtime, chosen.options, probe=chosen.probe),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,  # what a client says of forwarding is not trusted (REQ-SEC-9)
        server_header=False,
        timeout_keep_alive=chosen.options.idle_s,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=HEADERS_MOST,
        ssl_context_factory=(lambda _config, _default: tls) if tls is not None else None,
    )
    return _Web(config)


def runtime_of(chosen: Plan, boot: int, clocks: Clocks, log: Log, failed: Callable[[BaseException], None]) -> Runtime:
    """Make a life of a node, not yet started; arguments as of `Runtime`."""
    settings = chosen.settings
    init = Init(chosen.name, boot, settings.cluster, (), os.urandom(32).hex(), {})
    network = None
    if chosen.cluster is not None and chosen.bound is not None:
        network = _network(chosen, chosen.cluster, chosen.bound, boot)
    metrics = Metrics()
    runtime = Runtime(Node(init, settings), network, settings.poll_us, clocks, log, metrics, failed)
    records = runtime.node.records
    membership = runtime.node.membership
    metrics.gauges += [
        ("sessions", "Records of sessions that are held, ended ones included.", lambda: {(): len(records.sessions)}),
        ("ready", "Whether this node says that it may be sent requests.", lambda: {(): int(membership.ready)}),
    ]
    return runtime


def _network(chosen: Plan, cluster: Cluster, bound: Bound, boot: int) -> Network:
    configuration = chosen.configuration
    extensions = configuration.model.extensions
    keys = [configuration.psk() or "", *configuration.accepted_psks()]
    psks = tuple(bytes.fromhex(key) for key in keys)
    wire = Wire(psks, chosen.settings.cluster, chosen.name, os.urandom(BOOT_SIZE))
    listen = {MEMBERSHIP: _listens(bound.membership), DATA: _listens(bound.data)}
    place = own_place(chosen.name, boot, listen, _reach(extensions.advertise))
    reach = {member: _reach(way) for member, way in extensions.reach.items()}
    return Network(wire, Addresses(place, reach), _discovery(cluster), bound)


def _discovery(cluster: Cluster) -> Discovery:
    discovery = cluster.discovery
    if discovery.method == STATIC:
        return Static(discovery.static.nodes or [])
    return SrvRecords(discovery.srv_dns.names or [])


def _reach(way: Advertise) -> Reach:
    return Reach(way.membership, way.data)


def _listens(bound: socket.socket) -> Endpoint:
    return Endpoint(*bound.getsockname()[:2])


def _bind_all(cluster: Cluster, opened: contextlib.ExitStack) -> Bound:
    where = f"clusters[{cluster.name}].addresses"
    membership, data = cluster.addresses.membership, cluster.addresses.data
    assert membership is not None and data is not None  # noqa: S101, PT018 - `reference.refusals` asks for both
    stream = _bind(membership, socket.SOCK_STREAM, f"{where}.membership", opened)
    datagrams = _bind(membership, socket.SOCK_DGRAM, f"{where}.membership", opened)
    source = None if membership.host in WILDCARDS else membership.host
    return Bound(datagrams, stream, _bind(data, socket.SOCK_STREAM, f"{where}.data", opened), source)


def _bind(end: Endpoint, kind: socket.SocketKind, where: str, opened: contextlib.ExitStack) -> socket.socket:
    """Bind a socket, or say who is in the way."""
    protocol = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
    try:
        family, _, _, _, address = socket.getaddrinfo(end.host, end.port, type=kind, flags=socket.AI_PASSIVE)[0]
        bound = opened.enter_context(socket.socket(family, kind))
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        if kind is socket.SOCK_STREAM:
            bound.listen(1024)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        found = f"{end}, where this process cannot listen ({protocol}: {why})"
        mend = "stop what listens there, or write another address"
        raise CannotServe(where, found, "an address that is free on this machine", mend) from error
    bound.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return bound


def _tls(chosen: Options) -> ssl.SSLContext | None:
    if chosen.certificate is None or chosen.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(chosen.certificate, chosen.key)
    except (ssl.SSLError, OSError) as error:
        why = (error.strerror or str(error)).lower()
        raise CannotServe(
            "http.tls",
            f"{chosen.certificate} and {chosen.key} ({why})",
            "a certificate and its key in PEM form",
            "write files that belong together",
        ) from error
    return context


def _about(chosen: Plan, boot: int) -> dict[str, object]:
    """Say what a node is, for its first line: where it listens, and what of its file is not read."""
    about: dict[str, object] = {"http": chosen.url, "boot": boot, "store": chosen.configuration.store}
    if chosen.bound is not None:
        about["cluster"] = chosen.settings.cluster
        about["membership"] = str(_listens(chosen.bound.membership))
        about["data"] = str(_listens(chosen.bound.data))
    if chosen.probe:
        about["probe"] = "this is a trial: whoever reaches this address can log in, log out and revoke"
    return about
