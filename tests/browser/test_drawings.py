"""Claims about the small drawings: flags and sparklines."""

from playwright.sync_api import Page, expect

from tests.broker.waiting import until
from tests.browser.conftest import Dashboard
from tests.browser.parts import show


def test_flags_are_images_of_their_own_and_an_unknown_country_asks_for_none(page: Page, dashboard: Dashboard) -> None:
    part = """
        import { Flag } from "/static/flags.js";
        const shown = html`${["ES", "US", "XK", "ZZ", "", undefined].map((code) => html`<${Flag} code=${code} />`)}`;
    """
    show(page, dashboard, part)
    flags = page.locator("img.flag")
    expect(flags).to_have_count(3)
    until(lambda: flags.evaluate_all("flags => flags.every(flag => flag.naturalWidth > 0)"), "the flags are there")
    expect(page.locator("svg.flag-unknown")).to_have_count(3)


def test_a_sparkline_says_what_it_shows_and_draws_each_value(page: Page, dashboard: Dashboard) -> None:
    part = """
        import { Sparkline } from "/static/sparkline.js";
        const rows = [[1, 5, 2, 8], [3], [4, 4], []];
        const shown = html`${rows.map((values, at) => html`<${Sparkline} values=${values} label=${`Days ${at}`} />`)}`;
    """
    show(page, dashboard, part)
    expect(page.get_by_role("img", name="Days 0").locator(".sparkline-line")).to_have_attribute(
        "d", "M3.0 25.0L33.0 12.4L63.0 21.9L93.0 3.0"
    )
    for name in ("Days 1", "Days 2", "Days 3: nothing yet"):
        expect(page.get_by_role("img", name=name)).to_be_visible()
