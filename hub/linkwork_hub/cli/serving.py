"""`serve`, `receive`, `work` and `jobs`: what a hub's processes are started with."""

from __future__ import annotations

from typing import Annotated

import typer

_Host = Annotated[str, typer.Option(help="The network address to listen on.")]
_Port = Annotated[int, typer.Option(help="The port to listen on.", max=65535)]


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (serve, receive, work, jobs):
        app.command(command.__name__)(command)


# The pages and the web server are imported only here: every other command starts without them.
def serve(ctx: typer.Context, host: _Host = "", port: _Port = 0) -> None:
    """Run the whole hub in one process: pages, receiver, worker and jobs."""
    from linkwork_hub.cli import processes

    processes.serve(ctx.obj, host, port)


def receive(ctx: typer.Context, host: _Host = "", port: _Port = 0) -> None:
    """Only take in what schools send, and open nothing. Needs PostgreSQL."""
    from linkwork_hub.cli import processes

    processes.receive(ctx.obj, host, port)


def work(ctx: typer.Context) -> None:
    """Only open and apply what was received. Needs PostgreSQL; may run more than once."""
    from linkwork_hub.cli import processes

    processes.work(ctx.obj)


def jobs(ctx: typer.Context) -> None:
    """Only run the jobs by the clock. Needs PostgreSQL; may run more than once."""
    from linkwork_hub.cli import processes

    processes.jobs(ctx.obj)
