"""Hosts and sites as browsers see them, by the public suffix list."""

from importlib.resources import files

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
