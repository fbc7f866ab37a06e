"""Through a school's filter that opens TLS, and one that does harm: nothing read, nothing lost."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hub_under_test import SYSTEM
from live_hub import LiveHub
from school_desk import SchoolDesk
from school_filter import (
    HOST,
    ISSUER,
    Filter,
    block_page,
    bomb,
    captive,
    cut,
    dropped,
    one_bit,
    school_filter,
    shorter,
    zipped,
)

from linkwork.errors import WrongUse
from linkwork_agent import config, network
from linkwork_agent.config import Network
from linkwork_agent.doctor import _certificate
from linkwork_agent.store import base
from linkwork_agent.work import Outcome, run_job
from linkwork_hub.feeds import store

URL = f"https://{HOST}"


@pytest.fixture
def between(tmp_path: Path, live: LiveHub) -> Iterator[Filter]:
    """A filter on the way to the hub, whose authority the agent knows only from a file."""
    with school_filter(tmp_path, live.url) as made:
        yield made


@pytest.fixture
def ready(school: SchoolDesk) -> SchoolDesk:
    """A school with a pupil to name in a return, whose hub is behind the filter from now on."""
    school.stories["P3"] = "/*30 O*10"
    school.joined("return").run("collect")
    with school.open() as store, store.write() as tx:
        base.put(tx, hub_url=URL)
    return school


def soon() -> datetime:
    """The time by the clock that the filter's certificates were made by."""
    return datetime.now(UTC)


def run(school: SchoolDesk, way: Network, job: str = "deliver") -> Outcome:
    """Run a job over this network."""
    place = school.place
    outcome = run_job(replace(place, config=place.config._replace(network=way)), job)
    assert outcome is not None
    return outcome


def way(between: Filter) -> Network:
    """Through the filter, and trusting it."""
    return Network(str(between.ca_file), between.url)


def held(live: LiveHub, school: SchoolDesk) -> int:
    """How many messages of the feed the hub holds."""
    told = "SELECT count(*) FROM inbox WHERE school_id = :s AND stream = 'feed'"
    return live.count(told, s=school.school_id)


def test_a_filter_that_opens_tls_and_is_trusted_passes_everything_and_reads_no_pupil(
    ready: SchoolDesk, live: LiveHub, between: Filter
) -> None:
    assert run(ready, way(between)).sentence == "sent 2, 0 waiting"
    live.work()
    read = between.read()
    # The control: the filter does read what stands in clear, and the name was in what was sent.
    assert ready.urn.encode() in read
    assert live.count("SELECT count(*) FROM identities WHERE school_id = :s", s=ready.school_id)
    for never in (b"Thornapple", b"Quill", b"Thistle", b"999000000003", b"continuous"):
        assert never not in read


def test_a_filter_that_is_not_trusted_is_named_and_nothing_is_sent(
    ready: SchoolDesk, live: LiveHub, between: Filter
) -> None:
    outcome = run(ready, Network(None, between.url))
    assert f"issued by {ISSUER}, which this machine does not trust" in outcome.sentence
    assert "ca_file" in outcome.sentence
    assert between.seen == []
    assert (ready.status()["waiting"], held(live, ready)) == (2, 0)


def test_doctor_names_who_issued_the_certificate_and_says_that_the_filter_opens_tls(
    between: Filter,
) -> None:
    trusted = _certificate(URL, way(between), soon())
    assert trusted["ok"] is True
    assert (
        f"issued by {ISSUER}, which only this machine trusts: your filter opens TLS"
        in (trusted["seen"])
    )
    stranger = _certificate(URL, Network(None, between.url), soon())
    assert (stranger["ok"], ISSUER in stranger["seen"]) == (False, True)
    assert "ca_file under [network]" in stranger["remedy"]
    assert between.seen == []


def test_a_certificate_that_comes_to_its_end_is_warned_of_by_doctor_status_and_at_the_hub(
    ready: SchoolDesk, live: LiveHub, between: Filter
) -> None:
    ends = network.seen(URL, way(between)).valid.last
    assert _certificate(URL, way(between), ends - timedelta(days=15))["ok"] is True
    row = _certificate(URL, way(between), ends - timedelta(days=5))
    assert (row["ok"], "It ends in 5 days" in row["remedy"]) == (False, True)
    said = f"ends on {ends.date()}"
    assert run(ready, way(between), "instruct").exit_code == 0
    assert said not in " ".join(ready.status()["problems"])
    ready.now = live.clock.fixed = ends - timedelta(days=5)
    for _told in range(2):
        assert run(ready, way(between), "instruct").exit_code == 0
    assert said in " ".join(ready.status()["problems"])
    live.work()
    with live.db.read() as db:
        told = store.feed(SYSTEM, db, ready.school_id).reported
    assert any(said in words for words in told)


