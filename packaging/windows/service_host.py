"""The agent as a Windows service: `python.exe service_host.py HOME` is what the service runs.

Everything is imported before Windows is told that the service has started: what is imported on the
service's own thread has been seen to hang.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import servicemanager
import win32service
import win32serviceutil

from linkwork.errors import LinkworkError
from linkwork_agent import log, service
from linkwork_agent.config import file_of, load
from linkwork_agent.locks import only_one

NAME = "LinkworkAgent"
#: "The service ended with a code of its own", which then says 2 for a mistake in the settings.
SERVICE_SPECIFIC = 1066
#: The data folder: settings, stores, keys and the log. Written into the service by the setup.
HOME = Path(sys.argv[1])


class Agent(win32serviceutil.ServiceFramework):  # type: ignore[misc]
    """Starts, stops and says in the event log why."""

    _svc_name_ = NAME
    _svc_display_name_ = "Linkwork agent"

    def __init__(self, args: list[str]) -> None:
        super().__init__(args)
        self._stop = threading.Event()

    def SvcStop(self) -> None:  # noqa: N802 -- Windows' name for it
        """Asked to stop: children are ended, and what they had not finished is due again."""
        self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING, waitHint=30_000)
        self._stop.set()

    def SvcDoRun(self) -> None:  # noqa: N802 -- Windows' name for it
        """Run until asked to stop; an error ends with a code that starts the recovery actions."""
        servicemanager.LogInfoMsg("The Linkwork agent has started.")
        try:
            config = load(HOME, file_of(HOME, os.environ))
            with only_one(config.home / "run.lock", "An agent"):
                service.serve(
                    service.supervisor_here(config), None, until_idle=False, stop=self._stop
                )
        except LinkworkError as error:
            self._failed(str(error), error.exit_code)
        except Exception as error:  # noqa: BLE001 -- else Windows is told nothing
            where = log.crash_place(type(error), error.__traceback__)
            self._failed(f"The Linkwork agent ended on an unforeseen error: {where}", log.CRASHED)
        else:
            servicemanager.LogInfoMsg("The Linkwork agent has stopped.")

    def _failed(self, sentence: str, code: int) -> None:
        log.write("failed", what=sentence)
        servicemanager.LogErrorMsg(sentence)
        self.ReportServiceStatus(
            win32service.SERVICE_STOPPED, win32ExitCode=SERVICE_SPECIFIC, svcExitCode=code
        )


def main() -> None:
    """Hand this process to Windows' service control."""
    os.environ.setdefault("LINKWORK_HOME", str(HOME))
    os.environ.setdefault(log.FILE, str(HOME / "agent.log"))
    servicemanager.Initialize(NAME, sys.executable)
    servicemanager.PrepareToHostSingle(Agent)
    servicemanager.StartServiceCtrlDispatcher()


if __name__ == "__main__":
    main()
