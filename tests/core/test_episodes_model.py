"""Random lives of a register against a brute-force model of what must have been told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from registers import MONDAY, only, weekdays

from linkwork import episodes, used
from linkwork import policy as policies
from linkwork.episodes import Episode, EpisodeEvent, reconcile
from linkwork.register import RegisterBuilder
from linkwork.rereading import NOTHING_KNOWN, LastKnown, reread
from linkwork.school_days import last_held_day

ONLY_RUNS = only(policies.builtin("england-2024"), "continuous-unauthorised")
CHILDREN = ("ash", "birch")
DAYS = weekdays(MONDAY, 60)
Spell = frozenset[date]


@dataclass(frozen=True)
class Version:
    """One read: what each child's days are, its id (none: the source does not give the child)."""

    days: tuple[date, ...]
    marks: dict[str, dict[date, str]]
    ids: dict[str, str]
    #: The first day the source is asked for; it then gives no day before.
    since: date = MONDAY


@st.composite
def lives(draw: st.DrawFn) -> list[Version]:
    """A register read again and again, while marks come, change, go, and ids change."""
    code = st.sampled_from(["O", "O", "O", "O", "O", "O", "/", "I", ""])
    start = draw(st.integers(8, 16))
    marks = {child: {day: draw(code) for day in DAYS[:start]} for child in CHILDREN}
    # Long stretches, or no run would ever be reached.
    if draw(st.booleans()):
        marks["ash"] = dict.fromkeys(DAYS[:start], "O")
    ids = {child: child for child in CHILDREN}
    versions, known = [], start
    for step in range(draw(st.integers(2, 7))):
        match draw(st.sampled_from(["more", "more", "change", "vanish", "ids", "gone", "same"])):
            case "more" if known < 50:
                for child in CHILDREN:
                    filled = draw(st.sampled_from(["O", "O", "/", "I", ""]))
                    for day in DAYS[known : known + 3]:
                        marks[child][day] = filled
                known += 3
            case "change":
                child, day = draw(st.sampled_from(CHILDREN)), draw(st.sampled_from(DAYS[:known]))
                marks[child][day] = draw(st.sampled_from(["O", "O", "/", "I"]))
            case "vanish":
                for day in draw(st.lists(st.sampled_from(DAYS[:known]), max_size=9)):
                    marks[draw(st.sampled_from(CHILDREN))][day] = ""
            case "ids":
                ids = dict(zip(CHILDREN, draw(st.permutations([f"X{step}", f"Y{step}"])),
                               strict=True))  # fmt: skip
            case "gone":
                ids = dict(ids)
                if ids.pop(draw(st.sampled_from(CHILDREN)), None) is None:
                    ids = {child: child for child in CHILDREN}
        since = draw(st.sampled_from([MONDAY, MONDAY, DAYS[max(0, known - 10)]]))
        copied = {child: dict(of) for child, of in marks.items()}
        versions.append(Version(tuple(DAYS[:known]), copied, dict(ids), since))
    return versions


@dataclass
class Engine:
    """The real rules over one version after another."""

    forgets: bool = False
    by_id: bool = False
    known: list[Episode] = field(default_factory=list)
    last: LastKnown = NOTHING_KNOWN
    ids: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def read(self, version: Version) -> list[EpisodeEvent]:
        """What one read tells."""
        into = RegisterBuilder("random")
        children = {"always": "always", **version.ids}
        for child, ident in children.items():
            into.place(ident)
            for day in version.days:
                if day >= version.since:
                    code = "/" if child == "always" else version.marks[child][day]
                    into.add(ident, day, "AM", code)
                    into.add(ident, day, "PM", "\\" if code == "/" else code)
        held = into.build()
        names = {ident: child for child, ident in children.items()}
        keys = [p.pupil_id if self.by_id else names[p.pupil_id] for p in held.pupils]
        found = reread(
            NOTHING_KNOWN if self.forgets else self.last,
            held,
            keys,
            asked=(version.since, version.days[-1]),
            keep_from=MONDAY,
        )
        self.last = LastKnown(found.whole, found.keys, found.gone, found.vanished)
        key_of = dict(zip((p.pupil_id for p in found.whole.pupils), found.keys, strict=True))
        as_of = last_held_day(found.whole) or MONDAY
        self.known, events = reconcile(
            self.known,
            used.evaluate(
                found.whole, ONLY_RUNS, as_of, known=self.known, key_of=key_of.__getitem__
            ),
            as_of,
            register=found.whole,
            policy=ONLY_RUNS,
            key_of=key_of.__getitem__,
            new_id=lambda _found: f"e{self.ids()}",
        )
        return events

    def standing(self, child: str) -> set[Spell]:
        """The days of each spell of a child that stands."""
        return {
            days_of(each)
            for each in self.known
            if each.pupil_key == child and each.state != "withdrawn"
        }


def days_of(episode: Episode) -> Spell:
    """The days an episode counts."""
    return frozenset(counted.date for counted in episode.finding.why)


@dataclass
class Model:
    """The law by brute force: the last mark anyone ever saw, and the runs of ten days of O."""

    seen: dict[str, dict[date, str]] = field(default_factory=lambda: {c: {} for c in CHILDREN})

    def read(self, version: Version) -> set[str]:
        """Take a version in; the children of whom something is new."""
        new = set()
        for child in version.ids:
            for day in version.days:
                code = version.marks[child][day]
                if day >= version.since and code and self.seen[child].get(day) != code:
                    self.seen[child][day] = code
                    new.add(child)
        return new

    def runs(self, child: str, days: Sequence[date]) -> dict[Spell, date | None]:
        """Each run of ten days or more, and the day that ended it."""
        found: dict[Spell, date | None] = {}
        run: list[date] = []
        for day in days:
            code = self.seen[child].get(day)
            if code == "O":
                run.append(day)
            elif code:
                if len(run) >= 10:
                    found[frozenset(run)] = day
                run = []
        if len(run) >= 10:
            found[frozenset(run)] = None
        return found


