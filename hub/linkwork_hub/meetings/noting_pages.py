"""The record of a meeting: written heading by heading, agreed, and confirmed by both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork.wire import LinkworkRecord, RecordAction, RecordPart, RecordPerson
from linkwork_hub.access import store as access
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import Action, ActionState
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Role, Tx
from linkwork_hub.documents.words import long_date
from linkwork_hub.meetings import company_store, ending, pack_store, record, record_store, store
from linkwork_hub.meetings.company import parts_filled
from linkwork_hub.meetings.kinds import Kind
from linkwork_hub.meetings.models import (
    Agreed,
    Attendee,
    Beside,
    Entry,
    Meeting,
    Section,
    Side,
    Status,
)
from linkwork_hub.meetings.pages import default_due, may_plan, rules_of, when
from linkwork_hub.web import Context, found


def write(ctx: Context) -> Response:
    """The record of one meeting: to write, or for the school to read and confirm."""
    return _show(ctx, {})


def _show(ctx: Context, problems: Mapping[str, str], typed: str = "") -> Response:
    with ctx.db.read() as db:
        one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
        kind = rules_of(ctx).kind(one.kind)
        school = access.school(ctx.scope, db, one.school_id)
        written = record_store.entries(ctx.scope, db, one.meeting_id)
        shared = ending.shared_texts(ctx.scope, db, kind, one)
        agreed = record_store.agreed(ctx.scope, db, one.meeting_id)
        came = {each.part: each for each in store.attendance(ctx.scope, db, one.meeting_id)}
        listed = _actions(ctx, db, one)
        filled = parts_filled(ctx.scope, db, kind, one)
        present = ending.came_to(ctx.scope, db, rules_of(ctx), kind, one)
        missing = [*record.not_there(kind, present), *_guests(ctx, db, kind, one)]
        due, due_why = default_due(ctx.scope, db, one)
        ready = db.today >= one.half_day.day and one.status is not Status.CANCELLED
    wrong = {ident.removeprefix("text-"): typed for ident in problems}
    return ctx.render(
        "meetings/record.html",
        status=422 if problems else 200,
        title=f"Record: {kind.name}, {school.name}, {long_date(one.half_day.day)}",
        meeting=one,
        kind=kind,
        when=when(one),
        sections=[
            _section(each, written.get(each.section, []), wrong.get(each.section, ""))
            for each in record.sections(rules_of(ctx), kind)
            if not (one.main_id and each.section in shared)
        ],
        shared=[(part.title, shared[part.part]) for part in kind.agenda if part.part in shared],
        parties=list(enumerate((*kind.must, *kind.may))),
        party_items=[(part, part) for part in (*kind.must, *kind.may)],
        came=came,
        filled=filled,
        missing=missing,
        actions=listed,
        due=due,
        due_why=due_why,
        agreed=[(each, LinkworkRecord.model_validate_json(each.body)) for each in agreed],
        changed=bool(agreed) and _differs(agreed[0], written, shared),
        ready=ready,
        may_write=may_plan(ctx),
        is_school=ctx.person.role is Role.SCHOOL,
        sides=((Side.SERVICE, "The service"), (Side.SCHOOL, "The school")),
        form=ctx.form,
        problems=problems,
    )


def _section(
    section: Section, entries: Sequence[Entry], typed: str
) -> tuple[Section, tuple[Entry, ...], str, str]:
    """A heading, its standing texts, what its form starts with, and which numbers it has seen."""
    stands = record.heads(entries)
    seen = " ".join(str(entry.number) for entry in stands)
    return section, stands, typed or record.both(entries), seen


def _differs(
    latest: Agreed, written: Mapping[str, Sequence[Entry]], shared: Mapping[str, str]
) -> bool:
    made = LinkworkRecord.model_validate_json(latest.body)
    said = {part.part: part.text for part in (*made.discussed, *made.advised)}
    now = {key: text for key, each in written.items() if (text := record.both(each))}
    return said != now | {key: text for key, text in shared.items() if text}


def save(ctx: Context) -> Response:
    """Keep the text of one heading; what somebody else saved meanwhile stays beside it."""
    section = ctx.form.get("section", "")
    text = ctx.form.get(f"text-{section}", "")
    try:
        seen = {int(number) for number in ctx.form.get("seen", "").split()}
    except ValueError:
        seen = {-1}
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            _must_be_heading(ctx, one, section)
            stand = record_store.save(ctx.scope, db, one, section, text, seen, ctx.person.name)
    except Refused as refused:
        return _show(ctx, {f"text-{section}": str(refused)}, text)
    said = (
        "Kept."
        if stand <= 1
        else "Kept. Somebody else saved this part meanwhile: both texts stand, make one of them."
    )
    return ctx.redirect(f"/meetings/{one.meeting_id}/record#text-{section}", said)


def _must_be_heading(ctx: Context, one: Meeting, section: str) -> None:
    kind = rules_of(ctx).kind(one.kind)
    known = record.sections(rules_of(ctx), kind)
    if one.main_id and section in {part.part for part in kind.agenda if part.shared}:
        raise Refused("This part is written once, in the record of the school that holds it.")
    if section not in {each.section for each in known}:
        raise Refused("This heading is none of this meeting's. Open the record again.")


def there(ctx: Context) -> Response:
    """Keep who was there."""
    with ctx.db.write() as db:
        one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
        kind = rules_of(ctx).kind(one.kind)
        came = [
            Attendee(part, ctx.form.get(f"name-{number}", "").strip(), f"came-{number}" in ctx.form)
            for number, part in enumerate((*kind.must, *kind.may))
        ]
        store.keep_attendance(ctx.scope, db, one.meeting_id, came)
    return ctx.redirect(f"/meetings/{one.meeting_id}/record#there", "Kept who was there.")


def agree(ctx: Context) -> Response:
    """Make the next version of the record, confirmed for the service, and send it."""
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            version = _agree(ctx, db, one)
            schools = company_store.beside(ctx.scope, db, one.meeting_id, Beside.SCHOOL)
            for each in schools:
                _agree(ctx, db, each)
    except Refused as refused:
        return _show(ctx, {"agree": str(refused)})
    to = f"each of the {len(schools) + 1} schools" if schools else "the school"
    said = f"Version {version} is confirmed by the service and on its way to {to}."
    return ctx.redirect(f"/meetings/{one.meeting_id}/record#agreed", said)


def _agree(ctx: Context, db: Tx, one: Meeting) -> int:
    """Make the next version of one school's record and send it; its number."""
    kind, pathway = rules_of(ctx).kind(one.kind), read_pathway(ctx.profile.section("pathway"))
    made, texts = _made(ctx, db, one)
    pack_store.freeze(ctx.scope, db, pathway, one)
    version = record_store.agree(ctx.scope, db, ctx.keys.issuer, made, texts)
    ending.count_as_work(ctx.scope, db, pathway, kind, one, version, ctx.person.name)
    what = f"agreed version {version} of a record"
    access.audit(ctx.scope, db, what, "meeting", one.meeting_id)
    return version


