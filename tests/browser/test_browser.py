"""The browser fixture works here, and the accessibility rules can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.needs("chromium")

GOOD = (
    "<!doctype html><html lang=en><title>Feeds</title><body><main><h1>Feeds</h1>"
    "<p>Every school was heard today.</p></main></body></html>"
)
BAD = GOOD.replace("</main>", "<img src='x.png'></main>").replace(" lang=en", "")


def test_the_rules_find_nothing_on_a_sound_page(
    browser_page: Page, axe: Callable[[Page], list[str]]
) -> None:
    browser_page.set_content(GOOD)
    assert axe(browser_page) == []


def test_the_rules_name_what_is_wrong_and_where(
    browser_page: Page, axe: Callable[[Page], list[str]]
) -> None:
    browser_page.set_content(BAD)
    found = axe(browser_page)
    assert {line.split(":")[0] for line in found} == {"html-has-lang", "image-alt"}
    assert any("img" in line for line in found)
