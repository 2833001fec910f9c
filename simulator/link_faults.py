"""What befalls the links between nodes, as values like those of `faults.py`: each is a rule, added and removed."""

from collections.abc import Sequence
from functools import partial

from conformance.history import Fault as FaultRecord
from simulator import rules
from simulator.chance import Chance
from simulator.faults import Fault, Stage
from simulator.rules import LinkName, Rule
from simulator.trace import size_of


class OfMessages(Fault):
    """A fault that is a rule, in force from `do` to `undo`."""

    def __init__(self, at: int, lasts: int | None, links: Sequence[LinkName] | None) -> None:
        super().__init__(at, lasts)
        self._links = links
        self._rule: Rule | None = None

    @property
    def touched(self) -> int:
        """How many messages it lost, repeated or made late."""
        return 0 if self._rule is None else self._rule.touched

    @property
    def nodes(self) -> list[str]:
        """The ends of its links; empty when it concerns all."""
        return list(dict.fromkeys(name for link in self._links or () for name in link))

    def do(self, stage: Stage, chance: Chance) -> None:
        """Have the rule asked."""
        self._rule = self._make_rule(chance)
        stage.network.add(self._rule)
        self._begins(stage)

    def undo(self, stage: Stage) -> None:
        """Have the rule asked no longer; what it counted stays."""
        if self._rule is not None:
            stage.network.remove(self._rule)
        self._ends(stage)

    def history_record(self) -> FaultRecord | None:
        """Return the history's line, with its links."""
        record = super().history_record()
        if record is not None and self._links is not None:
            record.links = [list(link) for link in self._links]
        return record

    def _make_rule(self, chance: Chance) -> Rule:
        raise NotImplementedError


class _Cut(OfMessages):
    """What is cut all the time, or comes and goes: then history and trace tell each time, since each is a change."""

    kind = "cut"

    def __init__(
        self, at: int, lasts: int | None, links: Sequence[LinkName] | None, flaps: tuple[int, int] | None
    ) -> None:
        super().__init__(at, lasts, links)
        self._flaps = flaps
        self._over = False
        self._past: list[FaultRecord] = []
        self._told = 0

    def do(self, stage: Stage, chance: Chance) -> None:
        """Have the rule asked; where the cut comes and goes, until it is open."""
        super().do(stage, chance)
        if self._flaps is not None:
            stage.loop.after(self._flaps[0], partial(self._open, stage, *self._flaps))

    def undo(self, stage: Stage) -> None:
        """Have the rule asked no longer, unless it is open already."""
        self._over = True
        if self.ended is None:
            super().undo(stage)

    def history_records(self) -> list[FaultRecord]:
        """Return a line for every time that it was cut."""
        now = self.history_record() if not self._past or self.begun != self._past[-1].begin else None
        return self._past if now is None else [*self._past, now]

    def history_record(self) -> FaultRecord | None:
        """Return the history's line of the last time that it was cut."""
        record = super().history_record()
        if record is not None:
            record.touched -= self._told
        return record

    def _open(self, stage: Stage, cut_us: int, open_us: int) -> None:
        if self._over:
            return
        super().undo(stage)
        self._past = self.history_records()
        self._told = self.touched
        stage.loop.after(open_us, partial(self._cut_again, stage, cut_us, open_us))

    def _cut_again(self, stage: Stage, cut_us: int, open_us: int) -> None:
        if self._over or self._rule is None:
            return
        stage.network.add(self._rule)
        self.ended = None
        self._begins(stage)
        stage.loop.after(cut_us, partial(self._open, stage, cut_us, open_us))


