"""Whatever somebody between the nodes does to frames, nothing is taken but what was sent, once; and nothing breaks."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as Decryption
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from conformance.broken.takes_recordings import Windowless
from reference.frames import NAME_SIZE, Outside
from reference.keys import TAG_SIZE, Cipher, Keyring
from reference.wire import Hello, Life, Wire
from tests.reference.wire_attacked import WiresUnderAttack

SHORT = settings(max_examples=60, stateful_step_count=40)
LONGER = settings(
    SHORT, max_examples=1_000, database=None, print_blob=False, report_multiple_bugs=False, phases=[Phase.generate]
)


@pytest.mark.requirement("REQ-SEC-4", "REQ-SEC-8")
def test_no_attack_has_a_frame_taken_that_was_not_sent_so_nor_twice_nor_parts_members_for_good() -> None:
    run_state_machine_as_test(WiresUnderAttack, settings=SHORT)


class Unverified(Cipher):
    """Undoes the encryption, which is AES in counter mode from 2 on, and leaves the tag alone."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self.key = key

    def open(self, count: int, sealed: bytes, beside: bytes) -> bytes:
        del beside
        counter = modes.CTR(count.to_bytes(12, "big") + (2).to_bytes(4, "big"))
        return Decryption(algorithms.AES(self.key), counter).decryptor().update(sealed[:-TAG_SIZE])


class UnverifiedRing(Keyring):
    cipher_class = Unverified


class TakesWhateverItIs(Wire):
    keyring_class = UnverifiedRing


class TakesOldLives(Wire):
    """It keeps the key of the life that it met first, whoever has come since."""

    def _begin(self, life: Life | None, hello: Hello, outside: Outside, version: int) -> Life:
        for known in self._by_name.values():
            if known.name == hello.name and known.tag != outside.sender[:NAME_SIZE]:
                return known
        return super()._begin(life, hello, outside, version)


@pytest.mark.parametrize("broken", [Windowless, TakesWhateverItIs, TakesOldLives])
def test_the_attack_finds_what_is_broken(broken: type[Wire]) -> None:
    class Attack(WiresUnderAttack):
        wire_class = broken

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Attack, settings=LONGER)
