"""Hosts and sites as browsers see them, by the public suffix list."""

from importlib.resources import files

import pytest

from reference import hosts


def test_the_rules_under_a_name_s_last_label_say_what_all_rules_say() -> None:
    every = hosts._suffixes("")
    rules = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text().splitlines()
    names = [rule.lstrip("!*.") for rule in rules if rule and not rule.startswith("//")][::7]
    for name in (*names, *(hosts.a_labels(name) for name in names if not name.isascii()), "a.unheard-of", "localhost"):
        for asked in (name, f"a.{name}", f"b.a.{name}"):
            some = hosts._suffixes_under(asked)
            assert some.publicsuffix(asked) == every.publicsuffix(asked), asked
            assert some.privatesuffix(asked) == every.privatesuffix(asked), asked


@pytest.mark.parametrize("suffix", ["com", "co.uk", "github.io", "localhost", "unheard-of", "xn--p1ai"])
def test_a_last_dot_hides_no_public_suffix(suffix: str) -> None:
    """COOK-16, COOK-21."""
    assert hosts.is_public_suffix(suffix)
    assert hosts.is_public_suffix(f"{suffix}.")
    assert not hosts.is_public_suffix(f"shop.{suffix}.")
    assert hosts.common_parent([f"shop.{suffix}.", f"pay.{suffix}."]) == ""


@pytest.mark.parametrize("domain", ["", ".", "com..", ".com"])
def test_what_is_no_name_is_no_public_suffix(domain: str) -> None:
    assert not hosts.is_public_suffix(domain)


def test_a_last_dot_is_part_of_a_host_s_site() -> None:
    """COOK-21."""
    assert [hosts.site(name) for name in ("shop.example.com.", "example.com.", "com.")] == [
        "example.com.",
        "example.com.",
        "com.",
    ]
    assert hosts.site("shop.example.com") == "example.com"
