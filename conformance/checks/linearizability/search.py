"""The search of Wing and Gong (1993) with Lowe's memo (2017): every order that time allows, no configuration twice.

A configuration is the set of calls that have been given their place and the state that this leads to: reached again by
another way, it cannot lead anywhere new. Exponential in the number of concurrent calls at worst, hence resumable: the
caller decides how many steps a key is worth.
"""

from conformance.checks.linearizability.models import Model
from conformance.checks.linearizability.operations import NEVER, Call

_END = -1


class Search:
    """One search over the calls of one key, which can be stopped and taken up again.

    Attributes:
        verdict: True (an order exists), False (none does), None while undecided.
        steps: model steps taken so far.
        stuck: the calls that no order of the longest prefix found could place, for evidence; empty until False.
    """

    def __init__(self, model: Model, calls: list[Call]) -> None:
        # A read of unknown outcome says nothing and changes nothing; leaving it out makes the search smaller.
        self._calls = [call for call in calls if call.known or call.what not in ("read", "get")]
        self._step = model.step
        self.steps = 0
        self.verdict: bool | None = None
        self.stuck: list[Call] = []
        self._state = model.initial
        self._placed = 0
        self._must = sum(1 << number for number, call in enumerate(self._calls) if call.end != NEVER)
        self._seen = {(0, self._state)}
        self._trail: list[tuple[int, object]] = []
        self._furthest = -1
        self._link()
        self._at = self._next[0]

    def _link(self) -> None:
        """Lay out all starts and ends in order as a list linked both ways, from which calls are lifted and put back.

        At equal instants starts come before ends: calls that only touch are concurrent.
        """
        ends = [(call.end, 1, number) for number, call in enumerate(self._calls)]
        starts = [(call.start, 0, number) for number, call in enumerate(self._calls)]
        entries = sorted(starts + ends)
        self._number_of = [_END] + [number for _, _, number in entries]
        self._is_end = [False] + [bool(kind) for _, kind, _ in entries]
        count = len(entries) + 1
        self._next = [*range(1, count), _END]
        self._previous = [_END, *range(count - 1)]
        self._start_of = [0] * len(self._calls)
        self._end_of = [0] * len(self._calls)
        for place in range(1, count):
            (self._end_of if self._is_end[place] else self._start_of)[self._number_of[place]] = place

    def run(self, steps: int) -> bool | None:
        """Search on for at most so many steps.

        Returns:
            The verdict, None when the steps were not enough.
        """
        limit = self.steps + steps
        while self.verdict is None:
            if self._placed & self._must == self._must:
                self.verdict = True
            elif self._at == _END or self._is_end[self._at]:
                self._back()
            elif self.steps >= limit:
                return None
            else:
                self._try(self._number_of[self._at])
        return self.verdict

    def _try(self, number: int) -> None:
        """Place the call next, if the model allows it and this leads to a configuration not seen before."""
        self.steps += 1
        allowed, state = self._step(self._state, self._calls[number])
        placed = self._placed | 1 << number
        if allowed and (placed, state) not in self._seen:
            self._seen.add((placed, state))
            self._trail.append((number, self._state))
            self._lift(number)
            self._placed, self._state = placed, state
            self._at = self._next[0]
        else:
            self._at = self._next[self._at]

    def _back(self) -> None:
        """Take the last call back: a call ended that could not be placed, so nothing after it can come before it."""
        if len(self._trail) > self._furthest and self._at != _END:
            self._furthest = len(self._trail)
            blocked = self._calls[self._number_of[self._at]]
            last = [self._calls[self._trail[-1][0]]] if self._trail else []
            self.stuck = [*last, blocked]
        if not self._trail:
            self.verdict = False
            return
        number, self._state = self._trail.pop()
        self._placed &= ~(1 << number)
        self._put_back(number)
        self._at = self._next[self._start_of[number]]

    def _lift(self, number: int) -> None:
        for place in (self._start_of[number], self._end_of[number]):
            before, after = self._previous[place], self._next[place]
            self._next[before] = after
            if after != _END:
                self._previous[after] = before

    def _put_back(self, number: int) -> None:
        for place in (self._end_of[number], self._start_of[number]):
            before, after = self._previous[place], self._next[place]
            self._next[before] = place
            if after != _END:
                self._previous[after] = place
