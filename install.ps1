<#
.SYNOPSIS
Install wslcfg into a WSL distro, from Windows.

.DESCRIPTION
Finds WSL and the distro through the registry, brings the single file wslcfg.pyz (beside this script, or from -Source), runs install.sh in
the distro, leaves the scripts for going back without WSL, and starts the wizard. Run it again to upgrade. Not signed.
It has been checked with a PowerShell grammar and by rules of its own, and has never run on Windows yet.
Each parameter is also read from the environment: WSLCFG_DISTRO, WSLCFG_SOURCE, WSLCFG_SHA256, WSLCFG_UNINSTALL=1, WSLCFG_WHATIF=1 and so on.
Downloads go the way that Windows goes; where a proxy wants your login, set HTTPS_PROXY=http://PROXY:PORT first.
Exit codes: 0 done, 1 unexpected, 2 usage, 3 no WSL, or WSL or Windows too old, 4 no such distro, 5 the distro lacks something (the line to run is printed), 6 not installed, 7 declined.

.PARAMETER Distro
The distro's name; the default one when it is not given.
.PARAMETER Source
A folder or an https address that holds wslcfg.pyz, wslcfg.pyz.sha256 and install.sh; this script's own folder when it is not given.
.PARAMETER Sha256
The digest that wslcfg.pyz must have; the one in wslcfg.pyz.sha256 when it is not given.
.PARAMETER Uninstall
Remove the program. Backups, history and the scripts for going back stay.
.PARAMETER NoWizard
Do not start the wizard.
.PARAMETER AllowRoot
Install for root where the distro has no other user.
.PARAMETER Yes
Ask nothing. It never restarts WSL; -Shutdown does.
.PARAMETER Shutdown
Restart WSL at the end without asking.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
param(
    [string]$Distro = $env:WSLCFG_DISTRO,
    [string]$Source = $env:WSLCFG_SOURCE,
    [string]$Sha256 = $env:WSLCFG_SHA256,
    [switch]$Uninstall = ($env:WSLCFG_UNINSTALL -eq '1'),
    [switch]$NoWizard = ($env:WSLCFG_NOWIZARD -eq '1'),
    [switch]$AllowRoot = ($env:WSLCFG_ALLOWROOT -eq '1'),
    [switch]$Yes = ($env:WSLCFG_YES -eq '1'),
    [switch]$Shutdown = ($env:WSLCFG_SHUTDOWN -eq '1')
)

function Stop-Wslcfg([string]$What, [string]$Do) {
    Write-Host "install.ps1: $What"
    Write-Host "$Do"
}

# The registry, not wsl.exe's words: those are in the person's language. Docker's and others' own distros are no places to work in.
function Get-WslcfgDistro([string]$Name) {
    $lxss = 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Lxss'
    if (-not (Test-Path -Path $lxss)) { return $null }
    $default = (Get-ItemProperty -Path $lxss).DefaultDistribution
    $all = @(Get-ChildItem -Path $lxss | ForEach-Object { Get-ItemProperty -Path $_.PSPath } | Where-Object { $_.DistributionName })
    $all = @($all | Where-Object { $_.DistributionName -notmatch '^(docker-desktop|rancher-desktop|podman-|lima-|wsl-vpnkit)' })
    if ($Name) { return ($all | Where-Object { $_.DistributionName -eq $Name } | Select-Object -First 1) }
    $chosen = $all | Where-Object { $_.PSChildName -eq $default } | Select-Object -First 1
    if ($null -eq $chosen) { $chosen = $all | Select-Object -First 1 }
    return $chosen
}

function Test-WslcfgYes([string]$Question) {
    if ($Yes -or $WhatIfPreference) { return $false }
    $answer = Read-Host -Prompt "$Question Type y for yes"
    return ($answer -eq 'y')
}

# Where Windows has the person's Start menu: organisations move it, and wslcfg itself knows the usual place alone.
function Get-WslcfgMenu {
    $folders = Get-ItemProperty -Path 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders' -ErrorAction SilentlyContinue
    if ($null -ne $folders -and $folders.Programs -and (Test-Path -LiteralPath $folders.Programs)) { return $folders.Programs }
    return ''
}

