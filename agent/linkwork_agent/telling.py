"""What leaves of a judged register: notices without a name, and names only on a released return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from linkwork import pseudonyms, wire, wording
from linkwork.episodes import EpisodeEvent
from linkwork.findings import is_current
from linkwork.plugin import Mis
from linkwork.seal import current_key, identity_context, seal_identity
from linkwork.summary import notice
from linkwork_agent import post, pupils, sickness, unsettled
from linkwork_agent.judge import Judged
from linkwork_agent.ports import fresh_id
from linkwork_agent.post import Desk
from linkwork_agent.reading import Rules
from linkwork_agent.sickness import Owed
from linkwork_agent.store import base, changes, registers
from linkwork_agent.store.base import Db, Tx

#: How many notices one return message carries at most.
MOST_ON_ONE_RETURN = 150


@dataclass(frozen=True, slots=True)
class Told:
    """What this read has to tell: `plain` by pseudonym, `owed` on a return.

    `period` is what the return covers, None when none is due. Without a release the owed
    notices go out plain, and are held until there is one. `doubted` are those of spells whose
    marks changed and wait for a person: their names are held until that is decided.
    `standing` are spells whose numbers moved, which is no news. `sick` is what goes on the route
    of health needs and nowhere else. `titles` are the policy's own words for each trigger.
    """

    plain: tuple[wire.Notice, ...]
    owed: tuple[Owed, ...]
    release: registers.Release | None
    period: tuple[date, date] | None
    whole: bool = True
    doubted: tuple[Owed, ...] = ()
    standing: tuple[wire.Notice, ...] = ()
    sick: sickness.Sick = sickness.NOBODY
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many notices there are, on the return or off it."""
        of_sick = len(self.sick.owed) + len(self.sick.after) if self.release else 0
        return len(self.plain) + (len(self.owed) if self.release else 0) + of_sick

    @property
    def words(self) -> str:
        """What becomes of the return, for a person."""
        if self.release is None:
            count = len(self.owed) + len(self.sick.owed)
            return f"no return is released, {_held_words(count)}"
        ill = wording.number(len(self.sick.owed), "sickness return")
        more = f"; {ill} made" if self.sick.owed else ""
        if self.period is None and not self.whole:
            return f"no nil return is made while a file of the register is set aside{more}"
        if self.period is None:
            return f"today's return was made before and nothing is new{more}"
        made = wording.number(len(self.owed), "notice")
        return (f"return made with {made}" if self.owed else "nil return made") + more


@dataclass(frozen=True, slots=True)
class Named:
    """A pupil named on a return: the name for our own log, and the identity, sealed."""

    name: str
    sealed: str


def tell(db: Db, judged: Judged, of: Rules) -> Told:
    """Sort what happened: only what concerns the authority leaves, the rest stays here."""
    returnable = {rule.name for rule in of.policies.triggers if rule.on_return}
    # Sickness is no matter for the attendance queue: it has a route of its own.
    health = {rule.name for rule in of.policies.triggers if rule.route == "health-needs"}
    plain: list[wire.Notice] = []
    # A pupil whose record is kept back today is not met, and known from before.
    by_key = {known.pupil_key: known for known in registers.known_pupils(db)}
    by_key |= {known.pupil_key: known for known in judged.met.values()}
    held_before = _held(db, judged)
    owed = {key: each for key, each in held_before.items() if each.notice.trigger not in health}
    release = registers.released(db, "return")
    since = _not_yet_returned(db, judged.as_of)

    def made_of(event: EpisodeEvent) -> wire.Notice:
        key = event.episode.pupil_key
        pupil = judged.pupil(key)
        year_group = pupil.year_group if pupil else None
        unsure = unsettled.of_episode(event.episode, judged.unsettled)
        return notice(
            event, by_key[key].pseudonym, of.policies, year_group=year_group, unsettled=unsure
        )

    for event in judged.events:
        finding = event.episode.finding
        if finding.audience != "authority" or finding.trigger in health:
            continue
        key, made = event.episode.pupil_key, made_of(event)
        if finding.trigger in returnable:
            held = owed.pop(made.episode, None) is not None
            # A return names whom the law asks for, once. What follows goes by pseudonym, and so
            # does a spell that was over before the days this return is for.
            new = event.kind == "opened" and is_current(made, since)
            # One return names a pupil once: a second ground on the same day adds no second name,
            # unless the school gave its reason, which leaves with a return alone.
            named = any(each.pupil_key == key for each in owed.values())
            if (new and (not named or made.declared is not None)) or (
                held and event.kind != "withdrawn"
            ):
                owed[made.episode] = Owed(key, made)
        if release is None or made.episode not in owed:
            plain.append(made)
    on_return = tuple(each for key, each in owed.items() if key not in judged.doubted)
    doubted = tuple(each for key, each in owed.items() if key in judged.doubted)
    # Of pupils whose file nobody could read, "nobody to notify" would be no true word.
    whole = not judged.read.register.set_aside
    period = _period(db, judged.as_of, bool(on_return)) if whole or on_return else None
    standing = tuple(
        made_of(EpisodeEvent("continued", each))
        for each in judged.moved
        if each.finding.audience == "authority" and each.trigger not in health
    )
    sick = sickness.tell(judged, health, made_of, held_before)
    titles = {rule.name: rule.title for rule in of.policies.triggers}
    return Told(tuple(plain), on_return, release, period, whole, doubted, standing, sick, titles)


