"""The sealed wire of one life of a node: messages in, frames out, and back (docs/wire.md, REQ-SEC-1 to REQ-SEC-4).

A pure machine like the node: no socket, no clock, no chance of its own. Whoever runs it (`reference.sealed` in the
simulated world, `reference.live` over sockets) hands in 32 random octets once, and the monotonic clock with each call:

    wire = Wire((psk, *accepted), cluster="my-cluster", name="n1", boot=os.urandom(32))
    for frame in wire.seal("n2", DATA, message, mono): ...   # carry frame.data to frame.to on frame.channel
    opened = wire.open(DATA, data, mono)                     # of each datagram, of each frame of a `frames.Splitter`
    opened.messages                                          # (sender, channel, message): hand them to the node
    opened.replies                                           # frames to carry; an empty `to` is whoever sent `data`
    wire.take_notes(mono)                                    # (kind, fields) for the log

Two lives that have not met exchange hellos first, on the channel on which one of them has something to say; what is to
be sent meanwhile waits a short while. A hello is a question, an answer, or both; only an answer to a question of this
very life makes a key, so a recorded hello proves nothing. What is lost is asked again with the next message.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, field, msgpack

from reference.codec import VERSIONS, Unreadable, Unwritable, decode, encode
from reference.frames import (
    BOOT_SIZE,
    HELLO,
    LIMITS,
    NAME_SIZE,
    SEAL,
    Frame,
    Outside,
    hello_outside,
    message_outside,
    read,
)
from reference.keys import Cipher, Forged, Keyring
from reference.refused import UNMET, NotTaken, Refusals
from reference.window import Window

ASK_AGAIN: Final = 500_000
"""µs after which a question that has no answer is asked again, with the next message for the same node."""
WAITS: Final = 3_000_000
"""µs that a message waits for its receiver's hello; one that is older says nothing any more."""
WAITING_MOST: Final = 256
"""Messages that wait for one node; of more, the oldest are dropped."""
QUESTIONS_MOST: Final = 4_096
LIVES_MOST: Final = 4_096
"""Questions without an answer, and lives of others, of which note is kept; of more, the oldest are forgotten."""
COUNT_BITS: Final = 40
"""Frames for a life are counted from its number, in the order of meeting, above this bit: no count comes twice."""
UNASKED_EVERY: Final = 10_000
UNASKED_MOST: Final = 100
"""µs until a life may once more answer a frame that it cannot open with a question, and how many it may save up."""


class Opened(Struct):
    """What came of a frame.

    Attributes:
        messages: (sender, channel, message), in order; the sender's name is proven by its key.
        replies: frames to carry.
        met: whose present life has just answered a question of this one; "" when none has.
        refused: why nothing was taken, one of `reference.refused.CAUSES`; "" when something was.
    """

    messages: list[tuple[str, str, Any]] = field(default_factory=list)
    replies: list[Frame] = field(default_factory=list)
    met: str = ""
    refused: str = ""


class Hello(Struct, frozen=True, array_like=True):
    """What is sealed in a hello.

    Attributes:
        name: who speaks.
        speaks: the oldest and the newest version of the wire that it reads and writes.
        asks: the number of its question; 0 asks nothing.
        answers: the number of the question that it answers; 0 answers none.
        echo: the boot value of the life that asked.
        knows: whether it has a key for that life already, so that it can be sent messages.
    """

    name: str
    speaks: tuple[int, int]
    asks: int
    answers: int
    echo: bytes
    knows: bool


class Life:
    """A life of another node whose hello has answered a question of this one: it had the key, then.

    Attributes:
        knows: whether it has a key for this life: only then can it read what is sent to it.
        counts: by channel, the count of the last frame for it.
    """

    __slots__ = ("boot", "counts", "first", "key", "knows", "name", "opens", "seals", "tag", "version")

    def __init__(self, name: str, boot: bytes, key: bytes, version: int, first: int) -> None:
        """Begin; frames for it are counted from `first`, which is higher than any count that was used for it before."""
        self.name = name
        self.boot = boot
        self.tag = boot[:NAME_SIZE]
        self.key = key
        self.version = version
        self.knows = False
        self.first = first
        self.counts: dict[str, int] = {}
        self.seals: dict[str, Cipher] = {}
        self.opens: dict[tuple[bytes, str], tuple[Cipher, Window]] = {}


