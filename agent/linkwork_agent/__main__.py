"""`python -m linkwork_agent`, which is also how the supervisor starts its child jobs."""

from linkwork_agent.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
