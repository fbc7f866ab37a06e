@echo off
rem Runs the agent with the configuration and the store of the service.
setlocal
if not defined LINKWORK_HOME set "LINKWORK_HOME=%ProgramData%\Linkwork Agent"
set "PYTHONUTF8=1"
"%~dp0python\python.exe" -B -m linkwork_agent %*
exit /b %ERRORLEVEL%