class Wire:
    """One life's end of every wire of its cluster.

    Args:
        psks: the pre-shared keys, 32 octets each: the node's own, then those that it accepts besides.
        cluster: its name.
        name: this node's.
        boot: 32 random octets that no other life of any node has: under them nonces never repeat.
        speaks: the versions that it reads and writes, one run of `reference.codec.VERSIONS`.

    Attributes:
        refusals: what was refused, by cause.
    """

    keyring_class = Keyring
    window_class = Window

    def __init__(
        self, psks: tuple[bytes, ...], cluster: str, name: str, boot: bytes, speaks: Sequence[int] = VERSIONS
    ) -> None:
        if len(boot) != BOOT_SIZE:
            raise ValueError(f"boot has {len(boot)} octets, expected {BOOT_SIZE}; draw them from the system's source")
        self.name = name
        self.refusals = Refusals()
        self._boot = boot
        self._tag = boot[:NAME_SIZE]
        self._speaks = (min(speaks), max(speaks))
        self._keys = self.keyring_class(psks, cluster)
        self._lives: dict[bytes, Life] = {}
        self._met = 0
        self._by_name: dict[str, Life] = {}
        self._waiting: dict[str, deque[tuple[int, str, Any]]] = {}
        self._asked_at: dict[str, int] = {}
        self._questions: dict[int, None] = {}
        self._asked = 0
        self._hello_counts: dict[tuple[bytes, str], int] = {}
        self._hello_ciphers: dict[tuple[bytes, str], Cipher] = {}
        self._hello_windows: dict[tuple[bytes, bytes, str], Window] = {}
        self._unasked, self._unasked_at = UNASKED_MOST, 0

    # --------------------------------------------------------------------------------------------------------- sending

    def seal(self, to: str, channel: str, message: Any, mono: int) -> list[Frame]:
        """Make the frame of a message, or, for a node that has not been met, ask who it is and let the message wait.

        Args:
            to: the receiver's name.
            channel: `reference.protocol.MEMBERSHIP` or `DATA`.
            message: one of `reference.protocol.Message`.
            mono: the monotonic clock, µs.

        Returns:
            Frames to carry: none for a message that waits or cannot be written, which is noted.
        """
        life = self._by_name.get(to)
        if life is not None and life.knows:
            return self._sealed(life, channel, message)
        waiting = self._waiting.get(to)
        if waiting is None:
            waiting = self._waiting[to] = deque(maxlen=WAITING_MOST)
        waiting.append((mono, channel, message))
        if mono - self._asked_at.get(to, -ASK_AGAIN) < ASK_AGAIN:
            return []
        self._asked_at[to] = mono
        return [self._hello(self._next_key(), channel, to=to, asks=self._next_question())]

    def question(self, channel: str) -> Frame:
        """Make a hello for whoever is found at an address: the answer says who it is, and proves it."""
        return self._hello(self._next_key(), channel, asks=self._next_question())

    def _sealed(self, life: Life, channel: str, message: Any) -> list[Frame]:
        kind = message.__struct_config__.tag
        try:
            plain = encode(life.version, message)
        except Unwritable:
            self.refusals.add("unwritable", channel)
            return []
        cipher = life.seals.get(channel)
        if cipher is None:
            salt = self._boot + life.boot
            cipher = life.seals[channel] = self._keys.cipher(life.key, "message", channel, salt)
        count = life.counts[channel] = life.counts.get(channel, life.first) + 1
        clear = message_outside(life.version, life.key, self._tag, life.tag, count)
        if len(clear) + len(plain) + SEAL > LIMITS[channel]:
            self.refusals.add("oversized", channel)
            return []
        return [Frame(life.name, channel, clear + cipher.seal(count, plain, clear), kind)]

    def _hello(
        self,
        key: bytes,
        channel: str,
        *,
        to: str = "",
        asks: int = 0,
        answers: int = 0,
        echo: bytes = b"",
        knows: bool = False,
    ) -> Frame:
        cipher = self._hello_ciphers.get((key, channel))
        if cipher is None:
            cipher = self._hello_ciphers[key, channel] = self._keys.cipher(key, "hello", channel, self._boot)
        count = self._hello_counts[key, channel] = self._hello_counts.get((key, channel), 0) + 1
        clear = hello_outside(key, self._boot, count)
        plain = msgpack.encode(Hello(self.name, self._speaks, asks, answers, echo, knows))
        return Frame(to, channel, clear + cipher.seal(count, plain, clear), "hello")

    def _next_key(self) -> bytes:
        """Take an accepted key in turn: the other end may not know the own one."""
        return self._keys.ids[self._asked % len(self._keys.ids)]

    def _next_question(self) -> int:
        self._asked += 1
        self._questions[self._asked] = None
        if len(self._questions) > QUESTIONS_MOST:
            del self._questions[next(iter(self._questions))]
        return self._asked

    # ------------------------------------------------------------------------------------------------------- receiving

    def open(self, channel: str, data: bytes, mono: int, origin: str = "") -> Opened:
        """Take a frame that came on a channel; nothing in it is believed before its tag is found right.

        Args:
            channel: on which channel it came.
            data: the frame, as it came.
            mono: the monotonic clock, µs.
            origin: where it came from, for the log alone: it proves nothing.
        """
        if len(data) > LIMITS[channel]:
            return self._refused("oversized", channel, origin)
        outside = read(data)
        if outside is None:
            return self._refused("malformed", channel, origin)
        try:
            if outside.version == HELLO:
                return self._meet(self._open_hello(channel, outside), outside, channel, mono)
            return self._open_message(channel, outside, mono)
        except NotTaken as not_taken:
            opened = self._refused(not_taken.cause, channel, origin)
            if not_taken.cause in UNMET and self._may_ask_back(mono):
                opened.replies.append(self._hello(outside.key, channel, asks=self._next_question()))
            return opened

    def _refused(self, cause: str, channel: str, origin: str) -> Opened:
        self.refusals.add(cause, channel, origin)
        return Opened(refused=cause)

    def take_notes(self, mono: int) -> list[tuple[str, dict[str, Any]]]:
        """Hand out what the log should say of refused frames: at most once a minute for each cause."""
        return self.refusals.take_notes(mono)

    def _may_ask_back(self, mono: int) -> bool:
        """Say whether a frame that cannot be opened is worth a question: whoever sends without a key gets few."""
        regained = (mono - self._unasked_at) // UNASKED_EVERY
        if regained:
            self._unasked = min(UNASKED_MOST, self._unasked + regained)
            self._unasked_at = mono
        self._unasked -= self._unasked > 0
        return self._unasked > 0

    def _open_message(self, channel: str, outside: Outside, mono: int) -> Opened:
        if not self._keys.knows(outside.key):
            raise NotTaken("key")
        if outside.to != self._tag:
            raise NotTaken("earlier-life")
        life = self._lives.get(outside.sender)
        if life is None or self._by_name[life.name] is not life:
            raise NotTaken("stranger")
        if not self._speaks[0] <= outside.version <= self._speaks[1]:
            raise NotTaken("version")  # last: for a life that was replaced by an older release, a question mends it
        cipher, window = self._opening(life, outside.key, channel)
        message = self._message(outside, cipher, window)
        opened = Opened([(life.name, channel, message)])
        if not life.knows:
            self._is_known_to(life, opened, mono)
        return opened

    def _opening(self, life: Life, key: bytes, channel: str) -> tuple[Cipher, Window]:
        place = (key, channel)
        opening = life.opens.get(place)
        if opening is None:
            cipher = self._keys.cipher(key, "message", channel, life.boot + self._boot)
            opening = life.opens[place] = (cipher, self.window_class())
        return opening

    def _message(self, outside: Outside, cipher: Cipher, window: Window) -> Any:
        try:
            return decode(outside.version, taken(outside, cipher, window))
        except Unreadable:
            raise NotTaken("unreadable") from None

    def _open_hello(self, channel: str, outside: Outside) -> Hello:
        if not self._keys.knows(outside.key):
            raise NotTaken("key")
        if outside.sender == self._boot:
            raise NotTaken("own")
        place = (outside.sender, outside.key, channel)
        window = self._hello_windows.get(place) or self.window_class()
        cipher = self._keys.cipher(outside.key, "hello", channel, outside.sender)
        plain = taken(outside, cipher, window)
        if place not in self._hello_windows:
            self._hello_windows[place] = window
            if len(self._hello_windows) > LIVES_MOST:
                del self._hello_windows[next(iter(self._hello_windows))]
        try:
            return msgpack.decode(plain, type=Hello)
        except (msgspec.MsgspecError, ValueError):
            raise NotTaken("unreadable") from None

    # ------------------------------------------------------------------------------------------------------- the lives

    def _meet(self, hello: Hello, outside: Outside, channel: str, mono: int) -> Opened:
        """Take an authentic hello: make a key if it answers a question of this life, and answer what it asks."""
        version = min(self._speaks[1], hello.speaks[1])
        if version < max(self._speaks[0], hello.speaks[0]):
            raise NotTaken("no-common-version")
        opened = Opened()
        life = self._lives.get(outside.sender[:NAME_SIZE])
        if hello.echo == self._boot and hello.answers in self._questions:
            del self._questions[hello.answers]
            life = self._begin(life, hello, outside, version)
            opened.met = life.name
        if hello.asks:
            # Ask too, unless both know each other: who asked may have no key for this life yet, or be a recording.
            settled = life is not None and (hello.knows or life.knows)
            asks = 0 if settled else self._next_question()
            knows = life is not None
            opened.replies.append(
                self._hello(outside.key, channel, asks=asks, answers=hello.asks, echo=outside.sender, knows=knows)
            )
        if life is not None and hello.knows and hello.echo == self._boot:
            self._is_known_to(life, opened, mono)
        return opened

    def _begin(self, life: Life | None, hello: Hello, outside: Outside, version: int) -> Life:
        """Take a life for the present one of its name; what any other of that name sends is refused from now on.

        Earlier ones are kept, since an answer may be held back and come late: a life that turns out to go on must find
        its counts and windows where they were, or nonces and frames would come a second time.
        """
        if life is None:
            if len(self._lives) >= LIVES_MOST:
                self._forget_one()
            self._met += 1
            life = Life(hello.name, outside.sender, outside.key, version, self._met << COUNT_BITS)
            self._lives[life.tag] = life
        self._by_name[life.name] = life
        return life

    def _forget_one(self) -> None:
        """Forget the life that was met first of those that are over; of the present ones if none is."""
        over = (life for life in self._lives.values() if self._by_name[life.name] is not life)
        life = next(over, None) or next(iter(self._lives.values()))
        del self._lives[life.tag]
        if self._by_name[life.name] is life:
            del self._by_name[life.name]

    def _is_known_to(self, life: Life, opened: Opened, mono: int) -> None:
        """Send what waited, now that the other end can read it."""
        life.knows = True
        self._asked_at.pop(life.name, None)
        for since, channel, message in self._waiting.pop(life.name, ()):
            if mono - since <= WAITS:
                opened.replies += self._sealed(life, channel, message)


def taken(outside: Outside, cipher: Cipher, window: Window) -> bytes:
    """Open what is sealed, once.

    Raises:
        NotTaken: it has come before, or its tag does not fit.
    """
    if not window.is_new(outside.count):
        raise NotTaken("replayed")
    try:
        plain = cipher.open(outside.count, outside.sealed, outside.clear)
    except Forged:
        raise NotTaken("forged") from None
    window.take(outside.count)
    return plain
