"""The command `simulate`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from linkwork import wording
from linkwork.errors import WrongUse
from linkwork_hub.access.output import Format

if TYPE_CHECKING:
    from linkwork_hub.simulate.runs import Report


def mount(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("simulate")(simulate)


def simulate(
    schools: Annotated[int, typer.Option(min=1, help="How many schools.")] = 4,
    weeks: Annotated[int, typer.Option(min=1, help="How many weeks.")] = 3,
    pupils: Annotated[int, typer.Option(min=1, help="Pupils a school.")] = 24,
    seed: Annotated[int, typer.Option(help="The first seed.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, one after another.")] = 1,
    faults: Annotated[str, typer.Option(help="all, none, or kinds with commas between.")] = "all",
    faults_plan: Annotated[
        str, typer.Option("--plan", help="Exactly these faults, as a failure prints them.")
    ] = "",
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Run schools and a hub through weeks, with faults, in this process. Exit 1: one was lost."""
    # Only here: every other command starts without the whole hub and an agent.
    from linkwork_hub.simulate import plan, runs
    from linkwork_hub.simulate.machine import installed
    from linkwork_hub.simulate.world import Size
    from linkwork_hub.web import log

    log.quiet()
    kinds = plan.kinds_of(faults)
    given = plan.read(faults_plan) if faults_plan else None
    sizes = [Size(schools, weeks, each, pupils) for each in range(seed, seed + seeds)]
    for fault in given or ():
        if fault.school > schools:
            raise WrongUse(f"The plan names school {fault.school}, and there are {schools}.")
    report = runs.run(sizes, kinds, installed(), given=given)
    if fmt is Format.JSON:
        typer.echo(json.dumps(report.to_json(), indent=2))
    else:
        _show(report, schools)
    raise typer.Exit(1 if report.failure else 0)


def _show(report: Report, schools: int) -> None:
    met = ", ".join(f"{count} {kind}" for kind, count in sorted(report.met.items())) or "none"
    typer.echo(
        f"{wording.number(report.runs, 'run')} of {wording.number(schools, 'school')}: "
        f"{wording.number(report.messages, 'message')} committed, {report.effects} took effect; "
        f"{wording.number(report.items, 'action')} sent down"
    )
    typer.echo(f"faults: {met}")
    found = report.failure
    if found is None:
        typer.echo("Nothing lost, nothing doubled, everything in order.")
        return
    typer.echo(f"BROKEN with seed {found.ran.size.seed} at {found.ran.at}: {found.ran.broken}")
    typer.echo(
        f"The smallest plan found that still breaks it has "
        f"{wording.number(len(found.small.plan), 'fault')}: {found.small.broken}"
    )
    typer.echo(found.command)