class Partition(_Cut):
    """Nodes of different groups cannot reach each other; a node in no group keeps all its links."""

    def __init__(
        self, at: int, lasts: int | None, groups: Sequence[Sequence[str]], flaps: tuple[int, int] | None = None
    ) -> None:
        """Make a partition.

        Args:
            at: when, µs.
            lasts: for how long, µs; None until the healing.
            groups: names of nodes, each in one group at most.
            flaps: for how long it is cut and for how long open, in turn, µs; None when it is cut all the time.
        """
        super().__init__(at, lasts, None, flaps)
        self._groups = groups

    @property
    def nodes(self) -> list[str]:
        """All nodes in the groups."""
        return [name for group in self._groups for name in group]

    def history_record(self) -> FaultRecord | None:
        """Return the history's line, with its groups."""
        record = super().history_record()
        if record is not None:
            record.groups = [list(group) for group in self._groups]
        return record

    def _make_rule(self, chance: Chance) -> Rule:
        del chance
        return rules.Cut(self._groups)


class CutLinks(_Cut):
    """Links that carry nothing, while others do, perhaps those of the other direction: the history has them."""

    def __init__(
        self, at: int, lasts: int | None, links: Sequence[LinkName], flaps: tuple[int, int] | None = None
    ) -> None:
        """Make a cut of those (from, to) pairs; times as in `Partition`."""
        super().__init__(at, lasts, links, flaps)

    def _make_rule(self, chance: Chance) -> Rule:
        del chance
        return rules.OneWay(self._links or ())


class _OfShare(OfMessages):
    """A rule that strikes a share of the messages, in millionths, on some links or all (None)."""

    rule: type[rules.Lose | rules.Repeat | rules.Reorder]

    def __init__(self, at: int, lasts: int | None, ppm: int, links: Sequence[LinkName] | None = None) -> None:
        super().__init__(at, lasts, links)
        self._ppm = ppm

    def _make_rule(self, chance: Chance) -> Rule:
        return self.rule(self._ppm, chance, self._links)


class Loss(_OfShare):
    """A share of the messages is lost."""

    kind = "loss"
    rule = rules.Lose


class Duplicate(_OfShare):
    """A share of the messages arrives twice."""

    kind = "duplicate"
    rule = rules.Repeat


class Reorder(_OfShare):
    """A share of the messages is overtaken by later ones."""

    kind = "reorder"
    rule = rules.Reorder


class Slow(OfMessages):
    """Every message is late by the same time."""

    kind = "slow"

    def __init__(self, at: int, lasts: int | None, by_us: int, links: Sequence[LinkName] | None = None) -> None:
        """Make everything late by so many µs, on some links or all (None); times as in `Partition`."""
        super().__init__(at, lasts, links)
        self._by_us = by_us

    def _make_rule(self, chance: Chance) -> Rule:
        del chance
        return rules.Slow(self._by_us, self._links)


class Bandwidth(OfMessages):
    """Links carry no more than so many bytes in a second."""

    kind = "bandwidth"

    def __init__(
        self, at: int, lasts: int | None, rate: int, queue: int, links: Sequence[LinkName] | None = None
    ) -> None:
        """Make links narrow.

        Args:
            at: when, µs.
            lasts: for how long, µs; None until the healing.
            rate: bytes that a link carries in a second.
            queue: bytes that wait on a link at most; what comes on top is lost.
            links: (from, to) pairs; all links when None.
        """
        super().__init__(at, lasts, links)
        self._rate = rate
        self._queue = queue

    def _make_rule(self, chance: Chance) -> Rule:
        del chance
        return rules.Narrow(self._rate, self._queue, size_of, self._links)


class Clog(OfMessages):
    """Nothing arrives on some links, and nothing is lost: all of it arrives when the clog is gone."""

    kind = "clog"

    def __init__(self, at: int, lasts: int, node: str, links: Sequence[LinkName] | None = None) -> None:
        """Clog links.

        Args:
            at: when, µs.
            lasts: for how long, µs.
            node: to and from whom nothing arrives; "" where links are named.
            links: the (from, to) pairs; None where a node is named.
        """
        super().__init__(at, lasts, links)
        self._node = node
        self._until = at + lasts

    @property
    def nodes(self) -> list[str]:
        """The node, or the ends of the links."""
        return [self._node] if self._node else super().nodes

    def _make_rule(self, chance: Chance) -> Rule:
        del chance
        return rules.Clog(self._until, self._node, self._links)