@pytest.mark.parametrize(
    ("days", "left", "warned"),
    [(365, 22, False), (365, 20, True), (6, 3, False), (6, 1, True), (365, -3, True)],
)
def test_a_certificate_is_warned_of_three_weeks_ahead_or_in_the_last_third_of_a_short_life(
    days: int, left: int, warned: bool
) -> None:
    first = soon()
    valid = network.Validity(first, first + timedelta(days=days))
    told = valid.days_left(valid.last - timedelta(days=left))
    assert told == (max(left, 0) if warned else None)


def test_a_proxy_that_is_no_proxy_or_says_no_is_named(live: LiveHub) -> None:
    row = _certificate(URL, Network(None, live.url), soon())
    assert (row["ok"], "[network]" in row["remedy"]) == (False, True)
    with pytest.raises(OSError, match="would not connect"):
        network.seen(URL, Network(None, live.url))


@pytest.mark.parametrize("spares", [0, 1], ids=["sign-of-life", "message"])
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (one_bit, "not signed by a receipt key"),
        (cut, "cannot be reached"),
        (dropped, "cannot be reached"),
        (block_page, "its page is titled 'Blocked by Ashby Filter'"),
        (captive, "HTTP 302"),
    ],
)
def test_whatever_a_filter_does_to_an_answer_the_message_stays_and_goes_again_once_in_effect(
    ready: SchoolDesk,
    live: LiveHub,
    between: Filter,
    harm: Callable[[bytes], bytes | None],
    said: str,
    spares: int,
) -> None:
    between.harm, between.spares = harm, spares
    outcome = run(ready, way(between))
    assert said in outcome.sentence
    assert ready.status()["waiting"] == 2
    # The hub holds the message that the school has no receipt of.
    assert held(live, ready) == spares
    between.harm = bytes
    assert run(ready, way(between)).sentence == "sent 2, 0 waiting"
    live.work()
    assert held(live, ready) == 2
    assert live.count("SELECT count(*) FROM returns WHERE school_id = :s", s=ready.school_id) == 1


def test_a_filter_that_sends_every_message_twice_doubles_nothing(
    ready: SchoolDesk, live: LiveHub, between: Filter
) -> None:
    between.times = 2
    assert run(ready, way(between)).sentence == "sent 2, 0 waiting"
    live.work()
    assert held(live, ready) == 2
    assert live.count("SELECT count(*) FROM returns WHERE school_id = :s", s=ready.school_id) == 1


@pytest.mark.parametrize(("asks", "word"), [(one_bit, "signature"), (shorter, "shape")])
def test_a_filter_that_changes_a_bit_of_what_is_sent_gets_a_refusal_and_the_message_stays(
    ready: SchoolDesk,
    live: LiveHub,
    between: Filter,
    asks: Callable[[bytes], bytes],
    word: str,
) -> None:
    between.asks = asks
    assert f"HTTP 400, '{word}'" in run(ready, way(between)).sentence
    assert (ready.status()["waiting"], held(live, ready)) == (2, 0)
    between.asks = bytes
    assert run(ready, way(between)).sentence == "sent 2, 0 waiting"
    assert held(live, ready) == 2


def test_an_answer_that_unfolds_without_end_is_cut_off_within_its_limit(
    ready: SchoolDesk, live: LiveHub, between: Filter
) -> None:
    between.harm, between.spares = bomb, 1
    tracemalloc.start()
    try:
        said = run(ready, way(between)).sentence
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "larger than" in said
    assert most < 64 << 20
    assert (ready.status()["waiting"], held(live, ready)) == (2, 1)


def test_an_answer_that_was_compressed_on_the_way_is_read(
    ready: SchoolDesk, between: Filter
) -> None:
    between.harm = zipped
    assert run(ready, way(between)).sentence == "sent 2, 0 waiting"


def test_the_way_out_stands_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    school = {"urn": "100001", "name": "Ashby", "mis": "csv"}
    way = {"ca_file": "ca.pem", "proxy": "http://proxy.school:8080"}
    read = config.read({"school": [school], "network": way}, tmp_path)
    assert read.network == Network(str(tmp_path / "ca.pem"), "http://proxy.school:8080")
    for wrong, said in (
        ({"proxy": "http://me:pw@proxy:1"}, "secrets do not stand in this file"),
        ({"proxy": "ftp://proxy"}, "is not a proxy's address"),
        ({"proxy": 1}, "is not a proxy's address"),
        ({"ca_file": "gone.pem"}, "is not there"),
        ({"verify": False}, "unknown key network.verify"),
    ):
        with pytest.raises(WrongUse, match=said):
            config.read({"school": [school], "network": wrong}, tmp_path)