# Put the files where the distro can read them, and those for going back where a person finds them.
function Copy-WslcfgFile([string]$From, [string]$Place) {
    $needed = @('install.sh', 'wslcfg.pyz')
    $menu = Get-WslcfgMenu
    # In Windows PowerShell a proxy gets no login unless it is named.
    $how = @{ UseBasicParsing = $true }
    if ($env:HTTPS_PROXY) { $how.Proxy = $env:HTTPS_PROXY; $how.ProxyUseDefaultCredentials = $true }
    foreach ($name in @('install.sh', 'wslcfg.pyz', 'wslcfg.pyz.sha256', 'rollback.cmd', 'park.cmd', 'README.txt', 'undo.lnk')) {
        $target = Join-Path -Path $Place -ChildPath $name
        if ($name -eq 'install.sh' -or $name -like 'wslcfg.pyz*') { $target = Join-Path -Path $Place -ChildPath "install\$name" }
        if ($name -eq 'undo.lnk') {
            if (-not $menu) { continue }
            $target = Join-Path -Path $menu -ChildPath 'WSL - undo last settings change.lnk'
        }
        if ($From -match '^https://') {
            if (-not $PSCmdlet.ShouldProcess("$target", "Download $From/$name")) { continue }
            try { Invoke-WebRequest @how -Uri "$From/$name" -OutFile "$target" }
            catch {
                if ($needed -notcontains $name) { continue }
                $script:WslcfgCode = 6
                $script:WslcfgDo = "Behind a proxy, set HTTPS_PROXY=http://PROXY:PORT and run it again; or fetch $From/$name in a browser, and name its folder: -Source FOLDER"
                throw
            }
        } elseif (Test-Path -LiteralPath (Join-Path -Path $From -ChildPath $name)) {
            if (-not $PSCmdlet.ShouldProcess("$target", 'Copy')) { continue }
            Copy-Item -LiteralPath (Join-Path -Path $From -ChildPath $name) -Destination "$target" -Force -Confirm:$false
            # Else a script that came from the net is stopped at a double click, when it is needed most.
            Unblock-File -LiteralPath "$target" -Confirm:$false
        } elseif ($needed -contains $name) {
            $script:WslcfgCode = 6
            $script:WslcfgDo = 'Name the folder or the address that has it: -Source PLACE'
            throw "$name is not in $From"
        }
    }
}

# Run a line of sh in the distro. IFS and noglob stand for quotes, which PowerShell 5.1 drops; WSLENV turns the folder into a Linux path.
function Invoke-WslcfgLine([string]$Name, [string]$Line) {
    & wsl.exe -d "$Name" --exec /bin/sh -c "set -f; IFS=; $Line" | Out-Host
    return $LASTEXITCODE
}

function Uninstall-Wslcfg([string]$Place) {
    $failed = $false
    $files = Join-Path -Path $Place -ChildPath 'install'
    $found = Get-WslcfgDistro -Name $Distro
    if ($null -eq $found -or $null -eq (Get-Command -Name 'wsl.exe' -CommandType Application -ErrorAction SilentlyContinue)) {
        Write-Host 'The distro is gone, and wslcfg with it.'
    } elseif (-not (Test-Path -LiteralPath "$files\install.sh")) {
        Write-Host 'This script has installed nothing, or it is removed already. In a distro: sh install.sh --uninstall'
    } elseif ($PSCmdlet.ShouldProcess($found.DistributionName, 'Remove wslcfg')) {
        $code = Invoke-WslcfgLine -Name $found.DistributionName -Line 'exec sh $WSLCFG_HOME/install/install.sh --uninstall'
        # Where WSL does not start, the settings of before are wanted more than ever: so it goes on.
        if ($code -ne 0) { Stop-Wslcfg 'It could not be removed from the distro.' 'When WSL starts again, run this once more.'; $failed = $true }
    }
    $rollback = Join-Path -Path $Place -ChildPath 'rollback.cmd'
    if ((Test-Path -LiteralPath "$rollback") -and (Test-WslcfgYes 'Bring back the very first .wslconfig, from before wslcfg?')) {
        if ($PSCmdlet.ShouldProcess("$env:USERPROFILE\.wslconfig", 'Bring back the first one')) {
            # 1: it is that one already; 2: wslcfg has never changed it.
            & "$rollback" first | Out-Host
            if ($LASTEXITCODE -gt 2) { $failed = $true }
        }
    }
    if (-not $failed -and (Test-Path -LiteralPath "$files") -and $PSCmdlet.ShouldProcess("$files", 'Remove')) {
        Remove-Item -LiteralPath "$files" -Recurse -Force -Confirm:$false
    }
    Write-Host "Kept, with the history of your settings and the way back: $Place"
    $script:WslcfgCode = 0
    if ($failed) { $script:WslcfgCode = 6 }
    return
}

