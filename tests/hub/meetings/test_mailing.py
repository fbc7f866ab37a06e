"""Invitations by mail: asked, changed, withdrawn, answered, reminded; once each, and no names."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from multiprocessing.pool import ThreadPool

import icalendar
import pytest
from fake_smtp import FakeSmtp
from hub_under_test import FixedClock
from sqlalchemy import select

from linkwork.errors import BadInput
from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, SchoolFacts
from linkwork_hub.access.profile import Profile
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.jobs.schedule import jobs_of, run_due
from linkwork_hub.meetings import change_store, mail_store, mailing, store
from linkwork_hub.meetings.kinds import MeetingRules
from linkwork_hub.meetings.models import HalfDay, Session, Side
from linkwork_hub.meetings.rules import slot_at
from linkwork_hub.meetings.tables import mail_outbox

SYSTEM = Scope.system()
CANARY = "Zebediah Canaryname"
SCHOOL, OLIVE, PAT = "office@oak.example", "olive@council.example", "pat@council.example"


class Mailbox:
    """A planned meeting of a school with one person, two officers, and a mail server."""

    def __init__(self, db: Database, rules: MeetingRules, smtp: FakeSmtp) -> None:
        self.db, self.rules, self.smtp = db, rules, smtp
        self.post = mailing.Post(
            mailing.smtp(smtp.url), "meetings@council.example", "https://hub.example"
        )
        with db.write() as tx:
            facts = SchoolFacts("", date(2020, 9, 1), "900001", "Oak Lane", "LA", "primary")
            self.school = access.add_school(SYSTEM, tx, facts)
            self.people = {
                email: account_store.add_person(
                    SYSTEM,
                    tx,
                    Person("", email, email.split("@")[0].title(), role, True, reach, SLOTS),
                    password="",
                )
                for email, role, reach in (
                    (SCHOOL, Role.SCHOOL, frozenset({self.school})),
                    (OLIVE, Role.OFFICER, frozenset[str]()),
                    (PAT, Role.OFFICER, frozenset[str]()),
                )
            }
            slot = slot_at(HalfDay(date(2026, 3, 12), Session.AM), rules.link, f"For {CANARY}")
            self.meeting = store.plan(
                SYSTEM, tx, self.school, self.people[OLIVE], "link", slot, CANARY
            )
            mailing.invite(SYSTEM, tx, rules, self.meeting)

    def send(self) -> int:
        return mailing.send_waiting(self.db, self.rules, self.post)

    def move(self, day: date, officer: str = OLIVE) -> None:
        slot = slot_at(HalfDay(day, Session.AM), self.rules.link, f"About {CANARY}")
        with self.db.write() as tx:
            change_store.move(
                SYSTEM, tx, self.meeting, slot, self.people[officer], CANARY, f"{CANARY} is ill"
            )
            mailing.invite(SYSTEM, tx, self.rules, self.meeting)


@pytest.fixture
def box(sqlite_database: Database, meeting_rules: MeetingRules) -> Iterator[Mailbox]:
    with FakeSmtp() as smtp:
        yield Mailbox(sqlite_database, meeting_rules, smtp)


def event(message: EmailMessage) -> tuple[str, icalendar.Event]:
    """The METHOD and the entry of a letter's calendar part."""
    [part] = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(_bytes(part))
    [found] = calendar.walk("VEVENT")
    assert isinstance(found, icalendar.Event)
    assert part.get_param("method") == str(calendar["METHOD"])
    return str(calendar["METHOD"]), found


