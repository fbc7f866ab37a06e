"""What a page is served with: the assembled parts, as plain data handed in by the application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from jinja2 import Environment
from markupsafe import Markup

from linkwork_hub.db import Database, Role, Scope

Panel = Callable[..., Markup | None]
Panels = Mapping[str, Sequence[Panel]]


class ProfileView(Protocol):
    """What pages and domains read of the authority's profile; `access.profile` loads it."""

    @property
    def name(self) -> str:
        """The authority's or provider's name, as staff and schools read it."""

    @property
    def prefix(self) -> str:
        """The letters every reference of this body begins with, e.g. RDG."""

    @property
    def nation(self) -> str:
        """`england` or `wales`."""

    @property
    def takes_legal_steps(self) -> bool:
        """Whether this body takes legal steps; a provider never does."""

    @property
    def service(self) -> str:
        """The name of the team that does the work."""

    def section(self, name: str) -> Mapping[str, Any]:
        """One table of the profile, as written; empty when the profile has none."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person, as one request knows them. `schools` None = every school."""

    person_id: str
    name: str
    email: str
    role: Role
    schools: frozenset[str] | None

    def scope(self) -> Scope:
        """What this person may reach."""
        return Scope(self.role, self.person_id, self.schools)


class Visitors(Protocol):
    """Finds who a session cookie belongs to."""

    def find(self, database: Database, cookie: str) -> Visitor | None:
        """The person of a session that has not ended; None otherwise."""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the header's navigation, shown to these roles."""

    label: str
    path: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class Site:
    """One hub's pages: its database, profile, templates, and who is looking.

    `keys` is the hub's key material as the `feeds` domain knows it: pages hand it on, no page
    looks inside. `address` is the public web address; `secure` says it is https.
    `schools_address` is where agents call, and they spread it over `spread_seconds`.
    """

    db: Database
    profile: ProfileView
    templates: Environment
    visitors: Visitors
    address: str
    schools_address: str = ""
    spread_seconds: int = 0
    keys: Any = None
    panels: Panels = field(default_factory=dict)
    nav: Sequence[NavItem] = ()

    @property
    def secure(self) -> bool:
        """Whether people reach these pages over https."""
        return self.address.startswith("https://")