def tells_what_it_must(life: list[Version], engine: Engine) -> None:
    """Run a life through an engine; AssertionError where it tells too little, much, or wrongly."""
    model, told_days = Model(), {child: set[date]() for child in CHILDREN}
    before: dict[str, dict[Spell, date | None]] = {child: {} for child in CHILDREN}
    steps: dict[str, int] = {}
    for version in life:
        kept = {each.id: each for each in engine.known}
        events, new = engine.read(version), model.read(version)
        by_id = Counter((event.episode.id, event.kind) for event in events)
        assert max(by_id.values(), default=1) == 1, "one event of a kind"
        for child in CHILDREN:
            of_child = [event for event in events if event.episode.pupil_key == child]
            # Days go on for the school even where a child has no mark: they end nothing.
            now = model.runs(child, DAYS)
            assert engine.standing(child) == set(now), "exactly the runs of the marks stand"
            if child not in new:
                assert of_child == [], "nothing is told where no mark is another one"
            _withdrawn_only_for_a_different_mark(of_child, kept, model.seen[child])
            _opened_once(of_child, before[child], now, told_days[child])
            mine = {i: each for i, each in kept.items() if each.pupil_key == child}
            _told_again_when_it_matters(of_child, mine, before[child], now, steps)
            before[child] = now
            told_days[child] |= {day for run in now for day in run}
        for each in engine.known:
            steps[each.id] = max(steps.get(each.id, 0), each.value // 10)
        strangers = {e.episode.pupil_key for e in events} - set(CHILDREN)
        assert not strangers, "a spell of nobody"


def _withdrawn_only_for_a_different_mark(
    events: list[EpisodeEvent], kept: dict[str, Episode], seen: dict[date, str]
) -> None:
    for event in events:
        if event.kind == "withdrawn":
            days = days_of(kept[event.episode.id])
            joined = event.why.startswith("it is one spell with")
            assert joined or any(seen[day] != "O" for day in days)


def _opened_once(
    events: list[EpisodeEvent],
    before: dict[Spell, date | None],
    now: dict[Spell, date | None],
    ever: set[date],
) -> None:
    opened = [days_of(event.episode) for event in events if event.kind == "opened"]
    for run, ended in now.items():
        if not run & ever:
            assert opened.count(run) == 1, "a new spell is opened, once"
        if before.get(run, run) == ended:
            assert run not in opened, "a known one is not"
    withdrawn = [event for event in events if event.kind == "withdrawn"]
    lost = [run for run in before if not any(run & other for other in now)]
    assert len(withdrawn) >= len(lost), "what does not stand any more is withdrawn"


def _told_again_when_it_matters(
    events: list[EpisodeEvent],
    kept: dict[str, Episode],
    before: dict[Spell, date | None],
    now: dict[Spell, date | None],
    steps: dict[str, int],
) -> None:
    for was, ended in before.items():
        heirs = [run for run in now if run & was]
        if len(heirs) != 1 or sum(bool(heirs[0] & other) for other in before) != 1:
            continue
        (run,) = heirs
        (ident,) = [i for i, e in kept.items() if days_of(e) == was and e.state != "withdrawn"]
        told = [event.kind for event in events if event.episode.id == ident]
        if ended is None and now[run] is not None:
            assert told == ["ended"]
        elif ended is not None and now[run] is None:
            assert told == ["opened"]
        else:
            matters = (
                was - run or min(was) != min(run) or ended != now[run]
                or len(run) // 10 > steps[ident]
            )  # fmt: skip
            assert told == (["continued"] if matters else [])


@given(lives())
@settings(max_examples=300)
def test_whatever_becomes_of_a_register_each_spell_is_told_once(life: list[Version]) -> None:
    tells_what_it_must(life, Engine())


@pytest.mark.long
@given(lives())
@settings(max_examples=5000)
def test_whatever_becomes_of_a_register_in_the_long_run(life: list[Version]) -> None:
    tells_what_it_must(life, Engine())


def is_caught(engine: Callable[[], Engine]) -> list[Version]:
    """A life through which this engine goes wrong; hypothesis raises when it finds none."""

    def goes_wrong(life: list[Version]) -> bool:
        try:
            tells_what_it_must(life, engine())
        except AssertionError:
            return True
        return False

    return find(lives(), goes_wrong, settings=settings(max_examples=2000))


def test_an_engine_that_lets_a_vanished_mark_withdraw_is_caught() -> None:
    assert is_caught(lambda: Engine(forgets=True))


def test_an_engine_that_opens_anew_under_a_changed_id_is_caught() -> None:
    assert is_caught(lambda: Engine(by_id=True))


def test_an_engine_that_tells_every_day_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes, "_marked", lambda found: (found.value, found.first, found.ended))
    assert is_caught(Engine)


def test_runs_are_met_in_the_lives_that_are_tried() -> None:
    assert find(lives(), lambda life: len(Engine().read(life[-1])) == 2)


def test_the_model_counts_as_the_law_says() -> None:
    model = Model({"ash": dict.fromkeys(DAYS[:9], "O"), "birch": {}})
    assert model.runs("ash", DAYS) == {}
    model.seen["ash"][DAYS[10]] = "O"
    assert model.runs("ash", DAYS) == {frozenset(DAYS[:9]) | {DAYS[10]}: None}
    model.seen["ash"][DAYS[11]] = "/"
    assert set(model.runs("ash", DAYS).values()) == {DAYS[11]}
