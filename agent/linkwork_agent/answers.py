"""What a person at the school answers to a request: the referral that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkwork import pseudonyms, wire
from linkwork.errors import Refused, WrongUse
from linkwork.findings import Counted
from linkwork.register import Pupil, Register
from linkwork.school_year import school_year
from linkwork.summary import mark
from linkwork_agent import post, pupils, reading, telling
from linkwork_agent.ports import fresh_id
from linkwork_agent.store import inbox, registers
from linkwork_agent.store.base import Store
from linkwork_agent.work import Place, desk_of, mis_of


def evidence(done: Sequence[str], without: Sequence[str]) -> tuple[wire.Evidence, ...]:
    """The evidence list from the command line. Raises WrongUse for one that cannot be read."""
    return (*map(_done, done), *map(_without, without))


def _done(text: str) -> wire.Evidence:
    item, equals, rest = text.partition("=")
    day, colon, by = rest.partition(":")
    try:
        when = date.fromisoformat(day.strip())
    except ValueError:
        when = None
    if not (equals and colon and item.strip() and by.strip() and when):
        raise WrongUse(
            f"--evidence {text!r} cannot be read. Write item=YYYY-MM-DD:by, "
            'as in "letter-sent=2026-03-02:A. Reed".'
        )
    return wire.Evidence(item=item.strip(), done=when, by=by.strip())


def _without(text: str) -> wire.Evidence:
    item, equals, why = text.partition("=")
    if not (equals and item.strip() and why.strip()):
        raise WrongUse(
            f'--without {text!r} cannot be read. Write item=why, as in "meeting-held=moved away".'
        )
    return wire.Evidence(item=item.strip(), note=why.strip())


def refer(
    place: Place, request_id: str, given: tuple[wire.Evidence, ...], reason: str, by: str
) -> str:
    """Make the referral a request asks for, with its evidence and who the pupil is.

    Raises WrongUse for an unknown request, a question, or an incomplete evidence list, Refused
    for one that was answered, and what reading the register raises. Nothing leaves before it is
    whole.
    """
    with place.store() as store:
        request = _open_request(store, request_id, place.school.urn)
        _refuse_gaps(request, given)
        desk = desk_of(place, store)
        rules, mis = reading.rules(desk), mis_of(place)
        register = reading.read_year(mis, desk, rules)
        pupil, pseudonym = _pupil(store, register, request.pseudonym)
        contacts = pupils.contacts_of(mis, [pupil.pupil_id])
        identity = pupils.identity(pupil, contacts)
        message = wire.Referral(
            referral_id=fresh_id(desk.random, "ref"),
            request_id=request.request_id,
            urn=desk.urn,
            pseudonym=pseudonym,
            made_by=by,
            reason=reason,
            evidence=given,
            sealed_identity=telling.seal_name(desk, pseudonym, identity),
            extract=_extract(register, pupil, rules),
        )
        name = pupils.name_of(pupil)
        words = f"Referral of {name}, made by {by}: evidence, contacts and this year's marks."
        detail = {"named": [name], "basis": f"referral made by {by}"}
        now = desk.clock().isoformat()
        with store.write() as tx:
            if not inbox.answer_request(tx, request_id, now):
                raise Refused(f"Request {request_id} was answered a moment ago by someone else.")
            post.enqueue(tx, desk, message, words, detail)
    return words


def _open_request(store: Store, request_id: str, urn: str) -> inbox.Request:
    request = inbox.request(store.read, request_id)
    if request is None:
        raise WrongUse(
            f"No request {request_id} at school {urn}. See: linkwork-agent requests --urn {urn}"
        )
    if request.asks != "referral":
        # Only a request for a referral is a basis for the name, contacts and marks to leave.
        raise WrongUse(
            f"{request_id} is a question, not a request for a referral: answer {request.asked_by} "
            f"by telephone, who knows the pupil as {pseudonyms.short(request.pseudonym)}, or on "
            "the hub's page of the authority's requests. Nothing was sent."
        )
    if request.state != "open":
        raise Refused(f"Request {request_id} was answered on {(request.answered_at or '')[:10]}.")
    return request


def _refuse_gaps(request: inbox.Request, given: tuple[wire.Evidence, ...]) -> None:
    has = {item.item.casefold() for item in given}
    lacking = [item for item in request.evidence if item.casefold() not in has]
    if lacking:
        raise WrongUse(
            f"The referral lacks: {', '.join(lacking)}. Give each as --evidence "
            f'"{lacking[0]}=YYYY-MM-DD:who", or say why not with --without "{lacking[0]}=why". '
            "Nothing was sent."
        )


def _pupil(store: Store, register: Register, pseudonym: str) -> tuple[Pupil, str]:
    """The pupil the authority asked about, and the pseudonym it has now."""
    known = registers.pupil_by_pseudonym(store.read, pseudonym)
    for pupil in register.pupils:
        if known is not None and pupil.pupil_id == known.mis_id:
            return pupil, known.pseudonym
    raise Refused(
        f"The pupil behind {pseudonym} is not in the register any more. Tell the authority who "
        "asked; nothing was sent."
    )


def _extract(register: Register, pupil: Pupil, of: reading.Rules) -> tuple[wire.Mark, ...]:
    """The pupil's marks of this school year: of absence codes with a basis the code, else class."""
    marks = list(register.marks(register.pupil_index(pupil.pupil_id)))
    first = school_year(marks[-1][0].date)[0]
    return tuple(
        mark(Counted(session.date, session.half, code), of.policies)
        for session, code in marks
        if code is not None and session.date >= first
    )