def _made(ctx: Context, db: Tx, one: Meeting) -> tuple[LinkworkRecord, dict[str, str]]:
    if one.status is Status.CANCELLED or db.today < one.half_day.day:
        raise Refused("The meeting was not held yet. A record is agreed from its day on.")
    kind = rules_of(ctx).kind(one.kind)
    texts = ending.texts_of(ctx.scope, db, kind, one)
    listed = _actions(ctx, db, one)
    if not texts and not listed:
        raise Refused("Nothing is written yet. Write what was discussed or agreed first.")
    came = ending.came_to(ctx.scope, db, rules_of(ctx), kind, one)
    missing = [*record.not_there(kind, came), *_guests(ctx, db, kind, one)]
    # Of several schools one may not have come: its record says so, and it is told all the same.
    record.check_there(missing, anyway="without" in ctx.form)
    ending.check(ctx.scope, db, rules_of(ctx), kind, one, texts, len(listed))
    school = access.school(ctx.scope, db, one.school_id)
    made = LinkworkRecord(
        record_id=one.meeting_id,
        version=record_store.latest_number(ctx.scope, db, one.meeting_id) + 1,
        urn=school.urn,
        school=school.name,
        meeting=kind.name,
        day=one.half_day.day,
        discussed=_parts(ctx, kind, texts, advice=False),
        advised=_parts(ctx, kind, texts, advice=True),
        agreed=tuple(
            RecordAction(
                action_id=each.id,
                what=each.what,
                who=each.who,
                due=each.due,
                pseudonym=each.pseudonym,
            )
            for each in listed
        ),
        there=_people(kind, came),
        written_by=ctx.person.name,
        written_at=db.now,
    )
    return made, texts


def _guests(ctx: Context, db: Tx, kind: Kind, one: Meeting) -> list[str]:
    """The further schools of a meeting that somebody is missing from, said of each."""
    missing = ending.guests_not_there(ctx.scope, db, rules_of(ctx), kind, one)
    return [f"{name} (say on its own record who came)" for name in missing]


def _people(kind: Kind, came: Sequence[Attendee]) -> tuple[RecordPerson, ...]:
    """Who was there; a part the meeting needs and nobody said anything of was not."""
    known = {each.part for each in came}
    unsaid = [Attendee(part, "", present=False) for part in kind.must if part not in known]
    return tuple(
        RecordPerson(part=each.part, name=each.name, present=each.present)
        for each in (*came, *unsaid)
    )


def _parts(
    ctx: Context, kind: Kind, texts: Mapping[str, str], *, advice: bool
) -> tuple[RecordPart, ...]:
    return tuple(
        RecordPart(part=each.section, title=each.title, text=texts[each.section])
        for each in record.sections(rules_of(ctx), kind)
        if each.advice is advice and each.section in texts
    )


def _actions(ctx: Context, db: Tx, one: Meeting) -> list[Action]:
    agreed = actions.actions_of_cause(ctx.scope, db, "meeting", one.meeting_id)
    return [each for each in agreed if each.state is not ActionState.WITHDRAWN]


def confirm(ctx: Context) -> Response:
    """The school confirms the version it read."""
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            digest, by = ctx.form.get("digest", ""), ctx.person.name
            issuer = ctx.keys.issuer
            if record_store.confirm(ctx.scope, db, issuer, one.meeting_id, digest, by, "page"):
                access.audit(ctx.scope, db, "confirmed a record", "meeting", one.meeting_id)
    except Refused as refused:
        return _show(ctx, {"confirm": str(refused)})
    said = "You have confirmed the record."
    return ctx.redirect(f"/meetings/{one.meeting_id}/record#agreed", said)
