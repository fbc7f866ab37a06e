"""Every page a person can reach by links: opened at two widths, judged by eye and by rule."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
#: Ids in an address; two pages that differ only in these are of one kind.
_ID = re.compile(r"(?<=/)(?:[a-z]+_[0-9a-z]{20,}|\d{4}-\d{2})(?=$|[/.?])")
_FILES = (".pdf", ".docx", ".ics", ".csv", ".xlsx")
OF_A_KIND = 2


def kind_of(path: str) -> str:
    """The address with its ids left out: one for each kind of page."""
    return _ID.sub("*", path)


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    """Sign in with the keyboard alone, as someone without a mouse would."""
    page.goto(f"{base}/sign-in")
    page.locator("input[name=email]").focus()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")


def reachable(page: Page, base: str) -> Iterator[str]:
    """Follow the links from the first page; a few pages of each kind. The page is open."""
    waiting, seen, kinds = ["/"], {"/"}, Counter[str]()
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(urlsplit(path).path)
        kinds[kind] += 1
        if kinds[kind] > OF_A_KIND or path.split("?")[0].endswith(_FILES):
            continue
        answer = page.goto(base + path)
        assert answer is not None, path
        assert answer.status == 200, f"{path} answered {answer.status}"
        links: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        for link in links:
            own = urldefrag(link).url.removeprefix(base)
            if own.startswith("/") and own not in seen:
                seen.add(own)
                waiting.append(own)
        yield path


def faults(page: Page, path: str, axe: Callable[[Page], list[str]]) -> list[str]:
    """What is wrong with the open page, on a desktop and on a phone; one line each."""
    found = []
    for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            found.append(f"{path} on a {name}: scrolls {wide} pixels sideways")
        found += [f"{path} on a {name}: {line}" for line in axe(page)]
        _keep_picture(page, path, name)
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    html = page.content()
    headings: int = page.locator("h1").count()
    if headings != 1:
        found.append(f"{path}: {headings} main headings")
    if re.search(r"&lt;/?(a|span|p|strong|td|svg)\b", html):
        found.append(f"{path}: markup shown as text")
    return found


def keyboard_reaches(page: Page) -> list[str]:
    """What can be clicked but not reached with the Tab key, on the open page."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    reached: set[str] = set()
    name = "e => e.tagName + '|' + (e.href || e.name || e.id || e.textContent.trim())"
    every: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select,"
        " textarea, summary')].filter(e => e.offsetParent !== null && !e.disabled)"
        f".map({name})"
    )
    for _ in range(3 * len(every) + 10):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(f"({name})(document.activeElement)"))
    return sorted(set(every) - reached)


def _keep_picture(page: Page, path: str, name: str) -> None:
    folder = os.environ.get("LINKWORK_PICTURES")
    if folder:
        words = kind_of(path).replace("*", "one").lower()
        file = re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "home"
        options: dict[str, Any] = {"full_page": True}
        page.screenshot(path=Path(folder) / f"{file}-{name}.png", **options)
