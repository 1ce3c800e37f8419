@echo off
rem wslcfg: the watchdog of `wslcfg apply --try`: it restarts WSL with the new settings and puts the old ones back unless they are
rem confirmed. Needs no PowerShell and no Python, and outlives the VM. Each try has a copy of it, guard-NONCE.cmd, in a folder of its own.
rem
rem   guard-NONCE.cmd            the watchdog
rem   guard-NONCE.cmd finish     ends a try that a log-off has cut; RunOnce starts this
rem   guard-NONCE.cmd shutdown, query, window, say: parts of it, which run beside it
rem
rem It acts only after the file `go`, and whoever renames the file `open` first decides: wslcfg to `kept`, this one to `undone`.
rem What became of the try stands in ..\state.txt.
setlocal EnableExtensions DisableDelayedExpansion
set "PATH=%PATH%;%SystemRoot%\System32"
rem With the folder as the working folder no name of a user is ever an argument.
cd /d "%~dp0"
set "self=%~nx0"
set "part=%~1"
set "home=%~dp0..\..\"
set "config=%USERPROFILE%\.wslconfig"
for /f "usebackq tokens=1* delims==" %%A in ("try.txt") do set "try_%%A=%%B"
if not defined try_nonce exit /b 1
set "runonce=HKCU\Software\Microsoft\Windows\CurrentVersion\RunOnce"
if "%part%"=="shutdown" goto shutdown
if "%part%"=="query" goto query
if "%part%"=="window" goto window
if "%part%"=="say" goto say
if "%part%"=="finish" goto finish

rem ---- armed: only when all of it will work
set "why=ping does not work, by which it counts the seconds"
ping -n 1 127.0.0.1 >nul 2>nul
if errorlevel 1 goto refuse
set "why=it does not see the same .wslconfig"
call :same before
if not defined same goto refuse
set "why=LOCALAPPDATA is another folder here"
if not exist "%LOCALAPPDATA%\wslcfg\try\%try_nonce%\%self%" goto refuse
set "why=.wslconfig is read-only, hidden or a system file, onto which nothing can be copied"
if exist "%config%" call :look
if exist "%config%" call :plain
if not defined same goto refuse
set "why=the registry takes no RunOnce entry, by which it goes on after a log-off"
call :remember
reg query "%runonce%" /v "!wslcfg-%try_nonce%" >nul 2>nul
if errorlevel 1 goto refuse
call :state armed
>armed echo armed %try_nonce%
set "left=%try_go_s%"
:wait_go
if exist stop goto dropped
call :has go "go %try_nonce%"
if defined has goto act
set /a left=left-1
if %left% leq 0 goto dropped
call :second
goto wait_go

:refuse
>refused echo %why%
goto forget

:dropped
call :state dropped
goto forget

rem ---- the restart, with two seconds in which the terminal shows its last words
:act
call :state restarting
call :second
call :second
call :restart first
set "n=0"
set "left=%try_answer_s%"
:ask
set /a n=n+1
start "" /b cmd.exe /d /c .\%self% query %n% <nul >nul 2>&1
:wait_answer
if exist kept goto kept
set "ended="
if exist ended-%n% set "ended=yes"
call :has answer-%n% "wslcfg-answer-%try_nonce%"
if defined has goto answered
if defined ended goto failed_start
set /a left=left-1
if %left% leq 0 goto never
call :second
goto wait_answer

rem A start that failed at once is tried again: right after a shutdown WSL's service may still be busy.
:failed_start
if %n% geq 3 goto never
set "pause=%try_again_s%"
:wait_again
set /a left=left-1
set /a pause=pause-1
call :second
if %pause% gtr 0 goto wait_again
if %left% leq 0 goto never
goto ask

:answered
rem As after a restart by restart.cmd: which boot it is, and what WSL printed; `wslcfg verify` tells of it.
if not exist "%home%restart\" mkdir "%home%restart" >nul 2>nul
for /f "usebackq skip=1 delims=" %%L in ("answer-%n%") do >"%home%restart\boot.txt" echo %%L
copy /b /y warnings-%n% "%home%restart\said.txt" >nul 2>nul
call :state asking
start "wslcfg" cmd.exe /d /c .\%self% window
set "left=%try_confirm_s%"
:wait_confirm
if exist kept goto kept
if exist no goto unconfirmed
set /a left=left-1
if %left% leq 0 goto unconfirmed
call :second
goto wait_confirm

