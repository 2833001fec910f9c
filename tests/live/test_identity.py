"""The node key: kept, made when it is missing, for its owner alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reference.live.identity import KEY_SIZE, identity, node_key
from reference.live.refusals import CannotServe


@pytest.mark.requirement("REQ-FAIL-4", "REQ-SEC-7")
def test_a_node_with_a_key_file_is_the_same_node_after_a_restart(tmp_path: Path) -> None:
    """REQ-FAIL-4."""
    file = tmp_path / "node.key"
    first = identity(str(file))
    assert identity(str(file)) == first
    assert identity(str(tmp_path / "other.key")) != first


def test_a_node_without_one_is_another_node_in_every_life() -> None:
    assert identity(None) != identity(None)


@pytest.mark.requirement("REQ-FAIL-5", "REQ-SEC-7")
def test_a_key_is_made_where_there_is_none_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """REQ-FAIL-5, REQ-SEC-7."""
    file = tmp_path / "node.key"
    key = node_key(file)
    assert len(key) == KEY_SIZE
    assert file.read_text("ascii") == key.hex() + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file], "nothing else is left behind"


def test_processes_that_make_it_at_once_have_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "node.key"
    numbers = iter(range(100))
    monkeypatch.setattr("reference.live.identity.os.getpid", lambda: next(numbers))
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: node_key(file), range(8)))) == 1


def test_the_name_does_not_give_the_key_away(tmp_path: Path) -> None:
    file = tmp_path / "node.key"
    assert identity(str(file)).removeprefix("node-") not in file.read_text("ascii")


@pytest.mark.parametrize("text", ["", "no key", "ab" * (KEY_SIZE - 1), "ab" * (KEY_SIZE + 1), "zz" * KEY_SIZE])
def test_a_file_that_holds_no_key_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "node.key"
    file.write_text(text, "ascii")
    file.chmod(0o600)
    with pytest.raises(CannotServe, match="64 hex digits"):
        node_key(file)
    assert file.read_text("ascii") == text


def test_a_file_that_others_may_change_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "node.key"
    node_key(file)
    file.chmod(0o666)
    with pytest.raises(CannotServe, match=r"mode 0666.*chmod 600"):
        node_key(file)
    file.chmod(0o640)
    assert node_key(file), "a group that may read it, as with a mounted volume, changes nothing"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotServe, match=r"nodeKey\.file: found '.*missing/node\.key'"):
        node_key(tmp_path / "missing" / "node.key")
