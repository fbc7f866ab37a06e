"""A person at the hub's pages, without a screen: follows links, fills forms, keeps cookies."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx


class WalkFailed(Exception):
    """A page did not hold what a person would look for there."""


@dataclass
class Form:
    """One form of a page: where it goes, what is filled in already, what may be chosen."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._href: str | None = None
        self._area: str | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("style", "script", "title"):
            self._hidden += 1
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self._href = given["href"]
            self.links.append((self._href, ""))
        elif self._form is not None:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self._form, given.get("name")
        if form is None:
            return
        if tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        if not name:
            if tag == "option" and self._select:
                form.choices.setdefault(self._select, []).append(given.get("value", ""))
                if "selected" in given:
                    form.values[self._select] = given.get("value", "")
            return
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            form.values.setdefault(name, "")
        elif tag == "input" and given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.values[name] = given.get("value", "on")
        elif tag == "input" and given.get("type") != "submit":
            form.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        elif tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._area and self._form is not None:
            self._form.values[self._area] += data
        if self._href is not None:
            href, words = self.links[-1]
            self.links[-1] = (href, words + data)
        self.text.append(data)


@dataclass
class Page:
    """What came back: its address, its words, its links and its forms."""

    url: str
    status: int
    html: str
    text: str
    links: list[tuple[str, str]]
    forms: list[Form]

    def links_under(self, prefix: str) -> list[str]:
        """The distinct addresses below `prefix`, in the order they stand on the page."""
        found = (href for href, _ in self.links if href.startswith(prefix) and href != prefix)
        return list(dict.fromkeys(found))

    def form(self, ending: str) -> Form:
        """The form whose action ends with `ending`. Raises WalkFailed."""
        for form in self.forms:
            if form.action.split("?")[0].endswith(ending):
                return form
        raise WalkFailed(f"{self.url} has no form that goes to …{ending}")


class Person:
    """Someone signed in to the hub."""

    def __init__(self, base: str) -> None:
        self._client = httpx.Client(base_url=base, timeout=20, trust_env=False)
        self._base = base

    def open(self, path: str, *, expect: int = 200) -> Page:
        """Open a page, following redirects. Raises WalkFailed when the status differs."""
        return self._page(self._client.get(path, follow_redirects=True), expect)

    def download(self, path: str) -> bytes:
        """Fetch a file. Raises WalkFailed when it is not there."""
        answer = self._client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            raise WalkFailed(f"{path} answered {answer.status_code}")
        return answer.content

    def submit(self, page: Page, ending: str, **fill: str | list[str]) -> Page:
        """Fill and send the form of `page` whose action ends with `ending`; a list ticks boxes."""
        form = page.form(ending)
        target = form.action or page.url
        answer = self._client.post(
            target,
            data=form.values | fill,
            headers={"Origin": self._base, "Referer": page.url},
            follow_redirects=True,
        )
        return self._page(answer, 200)

    def sign_in(self, email: str, password: str) -> Page:
        """Sign in. Raises WalkFailed when the hub does not accept it."""
        page = self.open("/sign-in")
        after = self.submit(page, "/sign-in", email=email, password=password)
        if after.url.endswith("/sign-in"):
            raise WalkFailed(f"{email} could not sign in")
        return after

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    @staticmethod
    def _page(answer: httpx.Response, expect: int) -> Page:
        if answer.status_code != expect:
            raise WalkFailed(
                f"{answer.request.method} {answer.url.path} answered {answer.status_code}, "
                f"not {expect}"
            )
        reader = _Reader()
        reader.feed(answer.text)
        words = " ".join(" ".join(reader.text).split())
        return Page(
            str(answer.url), answer.status_code, answer.text, words, reader.links, reader.forms
        )
