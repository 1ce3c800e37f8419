@echo off
rem wslcfg: puts earlier WSL settings (.wslconfig) back. Needs no WSL, no PowerShell and no Python.
rem
rem   rollback.cmd             the newest older settings that WSL is known to have started with; a double click does this too
rem   rollback.cmd list        which there are, newest first
rem   rollback.cmd 3           the settings as generation 3 left them
rem   rollback.cmd before ID   the settings as they were before the change in history\ID
rem
rem Exit codes: 0 done, 1 nothing to undo, 2 no such backup, 3 the file or the disk could not be written (nothing is lost), 4 the copy
rem is not what it should be.
setlocal EnableExtensions DisableDelayedExpansion
set "PATH=%PATH%;%SystemRoot%\System32"
set "home=%~dp0"
set "config=%USERPROFILE%\.wslconfig"
set "asked=%~1"
set "asked_id=%~2"
if not defined USERPROFILE goto no_profile

set "here="
set "any="
set "newer="
set "older="
set "last="
set "source="
set "most=0"
for /f "delims=" %%G in ('dir /b /a:d "%home%history" 2^>nul') do call :count "%%G"
for /l %%N in (%most%,-1,1) do if defined generation_%%N call :consider %%N
if "%asked%"=="list" goto listed
if defined source goto found
if defined asked goto no_such
if not defined any goto none
rem Where the file is one that history knows, only what is older counts: else a second run would go forward again.
if defined here set "source=%older%"
if not defined here set "source=%newer%"
if not defined source set "source=%last%"
if not defined source goto already

:found
call :same "%source%"
if defined same goto already
call :keep
if defined failed goto not_kept
if "%source%"=="null" goto remove
copy /b /y "%source%" "%config%" >nul 2>nul
if errorlevel 1 goto locked
goto check

:remove
del /f /q "%config%" >nul 2>nul
if exist "%config%" goto locked

:check
call :same "%source%"
if not defined same goto wrong
echo Done. Your WSL settings are back:
if "%source%"=="null" echo   there is no .wslconfig any more, as at that time
if not "%source%"=="null" echo   "%source%"
if defined kept echo What was undone is kept:
if defined kept echo   "%kept%"
echo They count when WSL starts anew: close your work in WSL, then run   wsl --shutdown
echo.
echo This cannot undo /etc/wsl.conf, which lies inside the distro. If that is what keeps it from starting, the ways in are
echo   wsl -u root        or another distro:   wsl -d NAME
set "code=0"
if defined asked goto end
set "answer="
set /p "answer=Type y to restart WSL now (that ends everything that runs in it), or just Enter: "
if /i "%answer%"=="y" wsl.exe --shutdown
goto end

:listed
if not defined any goto none
set "code=0"
goto end

:none
echo There is no backup here: wslcfg has not changed your .wslconfig, or its history was removed.
echo   "%home%history"
echo park.cmd sets the file aside, so that WSL starts on its defaults.
set "code=2"
goto end

:no_such
echo There is no such backup. Which there are:   rollback.cmd list
set "code=2"
goto end

:already
echo Nothing to undo: your .wslconfig is that one already, or there is no older one that WSL is known to have started with.
echo park.cmd sets the file aside, so that WSL starts on its defaults.
set "code=1"
goto end

:not_kept
echo Nothing was changed: the present file could not be copied first. Is the disk full, or the file open elsewhere?
echo   "%config%"
set "code=3"
goto end

:locked
rem A copy that failed half-way may have cut the file; then what was kept stays.
if defined kept call :same "%kept%"
if defined kept if not defined same goto wrong
echo The file could not be written and is as it was. Close what has it open (an editor, WSL Settings), then run this again.
echo   "%config%"
if defined kept del /f /q "%queued%" "%kept%" >nul 2>nul
set "code=3"
goto end

:wrong
echo The file is not what was copied to it. Copy it by hand, from
echo   "%source%"
echo to
echo   "%config%"
if defined kept echo What was there before lies in
if defined kept echo   "%kept%"
set "code=4"
goto end

