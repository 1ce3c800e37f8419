@echo off
rem wslcfg: puts earlier WSL settings (.wslconfig) back. Needs no WSL, no PowerShell and no Python.
rem
rem   rollback.cmd             the newest older settings that WSL is known to have started with; a double click does this too
rem   rollback.cmd list        which there are, newest first
rem   rollback.cmd 3           the settings as generation 3 left them
rem   rollback.cmd first       the oldest settings that are here, from before wslcfg
rem   rollback.cmd before ID   the settings as they were before the change in history\ID
rem
rem Exit codes: 0 done, 1 nothing to undo, 2 no such backup, 3 the file or the disk could not be written (nothing is lost), 4 the copy
rem is not what it should be.
rem
rem A path is never handed to a label or through call, which would read its signs a second time: %that% is what :same looks at.
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
set "oldest="
set "source="
set "most=0"
for /f "delims=" %%G in ('dir /b /a:d "%home%history" 2^>nul') do call :count "%%G"
for /l %%N in (%most%,-1,1) do if defined generation_%%N call :consider %%N
if "%asked%"=="list" goto listed
if "%asked%"=="first" if not defined any goto none
if "%asked%"=="first" set "source=%oldest%"
if defined source goto found
if defined asked goto no_such
if not defined any goto none
rem Where the file is one that history knows, only what is older counts: else a second run would go forward again.
if defined here set "source=%older%"
if not defined here set "source=%newer%"
if not defined source set "source=%last%"
if not defined source goto already

:found
set "that=%source%"
call :same
if defined same goto already
call :protected
if defined protected goto protected_file
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
set "that=%source%"
call :same
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

:protected_file
echo Nothing was changed: the file is read-only, hidden or a system file, onto which nothing can be copied.
echo Type this in a Command Prompt, then run this again:
echo   attrib -r -h -s "%config%"
set "code=3"
goto end

:not_kept
set "code=3"
if "%failed%"=="open" goto not_read
echo Nothing was changed: the present file could not be kept first. The disk is full, or there may be no file called
echo   "%failed%"
echo Make some room and run this again. park.cmd needs none: it renames the file, so that WSL starts on its defaults.
goto end
:not_read
echo Nothing was changed: the present file cannot be read. Close what has it open (an editor, WSL Settings), then run this again.
echo   "%config%"
goto end

:locked
set "full="
if not defined kept goto not_written
set "that=%kept%"
call :same
if defined same goto not_written
rem The copy was cut, so the disk is full: what was kept goes back, into the room of its own second copy.
set "full=yes"
del /f /q "%queued%" >nul 2>nul
copy /b /y "%kept%" "%config%" >nul 2>nul
call :same
if not defined same goto wrong
:not_written
if defined kept del /f /q "%queued%" "%kept%" >nul 2>nul
set "code=3"
if defined full goto no_room
echo The file could not be written and is as it was: another program has it open, or it may not be written.
echo Close what has it open (an editor, WSL Settings), then run this again.
echo   "%config%"
goto end
:no_room
echo The disk is full: the file could not be written and is as it was.
echo   "%config%"
echo Make some room and run this again. park.cmd needs none: it renames the file, so that WSL starts on its defaults.
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
rem Without an argument this was a double click, as of the one in a folder of history (wait): the window would close at once.
if not defined asked pause
if "%~3"=="wait" pause
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
if "%asked%"=="first" goto by_age
if defined asked goto by_number
if "%state%"=="abandoned" exit /b 0
if "%state%"=="undone" exit /b 0
if defined here goto good_one
set "that=%after%"
call :same
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
:by_age
rem The newest comes first, so the last is the oldest. What a kill left may have a copy that is not whole.
if "%state%"=="pending" exit /b 0
if "%state%"=="abandoned" exit /b 0
set "oldest=%before%"
if not defined before set "oldest=%after%"
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

rem ---- whether the settings file is %that%: sizes first, then every byte
:same
set "same="
if "%that%"=="null" goto same_absent
if not exist "%config%" exit /b 0
if not exist "%that%" exit /b 0
for %%F in ("%that%") do set "wanted=%%~zF"
for %%F in ("%config%") do set "size=%%~zF"
for %%F in ("%config%") do set "attributes=%%~aF"
rem A link has a size of its own; fc looks behind it.
if not "%attributes:l=%"=="%attributes%" goto every_byte
if not "%wanted%"=="%size%" exit /b 0
:every_byte
cmd /d /c fc /b "%that%" "%config%" >nul 2>nul
if errorlevel 1 exit /b 0
set "same=yes"
exit /b 0
:same_absent
if not exist "%config%" set "same=yes"
exit /b 0

rem ---- whether attributes (as --a------) keep the file from being copied onto
:protected
set "protected="
if not exist "%config%" exit /b 0
for %%F in ("%config%") do set "attributes=%%~aF"
if not "%attributes:r=%"=="%attributes%" set "protected=yes"
if not "%attributes:h=%"=="%attributes%" set "protected=yes"
if not "%attributes:s=%"=="%attributes%" set "protected=yes"
exit /b 0

rem ---- keep what is there now: once beside it, once for wslcfg's history, which notes it as bad; all of it or nothing
:keep
set "failed="
set "kept="
set "queued="
if not exist "%config%" exit /b 0
if not exist "%home%undone\" mkdir "%home%undone" >nul 2>nul
set "n=1"
:free
if exist "%home%undone\%n%.wslconfig" goto next
if exist "%home%undone\%n%.by" goto next
if exist "%config%.undone-%n%" goto next
set "kept=%config%.undone-%n%"
set "queued=%home%undone\%n%.wslconfig"
set "failed=%kept%"
copy /b "%config%" "%kept%" >nul 2>nul
if errorlevel 1 goto keep_failed
set "failed=%queued%"
rem Under its name only when it is whole, whatever ends this window.
copy /b /y "%config%" "%home%undone\%n%.part" >nul 2>nul
if errorlevel 1 goto keep_failed
ren "%home%undone\%n%.part" "%n%.wslconfig" >nul 2>nul
if not exist "%queued%" goto keep_failed
set "failed="
exit /b 0
:next
set /a n=n+1
goto free
:keep_failed
type "%config%" >nul 2>nul
if errorlevel 1 set "failed=open"
del /f /q "%home%undone\%n%.part" "%kept%" >nul 2>nul
set "kept="
set "queued="
exit /b 0
