@echo off
rem wslcfg: restarts WSL from the Windows side, since whoever asks from inside a distro goes with it. `wslcfg restart` starts a copy of this file.
rem
rem   restart-RUN.cmd RUN DISTRO WINDOW SECONDS SECONDS
rem
rem RUN names this run's files. DISTRO is started again ("-" is the default one). WINDOW "yes" opens a terminal in it. The seconds: how long
rem the shutdown may take before it is forced, and how long the distro may take to answer.
rem It does nothing before RUN.go is there, and gives up when that does not come. No timeout (it fails without a console), no pipes.
setlocal EnableExtensions DisableDelayedExpansion
set "PATH=%PATH%;%SystemRoot%\System32"
cd /d "%~dp0"
set "run=%~1"
set "named=-d %~2"
if "%~2"=="-" set "named="
set "window=%~3"
set "most=%~4"
set "patience=%~5"
rem Only tests name another one.
if not defined WSLCFG_WSL set "WSLCFG_WSL=wsl.exe"
set "WSL_UTF8=1"
>"%run%.armed" echo %run%
set "n=0"
:wait_go
if exist "%run%.go" goto go
set /a n=n+1
if %n% gtr 60 goto given_up
call :second
goto wait_go

:go
rem The one who asked prints its last lines.
call :second
call :second
del /f /q boot.txt said.txt >nul 2>nul
>"%run%.state" echo shutdown
start "" /b cmd.exe /d /c "call "%WSLCFG_WSL%" --shutdown & echo done>"%run%.down"" <nul >nul 2>&1
call :wait_for "%run%.down" %most%
if defined there goto down
rem A WSL that hangs does not answer a plain shutdown (WSL#8529); --force is known from 2.5.8 on.
start "" /b cmd.exe /d /c "call "%WSLCFG_WSL%" --shutdown --force & echo done>"%run%.down"" <nul >nul 2>&1
call :wait_for "%run%.down" %most%
:down
>"%run%.state" echo starting
rem The new boot's id says that the distro answers; what WSL itself says to the first client are its warnings.
start "" /b cmd.exe /d /c "call "%WSLCFG_WSL%" %named% --exec /bin/cat /proc/sys/kernel/random/boot_id >"%run%.boot" 2>"%run%.said" & echo done>"%run%.up"" <nul >nul 2>&1
call :wait_for "%run%.up" %patience%
set "boot="
if exist "%run%.boot" set /p "boot=" <"%run%.boot"
if not defined boot goto dead
move /y "%run%.said" said.txt >nul 2>nul
move /y "%run%.boot" boot.txt >nul 2>nul
>"%run%.state" echo restarted
if not "%window%"=="yes" goto tidy
start "wslcfg" "%WSLCFG_WSL%" %named% --cd ~ --exec /bin/sh .local/state/wslcfg/after-restart
goto tidy

:dead
>"%run%.state" echo dead
rem A window that stays: WSL is what the person would have asked.
if not "%window%"=="yes" goto tidy
start "wslcfg" cmd.exe /d /k type "%~dp0no-answer.txt"

:tidy
del /f /q "%run%.armed" "%run%.go" "%run%.down" "%run%.up" >nul 2>nul
exit /b 0

:given_up
del /f /q "%run%.armed" >nul 2>nul
exit /b 1

:wait_for
set "there="
set "left=%~2"
:waiting
if exist "%~1" set "there=yes"
if defined there exit /b 0
if %left% leq 0 exit /b 0
set /a left=left-1
call :second
goto waiting

:second
ping -n 2 127.0.0.1 >nul
exit /b 0
