"""What `anynode doctor` prints and how it exits."""

import json
import re
from pathlib import Path

import pytest
import typer
from msgspec import structs

from conformance.cli.doctor import doctor
from conformance.cli.output import Failure
from reference.explained import EXPLAINED

KEY = "71649a82bf79db7a367d7a4afdd4de3748317cfcdb2f0fb343843ad3b9efa083"
EXAMPLE = Path(__file__).parents[2] / "examples" / "maverics.yaml"

app = typer.Typer()
app.command("doctor")(doctor)
app.command("other")(lambda: None)  # Typer drops the name of a command that is alone


def run(*arguments: str | Path) -> int:
    code = app(["doctor", *map(str, arguments)], standalone_mode=False)
    assert isinstance(code, int)
    return code


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER_PSK", KEY)


def edited(folder: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file = folder / "maverics.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_the_example_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EXAMPLE) == 0
    told = capsys.readouterr().out
    assert "clean: " in told
    assert "not read: version" in told
    assert KEY not in told


def test_warnings_exit_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("CLUSTER_PSK")
    assert run(EXAMPLE) == 0
    told = capsys.readouterr().out
    assert "warnings: 1 warning, 3 hints in 1 file" in told
    assert "CLUSTER_PSK, which is not set" in told


THREE = [
    (
        ("experimental.clusters: true", "experimental.clusters: false"),
        [],
        "Cluster sessions not working",
        "experimental.clusters",
    ),
    (
        ("      name: my-cluster\n  lifetime", "      name: my-clutser\n  lifetime"),
        [],
        "Cluster sessions not working",
        "my-cluster",
    ),
    (
        ('psk: "{{ env.CLUSTER_PSK }}"', f'psk: "{KEY[::-1]}"'),
        [str(EXAMPLE)],
        "Sessions not shared across nodes",
        "same key",
    ),
    (
        ("name: mav", "name: mav"),
        ["--host", "https://shop.example.com", "--host", "https://pay.example.com"],
        "Cookie domain issues",
        ".example.com",
    ),
]


@pytest.mark.parametrize(("edit", "more", "complaint", "mend"), THREE)
def test_each_complaint_of_the_source_document_is_answered(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    edit: tuple[str, str],
    more: list[str],
    complaint: str,
    mend: str,
) -> None:
    file = edited(tmp_path, *edit)
    assert run(*more[:1] if len(more) == 1 else [], file, *more if len(more) > 1 else []) == 1
    told = capsys.readouterr().out
    (place,) = [line for line in told.splitlines() if line.startswith("refusal")]
    assert f"{file}:" in place
    assert complaint in told
    assert mend in next(line for line in told.splitlines()[told.splitlines().index(place) :] if "mend" in line)
    assert "refused: 1 refusal" in told
    assert f"again: anynode doctor {more[0] if len(more) == 1 else file}" in told
    assert KEY not in told
    assert KEY[::-1] not in told


def test_json_is_one_value_that_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = edited(tmp_path, "idleTimeout: 15m", "idleTimout: 15")
    assert run(file, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["files"], told["not_read"]) == ("refused", [str(file)], ["version"])
    finding = next(finding for finding in told["findings"] if finding["level"] == "refusal")
    assert (finding["path"], finding["line"], finding["nearest"]) == ("session.lifetime.idleTimout", 31, "idleTimeout")
    assert finding["write"] == "write 'idleTimeout'"


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_what_cannot_be_read_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: list[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("session: [", encoding="utf-8")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: \xe9")
    files = [tmp_path / "missing.yaml", tmp_path, broken, latin]
    for file in files:
        assert run(file, *as_json) == 2
    told = capsys.readouterr().out
    for file, what in zip(files, ("no such file", "is a directory", "no YAML", "no UTF-8"), strict=True):
        assert str(file) in told
        assert what in told
    assert told.count('"verdict": "unreadable"' if as_json else "unreadable: 1 refusal in 1 file") == len(files)


def test_a_host_that_is_none_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EXAMPLE, "--host", "ftp://x") == 2
    assert "--host ftp://x" in capsys.readouterr().out


def test_a_mark_at_the_start_of_the_file_is_read_over(tmp_path: Path) -> None:
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes().replace(b"\n", b"\r\n"))
    assert run(file) == 0


# ------------------------------------------------------------------------------------------------- why a rule is there


def test_each_finding_is_explained_with_its_source_and_what_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EXAMPLE, "--explain") == 0
    told = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(told) if line.startswith("  rule   routing-off: "))
    assert "newest state" in told[at]
    assert told[at + 1].startswith("  source source document, introduction")
    assert told[at + 2].startswith("  MAY    REQ-ROUT-6: ")


def test_a_rule_is_explained_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--rule", "keys-differ") == 0
    told = capsys.readouterr().out
    assert told.startswith("  rule   keys-differ: All nodes of a cluster must have the same key.")
    assert run("--rule", "all", "--json") == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert len(rules) == len(EXPLAINED)
    assert rules[0] == {"rule": "address-taken", **structs.asdict(EXPLAINED["address-taken"])}


def test_json_explains_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EXAMPLE, "--explain", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["command"] == f"anynode doctor {EXAMPLE} --explain --json"
    assert all(finding["explained"]["text"] for finding in told["findings"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rule", "keys-difer"], "found 'keys-difer', which is no rule of doctor's; write --rule keys-differ"),
        ([], "FILE: none is named; write anynode doctor maverics.yaml"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_mend(arguments: list[str], said: str) -> None:
    with pytest.raises(Failure, match=re.escape(said)):
        run(*arguments)
