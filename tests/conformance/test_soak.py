"""The soak: every seed twice in two processes, a row a scenario, and an exit code that says the worst."""

from pathlib import Path

import pytest

from conformance import soak
from conformance.cli import output
from conformance.verdict import HOLDS, VACUOUS, VIOLATED

SMALL = """\
title: A small world
shows: [REQ-REPL-2]
duration: 20s
cluster: {nodes: NODES}
workload: {users: 2}
observers: {witnesses: 2}
expect: {checks: [structure]}
"""


def ran(seed: int, digest: str, verdict: str = HOLDS) -> soak.Ran:
    return soak.Ran(soak.Job("a-world", seed), digest, verdict, 1.5)


def rows_of(*pairs: tuple[soak.Ran, soak.Ran]) -> list[soak.Row]:
    return soak.rows([one for one, _ in pairs], [other for _, other in pairs])


def test_seeds_are_a_number_or_a_range(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("0", "5-3", "few", "-2"):
        with pytest.raises(SystemExit) as ended:
            soak.main([f"--seeds={wrong}"])
        assert ended.value.code == output.WRONG_INPUT
        assert "write 20 or 5-9" in capsys.readouterr().err


def test_a_scenario_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        soak.main(["--scenario", "stedy-lan"])
    assert ended.value.code == output.WRONG_INPUT
    assert "steady-lan" in capsys.readouterr().err


def test_a_large_cluster_is_run_with_one_seed(tmp_path: Path) -> None:
    small, large = tmp_path / "small.yaml", tmp_path / "large.yaml"
    small.write_text(SMALL.replace("NODES", "20"), encoding="utf-8")
    large.write_text(SMALL.replace("NODES", "21"), encoding="utf-8")
    jobs = soak.jobs_of([str(small), str(large)], [4, 5, 6])
    assert [job.seed for job in jobs if job.scenario == str(small)] == [4, 5, 6]
    assert [job.seed for job in jobs if job.scenario == str(large)] == [4]


def test_one_seed_is_one_run_in_two_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = tmp_path / "small-world.yaml"
    world.write_text(SMALL.replace("NODES", "3"), encoding="utf-8")
    assert soak.main(["--scenario", str(world), "--seeds", "3-4", "--processes", "1"]) == output.HELD
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in printed[1:]] == [[str(world), "2", "2"], ["all", "2", "2"]]
    assert printed[1].endswith("2 holds")


def test_a_digest_that_differs_is_our_own_defect() -> None:
    found = rows_of((ran(1, "a"), ran(1, "a")), (ran(2, "b", VIOLATED), ran(2, "c")))
    assert not found[0].clean
    assert soak.exit_code(found) == output.OUR_DEFECT
    assert "again: anynode run a-world --seed 2" in soak.table(found)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([HOLDS, HOLDS], output.HELD),
        ([HOLDS, VIOLATED], output.VIOLATED),
        ([VACUOUS, HOLDS], output.UNDECIDED),
        ([VACUOUS, VIOLATED], output.VIOLATED),
    ],
)
def test_the_worst_verdict_decides(verdicts: list[str], code: int) -> None:
    found = rows_of(*((ran(seed, "a", word), ran(seed, "a")) for seed, word in enumerate(verdicts)))
    assert soak.exit_code(found) == code
    assert found[0].clean == (code == output.HELD)
