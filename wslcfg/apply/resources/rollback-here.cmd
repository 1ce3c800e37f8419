@echo off
rem wslcfg: puts the .wslconfig back that lies here as wslconfig.before; where there is none, there was no such file at that time.
for %%D in ("%~dp0.") do call "%~dp0..\..\rollback.cmd" before "%%~nxD"
