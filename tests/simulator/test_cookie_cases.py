"""The world's browser against recorded cases: our own, seen in two real browsers, and those of others."""

import os
from pathlib import Path

import pytest

from conformance.cookie_cases import DISPUTED, RIGHT, WRONG, Case, Context, NoCases, Step, read, try_case

OWN = Path(__file__).parent / "cookie_cases.json"
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "cookies" / "vectors.json"
CASE = Case(
    "a-case",
    "https://app.example.com/",
    ("a=1; Path=/",),
    (Step("https://app.example.com/", "a=1"), Step("https://other.example.com/", "")),
)


@pytest.mark.parametrize("case", read(OWN), ids=lambda case: case.id)
def test_the_browser_does_what_real_ones_were_seen_to_do(case: Case) -> None:
    tried = try_case(case)
    assert tried.outcome == RIGHT, tried


def test_of_the_cases_of_others_none_goes_wrong() -> None:
    if not VECTORS.exists() and "CI" not in os.environ:
        pytest.skip("needs ../shared/data/cookies/vectors.json")
    tried = [try_case(case) for case in read(VECTORS)]
    assert len(tried) > 500
    assert [one for one in tried if one.outcome == WRONG] == []
    marked = {case.id for case in read(VECTORS) if case.disputed}
    assert {one.id for one in tried if one.outcome == DISPUTED} <= marked


@pytest.mark.parametrize(
    ("wrong", "sent"),
    [
        (Step("https://app.example.com/", "a=2"), "a=1"),
        (Step("https://app.example.com/", ""), "a=1"),
        (Step("https://other.example.com/", "a=1"), ""),
        (Step("https://app.example.com/", "a=2", also_allowed=("a=1",)), "a=1"),
        (Step("https://app.example.com/", "a=1", expect_document_cookie=""), "a=1"),
    ],
)
def test_a_case_that_expects_what_no_browser_does_goes_wrong(wrong: Step, sent: str) -> None:
    tried = try_case(Case("wrong", CASE.request_url, CASE.set_cookie_headers, (wrong,)))
    assert (tried.outcome, tried.url, tried.sent) == (WRONG, wrong.url, sent)


def test_what_is_also_allowed_counts_as_disputed_where_the_case_says_that_it_is() -> None:
    step = Step("https://app.example.com/", "a=2", also_allowed=("a=1",))
    case = Case("of two minds", CASE.request_url, CASE.set_cookie_headers, (step,), disputed="engines differ")
    assert try_case(case).outcome == DISPUTED
    assert try_case(Case("agreed", CASE.request_url, CASE.set_cookie_headers, CASE.then, "a word")).outcome == RIGHT


def test_time_passes_between_steps() -> None:
    steps = (
        Step("https://app.example.com/", "a=1", advance_seconds=59),
        Step("https://app.example.com/", "", advance_seconds=1),
    )
    assert try_case(Case("clock", CASE.request_url, ("a=1; Max-Age=60",), steps)).outcome == RIGHT


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (Case("c", "ftp://a.example/", (), ()), "case 'c': found 'ftp://a.example/', expected a URL such as"),
        (
            Case("c", "https://a.example:99999/", (), ()),
            "case 'c': found 'https://a.example:99999/', expected a URL such as https://shop.example.com/cart (Port",
        ),
        (Case("c", "https://[::1/", (), ()), "case 'c': found 'https://[::1/', expected a URL such as"),
        (Case("c", "https://a.example/", (), (), now="yesterday"), "case 'c': Invalid isoformat string: 'yesterday'"),
        (
            Case("c", "https://a.example/", (), (), request_context=Context("click")),
            "case 'c': found kind 'click', expected one of fetch, form-get",
        ),
    ],
)
def test_a_case_that_cannot_be_played_is_named(case: Case, said: str) -> None:
    with pytest.raises(NoCases) as refused:
        try_case(case)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "Expected `object`, got `array`"),
        ('{"vectors": []}', "found no cases in 'vectors'"),
        ('{"vectors": [{"id": 3}]}', r"Expected `str`, got `int` - at `$.vectors[0].id`"),
        (
            '{"vectors": [%s, %s]}' % (2 * ('{"id": "x", "request_url": "", "set_cookie_headers": [], "then": []}',)),
            "twice",
        ),
    ],
)
def test_a_file_that_is_none_of_cases_is_refused_with_the_place(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NoCases) as refused:
        read(file)
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(file))
