"""Garbage is collected again after a history was judged, come what may."""

import gc

import pytest

from conformance.collecting import uncollected


def fall() -> None:
    with uncollected():
        assert not gc.isenabled()
        raise ZeroDivisionError


@pytest.mark.parametrize("before", [True, False])
def test_what_was_before_is_again_afterwards(before: bool) -> None:  # noqa: FBT001 - a parameter of the test
    try:
        (gc.enable if before else gc.disable)()
        with pytest.raises(ZeroDivisionError):
            fall()
        assert gc.isenabled() is before
    finally:
        gc.enable()
