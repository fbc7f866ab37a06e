"""The store's tables, as migrations: a store of any earlier version is brought up to date."""

from __future__ import annotations

import sqlite3
import tomllib

from sqlite_utils import Database, Migrations

from linkwork_agent.store.version import APPLICATION_ID, SCHEMA_VERSION

migrations = Migrations("linkwork-agent")

FIRST = (
    "CREATE TABLE state (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT",
    # What the head lets out by itself: named and dated, never edited, only withdrawn.
    """CREATE TABLE releases (
        id INTEGER PRIMARY KEY, what TEXT NOT NULL, who TEXT NOT NULL,
        given_on TEXT NOT NULL, withdrawn_on TEXT) STRICT""",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY, read_at TEXT NOT NULL, as_of TEXT NOT NULL, mis TEXT NOT NULL,
        policy TEXT NOT NULL, pupils INTEGER NOT NULL, findings INTEGER NOT NULL) STRICT""",
    # One pupil under every id it ever had here. `pseudonym` is all that leaves.
    """CREATE TABLE pupils (
        pupil_key TEXT PRIMARY KEY, mis_id TEXT NOT NULL, upn TEXT,
        pseudonym TEXT NOT NULL UNIQUE) STRICT""",
    "CREATE UNIQUE INDEX pupils_mis_id ON pupils (mis_id)",
    "CREATE INDEX pupils_upn ON pupils (upn)",
    """CREATE TABLE episodes (
        id TEXT PRIMARY KEY, pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key),
        "trigger" TEXT NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL) STRICT""",
    # Statutory notices that wait for the head's release, without any name.
    """CREATE TABLE held (
        id INTEGER PRIMARY KEY, pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key),
        episode TEXT NOT NULL UNIQUE, notice TEXT NOT NULL, held_on TEXT NOT NULL) STRICT""",
    """CREATE TABLE outbox (
        epoch INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
        message_id TEXT NOT NULL UNIQUE, created TEXT NOT NULL,
        body BLOB NOT NULL, envelope BLOB NOT NULL, words TEXT NOT NULL, detail TEXT NOT NULL,
        acked_at TEXT, applied INTEGER NOT NULL DEFAULT 0, refused TEXT,
        PRIMARY KEY (epoch, seq)) STRICT""",
    "CREATE INDEX outbox_waiting ON outbox (epoch, seq) WHERE acked_at IS NULL",
    # What left this building, in plain words; kept when the outbox row is long gone.
    """CREATE TABLE sent (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at TEXT NOT NULL, kind TEXT NOT NULL,
        words TEXT NOT NULL, detail TEXT NOT NULL) STRICT""",
    """CREATE TABLE inbox (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, sealed BLOB NOT NULL, received_at TEXT NOT NULL,
        applied_at TEXT, refused TEXT, acked_at TEXT) STRICT""",
    """CREATE TABLE requests (
        request_id TEXT PRIMARY KEY, asks TEXT NOT NULL, pseudonym TEXT NOT NULL,
        "trigger" TEXT NOT NULL, message TEXT NOT NULL, asked_by TEXT NOT NULL,
        asked_on TEXT NOT NULL, due TEXT, evidence TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'open', answered_at TEXT) STRICT""",
    """CREATE TABLE actions (
        action_id TEXT PRIMARY KEY, what TEXT NOT NULL, who TEXT NOT NULL, due TEXT NOT NULL,
        agreed_on TEXT NOT NULL, meeting TEXT, pseudonym TEXT, state TEXT NOT NULL,
        note TEXT NOT NULL DEFAULT '') STRICT""",
    # The claim rows: what was due and what was done, whatever the ticker thinks.
    """CREATE TABLE schedule_state (
        job TEXT NOT NULL, slot TEXT NOT NULL, claimed_at TEXT NOT NULL,
        attempts INTEGER NOT NULL, done_at TEXT, PRIMARY KEY (job, slot)) STRICT""",
    """CREATE TABLE problems (
        source TEXT PRIMARY KEY, sentence TEXT NOT NULL, shared TEXT NOT NULL,
        since TEXT NOT NULL) STRICT""",
)


@migrations()
def first(db: Database) -> None:
    """The tables of the first release."""
    for statement in FIRST:
        db.execute(statement)


@migrations()
def receipts_of_what_left(db: Database) -> None:
    """What left is written down before it leaves; a line of before stood for its receipt."""
    db.execute("ALTER TABLE sent ADD COLUMN receipt TEXT")
    db.execute("UPDATE sent SET receipt = at")


LAST_KNOWN = (
    # Who the source last said a pupil is, for the school's own screens and the next judgement.
    # `place` is the pupil's byte in each row of known_marks; none is held without any mark.
    "ALTER TABLE pupils ADD COLUMN place INTEGER",
    "ALTER TABLE pupils ADD COLUMN details TEXT",
    "ALTER TABLE pupils ADD COLUMN gone_since TEXT",
    "CREATE UNIQUE INDEX pupils_place ON pupils (place) WHERE place IS NOT NULL",
    "CREATE TABLE known_codes (place INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT",
    # One byte a pupil: the place of the code, and whether the mark has gone from the source.
    """CREATE TABLE known_marks (
        date TEXT NOT NULL, half TEXT NOT NULL, marks BLOB NOT NULL, gone BLOB NOT NULL,
        PRIMARY KEY (date, half)) STRICT""",
    # The marks that were other ones at one read, and what was decided of them.
    """CREATE TABLE change_sets (
        id INTEGER PRIMARY KEY, found_at TEXT NOT NULL, why TEXT NOT NULL, state TEXT NOT NULL,
        decided_at TEXT, decided_by TEXT) STRICT""",
    # `standing` 0: the source has since said something else than what was rejected.
    """CREATE TABLE mark_changes (
        set_id INTEGER NOT NULL REFERENCES change_sets (id),
        pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key),
        date TEXT NOT NULL, half TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL,
        episodes TEXT NOT NULL, standing INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY (set_id, pupil_key, date, half)) STRICT""",
    # What the authority was told of each episode, and with which message.
    """CREATE TABLE told (
        id INTEGER PRIMARY KEY, episode TEXT NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL,
        message TEXT NOT NULL, ref TEXT) STRICT""",
    "CREATE INDEX told_episode ON told (episode)",
)


@migrations()
def last_known_marks(db: Database) -> None:
    """The last known register stays here, with what changed in it; the next read fills it."""
    for statement in LAST_KNOWN:
        db.execute(statement)


@migrations()
def results_of_school_years(db: Database) -> None:
    """What a pupil's year came to, for the lists of the next September."""
    db.execute(
        """CREATE TABLE year_results (
            pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key), year TEXT NOT NULL,
            expected INTEGER NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (pupil_key, year)) STRICT"""
    )


