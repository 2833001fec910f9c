"""The tree of digests equals what a recomputation gives, whatever happened on the way."""

from functools import reduce
from hashlib import blake2b
from operator import xor

from hypothesis import given, settings
from hypothesis import strategies as st

from reference.digests import DEPTH, Tree, digest_of
from reference.session import Cell, Ending, Revocation, Session, ended

KEYS = [blake2b(str(number).encode(), digest_size=16).hexdigest() for number in range(200)]
keys = st.sampled_from(KEYS)
digests = st.integers(1, (1 << 64) - 1)
changes = st.lists(st.tuples(keys, digests | st.none()), max_size=80)
HEX = "0123456789abcdef"


def built(changed: list[tuple[str, int | None]]) -> tuple[Tree, dict[str, int]]:
    tree = Tree()
    held: dict[str, int] = {}
    for key, digest in changed:
        if digest is None:
            tree.remove(key)
            held.pop(key, None)
        else:
            tree.put(key, digest)
            held[key] = digest
    return tree, held


@settings(max_examples=100)
@given(changes)
def test_every_branch_is_the_sum_of_what_is_below_it(changed: list[tuple[str, int | None]]) -> None:
    tree, held = built(changed)
    for prefix in ["", *HEX, *(key[:depth] for key in held for depth in range(1, DEPTH + 1))]:
        below = {key: digest for key, digest in held.items() if key.startswith(prefix)}
        assert tree.branch(prefix) == (prefix, reduce(xor, below.values(), 0), len(below))
        assert tree.listing(prefix) == dict(sorted(below.items()))
    assert sum(count for _, _, count in tree.children("")) == len(held)


@given(changes, st.data())
def test_the_order_in_which_records_came_is_irrelevant(
    changed: list[tuple[str, int | None]], data: st.DataObject
) -> None:
    tree, held = built(changed)
    other, _ = built(data.draw(st.permutations(list(held.items()))))
    assert [tree.branch(digit) for digit in ["", *HEX]] == [other.branch(digit) for digit in ["", *HEX]]
    assert tree.listing("") == other.listing("")


@given(st.dictionaries(keys, digests, min_size=1), keys, digests)
def test_one_different_record_is_seen_on_its_whole_path_and_nowhere_else(
    held: dict[str, int], key: str, digest: int
) -> None:
    tree, other = Tree(), Tree()
    for name, one in held.items():
        tree.put(name, one)
        other.put(name, one)
    other.put(key, digest)
    differs = held.get(key) != digest
    for depth in range(DEPTH + 1):
        for prefix in {name[:depth] for name in (*held, key)}:
            seen = tree.branch(prefix) != other.branch(prefix)
            assert seen == (differs and key.startswith(prefix))


def test_a_digest_covers_every_part_of_a_record() -> None:
    base = Session("s", "o", 1, "ann", 5, {"a": Cell("x", 3, "n1"), "b": Cell({"q": 1, "p": [2]}, 4, "n1")})
    over = ended(base, Ending("ended", 9, "n1"))
    varied = [
        base,
        Session("t", "o", 1, "ann", 5, base.cells),
        Session("s", "o", 2, "ann", 5, base.cells),
        Session("s", "o", 1, "ann", 6, base.cells),
        Session("s", "o", 1, "ann", 5, {**base.cells, "a": Cell("y", 3, "n1")}),
        Session("s", "o", 1, "ann", 5, {**base.cells, "a": Cell("x", 4, "n1")}),
        Session("s", "o", 1, "ann", 5, {**base.cells, "a": Cell("x", 3, "n2")}),
        Session("s", "o", 1, "ann", 5, {**base.cells, "a": Cell("x", 3, "n1", gone=True)}),
        over,
        ended(base, Ending("expired", 9, "n1")),
    ]
    every = [*map(digest_of, varied), digest_of(Revocation("o", 9, "n1")), digest_of(Revocation("o", 9, "n2"))]
    assert len(set(every)) == len(every)


def test_a_digest_knows_no_order_of_keys() -> None:
    one = Session("s", "o", 1, "ann", 5, {"a": Cell({"p": 1, "q": 2}, 3, "n1"), "b": Cell(1, 4, "n1")})
    other = Session("s", "o", 1, "ann", 5, {"b": Cell(1, 4, "n1"), "a": Cell({"q": 2, "p": 1}, 3, "n1")})
    assert digest_of(one) == digest_of(other)


def test_taking_out_what_is_not_in_changes_nothing() -> None:
    tree = Tree()
    tree.remove(KEYS[0])
    assert tree.branch("") == ("", 0, 0)
