"""What the agent knows of the register: reads, pupils by pseudonym, episodes, held notices."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx, put


class Run(NamedTuple):
    """One whole read of the register."""

    id: int
    read_at: str
    as_of: str
    mis: str
    policy: str
    pupils: int
    findings: int


class Known(NamedTuple):
    """A pupil the agent has met. `pupil_key` never changes, whatever the MIS calls the pupil."""

    pupil_key: str
    mis_id: str
    upn: str | None
    pseudonym: str


class StoredEpisode(NamedTuple):
    """An episode as kept: `data` is its JSON."""

    id: str
    pupil_key: str
    trigger: str
    state: str
    data: str


class Held(NamedTuple):
    """A statutory notice that waits for the head's release; `notice` is its JSON, unnamed."""

    pupil_key: str
    episode: str
    notice: str


class Release(NamedTuple):
    """What a named person lets leave by itself, and since when."""

    what: str
    who: str
    given_on: str


def last_run(db: Db) -> Run | None:
    """The last whole read, or None."""
    row = db.execute("SELECT * FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else Run(**dict(row))


def first_run(db: Db) -> Run | None:
    """The first whole read, or None."""
    row = db.execute("SELECT * FROM runs ORDER BY id LIMIT 1").fetchone()
    return None if row is None else Run(**dict(row))


def add_run(tx: Tx, run: Run) -> None:
    """Keep one read. `run.id` must follow the last: a second reader at once is an error."""
    tx.execute(
        "INSERT INTO runs (id, read_at, as_of, mis, policy, pupils, findings)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [run.id, run.read_at, run.as_of, run.mis, run.policy, run.pupils, run.findings],
    )
    put(tx, last_read=run.read_at)


def known_pupils(db: Db) -> list[Known]:
    """Every pupil ever met."""
    return [
        Known(**dict(row))
        for row in db.execute("SELECT pupil_key, mis_id, upn, pseudonym FROM pupils")
    ]


def pupil_by_pseudonym(db: Db, pseudonym: str) -> Known | None:
    """The pupil behind a pseudonym, or behind one it had before; None for nobody's."""
    row = db.execute(
        "SELECT pupil_key, mis_id, upn, pseudonym FROM pupils WHERE pupil_key = coalesce("
        "(SELECT pupil_key FROM former_pseudonyms WHERE pseudonym = :it),"
        " (SELECT pupil_key FROM pupils WHERE pseudonym = :it))",
        {"it": pseudonym},
    ).fetchone()
    return None if row is None else Known(**dict(row))


def put_pupils(tx: Tx, pupils: list[Known]) -> None:
    """Keep new pupils, and the MIS id or UPN a known one has now."""
    # The old holder of a re-used MIS id lets go of it first: ids are unique, children are not ids.
    tx.executemany(
        "UPDATE pupils SET mis_id = 'gone:' || pupil_key WHERE mis_id = ? AND pupil_key != ?",
        [(pupil.mis_id, pupil.pupil_key) for pupil in pupils],
    )
    tx.executemany(
        "INSERT INTO pupils (pupil_key, mis_id, upn, pseudonym) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (pupil_key) DO UPDATE SET mis_id = excluded.mis_id, upn = excluded.upn,"
        " pseudonym = excluded.pseudonym",
        [(pupil.pupil_key, pupil.mis_id, pupil.upn, pupil.pseudonym) for pupil in pupils],
    )


def link(tx: Tx, key_was: str, key_now: str, was: str) -> bool:
    """A pupil's pseudonym of before leads to the pupil from now on, and so does a key of before.

    True when anything about the pupil may have left under the old pseudonym. To be called when
    the pupils are kept.
    """
    tx.execute(
        "INSERT OR REPLACE INTO former_pseudonyms (pseudonym, pupil_key) VALUES (?, ?)",
        [was, key_now],
    )
    tx.execute("UPDATE former_pseudonyms SET pupil_key = ? WHERE pupil_key = ?", [key_now, key_was])
    tx.execute("UPDATE held SET pupil_key = ? WHERE pupil_key = ?", [key_now, key_was])
    told = tx.execute(
        "SELECT EXISTS (SELECT 1 FROM episodes WHERE pupil_key IN (?, ?))"
        " OR EXISTS (SELECT 1 FROM requests WHERE pseudonym = ?)"
        " OR EXISTS (SELECT 1 FROM actions WHERE pseudonym = ?)"
        " OR EXISTS (SELECT 1 FROM meetings, json_each(listed) AS one WHERE one.value = ?)",
        [key_was, key_now, was, was, was],
    ).fetchone()
    return bool(told[0])


def episodes(db: Db) -> list[StoredEpisode]:
    """Every episode."""
    return [
        StoredEpisode(**dict(row))
        for row in db.execute('SELECT id, pupil_key, "trigger", state, data FROM episodes')
    ]


def put_episodes(tx: Tx, changed: list[StoredEpisode]) -> None:
    """Keep episodes as they are now."""
    tx.executemany(
        'INSERT INTO episodes (id, pupil_key, "trigger", state, data) VALUES (?, ?, ?, ?, ?)'
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, data = excluded.data,"
        " pupil_key = excluded.pupil_key",
        [(e.id, e.pupil_key, e.trigger, e.state, e.data) for e in changed],
    )


def held(db: Db) -> list[Held]:
    """Statutory notices that wait for a release, oldest first."""
    return [
        Held(row["pupil_key"], row["episode"], row["notice"])
        for row in db.execute("SELECT pupil_key, episode, notice FROM held ORDER BY id")
    ]


def hold(tx: Tx, notices: list[Held], at: datetime) -> None:
    """Hold notices until the head releases returns."""
    tx.executemany(
        "INSERT INTO held (pupil_key, episode, notice, held_on) VALUES (?, ?, ?, ?)",
        [(h.pupil_key, h.episode, h.notice, at.isoformat()) for h in notices],
    )


def release_held(tx: Tx) -> None:
    """Forget the held notices; the same transaction sends them or holds what is left of them."""
    tx.execute("DELETE FROM held")


def releases(db: Db) -> list[Release]:
    """The releases that stand, oldest first."""
    return [
        Release(row["what"], row["who"], row["given_on"])
        for row in db.execute(
            "SELECT what, who, given_on FROM releases WHERE withdrawn_on IS NULL ORDER BY id"
        )
    ]


def released(db: Db, what: str) -> Release | None:
    """The standing release of `what`, or None."""
    return next((release for release in releases(db) if release.what == what), None)


def set_releases(tx: Tx, what: tuple[str, ...], who: str, now: datetime) -> None:
    """From now on exactly `what` may leave by itself. Earlier releases are dated, not deleted."""
    at = now.isoformat()
    tx.execute("UPDATE releases SET withdrawn_on = ? WHERE withdrawn_on IS NULL", [at])
    tx.executemany(
        "INSERT INTO releases (what, who, given_on) VALUES (?, ?, ?)",
        [(name, who, at) for name in what],
    )
