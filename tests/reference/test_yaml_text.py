"""What is no YAML mapping is unreadable, and whatever else a file holds is read or refused: the reader never fails."""

import copy
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reference.config import read, read_mapping
from reference.errors import ConfigurationError, Unreadable
from reference.yaml_text import parse

RIGHT = """\
features: {experimental.clusters: true}
clusters:
  - name: my-cluster
    addresses: {membership: /ip4/0.0.0.0/tcp/9450, data: /ip4/0.0.0.0/tcp/9451}
    discovery: {method: static, static: {nodes: [10.0.0.1:9450, 10.0.0.2:9450]}}
    encryption: {psk: "{{ env.CLUSTER_PSK }}"}
session:
  store: {type: cluster, cluster: {name: my-cluster}}
  lifetime: {maxTimeout: 24h, idleTimeout: 15m}
  cookie: {name: maverics_session}
http: {routing: {enabled: true, type: cluster, cluster: {name: my-cluster}}}
"""


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 0, "nothing"),
        ("- session", 0, "a list"),
        ("session", 0, "a single value"),
        ("session: [", 1, "no YAML"),
        ("session: {}\nsession: {}\n", 2, "a second time, after line 1"),
        ("session:\n  cookie: {name: a,\n    name: b}\n", 3, "a second time"),
        ("a: *b", 1, "undefined alias"),
        ("a: &a [*a]", 1, "aliases"),
        ("a: 1\n---\nb: 2", 2, "another document"),
        ("? [a, b]\n: c", 1, "a key that is no text"),
        ("a: \x00", 0, "no YAML"),
        ("[" * 5_000, 1, "no YAML"),
        (
            "a: &a0 [1, 1]\n" + "".join(f"b{i}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(9)),
            0,
            "aliases",
        ),
        ("a0: &a0 {}\n" + "".join(f"b{i}: &a{i + 1} {{<<: [*a{i}, *a{i}]}}\n" for i in range(30)), 17, "aliases"),
        ("a: &a {" + ", ".join(f"k{i}: 1" for i in range(700)) + "}\nb: {<<: [" + "*a, " * 700 + "]}", 1, "aliases"),
    ],
)
def test_what_is_no_mapping_is_unreadable(text: str, line: int, what: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        parse(text, "m.yaml")
    (finding,) = unreadable.value.findings
    assert what in finding.found
    if line:
        assert finding.line in {line, line + 1}  # libyaml may have read on to the next line


def test_merged_keys_are_no_duplicates() -> None:
    text = "base: &base {name: a, domain: x.example}\nsession:\n  cookie:\n    <<: *base\n    name: b\n"
    assert parse(text).values["session"]["cookie"] == {"name": "b", "domain": "x.example"}


def test_of_merged_mappings_the_earlier_counts_and_its_own_keys_before_both() -> None:
    text = "a: &a {k: 1, l: 1, m: 1}\nb: &b {l: 2, n: 2, o: 2}\nc: &c {<<: *b, o: 3, p: 3}\nd: {m: 4, <<: [*a, *c]}\n"
    assert parse(text).values["d"] == {"k": 1, "l": 1, "m": 4, "n": 2, "o": 3, "p": 3}


def test_a_merged_value_has_the_line_of_the_mapping_that_it_comes_from() -> None:
    source = parse("a: &a\n  k: 1\nb: &b\n  k: 2\n  l: 2\nc:\n  <<: [*a, *b]\nd:\n  <<: *b\n  k: 3\n")
    assert (source.line(("c", "k")), source.line(("c", "l"))) == (2, 5)
    assert (source.line(("d", "k")), source.line(("d", "l"))) == (10, 5)


@pytest.mark.parametrize("own", ["[]", "{other: 1}", "text"])
def test_nothing_is_left_of_a_merged_value_that_is_overridden(own: str) -> None:
    source = parse(f"a: &a\n  k:\n    name: [x]\nb:\n  <<: *a\n  k: {own}\n")
    assert (source.line(("b", "k", "name")), source.line(("b", "k", "name", 0))) == (6, 6)


def test_an_overridden_placeholder_without_quotes_makes_no_number_of_one_in_quotes() -> None:
    source = parse('a: &a\n  k: {{ env.N }}\nb:\n  <<: *a\n  k: "{{ env.N }}"\n')
    source.substitute({"N": "5"})
    assert (source.values["a"]["k"], source.values["b"]["k"]) == (5, "5")


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.just("{{ env.X }}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
PLACES = """
features; features/experimental.clusters; session; session/store; session/store/type; session/store/local;
session/store/cluster; session/store/cluster/name; session/lifetime; session/lifetime/idleTimeout;
session/lifetime/evalIdleTimeoutSE; session/idleTimeout; session/cookie; session/cookie/domain;
session/cookie/disableSecure;
clusters; clusters/0; clusters/0/name; clusters/0/addresses; clusters/0/addresses/data; clusters/0/discovery;
clusters/0/discovery/static; clusters/0/discovery/static/nodes; clusters/0/discovery/static/nodes/1;
clusters/0/discovery/srvDNS; clusters/0/encryption; clusters/0/encryption/psk; clusters/0/encryption/nodeKey; http;
http/routing; http/routing/cluster; singleLogout; x-anynode; x-anynode/acceptedPsks; orchestratorGroups; sessions
"""


def put(values: Any, path: str, value: Any) -> None:
    """Put a value at a place, where there is such a place."""
    *around, last = (int(key) if key.isdigit() else key for key in path.strip().split("/"))
    try:
        for key in around:
            values = values[key]
        values[last] = value
    except (TypeError, KeyError, IndexError):
        return


def is_read_or_refused(values: dict[str, Any], *, stand_ins: bool) -> bool:
    try:
        configuration = read_mapping(values, environment={}, stand_ins=stand_ins)
    except ConfigurationError as error:
        return len(error.findings) > 0
    json.dumps(configuration.raw)
    return configuration.settings().absolute_us > 0


@given(
    edits=st.lists(st.tuples(st.sampled_from(PLACES.split(";")), ANY), min_size=1, max_size=3), stand_ins=st.booleans()
)
def test_no_value_at_any_place_makes_the_reader_fail(edits: list[tuple[str, Any]], *, stand_ins: bool) -> None:
    values = copy.deepcopy(yaml.safe_load(RIGHT))
    for path, value in edits:
        put(values, path, value)
    assert is_read_or_refused(values, stand_ins=stand_ins)


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    try:
        read(text, environment={})
    except ConfigurationError as error:
        told = str(error)
    else:
        told = "read"
    assert told
