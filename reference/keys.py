"""Keys of a cluster's frames: derived, never sent. The only file that knows a cipher, and it writes none itself.

AES-256-GCM (NIST SP 800-38D) under keys derived by HKDF-SHA-256 (RFC 5869), both of the library `cryptography`. It is
loaded with the first key: that takes 20 ms, and most commands seal nothing.
"""

from typing import Any, Final

KEY_SIZE: Final = 32
TAG_SIZE: Final = 16
ID_SIZE: Final = 4
"""Octets by which a frame says which of a cluster's keys it is sealed under; they tell nothing of the key."""


class Forged(ValueError):
    """The tag does not fit: these octets were not sealed so, by nobody who has the key."""


class Cipher:
    """One key in use. Whoever seals counts, and never seals two frames under one count."""

    def __init__(self, key: bytes) -> None:
        """Take a key of 32 octets."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded with the first key
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        self._cipher: Any = AESGCM(key)
        self._wrong_tag = InvalidTag

    def seal(self, count: int, plain: bytes, beside: bytes) -> bytes:
        """Encrypt and authenticate.

        Args:
            count: of this key's frames, below 2^64: it is the nonce.
            plain: what only key holders may read.
            beside: what everybody may read and nobody may change.

        Returns:
            As many octets as `plain` has, and the tag.
        """
        sealed: bytes = self._cipher.encrypt(count.to_bytes(12, "big"), plain, beside)
        return sealed

    def open(self, count: int, sealed: bytes, beside: bytes) -> bytes:
        """Undo `seal`.

        Raises:
            Forged: another key, another count, or any octet changed.
        """
        try:
            plain: bytes = self._cipher.decrypt(count.to_bytes(12, "big"), sealed, beside)
        except self._wrong_tag:
            raise Forged("the tag does not fit the frame") from None
        return plain


class Keyring:
    """The pre-shared keys of one cluster, and the ciphers that come of them.

    Attributes:
        ids: what frames call the keys, the one that this node seals under first.
    """

    cipher_class = Cipher

    def __init__(self, psks: tuple[bytes, ...], cluster: str) -> None:
        """Take the keys.

        Args:
            psks: 32 octets each, the node's own first, then those that it accepts besides (`x-anynode.acceptedPsks`).
            cluster: its name: a cluster of another name has other keys under the same pre-shared key (REQ-REPL-15).
        """
        for psk in psks:
            if len(psk) != KEY_SIZE:
                raise ValueError(f"a pre-shared key has {len(psk)} octets, expected {KEY_SIZE}; write 64 hex digits")
        self._cluster = cluster
        self._psks = {self._derived(psk, b"", "key id", size=ID_SIZE): psk for psk in psks}
        self.ids = tuple(self._psks)

    def knows(self, key: bytes) -> bool:
        """Say whether one of the keys is called so."""
        return key in self._psks

    def cipher(self, key: bytes, purpose: str, channel: str, salt: bytes) -> Cipher:
        """Derive the cipher of one purpose.

        Args:
            key: which pre-shared key, by what frames call it.
            purpose: "hello" or "message".
            channel: a frame of one channel opens on no other.
            salt: the boot values of the ends, 32 random octets each, the sender's first: a key for each direction
                between two lives, which no other life ever has.
        """
        return self.cipher_class(self._derived(self._psks[key], salt, purpose, channel))

    def _derived(self, psk: bytes, salt: bytes, *purpose: str, size: int = KEY_SIZE) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - loaded with the first key
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

        info = b"anynode wire"
        for part in (self._cluster, *purpose):
            text = part.encode()
            info += len(text).to_bytes(2, "big") + text  # lengths: no two lists of names give the same octets
        derived: bytes = HKDF(SHA256(), size, salt, info).derive(psk)
        return derived
