"""Calendar programs that others wrote: khal imports an invitation, Radicale keeps the feed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as wall
from pathlib import Path

import httpx
import pytest

from demo.programs import free_port
from linkwork_hub.meetings.invitation import Invitation, Staff, to_feed, to_ics
from linkwork_hub.meetings.models import HalfDay, Meeting, Session, Status

# The days around both clock changes, and one in each half of the year.
DAYS = [date(2026, 3, 27), date(2026, 3, 30), date(2026, 7, 13), date(2026, 10, 26)]


def invitation(day: date, status: Status = Status.PLANNED) -> Invitation:
    meeting = Meeting(
        meeting_id=f"mtg_{day:%Y%m%d}",
        school_id="sch_oak",
        officer_id="per_olive",
        kind="link",
        half_day=HalfDay(day, Session.AM),
        start=wall(9, 30),
        end=wall(10, 30),
        status=status,
        sequence=0,
        reason="Free for both.",
        changed_at=datetime(2026, 1, 5, 8, 0, tzinfo=UTC),
    )
    olive, office = Staff("Olive", "olive@council.example"), Staff("Sam", "sam@oak.example")
    return Invitation(meeting, "Link meeting", "Oak Lane", olive, (office,), "https://hub.example")


@pytest.fixture
def khal(tmp_path: Path) -> list[str]:
    """khal with an empty calendar, in another zone's clock to be honest about ours."""
    (tmp_path / "calendar").mkdir()
    config = tmp_path / "khal.conf"
    config.write_text(
        f"[calendars]\n[[work]]\npath = {tmp_path / 'calendar'}\n"
        f"[sqlite]\npath = {tmp_path / 'khal.db'}\n"
        "[locale]\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        "local_timezone = Europe/London\ndefault_timezone = Europe/London\n"
        "[default]\ndefault_calendar = work\n"
    )
    code = "from khal.cli import main_khal; main_khal()"
    return [sys.executable, "-W", "ignore", "-c", code, "-c", str(config)]


def run(command: list[str], *words: str) -> str:
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_khal_shows_each_invitation_at_the_hour_that_was_agreed(
    khal: list[str], tmp_path: Path
) -> None:
    for day in DAYS:
        file = tmp_path / "invitation.ics"
        file.write_bytes(to_ics(invitation(day)))
        run(khal, "import", "--batch", str(file))
    shown = run(khal, "list", "--format", "{start}|{end}|{title}", "2026-03-01", "300d")
    rows = [line for line in shown.splitlines() if "|" in line]
    assert rows == [f"{day} 09:30|{day} 10:30|Link meeting, Oak Lane" for day in DAYS]


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[str]:
    """A Radicale on this machine with an empty store; its address."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "radicale", "--hosts", f"127.0.0.1:{port}"]
    options = ["--storage-filesystem-folder", str(tmp_path / "store"), "--auth-type", "none"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        base = f"http://127.0.0.1:{port}"
        try:
            _wait(base)
            yield base
        finally:
            process.terminate()
            process.wait(10)


def _wait(base: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{base}/.web/", timeout=1)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Radicale did not start")


def test_radicale_keeps_the_feed_and_gives_it_back_whole(radicale: str) -> None:
    feed = to_feed([invitation(day) for day in DAYS[:3]] + [invitation(DAYS[3], Status.CANCELLED)])
    with httpx.Client(auth=("olive", "x"), base_url=radicale) as client:
        put = client.put(
            "/olive/linkwork/", content=feed, headers={"Content-Type": "text/calendar"}
        )
        assert put.status_code == 201, put.text
        back = client.get("/olive/linkwork/").text
    assert back.count("BEGIN:VEVENT") == 4
    assert back.count("STATUS:CANCELLED") == 1
    assert "DTSTART;TZID=Europe/London:20260330T093000" in back