def _bytes(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data


def by_person(messages: list[EmailMessage]) -> dict[str, EmailMessage]:
    return {str(message["To"]): message for message in messages}


def test_an_invitation_its_change_and_its_withdrawal_keep_one_uid_and_rise(box: Mailbox) -> None:
    assert box.send() == 2
    box.move(date(2026, 3, 31))
    assert box.send() == 2
    with box.db.write() as tx:
        change_store.cancel(SYSTEM, tx, box.meeting, "Office", f"{CANARY} moved", Side.SCHOOL)
        mailing.invite(SYSTEM, tx, box.rules, box.meeting)
    assert box.send() == 2
    told = [event(m) for m in box.smtp.messages if m["To"] == SCHOOL]
    assert [method for method, _ in told] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {one.uid for _, one in told} == {f"{box.meeting}@linkwork"}
    assert [one.sequence for _, one in told] == [0, 1, 2]
    # 9.30 by the clock on the wall, before and after it goes forward.
    starts = [one.start for _, one in told[:2]]
    assert [s.astimezone(UTC).hour for s in starts if isinstance(s, datetime)] == [9, 8]
    assert box.send() == 0


def test_cover_reaches_the_new_officer_and_leaves_the_calendar_of_the_old(box: Mailbox) -> None:
    box.send()
    box.move(date(2026, 3, 12), PAT)
    box.send()
    told = by_person(box.smtp.messages[2:])
    assert set(told) == {SCHOOL, PAT, OLIVE}
    assert event(told[PAT])[0] == event(told[SCHOOL])[0] == "REQUEST"
    assert event(told[OLIVE])[0] == "CANCEL"
    assert event(told[OLIVE])[1].uid == event(told[PAT])[1].uid


def test_an_answer_is_kept_and_an_old_one_or_a_strangers_is_not(box: Mailbox) -> None:
    box.send()
    asked = box.smtp.messages[0]
    text = next(p for p in asked.walk() if p.get_content_type() == "text/calendar")
    request = _bytes(text)

    def answer(word: str, email: str = SCHOOL, sequence: int = 0) -> bytes:
        calendar = icalendar.Calendar.from_ical(request)
        calendar["METHOD"] = "REPLY"
        [entry] = calendar.walk("VEVENT")
        entry["SEQUENCE"] = sequence
        attendee = icalendar.vCalAddress(f"mailto:{email}")
        attendee.params["PARTSTAT"] = word
        entry["ATTENDEE"] = attendee
        return bytes(calendar.to_ical())

    with box.db.write() as tx:
        assert mailing.take_reply(SYSTEM, tx, answer("DECLINED")) == 1
        assert mailing.take_reply(SYSTEM, tx, answer("ACCEPTED", sequence=1)) == 1
        assert mailing.take_reply(SYSTEM, tx, answer("TENTATIVE", sequence=0)) == 0
        for wrong in (answer("ACCEPTED", "x@y.example"), answer("PERHAPS"), request):
            with pytest.raises(BadInput):
                mailing.take_reply(SYSTEM, tx, wrong)
        [reply] = mail_store.replies(SYSTEM, tx, box.meeting)
    assert (reply.email, reply.answer, reply.sequence) == (SCHOOL, "accepted", 1)


def test_a_reminder_goes_once_however_many_processes_run_the_job(
    box: Mailbox, clock: FixedClock, reading: Profile
) -> None:
    box.send()
    clock.now = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    jobs = [job for job in jobs_of(reading) if job.name == "meeting-reminders"]
    assert len(jobs) == 1
    with ThreadPool(4) as pool:
        ran = pool.map(lambda _: run_due(box.db, jobs), range(8))
        sent = pool.map(lambda _: box.send(), range(8))
    assert (sum(map(len, ran)), sum(sent)) == (1, 2)
    reminders = box.smtp.messages[2:]
    assert sorted(str(m["To"]) for m in reminders) == [SCHOOL, OLIVE]
    assert all(str(m["Subject"]) == "Reminder: Link meeting, Oak Lane" for m in reminders)
    # The control: without a claim the same letters would go again.
    with box.db.write() as tx:
        tx.execute(mail_outbox.update().values(sent=None, lease_until=None))
    assert box.send() == 4


@pytest.mark.parametrize("day", [date(2026, 3, 31), date(2026, 10, 27)])
def test_a_reminder_comes_in_the_morning_of_its_day_through_both_clock_changes(
    box: Mailbox, clock: FixedClock, reading: Profile, day: date
) -> None:
    """The clocks change on Sunday; the reminder is due on it, two days before a Tuesday."""
    box.move(day)
    box.send()
    jobs = [job for job in jobs_of(reading) if job.name == "meeting-reminders"]
    clock.now = datetime.combine(day - timedelta(days=2), datetime.min.time(), tzinfo=UTC)
    ran = []
    for _ in range(24 * 4):
        ran += [clock.now for _ in run_due(box.db, jobs)]
        clock.advance(minutes=15)
    due = [moment for moment in ran if moment.date() == day - timedelta(days=2)]
    local = [moment.hour + (1 if day.month == 3 else 0) for moment in due if moment.hour >= 6]
    assert local == [7]
    assert box.send() == 2


def test_a_mail_server_that_is_away_or_refuses_is_tried_again_and_nothing_is_lost(
    box: Mailbox, clock: FixedClock
) -> None:
    box.smtp.refuse(True)
    assert box.send() == 0
    with box.db.read() as tx:
        waits = mail_store.letters(SYSTEM, tx, box.meeting)
    assert {(sent, problem) for *_, sent, problem in waits} == {(None, "SMTPRecipientsRefused")}
    assert box.send() == 0, "it rests before it is tried again"
    box.smtp.refuse(False)
    clock.advance(minutes=11)
    assert box.send() == 2
    assert len(box.smtp.messages) == 2


def test_a_sender_that_died_after_taking_a_letter_loses_nothing(
    box: Mailbox, clock: FixedClock
) -> None:
    with box.db.write() as tx:
        assert len(mail_store.claim(SYSTEM, tx, timedelta(minutes=5))) == 2
    assert box.send() == 0
    clock.advance(minutes=6)
    assert box.send() == 2
    identities = {str(message["Message-ID"]) for message in box.smtp.messages}
    assert len(identities) == 2


def test_no_mail_calendar_or_feed_ever_holds_a_name_or_a_reason(box: Mailbox) -> None:
    box.send()
    box.move(date(2026, 3, 31), PAT)
    with box.db.write() as tx:
        secret = mail_store.add_feed(SYSTEM, tx, CANARY, school_id=box.school)
        feed = mailing.calendar_of(tx, box.rules, secret, "https://hub.example")
        rows = tx.all(select(mail_outbox))
    box.send()
    assert feed is not None
    assert box.smtp.raw
    for data in (*box.smtp.raw, feed, repr(rows).encode()):
        for seen in (data, quopri.decodestring(data), *_decoded(data)):
            flat = seen.replace(b"\r\n ", b"").replace(b"=\r\n", b"").lower()
            for secret_word in (b"zebediah", b"canaryname", b"z.c.", b" ill"):
                assert secret_word not in flat
    # The control: the page of the meeting does hold the reason.
    with box.db.read() as tx:
        one = store.meeting(SYSTEM, tx, box.meeting)
    assert one is not None
    assert CANARY in one.reason


def _decoded(data: bytes) -> Iterator[bytes]:
    for block in data.split(b"\r\n\r\n"):
        try:
            yield base64.b64decode(block, validate=False)
        except ValueError:
            continue


def test_a_calendar_opens_with_its_secret_until_it_is_revoked(box: Mailbox) -> None:
    def shown(secret: str) -> list[icalendar.Event]:
        with box.db.read() as tx:
            data = mailing.calendar_of(tx, box.rules, secret, "https://hub.example")
        return [] if data is None else list(icalendar.Calendar.from_ical(data).walk("VEVENT"))  # type: ignore[arg-type]

    with box.db.write() as tx:
        mine = mail_store.add_feed(SYSTEM, tx, "Olive", person_id=box.people[OLIVE])
        theirs = mail_store.add_feed(SYSTEM, tx, "Office", school_id=box.school)
        other = mail_store.add_feed(SYSTEM, tx, "Pat", person_id=box.people[PAT])
    assert len(shown(mine)) == len(shown(theirs)) == 1
    assert shown(other) == []
    assert shown("0" * 48) == []
    with box.db.write() as tx:
        [feed] = mail_store.feeds(SYSTEM, tx, person_id=box.people[OLIVE])
        assert not mail_store.revoke(SYSTEM, tx, feed.feed_id, person_id=box.people[PAT])
        assert mail_store.revoke(SYSTEM, tx, feed.feed_id, person_id=box.people[OLIVE])
        change_store.cancel(SYSTEM, tx, box.meeting, "Olive", "Snow")
    assert shown(mine) == []
    assert [str(one["STATUS"]) for one in shown(theirs)] == ["CANCELLED"]
