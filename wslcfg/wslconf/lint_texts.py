"""Think: the texts of the lint rules, for docs/lint.md: what each is about, and a file that fires it."""

from __future__ import annotations

from wslcfg.model.record import NamedTuple


class RuleText(NamedTuple):
    """What a rule is about, in one or two sentences, and the text of a file that fires it ('' where bytes or surroundings make it)."""

    about: str
    example: str = ""


TEXTS: dict[str, RuleText] = {
    "WC001": RuleText(
        "A file that begins with the mark of UTF-16 big endian is not opened at all. WSL starts with defaults for everything."
    ),
    "WC002": RuleText(
        "UTF-16 without a byte order mark, or any UTF-16 in wsl.conf, is read byte by byte and no line makes sense. Windows "
        "PowerShell 5 writes UTF-16 with `>` and Out-File.",
    ),
    "WC003": RuleText("A crash or a full disk while the file was written left only NUL bytes."),
    "WC004": RuleText("WSL stops at the mark and ignores the whole of wsl.conf."),
    "WC005": RuleText(
        "Ctrl-Z (0x1A) ends the file for WSL, and so do bytes that are no UTF-8 at the end of the file or of a block of 2048"
        " bytes. What follows is lost.",
    ),
    "WC006": RuleText(
        "Such bytes do no harm in a comment, until they come to lie at the end of a block of 2048 bytes: then WSL stops reading there.",
    ),
    "WC007": RuleText("WSL reads UTF-16LE with a byte order mark. The WSL Settings app destroys such a file at its next change."),
    "WC008": RuleText("A UTF-8 byte order mark in .wslconfig is skipped by WSL."),
    "WC009": RuleText("An old Macintosh line end, or the rest of a broken conversion."),
    "WC010": RuleText(
        "WSL from 2.5.8 on reads them, older releases silently ignore settings. It is only an info when WSL is known to be new enough.",
        "[boot]\r\nsystemd=true\r\n",
    ),
    "WC011": RuleText("Only `.wslconfig` in the profile folder counts."),
    "WC012": RuleText("Each Windows user has a file of their own; WSL reads that of the user who starts it."),
    "WC020": RuleText(
        "Only # begins a comment. In .wslconfig the line is skipped; in wsl.conf WSL reads no further (then it is an error).",
        "[wsl2]\n; a comment\nmemory=8GB\n",
    ),
    "WC021": RuleText("`//`, `--`, `::`, `REM` and `<!--` begin no comment; only # does.", "[wsl2]\n// a comment\nmemory=8GB\n"),
    "WC022": RuleText(
        "A merge of the file, in a repository of dotfiles for example, was left unfinished.", "[wsl2]\n<<<<<<< HEAD\nmemory=8GB\n"
    ),
    "WC023": RuleText("The environment of WSLg is set in .wslgconfig.", "[system-distro-env]\nWESTON_RDP_HI_DPI_SCALING=true\n"),
    "WC024": RuleText(
        "A header is [, letters and digits, ]. Spaces, quotes, dots or text behind it make WSL lose the header and with it the keys below.",
        "[ wsl2 ]\nmemory=8GB\n",
    ),
    "WC025": RuleText(
        'A backslash begins an escape. WSL knows \\\\ \\" \\n \\t \\b; anything else loses the line.',
        "[wsl2]\nswapFile=C:\\wsl\\swap.vhdx\n",
    ),
    "WC026": RuleText("A line that ends inside quotation marks is lost.", '[wsl2]\nkernelCommandLine="quiet\n'),
    "WC027": RuleText("WSL wants = between key and value.", "[wsl2]\nmemory: 8GB\n"),
    "WC028": RuleText("The section stands in a header of its own; wsl2.memory=8GB is lost.", "wsl2.memory=8GB\n"),
    "WC029": RuleText(
        "A key consists of letters and digits. Quotes, _, -, words before it or no key at all lose the line.", "[wsl2]\nmem_ory=8GB\n"
    ),
    "WC030": RuleText("The line is no `key=value`, no `[section]` and no `# comment`.", "[wsl2]\nmemory 8GB\n"),
    "WC040": RuleText(
        "[wsl2] and [experimental] belong into .wslconfig, [boot], [automount] and others into wsl.conf.", "[boot]\nsystemd=true\n"
    ),
    "WC041": RuleText("WSL knows no such section, and every key under it is lost.", "[ws12]\nmemory=8GB\n"),
    "WC042": RuleText("WSL knows no such section, and nothing near it.", "[foo]\nbar=1\n"),
    "WC043": RuleText("A key counts only below the header of its section.", "memory=8GB\n"),
    "WC044": RuleText("The key exists under this name, in the other of the two files.", "[general]\nguiApplications=false\n"),
    "WC045": RuleText("WSL had this key once, or never in public; now it is unknown.", "[wsl2]\npageReporting=false\n"),
    "WC046": RuleText(
        "WSL looks up section and key together: autoMemoryReclaim counts only under [experimental], instanceIdleTimeout only"
        " under [general].",
        "[wsl2]\nautoMemoryReclaim=gradual\n",
    ),
    "WC047": RuleText("WSL knows no such key; a known one is spelled nearly so.", "[wsl2]\nmemroy=8GB\n"),
    "WC048": RuleText("WSL knows no such key, and nothing near it.", "[wsl2]\nfoo=1\n"),
    "WC049": RuleText(
        "Of two lines for one setting the first counts, even when its value is invalid. An alias is the same setting.",
        "[wsl2]\nmemory=8GB\nmemory=4GB\n",
    ),
    "WC050": RuleText(
        "The header above could not be read (WC024), so WSL does not know which section the key belongs to.",
        "[ wsl2 ]\nmemory=8GB\n",
    ),
    "WC060": RuleText(
        "A size is a whole number with KB, MB, GB or TB (or K, M, G, T, B) in capitals right behind it. Anything else gives the default.",
        "[wsl2]\nmemory=8gb\n",
    ),
    "WC061": RuleText("A switch takes true, false, 1 or 0; yes, no, on and off give the default.", "[wsl2]\nguiApplications=no\n"),
    "WC062": RuleText("Numbers are read as in C: 8 and 0x8 are numbers, 08, 8.0 and 30s are not.", "[wsl2]\nprocessors=08\n"),
    "WC063": RuleText("The setting takes one of a few words; any other gives the default.", "[experimental]\nautoMemoryReclaim=gradualy\n"),
    "WC064": RuleText("A bad dnsTunnelingIpAddress turns DNS tunnelling off.", "[experimental]\ndnsTunnelingIpAddress=10.0.0\n"),
    "WC065": RuleText("A bad macAddress is the one value that keeps every distro from starting.", "[wsl2]\nmacAddress=foo\n"),
    "WC066": RuleText(
        "Ports are numbers from 1 to 65535; WSL leaves out what is not one.",
        "[wsl2]\nnetworkingMode=mirrored\n[experimental]\nignoredPorts=3000,http\n",
    ),
    "WC067": RuleText(
        "Of 3000-4000 or 3000;9000 WSL silently takes 3000 alone.",
        "[wsl2]\nnetworkingMode=mirrored\n[experimental]\nignoredPorts=3000-4000\n",
    ),
    "WC068": RuleText("A size without a unit is bytes: memory=4096 is 4096 bytes, which WSL raises to 256 MB.", "[wsl2]\nmemory=4096\n"),
    "WC069": RuleText(
        "Negative and huge sizes wrap around at 2^64 without a word: memory=-1GB is all the RAM there is.", "[wsl2]\nmemory=-1GB\n"
    ),
    "WC070": RuleText("WSL silently raises it to 256 MB.", "[wsl2]\nmemory=128MB\n"),
    "WC071": RuleText("WSL silently takes all the RAM there is.", "[wsl2]\nmemory=64GB\n"),
    "WC072": RuleText("0 does not mean none and not unlimited, it means half of the RAM.", "[wsl2]\nmemory=0\n"),
    "WC073": RuleText("The VM gets an even number of MB.", "[wsl2]\nmemory=4097MB\n"),
    "WC074": RuleText("A leading 0 makes a number octal: 010 is 8.", "[wsl2]\nprocessors=010\n"),
    "WC075": RuleText("filesystem.umask is read as in C: 22 is decimal, 0026 in octal.", "[filesystem]\numask=22\n"),
    "WC076": RuleText("WSL takes all there are, and warns at each start.", "[wsl2]\nprocessors=999\n"),
    "WC077": RuleText("The line changes nothing; the WSL Settings app removes such lines.", "[wsl2]\nguiApplications=true\n"),
    "WC080": RuleText("A NUL character ends the value: 8<NUL>GB is 8 bytes.", "[wsl2]\nmemory=8\0GB\n"),
    "WC081": RuleText(
        "It joins the next line to this one, so that the next setting is lost and this one has a wrong value, without a word from WSL.",
        "[wsl2]\nswapFile=C:\\\\wsl\\\nmemory=8GB\n",
    ),
    "WC082": RuleText(
        "\\n, \\t and \\b in a path are escapes that WSL takes silently: C:\\new becomes C:, a line end, ew.",
        "[wsl2]\nswapFile=C:\\new\\table.vhdx\n",
    ),
    "WC083": RuleText(
        "WSL keeps the low byte of each such character in .wslconfig, so the path or text is another one.",
        "[wsl2]\nswapFile=C:\\\\Users\\\\José\\\\swap.vhdx\n",
    ),
    "WC084": RuleText("WSL expands no environment variables.", "[wsl2]\nswapFile=%TEMP%\\\\swap.vhdx\n"),
    "WC085": RuleText("These settings want a path with a drive, as Windows writes it.", "[wsl2]\nswapFile=/mnt/c/swap.vhdx\n"),
    "WC086": RuleText("WSL removes every quotation mark without a backslash before it.", '[boot]\ncommand=sh -c "a; b" && c\n'),
    "WC087": RuleText(
        "A # outside quotation marks begins a comment, also without a space before it.", "[wsl2]\nswapFile=C:\\\\a#b\\\\swap.vhdx\n"
    ),
    "WC088": RuleText("WSL adds the ending itself.", "[wsl2]\nswapFile=C:\\\\wsl\\\\swap\n"),
    "WC100": RuleText("Safe mode is for repairs: it takes swap, network, drives and GPU away.", "[wsl2]\nsafeMode=true\n"),
    "WC101": RuleText(
        "Mirrored mode shares localhost by itself; WSL warns where the key is written.",
        "[wsl2]\nnetworkingMode=mirrored\nlocalhostForwarding=true\n",
    ),
    "WC102": RuleText(
        "hostAddressLoopback and ignoredPorts are silently ignored in every other mode.", "[experimental]\nhostAddressLoopback=true\n"
    ),
    "WC103": RuleText("vmSwitch, macAddress, dhcp, dhcpTimeout and ipv6 matter in bridged mode alone.", "[wsl2]\nvmSwitch=External\n"),
    "WC104": RuleText("A distro stops 15 s after its last session, whatever vmIdleTimeout says.", "[wsl2]\nvmIdleTimeout=-1\n"),
    "WC105": RuleText("The mode was VirtioProxy before 2.9.0, and that word still works.", "[wsl2]\nnetworkingMode=Consomme\n"),
    "WC106": RuleText(
        "Consomme (VirtioProxy) networking falls back to NAT without virtio.", "[wsl2]\nvirtio=false\nnetworkingMode=VirtioProxy\n"
    ),
    "WC107": RuleText(
        "Since sparse disks were seen to corrupt data, WSL creates none; the key only warns.", "[experimental]\nsparseVhd=true\n"
    ),
    "WC108": RuleText("WSL ignores it with a warning.", "[wsl2]\nvirtio9p=true\n"),
    "WC109": RuleText(
        "bestEffortDnsParsing and dnsTunnelingIpAddress are parts of DNS tunnelling, which is off.",
        "[wsl2]\ndnsTunneling=false\n[experimental]\nbestEffortDnsParsing=true\n",
    ),
    "WC110": RuleText(
        "Bridged mode needs the name of a Hyper-V switch; without it there is no network.", "[wsl2]\nnetworkingMode=bridged\n"
    ),
    "WC111": RuleText("Microsoft recommends mirrored networking.", "[wsl2]\nnetworkingMode=bridged\nvmSwitch=External\n"),
    "WC112": RuleText("In mirrored mode the Hyper-V firewall cannot be turned off.", "[wsl2]\nnetworkingMode=mirrored\nfirewall=false\n"),
    "WC113": RuleText("Until 2.9.4 gradual reclaim also moved programs' memory into swap.", "[experimental]\nautoMemoryReclaim=gradual\n"),
    "WC114": RuleText("cgroups=v1 takes away what isolates distros and limits memory.", "[automount]\ncgroups=v1\n"),
    "WC115": RuleText(
        "With automount or interop off, wslcfg sees less or nothing of Windows from this distro.", "[interop]\nenabled=false\n"
    ),
    "WC120": RuleText(
        "With a kernel, kernelModules or systemDistro that does not exist no distro starts.", "[wsl2]\nkernel=C:\\\\wsl\\\\bzImage\n"
    ),
    "WC121": RuleText(
        "Modules of one's own with Microsoft's kernel: no distro starts.", "[wsl2]\nkernelModules=C:\\\\wsl\\\\modules.vhd\n"
    ),
    "WC122": RuleText(
        "Only .img and .vhd are taken; with anything else no distro starts.", "[wsl2]\nsystemDistro=C:\\\\wsl\\\\system.vhdx\n"
    ),
    "WC123": RuleText(
        "Where the folder of swapFile is not there, WSL warns once and runs without swap.", "[wsl2]\nswapFile=C:\\\\nowhere\\\\swap.vhdx\n"
    ),
    "WC124": RuleText("Page cache fills `memory` sooner or later; what Windows needs must stay outside it.", "[wsl2]\nmemory=14GB\n"),
    "WC125": RuleText("The swap file grows as it is used; when the drive is full, programs get I/O errors.", "[wsl2]\nswap=64GB\n"),
    "WC126": RuleText(
        "The key came with a later release than the one that is installed, where it is an unknown key.", "[experimental]\nswiotlb=64MB\n"
    ),
    "WC127": RuleText("An administrator has locked the setting in HKLM\\Software\\Policies\\WSL.", "[wsl2]\nkernel=C:\\\\wsl\\\\bzImage\n"),
    "WC128": RuleText("Before Windows 11 22H2 WSL falls back to NAT, with a warning.", "[wsl2]\nnetworkingMode=mirrored\n"),
}