:kept
call :state kept
goto forget

:unconfirmed
set "outcome=unconfirmed"
goto decide

:never
set "outcome=never-answered"
goto decide

rem ---- after a log-off or a crash
:finish
set "was="
for /f "usebackq tokens=1* delims==" %%A in ("..\state.txt") do call :was "%%A" "%%B"
call :has go "go %try_nonce%"
if not defined has goto dropped
for %%S in (kept unconfirmed never-answered changed cut superseded) do if "%was%"=="%%S" goto forget
set "outcome=cut"

rem ---- who decides: the first to rename
:decide
ren open undone >nul 2>nul
if exist undone goto take_back
if exist kept goto kept
call :state superseded
goto forget

:take_back
call :put_back
if defined done goto taken
if "%why%"=="changed" goto changed
rem What has the file open may be gone at the next log-on.
call :remember
call :state locked
start "wslcfg" cmd.exe /d /c .\%self% say locked
exit /b 0

:changed
call :state changed
goto forget

:taken
call :state %outcome%
rem Answered but not confirmed: no second shutdown, for work may be open by then.
if not "%outcome%"=="unconfirmed" start "wslcfg" cmd.exe /d /c .\%self% say %outcome%
if "%outcome%"=="never-answered" call :restart second

:forget
reg delete "%runonce%" /v "!wslcfg-%try_nonce%" /f >nul 2>nul
exit /b 0

rem ---- parts that run beside the watchdog, for any call of wsl.exe may never come back
:shutdown
call wsl --shutdown %~3 <nul >nul 2>nul
>down-%~2 echo down
exit /b 0

:query
set "WSL_UTF8=1"
call wsl -d "%try_distro%" --exec /bin/sh -c "echo wslcfg-answer-%try_nonce%; cat /proc/sys/kernel/random/boot_id" <nul >answer-%~2 2>warnings-%~2
>ended-%~2 echo ended
exit /b 0

:window
title wslcfg
if defined try_program call wsl -d "%try_distro%" -u "%try_user%" --exec "%try_program%" confirm --ask
if not defined try_program call wsl -d "%try_distro%" -u "%try_user%" --exec /bin/sh -lc "exec wslcfg confirm --ask"
pause
exit /b 0

:say
title wslcfg
if "%~2"=="locked" echo The old WSL settings could not be put back: another program has the file open, or it may not be written.
if "%~2"=="locked" echo   "%config%"
if "%~2"=="locked" echo Close what has it open (an editor, WSL Settings), then start "WSL - undo last settings change" in the Start menu.
if "%~2"=="never-answered" echo WSL did not start with the new settings. The old ones are back, and WSL is stopped: open it as usual.
if "%~2"=="cut" echo The try of new WSL settings was cut before it was confirmed. The old ones are back; they count at WSL's next start.
echo `wslcfg history` knows the rest.
pause
exit /b 0

rem ---- an entry that Windows starts at the next log-on; `!` keeps it until its command has ended. cmd.exe puts the folder in.
:remember
reg add "%runonce%" /v "!wslcfg-%try_nonce%" /t REG_SZ /d "cmd.exe /d /c \"\"%%LOCALAPPDATA%%\wslcfg\try\%try_nonce%\%self%\" finish\"" /f >nul 2>nul
exit /b 0

rem ---- wsl --shutdown, by force where it hangs; a WSL that does not know --force answers with an error, and nothing is lost
:restart
start "" /b cmd.exe /d /c .\%self% shutdown %~1 <nul >nul 2>&1
set "left=%try_force_s%"
:wait_down
if exist down-%~1 exit /b 0
set /a left=left-1
if %left% leq 0 goto force
call :second
goto wait_down
:force
start "" /b cmd.exe /d /c .\%self% shutdown %~1-force --force <nul >nul 2>&1
set "left=%try_force_s%"
:wait_forced
if exist down-%~1 exit /b 0
if exist down-%~1-force exit /b 0
set /a left=left-1
if %left% leq 0 exit /b 0
call :second
goto wait_forced

