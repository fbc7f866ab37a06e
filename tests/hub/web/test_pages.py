"""Errors as pages, files that browsers keep, long lists in parts, words for days and sums."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import httpx
import pytest
from hub_under_test import HubUnderTest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from structlog.testing import capture_logs

from linkwork.errors import BadInput, LinkworkError, NotAllowed, Refused, WrongUse
from linkwork_hub.db import Role
from linkwork_hub.web import PUBLIC, Call, Context, errors, get, log, machine
from linkwork_hub.web.gate import Busy
from linkwork_hub.web.paging import paging
from linkwork_hub.web.templating import count, day, environment, moment, money, weekday


def ask(hub: HubUnderTest, route: BaseRoute, path: str = "/x", **options: bytes) -> httpx.Response:
    """One call of an application of just this route, with the hub's pages for errors."""
    app = Starlette(
        routes=[route],
        exception_handlers={LinkworkError: errors.known_error, Exception: errors.fault},
    )
    app.state.site = hub.built.site
    transport = httpx.ASGITransport(app=log.RequestLog(app), raise_app_exceptions=False)

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            method = "POST" if "content" in options else "GET"
            return await client.request(method, path, content=options.get("content"))

    return asyncio.run(call())


def raising(error: Exception) -> BaseRoute:
    """A page that fails so."""

    def page(_ctx: Context) -> Response:
        raise error

    return get("/x", page, roles=PUBLIC)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotAllowed("Testina is hidden"), 404, "There is no page here for you"),
        (Refused("Not while a mark is open. Wait five days."), 409, "Not while a mark is open"),
        (WrongUse("That is not a day. Choose one."), 400, "That is not a day"),
        (BadInput("bad", remedy="Mend it"), 400, "Mend it"),
        (LinkworkError("It does not open."), 500, "It does not open."),
        (Busy(5), 503, "Try again in 5 seconds"),
    ],
)
def test_an_error_raised_on_purpose_is_a_page_with_its_sentence(
    hub: HubUnderTest, error: Exception, status: int, said: str
) -> None:
    answer = ask(hub, raising(error))
    assert answer.status_code == status
    assert said in answer.text
    assert "Testina" not in answer.text
    assert "Go to the home page" in answer.text
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)


def test_a_mistake_of_ours_is_a_calm_page_and_a_log_line_without_any_value(
    hub: HubUnderTest,
) -> None:
    with capture_logs() as lines:
        answer = ask(hub, raising(KeyError("Testina Example")))
    assert answer.status_code == 500
    assert "Nothing was half done" in answer.text
    assert "Testina" not in answer.text + str(lines)
    assert {"error": "KeyError", "event": "fault"}.items() <= lines[0].items()


def test_a_request_is_logged_by_its_pattern_never_by_its_address(hub: HubUnderTest) -> None:
    with capture_logs() as lines:
        ask(hub, get("/x/{id}", lambda _: Response("ok"), roles=PUBLIC), "/x/p_secret?q=Testina")
    assert lines[0]["route"] == "/x/{id}"
    assert lines[0]["status"] == 200
    assert "secret" not in str(lines)
    assert "Testina" not in str(lines)


def test_a_traceback_in_a_log_becomes_a_kind_and_a_place() -> None:
    with pytest.raises(ValueError, match="Testina") as caught:
        int("Testina Example")
    event = log.only_kind_and_place(None, "error", {"event": "x", "exc_info": caught.value})
    assert event["error"] == "ValueError"
    assert event["place"].startswith("test_pages.py:")
    assert "Testina" not in str(event)


def test_a_machine_gets_plain_words_and_its_own_limit(hub: HubUnderTest) -> None:
    def echo(call: Call) -> Response:
        return Response(call.body)

    route = machine("/x", echo, method="POST", max_body=8)
    assert ask(hub, route, content=b"12345678").content == b"12345678"
    large = ask(hub, route, content=b"123456789")
    assert large.status_code == 413
    assert "<html" not in large.text
    assert "set-cookie" not in large.headers


def test_an_unknown_address_is_a_page(hub: HubUnderTest) -> None:
    answer = hub.sign_in(Role.MANAGER).get("/nowhere")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_files_are_kept_by_browsers_and_change_their_address_with_their_content(
    hub: HubUnderTest,
) -> None:
    browser = hub.browser()
    page = browser.get("/sign-in").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = browser.get(address)
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in answer.headers
    for never in ("/static/0/nothing.css", "/static/0/..%2Fpaging.py", "/static/0/page.html"):
        assert browser.get(never).status_code == 404


def test_the_stylesheet_asks_for_nothing_from_elsewhere(hub: HubUnderTest) -> None:
    css = hub.browser().get("/static/0/linkwork.css").text
    for never in ("url(", "@import", "GDS Transport", "crown", "crest"):
        assert never not in css


def request(query: str) -> Request:
    """A request with this query."""
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def test_a_long_list_is_shown_in_parts_and_keeps_the_rest_of_its_address() -> None:
    shown = paging(request("search=oak&page=2"), 120)
    assert (shown.offset, shown.first, shown.last, shown.pages) == (50, 51, 100, 3)
    assert shown.href(3) == "?search=oak&page=3"


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 1), ("page=0", 1), ("page=-1", 1), ("page=x", 1), ("page=9", 3), ("page=²", 1)],
)
def test_a_page_number_out_of_range_is_the_nearest_there_is(query: str, number: int) -> None:
    assert paging(request(query), 120).number == number


def test_an_empty_list_has_one_page_without_rows() -> None:
    shown = paging(request(""), 0)
    assert (shown.pages, shown.first, shown.last) == (1, 0, 0)


def test_days_moments_sums_and_counts_are_written_for_people() -> None:
    assert day(date(2026, 3, 3)) == "3 March 2026"
    assert weekday(date(2026, 3, 3)) == "Tue 3 Mar 2026"
    assert day(None) == "not known"
    assert moment(datetime(2026, 7, 1, 12, 5, tzinfo=UTC)) == "1 July 2026, 13:05"
    assert moment(None) == "never"
    assert [money(p) for p in (0, 5, 120_050, -99)] == ["£0.00", "£0.05", "£1,200.50", "-£0.99"]
    assert count(1, "school") == "1 school"
    assert count(1_200, "inquiry", "inquiries") == "1,200 inquiries"


def test_each_cell_of_a_list_knows_its_heading_and_keeps_its_role() -> None:
    macros = environment(()).get_template("web/macros.html")
    made = macros.environment.from_string(
        '{% from "web/macros.html" import table %}{% call table("Pets", ["Name", "A & B"]) %}'
        '<tr><th scope="row">{{ name }}</th><td class="x">2</td></tr>{% endcall %}'
    ).render(name="<b>")
    assert (
        '<tr role="row"><th role="rowheader" data-label="Name" scope="row">&lt;b&gt;</th>' in made
    )
    assert '<td role="cell" data-label="A &amp; B" class="x">2</td>' in made
    assert made.count('role="columnheader"') == 2
