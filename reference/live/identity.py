"""The key by which a node is the same node after a restart: read from its file, made there when it is missing.

Without a file a node has an identity of its own in every life (REQ-SEC-7, REQ-FAIL-4, REQ-FAIL-5).
"""

import contextlib
import os
import stat
from hashlib import blake2b
from pathlib import Path
from typing import Final

from reference.live.refusals import CannotServe

KEY_SIZE: Final = 32
"""Octets of a key; the file holds them as hex digits in one line."""
MODE: Final = 0o600
WHERE: Final = "clusters[].encryption.nodeKey.file"


def identity(file: str | None) -> str:
    """Name a node: by the key in its file, or as no other life is named.

    Args:
        file: `clusters[].encryption.nodeKey.file`; None for none.

    Raises:
        CannotServe: the file cannot be read or made, holds no key, or may be changed by others.
    """
    if file is None:
        return f"node-{os.urandom(6).hex()}"
    return f"node-{blake2b(node_key(Path(file)), digest_size=6, person=b'node identity').hexdigest()}"


def node_key(path: Path) -> bytes:
    """Read a node's key; where there is no file yet, make one that only its owner may read.

    Raises:
        CannotServe: the file cannot be read or made, holds no key, or may be changed by others.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            return _read(path)
        _make(path)
        return _read(path)
    except OSError as error:
        raise CannotServe(
            WHERE,
            f"'{path}', which cannot be used ({error.strerror})",
            "a file that this process can read, in a folder in which it can make one",
            "write a path on a volume that outlives the process, or take nodeKey away",
        ) from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        text = file.read(4 * KEY_SIZE)
    if mode & 0o022:
        found = f"'{path}' with mode {mode:04o}: whoever may write it decides which node this is"
        raise CannotServe(WHERE, found, f"mode {MODE:04o}", f"write chmod {MODE:o} {path}")
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise CannotServe(
            WHERE,
            f"'{path}', which holds no key",
            f"{2 * KEY_SIZE} hex digits in one line",
            "remove the file, and the node makes one, as a node that nobody has met",
        )
    return key


def _make(path: Path) -> None:
    """Write a new key where there is none; of two processes that do so at once one wins, and both read its key."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_SIZE).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink()
