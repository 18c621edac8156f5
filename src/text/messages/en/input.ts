/** Log files, sources and captures: what was read, what was not, and why. */
export const input = {
  unreadable: {
    file: ({ name, reason }: { name: string; reason: string }) => `cannot read ${name}: ${reason}`,
  },
  /** Packed files that cannot be unpacked to their end. */
  packed: {
    cut: ({ name, packing }: { name: string; packing: string }) =>
      `${name} is cut off: its ${packing} data ends too early, and what follows is missing`,
    damaged: ({ name, packing }: { name: string; packing: string }) =>
      `${name} is damaged: its ${packing} data cannot be unpacked to the end`,
    bomb: ({ name, packing }: { name: string; packing: string }) =>
      `${name} unpacks to more than 400 times its size (${packing}): unpack it yourself if you trust it`,
    encrypted: ({ name }: { name: string; packing: string }) => `${name} is encrypted: decrypt it first`,
    empty: ({ name, packing }: { name: string; packing: string }) =>
      `${name} is a ${packing} archive without a log in it`,
    method: ({ name, packing }: { name: string; packing: string }) =>
      `${name} is packed by a ${packing} method that oomloop does not know: unpack it first`,
  },
  packedTwice: ({ name }: { name: string }) => `${name} is packed twice: unpack it once, then give it to oomloop`,
  /** Files that are no text, with the command that makes a text of them. */
  refused: {
    journal: ({ name }: { name: string }) =>
      `${name} is a binary systemd journal: run journalctl --file ${name} -k -o short-iso-precise | oomloop replay -`,
    tar: ({ name }: { name: string }) =>
      `${name} is a tar archive: extract it (tar -xf), then give oomloop the log in it`,
    '7z': ({ name }: { name: string }) =>
      `${name} is a 7-Zip archive: extract it (7z x), then give oomloop the log in it`,
    rar: ({ name }: { name: string }) =>
      `${name} is a RAR archive: extract it (unrar x), then give oomloop the log in it`,
    lz4: ({ name }: { name: string }) => `${name} is packed by lz4: run lz4 -dc ${name} | oomloop replay -`,
    lzma: ({ name }: { name: string }) =>
      `${name} is packed by lzma: run xz -dc --format=lzma ${name} | oomloop replay -`,
    lzo: ({ name }: { name: string }) => `${name} is packed by lzop: run lzop -dc ${name} | oomloop replay -`,
    compress: ({ name }: { name: string }) => `${name} is packed by compress: run zcat ${name} | oomloop replay -`,
    image: ({ name }: { name: string }) => `${name} is an image: oomloop reads text, so copy the log as text`,
    pdf: ({ name }: { name: string }) => `${name} is a PDF: run pdftotext -layout ${name} - | oomloop replay -`,
    dump: ({ name }: { name: string }) =>
      `${name} is a kernel dump: read its log with makedumpfile --dump-dmesg, or crash's log`,
    evtx: ({ name }: { name: string }) => `${name} is a Windows event log: oomloop reads logs of the Linux kernel`,
    sqlite: ({ name }: { name: string }) => `${name} is a SQLite database: export the log as text`,
    pcap: ({ name }: { name: string }) => `${name} is a packet capture: export the log as text`,
    elf: ({ name }: { name: string }) => `${name} is a program or a core dump: oomloop reads logs`,
    binary: ({ name }: { name: string }) => `${name} is not text: oomloop reads logs, recordings and captures`,
  },
  /** What was assumed of a log's times. */
  times: {
    yearGiven: ({ year }: { year: number }) =>
      `The log names no year. Its first line is dated ${year}, as set by --year.`,
    yearAssumed: ({ year }: { year: number }) =>
      `The log names no year. ${year} or the year before was assumed, from the time of the file. Name it with --year.`,
    noYear: 'The log names no year, and none is known. Its times are unknown.',
    zoneGiven: ({ zone }: { zone: string }) => `Times without a time zone are read as ${zone}, as set by --tz.`,
    zoneAssumed: ({ zone }: { zone: string }) =>
      `Times without a time zone are read as ${zone}, the zone of this host.`,
    zoneAmbiguous: ({ abbreviation, zone }: { abbreviation: string; zone: string }) =>
      `${abbreviation} stands for several time zones. Its times are read as ${zone}. Name the right one, for example --tz Asia/Shanghai or --tz=-06:00.`,
    clockBack: ({ count }: { count: number }) =>
      count === 1 ? 'The clock of the log goes back once.' : `The clock of the log goes back ${count} times.`,
    newestFirst: ({ name }: { name: string }) =>
      `${name} is newest first and larger than 64 MiB: reverse it first, as tac ${name} | oomloop replay -`,
  },
  /** What reading a log came to. */
  reading: {
    title: 'What was read',
    /** A log of several hosts or boots, or of incidents that are hours apart: one story each. */
    part: ({ number, of, node }: { number: number; of: number; node: string | null }) =>
      `Part ${number} of ${of}${node === null ? '' : `: ${node}`}`,
    lines: ({ file, lines, recognised }: { file: string; lines: number; recognised: number }) =>
      `${file}: ${lines} line${lines === 1 ? '' : 's'}, ${recognised} recognised as part of an OOM report or of another OOM killer's log.`,
    empty: ({ file }: { file: string }) => `${file} is empty.`,
    noLog: ({ file }: { file: string }) => `No line in ${file} has a known form.`,
    kinds:
      'oomloop reads dmesg, journalctl (every -o format), syslog files, /dev/kmsg, serial consoles, kubectl and docker logs, and exports of log stores (JSON, CSV, text).',
    noKernel: ({ file }: { file: string }) =>
      `No line in ${file} is from the kernel. Check that it is the kernel log: journalctl -k, dmesg, /var/log/kern.log or /var/log/messages.`,
    missed: ({ count, file }: { count: number; file: string }) =>
      count === 1
        ? `1 line in ${file} looks like part of an OOM report and was not understood:`
        : `${count} lines in ${file} look like part of an OOM report and were not understood:`,
    missedLine: ({ number, text }: { number: number; text: string }) => `line ${number}: ${text}`,
    tooLong: ({ count, first }: { count: number; first: number }) =>
      count === 1
        ? `Line ${first} is longer than 128 KiB and was skipped.`
        : `${count} lines are longer than 128 KiB and were skipped. The first is line ${first}.`,
    byPhrase: ({ count }: { count: number }) =>
      count === 1
        ? 'The line of 1 kill has no known form. The kill was found by the words of the kernel within the line.'
        : `The lines of ${count} kills have no known form. These kills were found by the words of the kernel within the lines.`,
  },
  /** What a log says of memory beside kills by the kernel. */
  signs: {
    title: 'Other signs of memory shortage in the log',
    line: ({ text, line, at, host }: { text: string; line: number; at: string | null; host: string | null }) =>
      `${at === null ? '' : `${at} `}${host === null ? '' : `${host}: `}${text}${line > 0 ? ` (line ${line})` : ''}`,
    killed: ({
      killer,
      victim,
      pid,
      why,
    }: {
      killer: string
      victim: string | null
      pid: number | null
      why: string | null
    }) =>
      `${killer} killed ${victim ?? 'a process'}${pid === null ? '' : ` (pid ${pid})`}${why === null ? '' : `: ${why}`}`,
    announced: ({
      killer,
      victim,
      pid,
      why,
    }: {
      killer: string
      victim: string | null
      pid: number | null
      why: string | null
    }) =>
      `${killer} chose ${victim ?? 'a process'}${pid === null ? '' : ` (pid ${pid})`}${why === null ? '' : `: ${why}`}`,
    evicted: ({ victim, why }: { victim: string | null; why: string | null }) =>
      `kubelet evicted ${victim === null ? 'a pod' : `pod ${victim}`}${why === null ? '' : `: ${why}`}`,
    evicting: ({ why }: { why: string | null }) =>
      `kubelet must evict pods to reclaim memory${why === null ? '' : ` (${why})`}`,
    kernelKilled: ({ victim }: { victim: string | null }) =>
      `the kernel OOM-killed a process of ${victim ?? 'a container'}; the kernel's own line is not in this log`,
    'no-victim': ({ victim }: { victim: string | null }) =>
      `the OOM killer was invoked by ${victim ?? 'a process'}; the line that names the victim is not in this log`,
    'no-killable': 'the kernel was out of memory and found no process that it may kill',
    deadlocked: 'the kernel panicked: out of memory, and no process was left to kill',
    panic: 'the kernel panicked because of an OOM, as vm.panic_on_oom demands',
    reaped: ({ victim, pid }: { victim: string | null; pid: number | null }) =>
      `the kernel freed the memory of ${victim ?? 'a process'}${pid === null ? '' : ` (pid ${pid})`} after an OOM kill; the kill line is not in this log`,
    more: ({ count }: { count: number }) => `and ${count} more`,
    onlyThese: "This log has no line with which the kernel reports a kill ('Killed process').",
  },
  /** Our own formats. */
  recording: {
    newerCapture: ({ name, version, known }: { name: string; version: string; known: number }) =>
      `${name} is a capture of version ${version}, but this oomloop reads up to ${known}: replay it with a newer oomloop`,
    newerRecording: ({ name, version, known }: { name: string; version: string; known: number }) =>
      `${name} is a recording of version ${version}, but this oomloop reads up to ${known}: replay it with a newer oomloop`,
    newerPart: ({ line, why }: { line: number; why: string }) => `line ${line}: ${why}; its lines were skipped`,
    unknownFormat: ({ name, format }: { name: string; format: string }) =>
      `${name} has the format ${format}, but only "recording" and "capture" are known`,
    noHeader: ({ name, format, header }: { name: string; format: string; header: string }) =>
      `${name} has lines of a ${format} but no header: put ${header} before its first line`,
    none: ({ path }: { path: string }) => `there is no recording in the directory ${path}`,
    missingSegment: ({ line }: { line: number }) => `a segment of the recording is missing before line ${line}`,
    noStart:
      'the recording starts in the middle of a run, because older segments were deleted; counts of alerts start there',
    missing: ({ count, line }: { count: number | null; line: number }) =>
      `${count === 1 ? '1 sample is' : `${count ?? 'some'} samples are`} missing at line ${line}, because the disk was too slow`,
    broken: ({ count, line }: { count: number; line: number }) =>
      count === 1
        ? `line ${line} is damaged and was skipped`
        : `${count} lines are damaged and were skipped; the first is line ${line}`,
    'unknown-kind': ({ count, line }: { count: number; line: number }) =>
      count === 1
        ? `line ${line} is of a kind that this oomloop does not know`
        : `${count} lines are of a kind that this oomloop does not know; the first is line ${line}`,
    'clock-back': ({ count, line }: { count: number; line: number }) =>
      `the clock goes back ${count === 1 ? 'once' : `${count} times`}; first at line ${line}`,
  },
  /** State of the sources, for status and doctor. */
  kmsg: {
    woken: 'reading records as the kernel writes them',
    polling: 'polling every 4 to 20 ms',
    readError: ({ path }: { path: string }) => `${path} cannot be read any more`,
    EPERM: ({ path }: { path: string }) =>
      `${path} cannot be read: needs CAP_SYSLOG and access to the device (in a pod: privileged), and no printk.devkmsg=off`,
    EACCES: ({ path }: { path: string }) =>
      `${path} cannot be opened by this user: run as root, or with CAP_SYSLOG and read access`,
    ENOENT: ({ path }: { path: string }) => `${path} does not exist here: mount the host's, or use --root`,
    other: ({ path, code }: { path: string; code: string | null }) =>
      `${path} cannot be opened (${code ?? 'no reason given'})`,
  },
  kernelSource: {
    asSet: ({ what }: { what: string | null }) => `as set${what === null ? '' : `: ${what}`}`,
    standardInput: 'standard input',
    readable: 'it can be read',
    noLogFile: ({ logFile }: { logFile: string }) => `${logFile} cannot be read either; retrying every 5s`,
    noPipe:
      'source journal reads standard input: journalctl --dmesg --follow --lines=0 --output=json | oomloop run --source journal',
  },
  journal: {
    up: 'reading from standard input',
    ended: 'standard input has ended: journalctl has stopped',
    failed: ({ why }: { why: string }) => `standard input cannot be read any more: ${why}`,
  },
  logFile: {
    up: ({ path }: { path: string }) => `following ${path}`,
    gone: ({ path }: { path: string }) => `${path} no longer exists`,
    cannotFollow: ({ path, why }: { path: string; why: string }) => `${path} cannot be followed: ${why}`,
    cannotRead: ({ path, why }: { path: string; why: string }) => `${path} cannot be read: ${why}`,
  },
  noPsi: 'the kernel has no PSI, or it is disabled (boot with psi=1)',
  hiddenProcesses: 'processes of other users are hidden (hidepid): run as root with CAP_SYS_PTRACE',
  noCgroups: 'there is no /sys/fs/cgroup',
  samplerUp: '/proc can be read again',
  meminfoUnreadable: '/proc/meminfo cannot be read',
  filesUnreadable: ({ failed, code }: { failed: number; code: string }) =>
    `${failed} ${failed === 1 ? 'file' : 'files'} of the host could not be read in the last second (${code})`,
}
