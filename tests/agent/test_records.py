"""The school's copy of a meeting's record: kept as signed, listed, shown, confirmed once."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime

import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork.seal.record import record_digest, sign_record
from linkwork_agent import meeting_records


def item(live: LiveHub, school: SchoolDesk, version: int = 1, **changes: object) -> wire.RecordItem:
    """A record of a meeting with this school, signed by the hub."""
    made = wire.LinkworkRecord(
        record_id=f"mtg_{school.urn}",
        version=version,
        urn=school.urn,
        school="Fernhill Primary",
        meeting="Link meeting",
        day=date(2026, 2, 27),
        discussed=(wire.RecordPart(part="general", title="General", text="Registers."),),
        agreed=(wire.RecordAction(action_id="a", what="Ring", who="Lead", due=date(2026, 3, 6)),),
        written_by="An Officer",
        written_at=datetime(2026, 2, 27, 11, tzinfo=UTC),
    )
    body, signer = made.to_bytes(), live.keys.issuer.signer
    fields: dict[str, object] = {
        "record_id": made.record_id,
        "version": version,
        "body": body.decode(),
        "signature": base64.b64encode(sign_record(body, signer)).decode(),
        "key_id": signer.key_id,
    }
    return wire.RecordItem.model_validate(fields | changes)


def rows(school: SchoolDesk) -> list[dict[str, object]]:
    return meeting_records.record_rows(school.place.config, school.place.school)


def test_a_record_is_kept_as_signed_and_confirmed_once(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    copy = item(live, school)
    live.issue(school.school_id, copy, f"rec-1-{school.urn}")
    school.run("instruct")
    digest = record_digest(copy.body.encode())
    (row,) = rows(school)
    assert (row["id"], row["version"], row["digest"]) == (copy.record_id, 1, digest)
    words = meeting_records.shown([school.place], copy.record_id)
    assert "Agreed: Ring (Lead, by 2026-03-06)" in words
    assert f"Fingerprint: {digest}" in words
    meeting_records.confirm([school.place], copy.record_id, "R. Lamb")
    with pytest.raises(Refused, match="confirmed already"):
        meeting_records.confirm([school.place], copy.record_id, "R. Lamb")
    with school.open() as store:
        last = store.read.execute("SELECT body FROM outbox ORDER BY seq DESC LIMIT 1").fetchone()
    said = wire.read_message(last["body"])
    assert isinstance(said, wire.RecordConfirmed)
    assert (said.digest, said.by) == (digest, "R. Lamb")
    # An amendment is a version of its own, and asks to be confirmed again.
    live.issue(school.school_id, item(live, school, 2), f"rec-2-{school.urn}")
    school.run("instruct")
    assert [(each["version"], each["confirmed_by"]) for each in rows(school)] == [
        (2, ""),
        (1, "R. Lamb"),
    ]


def test_a_record_that_is_not_as_signed_is_refused_and_said(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    good = item(live, school)
    forged = good.model_copy(update={"body": good.body.replace("Registers.", "Registerz.")})
    other = good.model_copy(update={"record_id": "mtg_other"})
    for number, each in enumerate((forged, other)):
        live.issue(school.school_id, each, f"rec-bad-{number}-{school.urn}")
    assert "2 could not be read" in school.run("instruct").sentence
    assert rows(school) == []


def test_an_unknown_record_is_named(school: SchoolDesk) -> None:
    with pytest.raises(WrongUse, match="No record mtg_9"):
        meeting_records.shown([school.place], "mtg_9")
    with pytest.raises(WrongUse, match="No record mtg_9"):
        meeting_records.confirm([school.place], "mtg_9", "R. Lamb")
