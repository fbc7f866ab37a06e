"""Invitations and reminders on their way, over one port; answers read; calendars to subscribe to.

Nothing here can say a pupil's name: a letter is made of a meeting, a kind, a school and staff.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from linkwork.errors import BadInput
from linkwork_hub.access import store as access
from linkwork_hub.db import Database, Role, Scope, Tx
from linkwork_hub.documents.words import clock, weekday_date
from linkwork_hub.meetings import change_store, company_store, mail_store, store
from linkwork_hub.meetings.ical_files import replies
from linkwork_hub.meetings.invitation import Invitation, Staff, to_feed, to_ics
from linkwork_hub.meetings.kinds import MeetingRules
from linkwork_hub.meetings.mail_store import Letter
from linkwork_hub.meetings.models import Beside, Meeting, Status

#: Hands one message over, or raises OSError or smtplib.SMTPException.
Port = Callable[[EmailMessage], None]
_SYSTEM = Scope.system()
_LEASE = timedelta(minutes=5)
_UID_END = "@linkwork"
_BACK, _AHEAD = timedelta(days=60), timedelta(days=400)


@dataclass(frozen=True)
class Post:
    """Where mail goes out and who it is from. `sender` is also where answers come in."""

    port: Port
    sender: str
    address: str


def smtp(server: str) -> Port:
    """A port over SMTP; `server` is `smtp://host:25`, or `smtps://` for TLS from the start."""
    parts = urlsplit(server)

    def hand_over(message: EmailMessage) -> None:
        host, secure = parts.hostname or "localhost", parts.scheme == "smtps"
        kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
        with kind(host, parts.port or (465 if secure else 25), timeout=20) as line:
            if parts.username and parts.password:
                line.login(parts.username, parts.password)
            line.send_message(message)

    return hand_over


def invite(scope: Scope, db: Tx, meeting_rules: MeetingRules, meeting_id: str) -> int:
    """Put the invitation, its change or its withdrawal on its way to everyone it concerns.

    A meeting of several schools goes to the people of each.
    """
    one = store.meeting(scope, db, meeting_id)
    if one is None:
        return 0
    to = [person.email for person in invitation(db, meeting_rules, one, "").attendees]
    made = mail_store.queue(scope, db, meeting_id, to, mail_store.INVITATION, one.sequence)
    # Whoever it was taken from has it in their calendar still.
    for change in change_store.changes(scope, db, meeting_id)[-1:]:
        before = access.person(_SYSTEM, db, change.before[1])
        if before is not None and before.active and before.id != one.officer_id:
            gone = [before.email]
            made += mail_store.queue(
                scope, db, meeting_id, gone, mail_store.WITHDRAWAL, one.sequence
            )
    guests = company_store.beside(_SYSTEM, db, meeting_id, Beside.SCHOOL, gone=True)
    return made + sum(invite(scope, db, meeting_rules, guest.meeting_id) for guest in guests)


def remind(scope: Scope, db: Tx, meeting_rules: MeetingRules) -> int:
    """Put the reminders on their way for the day that is `remind_days` ahead; how many."""
    day = db.today + timedelta(days=meeting_rules.remind_days)
    made = 0
    for one in store.meetings_between(scope, db, day, day):
        if one.status is Status.PLANNED:
            to = [person.email for person in invitation(db, meeting_rules, one, "").attendees]
            made += mail_store.queue(
                scope, db, one.meeting_id, to, mail_store.REMINDER, one.sequence
            )
    return made


def send_waiting(database: Database, meeting_rules: MeetingRules, post: Post) -> int:
    """Hand over what waits; how many letters went. Any number of processes may do so at once.

    A letter is taken under a lease, sent outside of any transaction, then settled. A process
    that dies in between lets the letter go once more: a calendar takes the same UID and
    SEQUENCE as the entry it has.
    """
    with database.write() as db:
        taken = mail_store.claim(_SYSTEM, db, _LEASE)
    sent = 0
    for letter in taken:
        with database.read() as db:
            message = _message(db, meeting_rules, letter, post)
        problem = ""
        try:
            if message is not None:
                post.port(message)
        except (OSError, smtplib.SMTPException) as error:
            # Its name alone: an answer of a mail server may repeat whom it was for.
            problem = type(error).__name__
        with database.write() as db:
            mail_store.settle(_SYSTEM, db, letter, problem)
        sent += message is not None and not problem
    return sent


def _message(
    db: Tx, meeting_rules: MeetingRules, letter: Letter, post: Post
) -> EmailMessage | None:
    """The letter as it must read now; None when it is out of date and a newer one follows."""
    one = store.meeting(_SYSTEM, db, letter.meeting_id)
    newer = one is not None and one.sequence != letter.sequence
    # A withdrawal still holds when the meeting was changed once more since.
    if one is None or (newer and letter.what != mail_store.WITHDRAWAL):
        return None
    reminds = letter.what == mail_store.REMINDER
    if reminds and one.status is not Status.PLANNED:
        return None
    if letter.what == mail_store.WITHDRAWAL:
        one = replace(one, status=Status.CANCELLED)
    told = invitation(db, meeting_rules, one, post.address)
    message = EmailMessage()
    message["From"], message["To"] = post.sender, letter.recipient
    message["Subject"] = f"{_verb(one, reminds)}: {told.kind_name}, {told.school_name}"
    message["Date"] = format_datetime(db.now)
    # The same letter sent once more is seen to be the same.
    message["Message-ID"] = f"<{letter.letter_id}@{post.sender.rpartition('@')[2]}>"
    where = "online" if one.online else told.school_name + (f", {one.room}" if one.room else "")
    if one.beside is Beside.SCHOOL and not one.online:
        where = one.room
    when = f"{weekday_date(one.half_day.day)}, {clock(one.start)} to {clock(one.end)}"
    message.set_content(
        f"{told.kind_name}\n{when}\nWhere: {where}\n\n"
        f"Agenda and actions, after signing in: {told.address}\n"
    )
    if not reminds:
        method = "CANCEL" if one.status is Status.CANCELLED else "REQUEST"
        message.add_alternative(
            to_ics(told).decode(), subtype="calendar", params={"method": method}
        )
    return message


def _verb(one: Meeting, reminds: bool) -> str:
    if reminds:
        return "Reminder"
    if one.status is Status.CANCELLED:
        return "Cancelled"
    return "Changed" if one.sequence else "Invitation"


def take_reply(scope: Scope, db: Tx, data: bytes) -> int:
    """Keep the answers of a REPLY; how many. Raises BadInput for what cannot be one.

    Only somebody who was invited can answer, and only with a word calendars know.
    """
    kept = 0
    for uid, sequence, email, answer in replies(data):
        meeting_id = uid.removesuffix(_UID_END)
        one = store.meeting(scope, db, meeting_id)
        if one is None or not uid.endswith(_UID_END):
            raise BadInput("no meeting here has this UID", remedy="Answer the newest invitation")
        invited = {to for to, *_ in mail_store.letters(scope, db, meeting_id)}
        if email not in {to.lower() for to in invited} or answer not in mail_store.ANSWERS:
            raise BadInput(
                "the answer is not from somebody who was invited",
                remedy="Answer from the calendar the invitation came to",
            )
        kept += mail_store.keep_reply(scope, db, meeting_id, email, answer, sequence)
    return kept


def calendar_part(data: bytes) -> bytes:
    """The calendar in a mail, or the same bytes when they are no mail with one."""
    if data.lstrip()[:15].upper() == b"BEGIN:VCALENDAR":
        return data
    for part in message_from_bytes(data).walk():
        held = part.get_payload(decode=True)
        if part.get_content_type() == "text/calendar" and isinstance(held, bytes):
            return held
    return data


def calendar_of(db: Tx, meeting_rules: MeetingRules, secret: str, address: str) -> bytes | None:
    """The calendar a secret opens, meetings called off among it; None for no such calendar."""
    feed = mail_store.feed(_SYSTEM, db, secret)
    if feed is None:
        return None
    if feed.person_id is not None:
        person = access.person(_SYSTEM, db, feed.person_id)
        if person is None or not person.active:
            return None
    shown = store.calendar(
        _SYSTEM,
        db,
        db.today - _BACK,
        db.today + _AHEAD,
        officer_id=feed.person_id,
        school_id=feed.school_id,
    )
    return to_feed([invitation(db, meeting_rules, one, address) for one in shown])


def invitation(db: Tx, kinds: MeetingRules, one: Meeting, address: str) -> Invitation:
    """The invitation to a meeting: its officer invites the school's own people."""
    school = access.school(_SYSTEM, db, one.school_id)
    officer = access.person(_SYSTEM, db, one.officer_id)
    staff = [
        Staff(person.name, person.email)
        for person in access.people(_SYSTEM, db, role=Role.SCHOOL)
        if person.active and one.school_id in person.schools
    ]
    off = one.status is Status.CANCELLED
    beside = company_store.beside(_SYSTEM, db, one.meeting_id, Beside.OFFICER, gone=off)
    # Whoever is at several schools' meeting has it once, from the school that holds it.
    for ident in [one.officer_id] * (not one.main_id) + [each.officer_id for each in beside]:
        person = access.person(_SYSTEM, db, ident)
        if person is not None and person.active:
            staff.append(Staff(person.name, person.email))
    return Invitation(
        meeting=one,
        kind_name=kinds.kind(one.kind).name,
        school_name=school.name,
        organizer=Staff(officer.name, officer.email) if officer else Staff("Linkwork", ""),
        attendees=tuple(staff),
        address=f"{address}/meetings/{one.meeting_id}",
    )