@migrations()
def pseudonyms_of_before(db: Database) -> None:
    """A pupil whose UPN arrived keeps the random pseudonym of before as one that leads here."""
    db.execute(
        "CREATE TABLE former_pseudonyms (pseudonym TEXT PRIMARY KEY,"
        " pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key)) STRICT"
    )


@migrations()
def said_by_the_school(db: Database) -> None:
    """What a school says beside its marks: never edited, only ended or taken back."""
    db.execute(
        """CREATE TABLE stated (
            id INTEGER PRIMARY KEY, pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key),
            kind TEXT NOT NULL, first TEXT NOT NULL, last TEXT, reason TEXT NOT NULL,
            said_by TEXT NOT NULL, said_at TEXT NOT NULL,
            withdrawn_at TEXT, withdrawn_by TEXT) STRICT"""
    )


AGREED = (
    # `note` of before was either side's; from here on it is the school's own last word.
    "ALTER TABLE actions ADD COLUMN why_withdrawn TEXT NOT NULL DEFAULT ''",
    "UPDATE actions SET why_withdrawn = note, note = '' WHERE state = 'withdrawn'",
    "ALTER TABLE actions ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE actions ADD COLUMN carried INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE actions ADD COLUMN escalated_to TEXT NOT NULL DEFAULT ''",
    # How many words of it this school has said, and whether a person was told it is withdrawn.
    "ALTER TABLE actions ADD COLUMN words INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE actions ADD COLUMN told INTEGER NOT NULL DEFAULT 0",
    # The school's copy of what a meeting agreed, each version as it was signed.
    """CREATE TABLE records (
        record_id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
        signature TEXT NOT NULL, key_id TEXT NOT NULL, digest TEXT NOT NULL,
        received_at TEXT NOT NULL, confirmed_by TEXT NOT NULL DEFAULT '',
        confirmed_on TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (record_id, version)) STRICT""",
)


