@echo off
rem wslcfg: restarts WSL from the Windows side, since whoever asks from inside a distro goes with it. `wslcfg restart` starts a copy of this file,
rem restart-RUN.cmd, in a folder where restart-RUN.txt says the rest: distro, user, after (a script for the window that opens), and how many
rem seconds the shutdown and the start may take.
rem
rem   restart-RUN.cmd                           the restart
rem   restart-RUN.cmd down, force, ask, window, dead    parts of it, which run beside it, for any call of wsl.exe may never come back
rem
rem It does nothing before RUN.go is there, and gives up when that does not come. No `timeout` (it fails without a console), no pipes.
setlocal EnableExtensions DisableDelayedExpansion
set "PATH=%PATH%;%SystemRoot%\System32"
rem With the folder as the working folder no name of a user is ever an argument.
cd /d "%~dp0"
set "self=%~nx0"
set "run=%~n0"
set "part=%~1"
for /f "usebackq tokens=1* delims==" %%A in ("%run%.txt") do set "ask_%%A=%%B"
if not defined ask_shutdown exit /b 1
set "named="
if defined ask_distro set named=-d "%ask_distro%"
if "%part%"=="down" goto part_down
if "%part%"=="force" goto part_force
if "%part%"=="ask" goto part_ask
if "%part%"=="window" goto part_window
if "%part%"=="dead" goto part_dead

>%run%.armed echo armed
set "left=60"
:wait_go
if exist %run%.go goto go
set /a left=left-1
if %left% leq 0 goto tidy
call :second
goto wait_go

:go
rem The one who asked prints its last lines.
call :second
call :second
del /f /q boot.txt said.txt >nul 2>nul
>%run%.state echo shutdown
start "" /b cmd.exe /d /c .\%self% down <nul >nul 2>&1
call :wait_for %run%.down %ask_shutdown%
if defined there goto down
rem A WSL that hangs does not answer a plain shutdown (WSL#8529); --force is known from 2.5.8 on.
start "" /b cmd.exe /d /c .\%self% force <nul >nul 2>&1
call :wait_for %run%.down %ask_shutdown%
:down
>%run%.state echo starting
start "" /b cmd.exe /d /c .\%self% ask <nul >nul 2>&1
call :wait_for %run%.up %ask_start%
set "boot="
if exist %run%.boot set /p "boot=" <%run%.boot
if not defined boot goto dead
move /y %run%.said said.txt >nul 2>nul
move /y %run%.boot boot.txt >nul 2>nul
>%run%.state echo restarted
if defined ask_after start "wslcfg" cmd.exe /d /c .\%self% window
goto tidy

:dead
>%run%.state echo dead
if defined ask_after start "wslcfg" cmd.exe /d /c .\%self% dead

:tidy
del /f /q %run%.armed %run%.go %run%.down %run%.up >nul 2>nul
exit /b 0

:part_down
call wsl --shutdown <nul >nul 2>nul
>%run%.down echo down
exit /b 0

:part_force
call wsl --shutdown --force <nul >nul 2>nul
>%run%.down echo down
exit /b 0

rem The new boot's id says that the distro answers; what WSL itself says to the first client are its warnings.
:part_ask
set "WSL_UTF8=1"
call wsl %named% --exec /bin/cat /proc/sys/kernel/random/boot_id <nul >%run%.boot 2>%run%.said
>%run%.up echo up
exit /b 0

:part_window
title wslcfg
call wsl %named% -u "%ask_user%" --exec /bin/sh "%ask_after%"
if errorlevel 1 pause
exit /b 0

:part_dead
title wslcfg
type no-answer.txt
pause
exit /b 0

:wait_for
set "there="
set "left=%~2"
:waiting
if exist %~1 set "there=yes"
if defined there exit /b 0
if %left% leq 0 exit /b 0
set /a left=left-1
call :second
goto waiting

:second
ping -n 2 127.0.0.1 >nul
exit /b 0