rem ---- the old file back: `done` when it lies there, else `why`
:put_back
set "done="
set "why=locked"
set "kept="
set "left=%try_locked_s%"
:again
call :same before
if defined same goto is_back
rem Where a copy was cut, the file is neither the old nor the new one, and ours all the same.
if exist putting goto copy_it
call :same after
if defined same goto copy_it
set "why=changed"
exit /b 0
:copy_it
if not defined kept call :keep
if defined failed goto blocked
>putting echo putting
if "%try_before%"=="null" del /f /q "%config%" >nul 2>nul
if not "%try_before%"=="null" copy /b /y before "%config%" >nul 2>nul
call :same before
if defined same goto is_back
rem Not written: then it does not count as undone, unless the copy was cut.
call :same after
if not defined same goto blocked
del /f /q putting >nul 2>nul
if defined kept del /f /q "%queued%.wslconfig" "%queued%.by" "%kept%" >nul 2>nul
set "kept="
:blocked
set /a left=left-1
if %left% leq 0 exit /b 0
call :second
goto again
:is_back
set "done=yes"
exit /b 0

rem ---- keep what is there now: once beside it, once for wslcfg's history, which notes it as bad
:keep
set "failed="
if not exist "%config%" exit /b 0
if not exist "%home%undone\" mkdir "%home%undone" >nul 2>nul
set "n=1"
:free
if exist "%home%undone\%n%.wslconfig" goto next
if exist "%home%undone\%n%.by" goto next
if exist "%config%.undone-%n%" goto next
set "kept=%config%.undone-%n%"
set "queued=%home%undone\%n%"
copy /b "%config%" "%kept%" >nul 2>nul
if errorlevel 1 goto keep_failed
>"%queued%.by" echo guard.cmd %outcome%
copy /b "%config%" "%queued%.wslconfig" >nul 2>nul
if errorlevel 1 goto keep_failed
exit /b 0
:next
set /a n=n+1
goto free
:keep_failed
del /f /q "%queued%.wslconfig" "%queued%.by" "%kept%" >nul 2>nul
set "kept="
set "failed=yes"
exit /b 0

rem ---- whether the settings file is `before` or `after`: sizes first, then every byte
:same
set "same="
call set "wanted=%%try_%~1%%"
if "%wanted%"=="null" goto same_absent
if not exist "%config%" exit /b 0
for %%F in ("%~1") do set "wanted=%%~zF"
call :look
rem A link has a size of its own; fc looks behind it.
if not "%attributes:l=%"=="%attributes%" goto every_byte
if not "%wanted%"=="%size%" exit /b 0
:every_byte
cmd /d /c fc /b "%~1" "%config%" >nul 2>nul
if errorlevel 1 exit /b 0
set "same=yes"
exit /b 0
:same_absent
if not exist "%config%" set "same=yes"
exit /b 0
:look
rem Not handed over: call would read the signs of its path a second time.
for %%F in ("%config%") do set "size=%%~zF"
for %%F in ("%config%") do set "attributes=%%~aF"
exit /b 0

rem ---- `same` stays set when the file's attributes (as --a------) let it be copied onto
:plain
if not "%attributes:r=%"=="%attributes%" set "same="
if not "%attributes:h=%"=="%attributes%" set "same="
if not "%attributes:s=%"=="%attributes%" set "same="
exit /b 0

rem ---- whether a file has that line
:has
set "has="
if not exist "%~1" exit /b 0
for /f "usebackq delims=" %%L in ("%~1") do if "%%L"=="%~2" set "has=yes"
exit /b 0

rem ---- the one file that says what became of the try; whole, old or new
:state
>..\state.new echo nonce=%try_nonce%
>>..\state.new echo state=%~1
set "tries=5"
:move_state
move /y ..\state.new ..\state.txt >nul 2>nul
if not exist ..\state.new exit /b 0
set /a tries=tries-1
if %tries% leq 0 exit /b 0
call :second
goto move_state

:was
if "%~1"=="nonce" set "was_nonce=%~2"
if "%~1"=="state" set "was=%~2"
if not "%was_nonce%"=="%try_nonce%" set "was="
exit /b 0

rem ---- a second; `timeout` refuses a stdin that is no console
:second
ping -n 2 127.0.0.1 >nul 2>nul
exit /b 0