@migrations()
def what_was_agreed(db: Database) -> None:
    """Actions know their version and the school's words of them; records are kept beside them."""
    for statement in AGREED:
        db.execute(statement)


@migrations()
def lists_for_meetings(db: Database) -> None:
    """Planned meetings, who released a list of names for one, and whom the last one named."""
    db.execute(
        """CREATE TABLE meetings (
            meeting_id TEXT PRIMARY KEY, version INTEGER NOT NULL, meeting TEXT NOT NULL,
            day TEXT NOT NULL, names_from TEXT NOT NULL, names_through TEXT NOT NULL,
            state TEXT NOT NULL, released_by TEXT NOT NULL DEFAULT '',
            withdrawn_by TEXT NOT NULL DEFAULT '', sent TEXT NOT NULL DEFAULT '',
            sent_at TEXT NOT NULL DEFAULT '', listed TEXT NOT NULL DEFAULT '[]') STRICT"""
    )


@migrations()
def what_a_school_asked_for(db: Database) -> None:
    """Penalty notices a school asked its authority for: once for each stretch of leave."""
    db.execute(
        """CREATE TABLE penalty_requests (
            referral_id TEXT PRIMARY KEY, pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key),
            first TEXT NOT NULL, last TEXT NOT NULL, asked_at TEXT NOT NULL,
            asked_by TEXT NOT NULL) STRICT"""
    )


@migrations()
def policies_of_before(db: Database) -> None:
    """Each policy that was followed, so that a date is judged by its own."""
    db.execute("CREATE TABLE policies (valid_from TEXT PRIMARY KEY, toml TEXT NOT NULL) STRICT")
    kept = db.execute("SELECT value FROM state WHERE key = 'policy_toml'").fetchone()
    try:
        first = tomllib.loads(kept[0])["valid_from"] if kept else None
    except (tomllib.TOMLDecodeError, KeyError):
        # Nothing could be judged by it before either.
        first = None
    if first is not None:
        db.execute("INSERT INTO policies VALUES (?, ?)", [str(first), kept[0]])


CONTACTS = (
    # Of the pupil's own key, so that a pupil known twice is one; every other word stays as written.
    """CREATE TABLE contacts (
        id INTEGER PRIMARY KEY, pupil_key TEXT NOT NULL REFERENCES pupils (pupil_key),
        at TEXT NOT NULL, with_whom TEXT NOT NULL, how TEXT NOT NULL, note TEXT NOT NULL,
        by_whom TEXT NOT NULL, noted_at TEXT NOT NULL,
        corrects INTEGER UNIQUE REFERENCES contacts (id),
        rule TEXT NOT NULL, run_first TEXT NOT NULL, run_last TEXT NOT NULL) STRICT""",
    "CREATE INDEX contacts_pupil ON contacts (pupil_key)",
    """CREATE TRIGGER contacts_stand BEFORE UPDATE OF
        id, at, with_whom, how, note, by_whom, noted_at, corrects, rule, run_first, run_last
        ON contacts BEGIN SELECT RAISE(ABORT, 'a contact is corrected by a further line'); END""",
    """CREATE TRIGGER contacts_stay BEFORE DELETE ON contacts
        BEGIN SELECT RAISE(ABORT, 'a contact is corrected by a further line'); END""",
)


@migrations()
def what_was_done(db: Database) -> None:
    """Contacts with families, pupils and agencies: added to, never edited."""
    for statement in CONTACTS:
        db.execute(statement)


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a store to this version, all of it or nothing; safe when two processes try."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(Database(connection))
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
