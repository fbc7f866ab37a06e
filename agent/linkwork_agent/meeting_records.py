"""The school's own copies of what its meetings agreed: listed, shown, confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork_agent import post
from linkwork_agent.config import Config, School
from linkwork_agent.show import Facts, look
from linkwork_agent.store import records
from linkwork_agent.work import Place, desk_of


def record_rows(config: Config, school: School) -> list[Facts]:
    """Every version of every record, the newest first."""
    return look(config, school, lambda db: [_facts(school, each) for each in records.records(db)])


def _facts(school: School, record: records.Record) -> Facts:
    made = wire.LinkworkRecord.model_validate_json(record.body)
    return {
        "id": record.record_id,
        "version": record.version,
        "meeting": made.meeting,
        "day": made.day.isoformat(),
        "written_by": made.written_by,
        "confirmed_by": record.confirmed_by,
        "confirmed_on": record.confirmed_on,
        "digest": record.digest,
        "urn": school.urn,
    }


def shown(places: Sequence[Place], record_id: str) -> str:
    """The newest version of a record in words. Raises WrongUse when none has this id."""
    for place in places:
        with place.store() as store:
            found = [one for one in records.records(store.read) if one.record_id == record_id]
        if found:
            return _words(found[0])
    raise _unknown(record_id)


def _words(record: records.Record) -> str:
    made = wire.LinkworkRecord.model_validate_json(record.body)
    lines = [f"{made.meeting}, {made.school}, {made.day.isoformat()}, version {made.version}"]
    for heading, parts in (("Discussed", made.discussed), ("Advised", made.advised)):
        lines += [f"{heading}, {part.title}: {part.text}" for part in parts]
    lines += [f"Agreed: {one.what} ({one.who}, by {one.due.isoformat()})" for one in made.agreed]
    lines += [
        f"{one.part}: {one.name or 'no name given'}{'' if one.present else ', not there'}"
        for one in made.there
    ]
    lines.append(f"Confirmed for the service by {made.written_by}.")
    by = record.confirmed_by
    lines.append(f"Confirmed for the school by {by}." if by else "Not confirmed by the school yet.")
    lines.append(f"Fingerprint: {record.digest}")
    return "\n".join(lines)


def confirm(places: Sequence[Place], record_id: str, by: str) -> str:
    """Confirm the newest version of a record for the school; the sentence that says so.

    Raises WrongUse when none has this id, Refused when it is confirmed already.
    """
    for place in places:
        with place.store() as store:
            found = [one for one in records.records(store.read) if one.record_id == record_id]
            if not found:
                continue
            desk, latest = desk_of(place, store), found[0]
            today = desk.clock().astimezone().date()
            message = wire.RecordConfirmed(
                urn=desk.urn,
                record_id=record_id,
                version=latest.version,
                digest=latest.digest,
                on=today,
                by=by,
            )
            words = f"Version {latest.version} of record {record_id} is confirmed, says {by}."
            with store.write() as tx:
                if not records.confirm(tx, latest, by, today.isoformat()):
                    raise Refused(f"Record {record_id} is confirmed already.")
                post.enqueue(tx, desk, message, words)
            return words
    raise _unknown(record_id)


def _unknown(record_id: str) -> WrongUse:
    return WrongUse(f"No record {record_id} here. See: linkwork-agent records")
