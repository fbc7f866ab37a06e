"""Whether a feed is late, and what is wrong with it, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from linkwork.vocabulary import KEPT_BACK
from linkwork.wire import Completeness
from linkwork_hub.feeds.models import AgentState, Feed, Lateness

#: An agent speaks many times a day; a night and a morning of silence is worth a telephone call.
SILENCE = timedelta(hours=26)
#: What is missing this long does not come by itself.
GAP = timedelta(hours=4)
#: What was sent down this long ago should have been taken in and said so.
UNANSWERED = timedelta(days=7)

#: Each kind of alarm as a sentence with its remedy; `place` says where or which.
ALARMS = {
    "conflict": "Two different messages came under one number ({place}): the agent's store may "
    "have been restored or copied. Ask the school's technician whether it runs twice.",
    "join-twice": "A join string that was used before was tried again. If the school did not do "
    "this, make a new join string and tell your security contact.",
    "join-tries": "The join string was closed after five wrong tries. Make a new one.",
    "second-agent": "Another agent asks to join while this school has one. Confirm it only when "
    "the school says that it replaces the first.",
    "record-changed": "This school holds a signed receipt of entry {place} of the record of who "
    "did what, and the hub's record has no such entry. Unless the hub was restored to an older "
    "state, the record was cut or changed: tell your security contact.",
    "other-machine": "The agent joined on one machine and calls from another ({place}). If it was "
    "not moved, two machines run as one: ask the school to stop the copy.",
    "put-back": "The agent's store had lost what it once acknowledged: it was put back to an older "
    "state, or is a new one. {place} sent down again; what was acknowledged more than 62 days ago "
    "is not. Ask the school whether it knows.",
    "newer-agent": "The school's agent is newer than this hub ({place}): what it sends waits at "
    "the school, and nothing is lost. Update the hub.",
    "tail-lost": "The agent sent messages this hub does not hold (epoch/numbers {place}). They "
    "are asked for again; if this stays, ask the school to run the agent's doctor.",
}


def weekdays(first: date, last: date) -> list[date]:
    """Monday to Friday of `first`..`last`, for a school whose terms nobody has entered."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def lateness(as_of: date | None, school_days: Sequence[date], today: date) -> Lateness:
    """How many school days before today the last collection (to `as_of`) does not reach.

    `school_days` are those of the last weeks, in order; today itself is never late.
    """
    past = [day for day in school_days if day < today]
    behind = [day for day in past if as_of is None or day > as_of]
    if as_of is None:
        return Lateness(len(behind), None, "Nothing collected yet")
    if not behind:
        return Lateness(0, as_of, "Up to date")
    days = "1 school day" if len(behind) == 1 else f"{len(behind)} school days"
    return Lateness(len(behind), as_of, f"{days} behind")


def state_words(feed: Feed) -> str:
    """Where a school's agent stands, in two or three words."""
    if feed.state is AgentState.ACTIVE:
        return "Connected"
    if feed.state is AgentState.PENDING:
        return "Waiting to be confirmed"
    return "Revoked" if feed.state is AgentState.REVOKED else "Not connected"


def problems(feed: Feed, late: Lateness, now: datetime) -> list[str]:
    """What someone should do something about, most pressing first. Empty: all is well."""
    said = list(feed.alarms)
    if feed.joining:
        said.append("An agent waits to be confirmed: compare its six words with the school.")
    if feed.state is not AgentState.ACTIVE:
        return said
    if feed.last_heartbeat is None:
        said.append(
            "The agent has not been heard since it was confirmed. Ask the school to "
            "check that it runs."
        )
    elif now - feed.last_heartbeat > SILENCE:
        hours = int((now - feed.last_heartbeat).total_seconds() // 3600)
        said.append(
            f"The agent has been silent for {hours} hours. Ask the school whether its "
            "computer is on and runs Linkwork."
        )
    if late.late and late.since is None:
        said.append("No register has been collected yet. Ask the school to run the agent's doctor.")
    elif late.late:
        said.append(f"{late.words}: registers up to {_day(late.since)} were collected.")
    if feed.missing:
        said.append(_missing(feed, now))
    if feed.unanswered:
        count = "1 item" if feed.unanswered == 1 else f"{feed.unanswered} items"
        said.append(
            f"{count} sent down more than {UNANSWERED.days} days ago did not take effect at the "
            "school: ask it to run the agent's doctor."
        )
    said += _not_taken(feed)
    if feed.stuck:
        said.append(f"{feed.stuck} It is tried again; tell whoever looks after this hub.")
    if feed.completeness is not None:
        said += _incomplete(feed.completeness)
    return said + [_reported(words) for words in feed.reported]


def _not_taken(feed: Feed) -> list[str]:
    """What was stored and not applied: for want of an update, or for good."""
    said = []
    if feed.unread:
        count = "1 message waits" if feed.unread == 1 else f"{feed.unread} messages wait"
        agent = f" (version {feed.agent_version})" if feed.agent_version else ""
        said.append(
            f"{count} for a newer hub: the school's agent{agent} says what this hub does not know "
            "yet. Update the hub; they are kept and read then."
        )
    if feed.refused:
        count = "1 message was" if feed.refused == 1 else f"{feed.refused} messages were"
        said.append(f"{count} refused in the last 30 days; the reason is below.")
    return said


def _reported(words: str) -> str:
    """What an agent says of itself; a part of a register that could not be read with a remedy."""
    job, partial, reason = words.partition(": partial: ")
    if job != "collect" or not partial:
        return f"The agent says: {words}"
    return (
        f"Partial: {reason}. What is missing counts as unknown and takes nothing back. Ask the "
        "school to run the agent's doctor, which says what and where."
    )


def _missing(feed: Feed, now: datetime) -> str:
    count = "1 message is" if feed.missing == 1 else f"{feed.missing} messages are"
    where = f" (epoch/numbers {feed.missing_at})" if feed.missing_at else ""
    said = f"{count} missing in the middle{where}; later ones wait for it."
    since = feed.missing_since
    if since is None or now - since < GAP:
        return said
    hours = int((now - since).total_seconds() // 3600)
    return f"{said} For {hours} hours now: ask the school to run the agent's doctor."


def _incomplete(whole: Completeness) -> list[str]:
    """What the last collection could not tell of, and whom to ask."""
    said = []
    if whole.missing_days:
        days = ", ".join(_day(day) for day in whole.missing_days[:5])
        said.append(f"No register was taken on {days}.")
    if whole.kept_back:
        counts = (f"{count} for this: {KEPT_BACK[why]}" for why, count in whole.kept_back.items())
        said.append(
            f"Partial: pupils not judged, {'; '.join(counts)}. Ask the school to correct the "
            "records; its agent's doctor names them."
        )
    if whole.unknown_codes:
        codes = ", ".join(f"{code} ({count})" for code, count in whole.unknown_codes.items())
        said.append(f"Marks with a code whose meaning nobody can tell, by code: {codes}.")
    return said


def alarm_words(what: str, place: str) -> str:
    """An alarm as a sentence with its remedy."""
    return ALARMS[what].format(place=place)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "an unknown day"
