@echo off
rem wslcfg: sets the WSL settings (.wslconfig) aside, so that WSL starts on its defaults. Needs no WSL, no PowerShell and no Python.
rem
rem   park.cmd         sets them aside; a double click does this too
rem   park.cmd back    brings back what was set aside last
rem
rem Exit codes: 0 done, 1 nothing to do, 2 nothing was set aside, 3 the file could not be renamed.
setlocal EnableExtensions DisableDelayedExpansion
set "folder=%USERPROFILE%"
set "asked=%~1"
if not defined USERPROFILE goto no_profile
set "n=1"
:free
if not exist "%folder%\.wslconfig.parked-%n%" goto counted
set /a n=n+1
goto free
:counted
if /i "%asked%"=="back" goto back
if not exist "%folder%\.wslconfig" goto nothing
rem A rename: a link stays a link, and nothing is copied that could be cut.
ren "%folder%\.wslconfig" ".wslconfig.parked-%n%" >nul 2>nul
if exist "%folder%\.wslconfig" goto locked
echo Done. WSL starts on its defaults now; your settings are kept:
echo   "%folder%\.wslconfig.parked-%n%"
echo They come back with   park.cmd back
goto restart

:back
set /a n=n-1
if %n%==0 goto none
if exist "%folder%\.wslconfig" goto taken
ren "%folder%\.wslconfig.parked-%n%" ".wslconfig" >nul 2>nul
if not exist "%folder%\.wslconfig" goto locked
echo Done. Your settings are back:
echo   "%folder%\.wslconfig"
:restart
echo It counts when WSL starts anew: close your work in WSL, then run   wsl --shutdown
set "code=0"
goto end

:nothing
echo There is no .wslconfig, so WSL starts on its defaults already.
set "code=1"
goto end

:none
echo Nothing was set aside.
set "code=2"
goto end

:taken
echo There is a .wslconfig already, and it stays. What was set aside is kept:
echo   "%folder%\.wslconfig.parked-%n%"
set "code=3"
goto end

:locked
echo The file could not be renamed. Close what has it open (an editor, WSL Settings), then run this again.
echo   "%folder%\.wslconfig"
set "code=3"
goto end

:no_profile
echo The variable USERPROFILE is not set, so the settings file cannot be found.
set "code=3"

:end
if not defined asked pause
exit /b %code%