def _held_words(count: int) -> str:
    return f"{wording.number(count, 'notice')} for it {'is' if count == 1 else 'are'} held"


def _held(db: Db, judged: Judged) -> dict[str, Owed]:
    """What was held before, each under the key and pseudonym its pupil has now."""
    keys = {each.key_was: each.key_now for each in judged.same}
    names = {each.was: each.now for each in judged.same}
    owed = {}
    for held in registers.held(db):
        made = wire.Notice.model_validate_json(held.notice)
        now = made.model_copy(update={"pseudonym": names.get(made.pseudonym, made.pseudonym)})
        owed[held.episode] = Owed(keys.get(held.pupil_key, held.pupil_key), now)
    return owed


def _not_yet_returned(db: Db, as_of: date) -> date:
    """The first day no return has covered; for a school's first return, the day itself."""
    through = base.text(db, "return_through")
    return as_of if through is None else min(date.fromisoformat(through) + timedelta(days=1), as_of)


def _period(db: Db, as_of: date, something: bool) -> tuple[date, date] | None:
    through = base.text(db, "return_through")
    if through is None or date.fromisoformat(through) < as_of:
        return _not_yet_returned(db, as_of), as_of
    return (as_of, as_of) if something else None


def name(told: Told, mis: Mis, desk: Desk, judged: Judged) -> dict[str, Named]:
    """Who the pupils on the return are, by pupil key, sealed to the identity key.

    Contacts are read here and only of these pupils. Empty without a release.
    """
    if told.release is None:
        return {}
    keys = dict.fromkeys(owed.pupil_key for owed in (*told.owed, *told.sick.owed))
    found = [(key, pupil) for key in keys if (pupil := judged.pupil(key)) is not None]
    contacts = pupils.contacts_of(mis, [pupil.pupil_id for _, pupil in found])
    return {
        key: Named(
            pupils.name_of(pupil),
            seal_name(desk, judged.met[pupil.pupil_id].pseudonym, pupils.identity(pupil, contacts)),
        )
        for key, pupil in found
    }


def seal_name(desk: Desk, pseudonym: str, identity: wire.Identity) -> str:
    """An identity sealed to the authority's identity key, for this school and pseudonym."""
    _, public = current_key(post.keyset(desk.store.read), "identity", desk.clock())
    return seal_identity(identity, public, identity_context(desk.urn, pseudonym))


def send(tx: Tx, desk: Desk, judged: Judged, told: Told, named: dict[str, Named]) -> None:
    """Put the summary, and the return when it is due and released, into the outbox.

    Who has a UPN at last goes before, so that what follows finds the pupil at the hub.
    """
    for each in judged.same:
        if registers.link(tx, each.key_was, each.key_now, each.was):
            message = wire.SameChild(urn=desk.urn, was=each.was, now=each.now)
            words = (
                "One pupil has a permanent number now: the two pseudonyms are of the same child, "
                f"{pseudonyms.short(each.was)} and {pseudonyms.short(each.now)}."
            )
            post.enqueue(tx, desk, message, words)
    summary = judged.summary.model_copy(update={"notices": told.plain, "standing": told.standing})
    post.enqueue(tx, desk, summary, _summary_words(summary, told.titles))
    _remember(tx, judged, "summary", None, told.plain)
    if told.release is not None and told.period is not None:
        covered = told.release.who, told.period
        for owed in _parts(told.owed):
            _send_return(tx, desk, judged, covered, owed, named, told.titles)
        if told.whole:
            base.put(tx, return_through=told.period[1].isoformat())
    if told.release is not None:
        _send_sick(tx, desk, judged, told.release.who, told.sick, named)
    still = told.doubted + told.sick.doubted
    if told.release is None:
        still += told.owed + told.sick.owed
    # The whole list anew: what was withdrawn meanwhile is not held any more.
    registers.release_held(tx)
    registers.hold(
        tx,
        [
            registers.Held(o.pupil_key, o.notice.episode, o.notice.to_bytes().decode())
            for o in still
        ],
        judged.read_at,
    )