function Install-Wslcfg {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([string]$Folder)
    # Through iex all of this runs with the settings of the person's session: strict mode would stop at a registry value that is not there,
    # and PowerShell 7 can turn an exit code into an error.
    Set-StrictMode -Off
    $PSNativeCommandUseErrorActionPreference = $false
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    $place = Join-Path -Path $env:LOCALAPPDATA -ChildPath 'wslcfg'
    if ($env:USERPROFILE -like '*\config\systemprofile') {
        Stop-Wslcfg 'This is the SYSTEM account, which WSL does not serve.' 'Run it as the person who uses WSL.'
        $script:WslcfgCode = 3
        return
    }
    if ($env:PROCESSOR_ARCHITEW6432) {
        Stop-Wslcfg 'This is the 32-bit PowerShell, which does not see WSL.' 'Run it in the one without (x86) in its name.'
        $script:WslcfgCode = 2
        return
    }
    # What wsl.exe says comes as UTF-8, and the folder as a Linux path, whatever the user's name.
    $env:WSL_UTF8 = '1'
    $env:WSLCFG_HOME = $place
    $env:WSLENV = "WSLCFG_HOME/p:$env:WSLENV"
    # The mark of an elevated shell; another account than one's own has another profile, and another .wslconfig.
    $groups = & whoami.exe /groups
    if ($LASTEXITCODE -eq 0 -and "$groups" -match 'S-1-16-12288') {
        Write-Host "Note: this shell is elevated, as $env:USERNAME. If you use WSL as somebody else, stop here and run it as that user."
    }
    if ($Uninstall) { Uninstall-Wslcfg -Place $place; return }
    $windows = Get-ItemProperty -Path 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    if ([int]$windows.CurrentBuildNumber -lt 19041) {
        Stop-Wslcfg "Windows build $($windows.CurrentBuildNumber) is too old for WSL 2." 'Run: Windows Update, to build 19041 or newer'
        $script:WslcfgCode = 3
        return
    }
    if ($null -eq (Get-Command -Name 'wsl.exe' -CommandType Application -ErrorAction SilentlyContinue)) {
        Stop-Wslcfg 'WSL is not installed.' 'Run in an elevated PowerShell: wsl --install'
        $script:WslcfgCode = 3
        return
    }
    # The package's version is a registry value; what wsl.exe says of it is in the person's language. Without one it is the WSL of Windows itself.
    $package = (Get-ItemProperty -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Lxss\MSI' -ErrorAction SilentlyContinue).Version
    if ("$package" -match '^0\.') {
        Stop-Wslcfg "WSL $package is too old: a preview." 'Run: wsl --update'
        $script:WslcfgCode = 3
        return
    }
    if (-not $package) { Write-Host 'Note: this is the WSL that came with Windows; some settings need a newer one, which wsl --update brings.' }
    $found = Get-WslcfgDistro -Name $Distro
    if ($null -eq $found) {
        Stop-Wslcfg "There is no distro $Distro to install into." 'Run: wsl --install -d Ubuntu'
        $script:WslcfgCode = 4
        return
    }
    $name = $found.DistributionName
    if ($found.Version -ne 2) {
        Stop-Wslcfg "$name is a WSL 1 distro, for which .wslconfig changes nothing." "Run: wsl --set-version $name 2"
        $script:WslcfgCode = 4
        return
    }
    $root = ($found.RunOOBE -eq 1)
    if (-not $root -and $found.DefaultUid -eq 0) {
        # An imported distro has its user in wsl.conf alone, so it is asked.
        $uid = & wsl.exe -d "$name" --exec /bin/sh -c 'id -u'
        $root = ($LASTEXITCODE -ne 0 -or "$uid" -notmatch '[1-9]')
    }
    if ($root -and -not $AllowRoot) {
        Stop-Wslcfg "$name has no user but root yet." "Open it once, so that it makes your user: wsl -d $name   (or add -AllowRoot)"
        $script:WslcfgCode = 4
        return
    }
    $from = $Source
    if (-not $from) { $from = $Folder }
    if (-not $from) {
        Stop-Wslcfg 'This script does not know where wslcfg.pyz lies.' 'Name the place: -Source FOLDER, or set WSLCFG_SOURCE'
        $script:WslcfgCode = 2
        return
    }
    if ($PSCmdlet.ShouldProcess("$place\install", 'Make the folder')) {
        New-Item -ItemType Directory -Force -Path "$place\install" -Confirm:$false | Out-Null
    }
    Copy-WslcfgFile -From $from -Place $place
    if ($WhatIfPreference) { Write-Host "What if: install.sh would run in $name, and the wizard after it."; $script:WslcfgCode = 0; return }
    if (-not (Test-Path -LiteralPath "$place\install\wslcfg.pyz")) { $script:WslcfgCode = 7; return }
    $wanted = $Sha256
    $listed = "$place\install\wslcfg.pyz.sha256"
    if (-not $wanted -and (Test-Path -LiteralPath "$listed")) { $wanted = ((Get-Content -LiteralPath "$listed" -TotalCount 1) -split ' ')[0] }
    $digest = (Get-FileHash -LiteralPath "$place\install\wslcfg.pyz" -Algorithm SHA256).Hash
    if (-not $wanted -or $digest -ne $wanted) {
        Stop-Wslcfg "wslcfg.pyz has the digest $digest, and should have '$wanted'." 'Fetch it again, or name the right one: -Sha256 DIGEST'
        $script:WslcfgCode = 6
        return
    }
    if (-not $PSCmdlet.ShouldProcess($name, 'Install wslcfg')) { $script:WslcfgCode = 7; return }
    $code = Invoke-WslcfgLine -Name $name -Line 'exec sh $WSLCFG_HOME/install/install.sh --no-start --offline $WSLCFG_HOME/install/wslcfg.pyz'
    if ($code -eq 5) { $script:WslcfgCode = 5; return }
    if ($code -ne 0) { Stop-Wslcfg "It could not be installed in $name (code $code)." 'The lines above say why.'; $script:WslcfgCode = 6; return }
    if ($NoWizard) { $script:WslcfgCode = 0; return }
    & wsl.exe -d "$name" --exec /bin/sh -c 'set -f; IFS=; exec $HOME/.local/bin/wslcfg setup'
    if ($LASTEXITCODE -ne 0) { Write-Host "The wizard ended early (code $LASTEXITCODE). Start it again in the distro: wslcfg setup"; $script:WslcfgCode = 0; return }
    if ($Shutdown -or (Test-WslcfgYes 'Restart WSL now? It ends everything that runs in every distro, Docker Desktop too.')) {
        if ($PSCmdlet.ShouldProcess('WSL', 'Shut down, so that new settings count')) {
            & wsl.exe --shutdown
            if ($LASTEXITCODE -ne 0) { Write-Host 'WSL did not shut down. Run: wsl --shutdown' }
        }
    }
    $script:WslcfgCode = 0
    return
}

function Start-WslcfgInstall([string]$Path) {
    # Not the function's output: a call whose output is taken gives the wizard no console.
    $script:WslcfgCode = 1
    $script:WslcfgDo = 'Nothing is half-written; run it again when that is solved.'
    if ($env:WSLCFG_WHATIF -eq '1') { $WhatIfPreference = $true }
    $before = @($env:WSL_UTF8, $env:WSLENV)
    try { Install-Wslcfg -Folder $PSScriptRoot }
    catch { Stop-Wslcfg "It stopped: $_" $script:WslcfgDo }
    finally { $env:WSL_UTF8 = $before[0]; $env:WSLENV = $before[1]; $env:WSLCFG_HOME = '' }
    # In `irm | iex` there is no file, and exit would close the person's window.
    if ($Path) { exit $script:WslcfgCode }
    $global:LASTEXITCODE = $script:WslcfgCode
}

Start-WslcfgInstall -Path $PSCommandPath
