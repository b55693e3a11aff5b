"""Claims about subscriptions: how a stream's address is read, and which parts of two are one."""

from urllib.parse import parse_qsl

import pytest

from tests.events import address
from web.endpoints import PER_SECOND, RANKING, TOTALS
from web.grants import EVERYTHING, Grant, Rows
from web.problems import Problem
from web.subscriptions import MOST_ROWS, MOST_SUBSCRIPTIONS, Subscription, read_subscriptions

ALL = Grant("admin", frozenset({EVERYTHING}))


def read(query: str, grant: Grant = ALL) -> dict[str, Subscription | Problem]:
    return read_subscriptions(parse_qsl(query, keep_blank_values=True), grant)


def one(value: str, grant: Grant = ALL) -> Subscription:
    (found,) = read(address(part=value).partition("?")[2], grant).values()
    assert isinstance(found, Subscription)
    return found


def test_each_part_is_an_endpoint_with_its_parameters() -> None:
    asked = read(address(top="ranking_by?by=artist&limit=10", now="evolution_per_second?seconds=120", all="totals").partition("?")[2])
    parts = {name: part for name, part in asked.items() if isinstance(part, Subscription)}
    assert {name: part.endpoint for name, part in parts.items()} == {"top": RANKING, "now": PER_SECOND, "all": TOTALS}
    assert parts["top"].values["by"] == ("artist",)
    assert parts["top"].values["limit"] == 10
    assert parts["now"].values["seconds"] == 120


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("totals", "totals?"),
        ("ranking_by", "ranking_by?by=artist&limit=20&offset=0"),
        ("evolution", "evolution_plays_income_from_mv"),
        ("totals?country=ES&country=FR", "totals?country=france&country=spain&country=es"),
        ("totals?artist=ROSAL%C3%8DA", "totals?artist=rosalia"),
        ("totals?source=spotify", "totals?platform=Spotify&token=secret"),
    ],
)
def test_what_asks_the_same_is_one_subscription(left: str, right: str) -> None:
    assert one(left) == one(right)
    assert hash(one(left)) == hash(one(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("totals", "conservation"),
        ("ranking_by?by=artist,genre", "ranking_by?by=genre,artist"),
        ("totals?country=ES", "totals"),
        ("totals?country=ES", "totals?source=es"),
        ("ranking_by?limit=10", "ranking_by?limit=11"),
    ],
)
def test_what_asks_something_else_is_another(left: str, right: str) -> None:
    assert one(left) != one(right)


def test_the_same_for_a_token_that_sees_other_rows_is_another() -> None:
    fixed = Grant("fixed", frozenset({EVERYTHING}), Rows(country="ES"))
    assert one("totals", fixed) != one("totals")
    assert one("totals", fixed).rows == Rows(country="ES")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "0 subscriptions came; allowed: 1 to 20, each NAME=ENDPOINT"),
        ("token=secret", "0 subscriptions came"),
        ("&".join(f"p{number}=totals" for number in range(MOST_SUBSCRIPTIONS + 1)), "21 subscriptions came"),
        ("as_of=totals", "'as_of' is no name of a subscription"),
        ("1st=totals", "'1st' is no name of a subscription"),
        ("a%0Ab=totals", "is no name of a subscription"),
        ("top=totals&top=totals", "top is given twice"),
        ("top=nothing", "top asks for 'nothing', which is not an endpoint"),
        ("top=", "top asks for '', which is not an endpoint"),
        ("top=totals%3Fday%3D1", "top: 'day' is not a parameter of this endpoint"),
        ("top=ranking_by%3Fby%3Dsinger", "top: by is 'singer'; allowed:"),
        ("top=ranking_by%3Flimit%3D1001", "top: limit is 1001; a stream sends at most 1000 rows"),
        ("now=totals&top=ranking_by%3Flimit%3D0", "top: limit is '0'; allowed:"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_name_of_the_part(query: str, said: str) -> None:
    with pytest.raises(Problem) as refused:
        read(query)
    assert refused.value.status == 400
    assert said in refused.value.detail


def test_as_many_rows_as_are_allowed_are() -> None:
    assert one(f"ranking_by?limit={MOST_ROWS}").values["limit"] == MOST_ROWS


def test_what_a_token_does_not_open_is_a_problem_in_its_place_and_the_rest_goes_on() -> None:
    grant = Grant("some", frozenset({"totals"}))
    asked = read("all=totals&proof=conservation", grant)
    assert isinstance(asked["all"], Subscription)
    barred = asked["proof"]
    assert isinstance(barred, Problem)
    assert (barred.status, barred.detail) == (403, "proof: this token does not open conservation")


def test_a_token_that_opens_no_part_gets_no_stream() -> None:
    with pytest.raises(Problem) as refused:
        read("all=totals", Grant("none", frozenset({"ranking_by"})))
    assert refused.value.status == 403


def test_a_bad_part_is_refused_before_anything_is_said_about_what_the_token_opens() -> None:
    with pytest.raises(Problem) as refused:
        read("all=totals%3Fday%3D1", Grant("none", frozenset()))
    assert refused.value.status == 400