def _send_sick(
    tx: Tx, desk: Desk, judged: Judged, who: str, sick: sickness.Sick, named: dict[str, Named]
) -> None:
    sealed = {key: each.sealed for key, each in named.items()}
    names = {key: each.name for key, each in named.items()}
    for message, words, detail in sickness.messages(desk, judged, who, sick, sealed, names):
        _remember(tx, judged, message.kind, message.return_id, message.notices)
        post.enqueue(tx, desk, message, words, detail)


def _parts(owed: tuple[Owed, ...]) -> list[tuple[Owed, ...]]:
    # A message has a greatest size; a school that joins late may owe more than fits into one.
    starts = range(0, max(len(owed), 1), MOST_ON_ONE_RETURN)
    return [owed[start : start + MOST_ON_ONE_RETURN] for start in starts]


def _send_return(
    tx: Tx,
    desk: Desk,
    judged: Judged,
    covered: tuple[str, tuple[date, date]],
    part: tuple[Owed, ...],
    named: dict[str, Named],
    titles: Mapping[str, str],
) -> None:
    who, period = covered
    with_names = {o.pupil_key: named[o.pupil_key] for o in part if o.pupil_key in named}
    message = wire.Return(
        return_id=fresh_id(desk.random, "ret"),
        urn=desk.urn,
        first=period[0],
        last=period[1],
        policy=judged.summary.policy,
        released_by=who,
        notices=tuple(_named_notice(owed, with_names, judged) for owed in part),
    )
    _remember(tx, judged, "return", message.return_id, message.notices)
    names = [each.name for each in with_names.values()]
    detail = {"named": names, "basis": f"return released by {who}"}
    post.enqueue(tx, desk, message, _return_words(message, names, titles), detail)


def _remember(
    tx: Tx, judged: Judged, message: str, ref: str | None, notices: Iterable[wire.Notice]
) -> None:
    """What was told of each spell, so that a changed mark can say what rested on it."""
    at = judged.read_at.isoformat()
    changes.tell(tx, [changes.Told(n.episode, n.event, at, message, ref) for n in notices])


def _named_notice(owed: Owed, named: dict[str, Named], judged: Judged) -> wire.Notice:
    made = sickness.with_reason(owed, judged)
    if owed.pupil_key not in named:
        return made
    return made.model_copy(update={"sealed_identity": named[owed.pupil_key].sealed})


def _summary_words(summary: wire.Summary, titles: Mapping[str, str]) -> str:
    standing = ""
    if summary.standing:
        standing = f"; numbers of spells told before: {_kinds(summary.standing, titles)}"
    return (
        f"Summary up to {summary.as_of.isoformat()}: totals of "
        f"{wording.number(summary.totals.pupils, 'pupil')} and how whole the register is; "
        f"notices without a name: {_kinds(summary.notices, titles)}{standing}."
    )


def _return_words(message: wire.Return, names: Sequence[str], titles: Mapping[str, str]) -> str:
    first, last = message.first.isoformat(), message.last.isoformat()
    when = first if first == last else f"{first} to {last}"
    if not message.notices:
        return f"Nil return of {when}: no pupil to notify."
    provisional = sum(each.status == "provisional" for each in message.notices)
    waits = f", {provisional} of them provisional" if provisional else ""
    return (
        f"Return of {when}: {_kinds(message.notices, titles)}{waits}; names, dates of birth, "
        f"addresses and contacts of {wording.number(len(names), 'pupil')}, released by "
        f"{message.released_by}."
        f"{sickness.reasons(message.notices)}"
    )


def _kinds(notices: Iterable[wire.Notice], titles: Mapping[str, str]) -> str:
    """How many of each reason, in the policy's words: these lines are read by a head teacher."""
    counted = Counter(titles.get(each.trigger, each.trigger) for each in notices)
    return ", ".join(f"{count} “{title}”" for title, count in sorted(counted.items())) or "none"
