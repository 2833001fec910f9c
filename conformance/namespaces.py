"""A network of their own for real servers, in which they can be cut off from each other: Linux network namespaces.

Each server lives in a namespace with one interface, all of them on one bridge of this machine; the harness asks them
over it. A cut gives the sender a hardware address for its neighbour that nobody has: what it sends to that one is lost,
silently and in that direction alone. It needs root and the command `ip`; no firewall and no traffic shaping.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from conformance.subjects.file import SubjectRefused

NOBODY = "02:00:00:00:00:fe"
"""A hardware address that no interface has."""
NETWORKS = range(1, 250)
TOGETHER = 254
"""The bridge's own place in its network."""
LOOPBACK = "127.0.0.1"


def why_not() -> str:
    """Say what is missing for namespaces on this machine, "" when nothing is."""
    if shutil.which("ip") is None:
        return "network namespaces: the command ip"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "network namespaces: root"
    tried = subprocess.run(["ip", "netns", "list"], capture_output=True, check=False)  # noqa: S607 - the system's own
    return "" if tried.returncode == 0 else "network namespaces: a kernel that has them"


class Namespaces:
    """The network of one run.

    Args:
        names: the servers.

    Attributes:
        addresses: of each server, and of this machine under "".
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._cut: set[tuple[str, str]] = set()
        self._bridge, number = self._make_bridge()
        self.addresses = {name: f"10.213.{number}.{place}" for place, name in enumerate(names, start=1)}
        self.addresses[""] = f"10.213.{number}.{TOGETHER}"
        try:
            _ip("addr", "add", f"{self.addresses['']}/24", "dev", self._bridge)
            _ip("link", "set", self._bridge, "up")
            for name in names:
                self._make(name)
        except SubjectRefused:
            self.close()
            raise

    def prefix(self, node: str) -> list[str]:
        """Give the words that have a command run in a server's namespace."""
        return ["ip", "netns", "exec", self._space(node)]

    def cut(self, links: set[tuple[str, str]]) -> None:
        """Have exactly these (from, to) pairs carry nothing."""
        for sender, to in sorted(links ^ self._cut):
            neighbour = (self.addresses[to], "dev", "eth0")
            if (sender, to) in links:
                _ip("-n", self._space(sender), "neigh", "replace", *neighbour, "lladdr", NOBODY, "nud", "permanent")
            else:
                _ip("-n", self._space(sender), "neigh", "del", *neighbour)
        self._cut = set(links)

    def close(self) -> None:
        """Take everything away again: interfaces first, since a dying connection keeps a namespace for a while."""
        for name in self._names:
            with suppress(SubjectRefused):
                _ip("link", "del", f"{self._bridge}{name}")
            with suppress(SubjectRefused):
                _ip("netns", "del", self._space(name))
        with suppress(SubjectRefused):
            _ip("link", "del", self._bridge)

    def _make_bridge(self) -> tuple[str, int]:
        """Make a bridge under a number that nobody uses, beginning elsewhere in every process."""
        for step in NETWORKS:
            number = NETWORKS[(os.getpid() + step) % len(NETWORKS)]
            name = f"anynode{number}"
            try:
                _ip("link", "add", name, "type", "bridge")
            except SubjectRefused as error:
                if "exists" in str(error):
                    continue
                raise
            return name, number
        raise SubjectRefused(f"all {len(NETWORKS)} networks are in use; take left ones away: ip link del anynode1")

    def _make(self, name: str) -> None:
        space, near = self._space(name), f"{self._bridge}{name}"
        _ip("netns", "add", space)
        _ip("link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", near, "master", self._bridge, "up")
        _ip("-n", space, "addr", "add", f"{self.addresses[name]}/24", "dev", "eth0")
        _ip("-n", space, "link", "set", "eth0", "up")
        _ip("-n", space, "link", "set", "lo", "up")

    def _space(self, name: str) -> str:
        return f"{self._bridge}-{name}"


def _ip(*words: str) -> None:
    """Run `ip`.

    Raises:
        SubjectRefused: it fails.
    """
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)  # noqa: S603, S607 - the system's
    if done.returncode != 0:
        raise SubjectRefused(f"ip {' '.join(words)}: {done.stderr.strip()}; leave `namespaces` out of the subject file")
