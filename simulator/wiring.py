"""Who has which key and speaks which version of the wire, in the simulated world.

Seals only what the reference and its variants send: what a foreign node says is its own, and is carried as it is.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from msgspec.structs import replace

from reference.codec import VERSIONS
from reference.frames import Frame
from reference.node import Node
from reference.protocol import Init
from reference.sealed import SealedNode
from simulator.host import Machine


class Wiring:
    """The keys and versions of every node's next life.

    Attributes:
        taken: by what planted it, how many frames a node took for real that no node had sent so.
    """

    def __init__(self, seed: int, older: list[str]) -> None:
        """Begin with the configured key everywhere.

        Args:
            seed: of the run; boot values come of it.
            older: nodes that speak the oldest version alone, until they are upgraded.
        """
        self.taken: dict[str, int] = {}
        self._seed = seed
        self._older = dict.fromkeys(older)
        self._other_key: dict[str, str] = {}

    def give_another_key(self, node: str) -> None:
        """Let the next life of that node begin with a key that nobody else has."""
        self._other_key[node] = _digest(f"{self._seed}/{node}", "anynode key").hex()

    def give_the_right_key(self, node: str) -> None:
        """Let the next life of that node begin with the configured key."""
        self._other_key.pop(node, None)

    @property
    def under_another_key(self) -> list[str]:
        """The nodes whose next life begins with a key that nobody else has."""
        return list(self._other_key)

    def upgrade(self, node: str) -> None:
        """Let the next life of that node speak every version."""
        self._older.pop(node, None)

    def configured(self, init: Init) -> Init:
        """Give a node its configuration, with another key where it is to have one."""
        key = self._other_key.get(init.node)
        if key is None:
            return init
        clusters = [
            {**cluster, "encryption": {**cluster["encryption"], "psk": key}}
            if cluster.get("name") == init.cluster
            else cluster
            for cluster in init.config["clusters"]
        ]
        return replace(init, config={**init.config, "clusters": clusters})

    def wired(self, machine: Machine, init: Init) -> Machine:
        """Put a node of the reference behind its end of the wire; leave others as they are."""
        if not isinstance(machine, Node):
            return machine
        speaks = VERSIONS[:1] if init.node in self._older else VERSIONS
        boot = _digest(f"{self._seed}/{init.node}/{init.boot}", "anynode wire")
        wire = machine.wire_class(keys_of(init.config, init.cluster), init.cluster, init.node, boot, speaks)
        return SealedNode(machine, wire, self._note)

    def _note(self, frame: Frame) -> None:
        if frame.planted:
            self.taken[frame.planted] = self.taken.get(frame.planted, 0) + 1


def keys_of(config: Mapping[str, Any], cluster: str) -> tuple[bytes, ...]:
    """Read the keys of a cluster from a configuration: the node's own, then those that it accepts besides.

    A reference to a secret, whose value is not known here, stands for a key of its own: a simulated world needs no
    real one.
    """
    entry = next(entry for entry in config["clusters"] if entry.get("name") == cluster)
    texts = [entry["encryption"]["psk"], *(config.get("x-anynode") or {}).get("acceptedPsks", [])]
    return tuple(_octets(text) for text in texts)


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return _digest(text, "anynode stand-in")


def _digest(text: str, purpose: str) -> bytes:
    return blake2b(text.encode(), digest_size=32, person=purpose.encode()).digest()
