"""Who walks through the demonstration, and what has been found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from demo import setting_up
from demo.pages import Person, WalkFailed
from demo.world import Person as Named
from demo.world import School
from linkwork.sample import SampleSchool


@dataclass
class Walk:
    """What the journey has found so far."""

    stage: setting_up.Stage
    made: dict[str, SampleSchool] = field(default_factory=dict)
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    join_strings: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    candidate: str = ""
    pupil_id: str = ""
    referral: str = ""
    case: str = ""
    meeting: str = ""
    action: str = ""

    @property
    def school(self) -> School:
        """The school the journey follows."""
        return self.stage.world.visited

    def person(self, who: Named) -> Person:
        """This person, signed in."""
        if who.email not in self.people:
            someone = Person(self.stage.base)
            someone.sign_in(who.email, self.stage.world.passwords()[who.email])
            self.people[who.email] = someone
        return self.people[who.email]

    def close(self) -> None:
        """Sign nobody out, but let go of every connection."""
        for someone in self.people.values():
            someone.close()

    def findings(self, school: School) -> list[dict[str, Any]]:
        """What `check` finds in the school's register file, which stays as it is: asked once."""
        if school.urn not in self.found:
            file = str(self.stage.world.data(school) / "register.csv")
            self.found[school.urn] = self.stage.agent(school).json("check", file)["findings"]
        return self.found[school.urn]


def hold(holds: bool, otherwise: str) -> None:
    """Raises WalkFailed with what is wrong unless it holds."""
    if not holds:
        raise WalkFailed(otherwise)