:no_profile
echo The variable USERPROFILE is not set, so the settings file cannot be found.
set "code=3"

:end
rem Without an argument this was a double click, whose window would close at once.
if not defined asked pause
exit /b %code%

rem ---- which folder is generation N
:count
call :read %1
if not defined after exit /b 0
if not defined number exit /b 0
set "generation_%number%=%~1"
if %number% gtr %most% set "most=%number%"
exit /b 0

rem ---- one generation, the newest first: what it can serve for
:consider
if defined source exit /b 0
call set "id=%%generation_%1%%"
call :read "%id%"
if not defined after exit /b 0
set "any=yes"
if "%asked%"=="list" goto show
if "%asked%"=="before" goto by_id
if defined asked goto by_number
if "%state%"=="abandoned" exit /b 0
if "%state%"=="undone" exit /b 0
if defined here goto good_one
call :same "%after%"
if defined same goto stand_here
:good_one
if not defined last set "last=%after%"
if "%state%"=="good" goto take
if "%state%"=="candidate" goto take
exit /b 0
:take
if defined here if not defined older set "older=%after%"
if not defined here if not defined newer set "newer=%after%"
exit /b 0
:stand_here
set "here=yes"
set "last="
if not "%kind%"=="found" set "last=%before%"
exit /b 0
:show
echo   %number%   %state%   %id%
exit /b 0
:by_id
if "%id%"=="%asked_id%" set "source=%before%"
exit /b 0
:by_number
if "%number%"=="%asked%" set "source=%after%"
exit /b 0

rem ---- read a generation.json line by line: number, kind, state, and the two copies of .wslconfig ("null": there was no file then)
:read
set "folder=%home%history\%~1"
set "number="
set "kind="
set "state="
set "label="
set "before="
set "after="
if not exist "%folder%\generation.json" exit /b 0
for /f "usebackq tokens=1,2 delims=:, " %%A in ("%folder%\generation.json") do (
if %%A=="number" set "number=%%~B"
if %%A=="kind" set "kind=%%~B"
if %%A=="state" set "state=%%~B"
if %%A=="label" set "label=%%~B"
if %%A=="before_file" call :name before %%B
if %%A=="after_file" call :name after %%B
)
exit /b 0
:name
if not "%label%"==".wslconfig" exit /b 0
set "%~1=null"
if "%~2"=="null" exit /b 0
set "%~1=%folder%\%~2"
if not exist "%folder%\%~2" set "%~1="
exit /b 0

rem ---- whether the settings file is this one: sizes first, then every byte
:same
set "same="
if "%~1"=="null" goto same_absent
if not exist "%config%" exit /b 0
if not exist "%~1" exit /b 0
call :size "%config%"
rem A link has a size of its own; fc looks behind it.
if not "%attributes:l=%"=="%attributes%" goto every_byte
if not "%~z1"=="%size%" exit /b 0
:every_byte
cmd /d /c fc /b "%~1" "%config%" >nul 2>nul
if errorlevel 1 exit /b 0
set "same=yes"
exit /b 0
:same_absent
if not exist "%config%" set "same=yes"
exit /b 0
:size
set "size=%~z1"
set "attributes=%~a1"
exit /b 0

rem ---- keep what is there now: once beside it, once for wslcfg's history, which notes it as bad
:keep
set "failed="
set "kept="
set "queued="
if not exist "%config%" exit /b 0
if not exist "%home%undone\" mkdir "%home%undone" >nul 2>nul
set "n=1"
:free
if exist "%home%undone\%n%.wslconfig" goto next
if exist "%config%.undone-%n%" goto next
copy /b "%config%" "%config%.undone-%n%" >nul 2>nul
if errorlevel 1 goto keep_failed
copy /b "%config%" "%home%undone\%n%.wslconfig" >nul 2>nul
if errorlevel 1 goto keep_failed
set "kept=%config%.undone-%n%"
set "queued=%home%undone\%n%.wslconfig"
exit /b 0
:next
set /a n=n+1
goto free
:keep_failed
set "failed=yes"
exit /b 0
