"""Claims about what a reader sees by which token, and about a page that is open while its token ends."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.broker.token_site import id_in, run_token
from tests.broker.waiting import until
from tests.browser.acts import phase, settled
from tests.browser.conftest import Dashboard
from tests.browser.test_routes import addresses
from tests.browser.troubles import Troubles

COUNTRY = "ES"
NAMED = 4
"""Characters of a name that cannot stand in a page by chance."""


def create(dashboard: Dashboard, *options: str) -> str:
    """Make a token as an operator does, and wait until the server knows it."""
    done = run_token(dashboard.worker.settings, "create", "--json", "--name", "a reader", *options)
    assert done.returncode == 0, done.stderr
    made = str(json.loads(done.stdout)["token"])
    until(lambda: dashboard.worker.ask("/session", token=made)[0] == 200, "the server knows the token")
    return made


def sign_in_with(page: Page, dashboard: Dashboard, token: str) -> None:
    page.goto(f"{dashboard.url}/#token={token}")
    settled(page)


def most_played(dashboard: Dashboard, by: str, **narrowed: str) -> list[dict[str, Any]]:
    return list(dashboard.worker.get("ranking_by", by=by, limit=10_000, **narrowed)["data"])


def keys(page: Page, by: str) -> set[str]:
    """Return what the rankings by *by* on *page* name, cards and whole ones."""
    rows = page.locator(f":is(.card, .ranking)[data-by={by}] [data-key]")
    return set(rows.evaluate_all("rows => rows.map((row) => row.dataset.key)"))


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_page_whose_token_ends_says_so_and_shows_no_number_any_more(
    page: Page, dashboard: Dashboard, troubles: Troubles, how: str
) -> None:
    troubles.expected_statuses.add(401)
    made = create(dashboard, "--scope", "*", *(("--expires", "20s") if how == "expired" else ()))
    sign_in_with(page, dashboard, made)
    if how == "revoked":
        assert run_token(dashboard.worker.settings, "revoke", id_in(made)).returncode == 0
    expect(page.locator("main[data-phase=token]")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("alert")).to_contain_text({"revoked": "is revoked", "expired": "has expired"}[how])
    expect(page.locator("[data-exact]")).to_have_count(0)
    expect(page.locator(".freshness")).to_contain_text("Signed out")
    page.get_by_label("Token", exact=True).fill(dashboard.token)
    page.get_by_role("button", name="Sign in").click()
    settled(page)
    expect(page.locator("[data-figure=plays]")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/health", "/docs"])
def test_who_signs_out_is_asked_for_a_token_on_every_page(page: Page, dashboard: Dashboard, troubles: Troubles, path: str) -> None:
    troubles.expected_statuses.add(401)
    sign_in_with(page, dashboard, dashboard.token)
    page.goto(dashboard.url + path)
    page.get_by_role("button", name="Sign out").click()
    phase(page, "token")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    assert not page.context.cookies()
    page.goto(f"{dashboard.url}/ranking")
    phase(page, "token")


def test_a_server_that_cannot_sign_out_is_told_of(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expects_breaks = True
    sign_in_with(page, dashboard, dashboard.token)
    page.route("**/session", lambda route: route.abort())
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Still signed in: The server does not answer.")).to_be_visible()
    phase(page, "live")


def test_a_token_of_one_artist_shows_that_artist_on_every_page_and_nothing_of_others(
    page: Page, dashboard: Dashboard, troubles: Troubles
) -> None:
    troubles.expected_statuses.add(403)
    artist = str(most_played(dashboard, "artist")[1]["artist"])
    songs = most_played(dashboard, "song_title", artist=artist)
    credited = {name for song in songs for name in song["artists"].split("/")}
    titles = {song["song_title"] for song in songs} | {album["album_name"] for album in most_played(dashboard, "album_name", artist=artist)}
    others = {row["artist"] for row in most_played(dashboard, "artist")} - credited
    own = credited | titles  # a title may name who remixed it
    strange = {name for name in others if len(name) >= NAMED and not any(name in word for word in own)}
    assert len(strange) > len(others) / 2
    sign_in_with(page, dashboard, create(dashboard, "--scope", "*", "--artist", artist))
    for name, address in {**addresses(dashboard, artist=artist), "artists": "/ranking", "songs": "/ranking?by=song_title"}.items():
        page.goto(dashboard.url + address)
        filled(page, name)
        assert keys(page, "artist") <= {artist}, name
        words = page.locator("body").inner_text()
        assert not [stranger for stranger in strange if stranger in words], name
        shows_no_proof(page, name)
    page.get_by_role("combobox", name="Search artists, songs and albums").fill(max(strange, key=len))
    expect(page.get_by_role("status").filter(has_text="Nothing")).to_be_attached()


def test_a_token_of_one_country_shows_that_country_on_every_page(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(403)
    sign_in_with(page, dashboard, create(dashboard, "--scope", "*", "--country", COUNTRY))
    plays = dashboard.worker.get("totals")["data"][0]["plays"]
    for name, address in {**addresses(dashboard, country=COUNTRY), "countries": "/ranking?by=country"}.items():
        page.goto(dashboard.url + address)
        filled(page, name)
        assert keys(page, "country") <= {COUNTRY}, name
        shows_no_proof(page, name)
        if name == "home":
            assert 0 < float(page.locator("[data-figure=plays]").get_attribute("data-exact") or "nan") < plays / 2
        if name == "countries":
            assert keys(page, "country") == {COUNTRY}


def test_a_token_that_opens_little_shows_that_and_says_so_of_the_rest(page: Page, dashboard: Dashboard) -> None:
    sign_in_with(page, dashboard, create(dashboard, "--scope", "live", "ranking_by"))
    expect(page.locator(".card[data-by=artist] .row[data-key]").first).to_be_visible()
    expect(page.locator(".stage")).to_contain_text("does not open evolution_per_second")
    expect(page.locator(".stage-number")).to_have_text("–")
    expect(page.locator("[data-figure]")).to_have_count(0)


def filled(page: Page, name: str) -> None:
    """Wait until the page *name* shows all that such a token opens."""
    if name == "health":
        phase(page, "barred")
    else:
        settled(page)


def shows_no_proof(page: Page, name: str) -> None:
    """See that *page* tells nothing of all records, which such a token never opens; the page about them says so."""
    expect(
        page.locator(":is([data-figure=consumed], [data-figure=stored], [data-figure=lag])[data-exact], [data-partition], .rejected-row")
    ).to_have_count(0)
    if name == "health":
        expect(page.get_by_text("These figures are not open to this token")).to_be_visible()
