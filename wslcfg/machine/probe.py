"""Think: the one question that is put to PowerShell, and what it answers.

The text follows what PowerShell 5.1 and 7 take in Constrained Language Mode: cmdlets, casts to core types and methods of strings, no static
.NET, no New-Object. It is one line without a double quote, so that it passes /init's and Windows' quoting as one argument. It was never run
under PowerShell by us; tests keep it within these rules.
"""

from __future__ import annotations

import json
import re

from wslcfg.machine.answers import LOST, decode
from wslcfg.model.late import late

SENTINEL = "WSLCFG"
# Changes when the questions change: a cached answer to older questions is not used.
VERSION = 1
TIMEOUT_S = 10.0

# Progress records are what PowerShell writes to stderr as CLIXML. Each section stands alone: one that fails leaves its name in `errors`.
_SECTIONS = (
    "$ProgressPreference='SilentlyContinue';$ErrorActionPreference='Stop';$o=@{};$o['schema']='1';$e=@()",
    "try{$o['ps']=[string]$PSVersionTable.PSVersion;$o['lang']=[string]$ExecutionContext.SessionState.LanguageMode}catch{$e+='ps'}",
    "try{$k=Get-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';$o['build']=[string]$k.CurrentBuildNumber;"
    "$o['ubr']=[string]$k.UBR;$o['display']=[string]$k.DisplayVersion;$o['edition']=[string]$k.EditionID}catch{$e+='build'}",
    # The profile as Windows set it at log-on, before what a person may have put into the variables; WSL reads the file from there.
    "try{$o['profile']=[string]$env:USERPROFILE;$o['localappdata']=[string]$env:LOCALAPPDATA;"
    "$v=Get-ItemProperty -LiteralPath 'HKCU:\\Volatile Environment';if($v.USERPROFILE){$o['profile']=[string]$v.USERPROFILE};"
    "if($v.LOCALAPPDATA){$o['localappdata']=[string]$v.LOCALAPPDATA}}catch{$e+='profile'}",
    "try{$o['temp']=[string]$env:TEMP;$o['user']=[string]$env:USERNAME;$o['cpus']=[string]$env:NUMBER_OF_PROCESSORS;"
    "$o['arch']=[string]$env:PROCESSOR_ARCHITECTURE}catch{$e+='env'}",
    # One CIM query: TotalVisibleMemorySize is what WSL clamps with; sizes are KiB.
    "try{$m=Get-CimInstance -ClassName Win32_OperatingSystem -Property 'TotalVisibleMemorySize','FreePhysicalMemory',"
    "'SizeStoredInPagingFiles','FreeSpaceInPagingFiles';$o['mem']=@{total_kib=[string]$m.TotalVisibleMemorySize;free_kib=[string]$m.FreePhysicalMemory;"
    "page_kib=[string]$m.SizeStoredInPagingFiles;page_free_kib=[string]$m.FreeSpaceInPagingFiles}}catch{$e+='cim'}",
    "try{$o['vm']=@(Get-Process -Name 'vmmemWSL','vmmem' -ErrorAction SilentlyContinue|ForEach-Object{@{name=[string]$_.ProcessName;"
    "ws=[string]$_.WorkingSet64}})}catch{$e+='vm'}",
    "try{$d=[string]$env:SystemDrive;$o['drive']=$d;$q=Get-PSDrive -Name $d.Substring(0,1);"
    "$o['sysdrive']=@{name=$d;free=[string]$q.Free;used=[string]$q.Used}}catch{$e+='drive'}",
    "try{$p=@{};if(Test-Path -LiteralPath 'HKLM:\\SOFTWARE\\Policies\\WSL'){$k=Get-Item -LiteralPath 'HKLM:\\SOFTWARE\\Policies\\WSL';"
    "foreach($n in $k.Property){$p[$n]=[string](Get-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\Policies\\WSL' -Name $n).$n}};"
    "$o['policies']=$p}catch{$e+='policies'}",
    "try{$x='HKCU:\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss';$o['default']=[string](Get-ItemProperty -LiteralPath $x).DefaultDistribution;"
    "$o['distros']=@(Get-ChildItem -LiteralPath $x|ForEach-Object{$g=Get-ItemProperty -LiteralPath $_.PSPath;if($g.DistributionName){"
    "@{id=[string]$_.PSChildName;name=[string]$g.DistributionName;version=[string]$g.Version;path=[string]$g.BasePath}}})}catch{$e+='lxss'}",
    "try{$o['wsl_msi']=[string](Get-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Lxss\\MSI').Version}"
    "catch{$e+='msi'}",
    "$o['errors']=@($e);$j=ConvertTo-Json -InputObject $o -Depth 5 -Compress;$r=''",
    # Non-ASCII is escaped by hand: whatever the console's code page, the answer is ASCII.
    "foreach($c in $j.ToCharArray()){$n=[int]$c;if($n -gt 126){$r+='\\u{0:x4}' -f $n}else{$r+=$c}}",
    f"'{SENTINEL}'+$r+'{SENTINEL}'",
)

TEXT = ";".join(_SECTIONS)
ARGUMENTS = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", TEXT)

_ANSWER = late(rf"{SENTINEL}(\{{.*\}}){SENTINEL}")


def parse(out: bytes) -> dict[str, object] | None:
    """The probe's object out of what PowerShell printed, None when there is none.

    Takes plain, OEM-noisy, UTF-16LE and BOM output alike: `WSLCFG{"schema":"1",…}WSLCFG` with anything around it and line breaks within.
    """
    text = decode(out).replace("\x00", "").replace("\r", "").replace("\n", "")
    match = _ANSWER.search(text)
    if match is None:
        return None
    try:
        found = json.loads(match[1])
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("schema") == "1" else None


def text(answer: dict[str, object], *keys: str) -> str | None:
    """A string at a path of keys, None when it is missing, empty or not readable."""
    value: object = answer
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value.strip() if isinstance(value, str) and value.strip() and LOST not in value else None


def number(answer: dict[str, object], *keys: str) -> int | None:
    """A whole number at a path of keys; the probe sends numbers as strings, so that 64 bits survive PowerShell 5.1."""
    value = text(answer, *keys)
    return int(value) if value is not None and re.fullmatch(r"-?\d{1,19}", value) else None


def rows(answer: dict[str, object], key: str) -> list[dict[str, object]] | None:
    """A list of objects; PowerShell 5.1 makes a single one out of a list of one at times, which is taken too. None when it is missing."""
    value = answer.get(key)
    if isinstance(value, dict):
        return [value]
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else None
