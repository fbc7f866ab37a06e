"""Signing in and out, and finding whom a session belongs to."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from math import ceil

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from linkwork.errors import LinkworkError, WrongUse
from linkwork_hub.access import account_store, duty_store, rules, store
from linkwork_hub.access.account_store import Trying
from linkwork_hub.access.models import Person
from linkwork_hub.box import Box
from linkwork_hub.db import Database, Role, Scope, Tx
from linkwork_hub.web.gate import Gate
from linkwork_hub.web.site import Visitor

#: Seen is written at most this often, so that reading pages does not become writing.
_TOUCH_EVERY = timedelta(minutes=1)
_SHORTEST = 12
#: A password check takes a tenth of a second and 64 MiB: so many at once, so many more in line
#: for so many seconds, and whoever comes then is answered 503.
_HASHES_AT_ONCE, _HASHES_WAITING, _HASH_PATIENCE = 2, 12, 5.0
_SYSTEM = Scope.system()
_EVERY_SCHOOL = frozenset({Role.MANAGER, Role.FINANCE, Role.HUB_TEAM, Role.HEALTH_NEEDS})


class SignInRefused(LinkworkError):
    """The address or password is wrong, or the account must wait: the message says which."""


class Accounts:
    """Sign-ins of one hub. `hasher` sets the cost of a password check.

    Each method that takes a password raises Busy when too many are being checked.
    """

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._gate = Gate(_HASHES_AT_ONCE, _HASHES_WAITING, _HASH_PATIENCE)
        # Compared when nobody has the address, so that both answers take equally long.
        self._nobody = hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The hash to store. Raises WrongUse when the password is too short."""
        with self._gate.turn():
            return hash_password(self._hasher, password)

    def sign_in(self, database: Database, email: str, password: str, address: str) -> str:
        """Open a session; the secret id for the cookie. Raises SignInRefused."""
        who = _trying(database.box, email, address)
        with database.read() as db:
            _refuse_until(db, account_store.must_wait(_SYSTEM, db, who))
        with self._gate.turn():
            # Counted before it is looked at, or tries made at one moment would all be free.
            with database.write() as db:
                _refuse_until(db, account_store.begin_try(_SYSTEM, db, who))
                known = account_store.password_of(_SYSTEM, db, email)
            right = self._matches(known[1] if known else self._nobody, password)
        if not right or known is None:
            with database.write() as db:
                store.audit(_SYSTEM, db, "sign-in refused", "sign-in", who.here[:16])
            raise SignInRefused("The e-mail address or the password is not right.")
        secret = database.random(32).hex()
        with database.write() as db:
            account_store.clear_tries(_SYSTEM, db, who)
            account_store.open_session(_SYSTEM, db, _digest(secret), known[0])
            store.audit(Scope(Role.SYSTEM, known[0]), db, "signed in", "person", known[0])
        return secret

    def knows(self, database: Database, email: str, password: str) -> bool:
        """Whether this is the present password of the person with this address."""
        with database.read() as db:
            known = account_store.password_of(_SYSTEM, db, email)
        with self._gate.turn():
            return known is not None and self._matches(known[1], password)

    def sign_out(self, database: Database, cookie: str) -> None:
        """End the session of this cookie."""
        with database.write() as db:
            account_store.end_session(_SYSTEM, db, _digest(cookie))

    def find(self, database: Database, cookie: str) -> Visitor | None:
        """The person of an open session; None when it ended, idled, or grew too old."""
        digest = _digest(cookie)
        with database.read() as db:
            session = account_store.session(_SYSTEM, db, digest)
            if session is None or rules.session_over(session.started, session.seen, db.now):
                return None
            person = store.person(_SYSTEM, db, session.person_id)
            visitor = _visitor(db, person) if person and person.active else None
            stale = db.now - session.seen >= _TOUCH_EVERY
        if visitor is not None and stale:
            with database.write() as db:
                account_store.touch_session(_SYSTEM, db, digest)
        return visitor

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerificationError:
            return False


def hash_password(hasher: PasswordHasher, password: str) -> str:
    """The argon2id hash to store. Raises WrongUse when the password is too short."""
    if len(password) < _SHORTEST:
        raise WrongUse(f"The password is too short. Use at least {_SHORTEST} characters.")
    return hasher.hash(password)


def _visitor(db: Tx, person: Person) -> Visitor:
    every = person.role in _EVERY_SCHOOL or _on_duty(db, person)
    schools = None if every else _reach(db, person)
    return Visitor(person.id, person.name, person.email, person.role, schools)


def _on_duty(db: Tx, person: Person) -> bool:
    """Whoever is on duty answers any school, on that day."""
    officer = person.role is Role.OFFICER
    return officer and duty_store.on_duty(_SYSTEM, db, db.today) == person.id


def _reach(db: Tx, person: Person) -> frozenset[str]:
    linked = store.linked_schools(_SYSTEM, db, person.id) if person.role == Role.OFFICER else ()
    return person.schools | frozenset(linked)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _refuse_until(db: Tx, until: datetime | None) -> None:
    if until is not None:
        seconds = ceil((until - db.now).total_seconds())
        raise SignInRefused(f"Too many wrong tries. Wait {seconds} seconds, then try again.")


def _trying(box: Box, email: str, address: str) -> Trying:
    account, secret = email.strip().lower(), box.secret("access/sign-in")

    def key(said: str) -> str:
        return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()

    return Trying(key(f"{account}|{address}"), key(account), key(f"known|{account}|{address}"))
