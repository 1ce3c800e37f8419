@echo off
rem wslcfg: puts the .wslconfig back that lies here as wslconfig.before; where there is none, there was no such file at that time.
setlocal EnableExtensions DisableDelayedExpansion
for %%D in ("%~dp0.") do set "id=%%~nxD"
rem Without call, which would read the signs of a path a second time: so the other script takes over.
"%~dp0..\..\rollback.cmd" before "%id%" wait
