"""docs/wire.md says what the wire does, octet by octet."""

from tests.reference.wire_example import PAGE, causes, example


def test_the_page_shows_the_frames_that_are_made() -> None:
    assert f"```\n{example()}\n```" in PAGE.read_text(encoding="utf-8")


def test_the_page_names_every_cause_and_what_it_means() -> None:
    assert f"\n{causes()}\n" in PAGE.read_text(encoding="utf-8")
