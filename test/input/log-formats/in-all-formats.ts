/** One OOM report in the format of every tool that prints, ships or shows kernel logs. */

export interface FormattedReport {
  readonly name: string
  readonly text: string
  /** Milliseconds since the epoch that the kill has to have; null: the format has no time, or none that is certain. */
  readonly at: number | null
  readonly host: string | null
}

export const host = 'node-a'
export const pid = 4242
const stamp = 123.456789

/** The kernel's own lines, as Linux 6 prints them. */
export const report: readonly string[] = [
  'java invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0',
  'Tasks state (memory values in pages):',
  '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
  `[   ${pid}]     0  ${pid}   595868   254569   254537       32         0   417792        0             0 java`,
  `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/app.service,task=java,pid=${pid},uid=0`,
  `Out of memory: Killed process ${pid} (java) total-vm:2383472kB, anon-rss:1018148kB, file-rss:128kB, shmem-rss:0kB, UID:0 pgtables:408kB oom_score_adj:0`,
]

// 16 April 2026 was a Thursday.
const second = Date.UTC(2026, 3, 16, 21, 8, 50)
const moment = second + 123
const iso = '2026-04-16T21:08:50.123Z'
const micro = '1776373730123456'
const stamped = (line: string, decimals = 6): string => `[${stamp.toFixed(decimals).padStart(12)}] ${line}`
const each = (format: (line: string) => string): string => report.map(format).join('\n')
const pretty = (value: unknown): string => JSON.stringify(value, null, 2)

interface Formatted {
  readonly at?: number
  readonly host?: true
  readonly text: string
}

/** Formats that do not depend on a language. */
const plain: Readonly<Record<string, Formatted>> = {
  'raw kmsg': { text: report.map((line, at) => `4,${100 + at},123456789,-;${line}`).join('\n') },
  dmesg: { text: each(line => stamped(line)) },
  'dmesg, three decimals': { text: each(line => stamped(line, 3)) },
  'dmesg, nine decimals': { text: each(line => stamped(line, 9)) },
  'dmesg -r': { text: each(line => `<4>${stamped(line)}`) },
  'dmesg -x': { text: each(line => `kern  :warn  : ${stamped(line)}`) },
  'dmesg -T': { text: each(line => `[Thu Apr 16 21:08:50 2026] ${line}`), at: second },
  'dmesg --time-format iso': { text: each(line => `2026-04-16T21:08:50,123456+00:00 ${line}`), at: moment },
  'dmesg with caller': { text: each(line => `[${stamp.toFixed(6).padStart(12)}][ T9185] ${line}`) },
  'dmesg -J': {
    text: `{\n   "dmesg": [\n${report.map(msg => `      {\n         "pri": 4,\n         "time":   ${stamp.toFixed(6)},\n         "msg": ${JSON.stringify(msg)}\n      }`).join(',')}\n   ]\n}`,
  },
  'MediaTek console': { text: each(line => `[  123.456789] -(0)[1234:java]${line}`) },
  'MediaTek console with level': { text: each(line => `<4>[  123.456789]  (3)[1234:java]${line}`) },
  'Qualcomm console': { text: each(line => `<6>[  123.456789] c0   1234 ${line}`) },
  'Samsung console': { text: each(line => `[  123.456789] [2:           java: 1234] ${line}`) },
  'journalctl short-iso': {
    text: each(line => `2026-04-16T21:08:50+0000 ${host} kernel: ${line}`),
    at: second,
    host: true,
  },
  'journalctl short-iso-precise': {
    text: each(line => `2026-04-16T21:08:50.123456+0000 ${host} kernel: ${line}`),
    at: moment,
    host: true,
  },
  'journalctl short-full': {
    text: each(line => `Thu 2026-04-16 21:08:50 UTC ${host} kernel: ${line}`),
    at: second,
    host: true,
  },
  'journalctl short-full, CEST': {
    text: each(line => `Thu 2026-04-16 23:08:50 CEST ${host} kernel: ${line}`),
    at: second,
    host: true,
  },
  'journalctl short-unix': { text: each(line => `1776373730.123456 ${host} kernel: ${line}`), at: moment, host: true },
  'journalctl short-monotonic': { text: each(line => `[  123.456789] ${host} kernel: ${line}`) },
  'journalctl with-unit': {
    text: each(line => `Thu 2026-04-16 21:08:50 UTC ${host} kernel[-]: ${line}`),
    at: second,
    host: true,
  },
  'journalctl cat': { text: each(line => line) },
  'journalctl verbose': {
    text: each(
      line =>
        `Thu 2026-04-16 21:08:50.123456 UTC [s=4f1c2d3e;i=2a;b=9e9e9e9e;m=1c;t=5f;x=77]\n    _TRANSPORT=kernel\n    SYSLOG_IDENTIFIER=kernel\n    _HOSTNAME=${host}\n    PRIORITY=3\n    MESSAGE=${line}`,
    ),
    at: moment,
    host: true,
  },
  'journalctl export': {
    text: each(
      line =>
        `__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=${micro}\n_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\n_HOSTNAME=${host}\nMESSAGE=${line}\n`,
    ),
    at: moment,
    host: true,
  },
  ...Object.fromEntries(
    (
      [
        ['json', (entry: object) => JSON.stringify(entry)],
        ['json-pretty', (entry: object) => JSON.stringify(entry, null, '\t').replaceAll('": ', '" : ')],
        ['json-sse', (entry: object) => `data: ${JSON.stringify(entry)}\n`],
        ['json-seq', (entry: object) => `\x1e${JSON.stringify(entry)}`],
      ] as const
    ).map(([name, print]) => [
      `journalctl ${name}`,
      {
        text: report
          .map(MESSAGE =>
            print({
              _TRANSPORT: 'kernel',
              SYSLOG_IDENTIFIER: 'kernel',
              PRIORITY: '3',
              MESSAGE,
              _HOSTNAME: host,
              __REALTIME_TIMESTAMP: micro,
            }),
          )
          .join('\n'),
        at: moment,
        host: true as const,
      },
    ]),
  ),
  'rsyslog RFC 3339': {
    text: each(line => `2026-04-16T21:08:50.123456+00:00 ${host} kernel: ${stamped(line)}`),
    at: moment,
    host: true,
  },
  'RFC 5424': { text: each(line => `<6>1 ${iso} ${host} kernel - - - ${line}`), at: moment, host: true },
  'EulerOS messages': { text: each(line => `err|kernel[-]|${stamped(line)}`) },
  'host and tag, time cut off': { text: each(line => `${host} kernel: ${line}`), host: true },
  'tag and stamp, host cut off': { text: each(line => `kernel: ${stamped(line)}`) },
  'tag and stamp, indented': { text: each(line => `    kernel: ${stamped(line)}`) },
  'stamp cut off': { text: each(line => `${stamped(line).slice(2)}`) },
  logread: { text: each(line => `Thu Apr 16 21:08:50 2026 kern.err kernel: ${stamped(line)}`), at: second },
  'logcat threadtime': {
    text: each(line => `04-16 21:08:50.123     0     0 E         : ${stamped(line)}`),
    at: moment,
  },
  'logcat with tag': { text: each(line => `04-16 21:08:50.123     0     0 W kernel  : ${line}`), at: moment },
  'relayed by another host': {
    text: each(line => `Apr 16 21:08:51 relay Apr 16 21:08:50 ${host} kernel: ${stamped(line)}`),
    at: second,
    host: true,
  },
  'relayed, RFC 3339 outside': {
    text: each(line => `${iso} relay Apr 16 23:08:50 ${host} kernel: ${line}`),
    at: moment,
    host: true,
  },
  'docker compose': { text: each(line => `dmesg-1  | ${stamped(line)}`) },
  'docker logs -t': { text: each(line => `2026-04-16T21:08:50.123456789Z ${stamped(line)}`), at: moment },
  'kubectl logs --timestamps of bare lines': {
    text: each(line => `2026-04-16T21:08:50.123456789Z ${line}`),
    at: moment,
  },
  'kubectl logs --prefix': { text: each(line => `[pod/dmesg-x7k2p/dmesg] ${stamped(line)}`) },
  stern: { text: each(line => `dmesg-x7k2p dmesg ${stamped(line)}`) },
  'CRI file': { text: each(line => `2026-04-16T21:08:50.123456789Z stdout F ${stamped(line)}`), at: moment },
  'docker json-file': {
    text: each(line =>
      JSON.stringify({ log: `${stamped(line)}\n`, stream: 'stdout', time: '2026-04-16T21:08:50.123456789Z' }),
    ),
    at: moment,
  },
  'brackets, two blanks': { text: each(line => `[2026-04-16 21:08:50]  ${line}`), at: second },
  'brackets, milliseconds': { text: each(line => `[2026-04-16 21:08:50.123] ${line}`), at: moment },
  slashes: { text: each(line => `2026/04/16 21:08:50 ${host} kernel: ${line}`), at: second, host: true },
  'US time of a day': { text: each(line => `4/16/2026 9:08:50 PM ${host} kernel: ${line}`), at: second, host: true },
  'day first, dots': { text: each(line => `16.04.2026 21:08:50 ${host} kernel: ${line}`), at: second, host: true },
  'Elasticsearch hit': {
    text: pretty({
      hits: {
        total: { value: report.length },
        hits: report.map(message => ({
          _index: 'syslog',
          _source: { '@timestamp': iso, host: { name: host }, message },
        })),
      },
    }),
    at: moment,
    host: true,
  },
  'Elasticsearch lines': {
    text: each(message =>
      JSON.stringify({ '@timestamp': iso, message, host: { hostname: host }, agent: { type: 'filebeat' } }),
    ),
    at: moment,
    host: true,
  },
  'Kibana CSV': {
    text: `"@timestamp","host.name",message\n${each(line => `"Apr 16, 2026 @ 21:08:50.123",${host},"${line}"`)}`,
    at: moment,
  },
  'Cloud Logging lines': {
    text: each(MESSAGE =>
      JSON.stringify({
        jsonPayload: { MESSAGE, SYSLOG_IDENTIFIER: 'kernel', _HOSTNAME: host, _TRANSPORT: 'kernel' },
        timestamp: iso,
        logName: 'projects/x/logs/kernel',
      }),
    ),
    at: moment,
    host: true,
  },
  'Cloud Logging document': {
    text: pretty(
      report.map(MESSAGE => ({
        insertId: 'x1',
        jsonPayload: { MESSAGE, _HOSTNAME: host, _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel' },
        timestamp: iso,
      })),
    ),
    at: moment,
    host: true,
  },
  'Cloud Logging serial console': {
    text: pretty(
      report.map(line => ({ textPayload: stamped(line), timestamp: iso, resource: { type: 'gce_instance' } })),
    ),
    at: moment,
  },
  'CloudWatch events': {
    text: pretty({
      events: report.map((message, at) => ({
        logStreamName: 's',
        timestamp: moment,
        message,
        ingestionTime: moment + 900,
        eventId: `${at}`,
      })),
    }),
    at: moment,
  },
  'CloudWatch Insights': {
    text: pretty({
      results: report.map(line => [
        { field: '@timestamp', value: '2026-04-16 21:08:50.123' },
        { field: '@message', value: line },
      ]),
    }),
    at: moment,
  },
  'aws logs tail': { text: each(line => `2026-04-16T21:08:50.123000+00:00 i-0abc/dmesg ${stamped(line)}`), at: moment },
  'Loki API': {
    text: JSON.stringify({
      status: 'success',
      data: {
        resultType: 'streams',
        result: [{ stream: { hostname: host }, values: report.map(line => [`${moment}000000`, line]) }],
      },
    }),
    at: moment,
    host: true,
  },
  'logcli text': {
    text: each(line => `${iso} {hostname="${host}", job="systemd-journal"} ${line}`),
    at: moment,
    host: true,
  },
  'logcli jsonl': {
    text: each(line => JSON.stringify({ labels: { hostname: host }, line, timestamp: iso })),
    at: moment,
    host: true,
  },
  'Azure Log Analytics': {
    text: pretty(
      report.map(SyslogMessage => ({
        TimeGenerated: iso,
        Computer: host,
        Facility: 'kern',
        ProcessName: 'kernel',
        SyslogMessage,
      })),
    ),
    at: moment,
    host: true,
  },
  'Splunk JSON': {
    text: each(line =>
      JSON.stringify({
        result: { _time: '2026-04-16T21:08:50.123+00:00', host, _raw: `Apr 16 21:08:50 ${host} kernel: ${line}` },
      }),
    ),
    at: moment,
    host: true,
  },
  'Datadog JSON': {
    text: pretty({
      data: report.map(message => ({
        id: 'x',
        type: 'log',
        attributes: { timestamp: iso, host, service: 'kernel', message },
      })),
    }),
    at: moment,
    host: true,
  },
  'Datadog CSV': {
    text: `Date,Host,Service,Content\n${each(line => `"${iso}","${host}","kernel","${line}"`)}`,
    at: moment,
  },
  'GELF lines': {
    text: each(line =>
      JSON.stringify({
        version: '1.1',
        host,
        short_message: line,
        timestamp: moment / 1000,
        level: 3,
        _facility: 'kern',
      }),
    ),
    at: moment,
    host: true,
  },
  'fluent-bit kmsg': {
    text: each(msg => JSON.stringify({ date: moment / 1000, priority: 4, sequence: 100, sec: 123, usec: 456789, msg })),
    at: moment,
  },
  'fluentd stdout': {
    text: each(line => `2026-04-16 21:08:50.123456000 +0000 kernel: ${JSON.stringify({ message: line, host })}`),
    at: moment,
    host: true,
  },
  'vector journald': {
    text: each(message =>
      JSON.stringify({
        PRIORITY: '3',
        SYSLOG_IDENTIFIER: 'kernel',
        _TRANSPORT: 'kernel',
        host,
        message,
        source_type: 'journald',
        timestamp: iso,
      }),
    ),
    at: moment,
    host: true,
  },
  logfmt: { text: each(line => `ts=${iso} host=${host} level=err msg="${line}"`), at: moment, host: true },
  'Markdown quote': { text: each(line => `> ${stamped(line)}`) },
  'Markdown quote in a quote': { text: each(line => `> > ${stamped(line)}`) },
  'Markdown code': { text: each(line => `\`${stamped(line)}\``) },
  'Markdown fence': { text: `Here is the log:\n\n\`\`\`console\n${each(line => stamped(line))}\n\`\`\`\n` },
  'Markdown bold': { text: each(line => `**${stamped(line)}**`) },
  'Markdown list': { text: each(line => `- ${stamped(line)}`) },
  'Markdown table': { text: each(line => `| ${stamped(line).replaceAll('|', '\\|')} |`) },
  'numbered lines': { text: report.map((line, at) => `${at + 17}: ${stamped(line)}`).join('\n') },
  'less -N': { text: report.map((line, at) => `    ${at + 17} ${stamped(line)}`).join('\n') },
  'grep with a file name': {
    text: each(line => `/var/log/kern.log:Apr 16 21:08:50 ${host} kernel: ${line}`),
    at: second,
    host: true,
  },
  'grep with name and number': {
    text: report
      .map((line, at) => `kern.log.1:${at + 3}:2026-04-16T21:08:50.123456+00:00 ${host} kernel: ${line}`)
      .join('\n'),
    at: moment,
    host: true,
  },
  HTML: {
    text: `<pre>${each(line => stamped(line).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'))}</pre>`,
  },
  'HTML, raw level': { text: each(line => `&lt;4&gt;${stamped(line)}<br>`) },
  'HTML, one line': { text: `<p>${report.map(line => stamped(line)).join('<br />')}</p>` },
  'newlines lost': { text: report.map(line => stamped(line)).join(' ') },
  'newlines escaped': { text: `"${report.map(line => stamped(line)).join('\\n')}"` },
  colours: { text: each(line => `\x1b[32m[  123.456789] \x1b[0m\x1b[31m\x1b[1m${line}\x1b[0m`) },
  'colours shown': { text: each(line => `^[[32m[  123.456789] ^[[0m${line}^[[0m`) },
  'no-break spaces': { text: each(line => stamped(line).replaceAll(' ', '\u00a0')) },
  prompt: { text: `root@${host}:~# dmesg | tail\n${each(line => stamped(line))}\nroot@${host}:~# ` },
  'prompt before each line': { text: each(line => `root@${host}:~# ${stamped(line)}`) },
  'GitHub Actions': { text: each(line => `2026-04-16T21:08:50.1234567Z ${stamped(line)}`), at: moment },
  'Slack quote': { text: each(line => `&gt; ${stamped(line)}`) },
  'netconsole file': {
    text: report.map((line, at) => `6.8.0-48-generic,4,${100 + at},123456789,-;${line}`).join('\n'),
  },
  'ipmi sol timestamps': { text: each(line => `[2026-04-16 21:08:50 UTC] ${stamped(line)}`), at: second },
  'VMware guest': { text: each(line => `${iso} In(05) vcpu-5 - Guest: <6>${stamped(line)}`), at: moment },
  Talos: { text: each(line => `172.20.0.2: kern: warning: [${iso}]: ${line}`), at: moment },
  'AWS console output': { text: each(line => `${stamped(line)}\r`) },
  BOM: { text: `\ufeff${each(line => stamped(line))}` },
  'kernel.log of a Mac reader': {
    text: each(line => `Apr 16 21:08:50 ${host} kernel[0]: ${line}`),
    at: second,
    host: true,
  },
  'Proxmox task log': { text: each(line => `Apr 16 21:08:50 ${host} kernel: ${line}`), at: second, host: true },
  'syslog-ng iso with facility': {
    text: each(line => `2026-04-16T21:08:50+00:00 ${host} kern.err kernel: ${line}`),
    at: second,
    host: true,
  },
  Synology: {
    text: each(line => `2026-04-16T21:08:50+00:00 ${host} kernel: [  123.456789] ${line}`),
    at: second,
    host: true,
  },
}

/** Formats whose times are words of a language. */
function spoken(locale: string, month: string, weekday: string): Readonly<Record<string, Formatted>> {
  return {
    [`journalctl short, ${locale}`]: {
      text: each(line => `${month} 16 21:08:50 ${host} kernel: ${line}`),
      at: second,
      host: true,
    },
    [`journalctl short-precise, ${locale}`]: {
      text: each(line => `${month} 16 21:08:50.123456 ${host} kernel: ${line}`),
      at: moment,
      host: true,
    },
    [`journalctl short-full, ${locale}`]: {
      text: each(line => `${weekday} 2026-04-16 21:08:50 UTC ${host} kernel: ${line}`),
      at: second,
      host: true,
    },
    [`dmesg -T, ${locale}`]: { text: each(line => `[${weekday} ${month} 16 21:08:50 2026] ${line}`), at: second },
    [`day first, ${locale}`]: {
      text: each(line => `16 ${month} 2026 21:08:50 ${host} kernel: ${line}`),
      at: second,
      host: true,
    },
  }
}

export const locales = (
  'en de fr es it pt pt-BR nl sv nb da fi is et lv lt pl cs sk hu ro bg sr hr sl mk uk ru be el tr az kk ka hy he ar fa hi bn ' +
  'ta te th vi id ms ja ko zh zh-TW ca eu gl ga sw'
).split(' ')

export function inAllFormats(): readonly FormattedReport[] {
  const all: Record<string, Formatted> = { ...plain }
  for (const locale of locales) {
    const part = (options: Intl.DateTimeFormatOptions, type: 'month' | 'weekday'): string =>
      formatOf(locale, options)
        .formatToParts(second)
        .find(one => one.type === type)!.value
    // Where CLDR writes a number beside a day, glibc writes the name, and for some the number with its sign (`4月`).
    const month = (style: 'short' | 'long'): string => {
      const beside = part({ month: style, day: 'numeric' }, 'month')
      if (/\p{L}/u.test(beside)) return beside
      const alone = formatOf(locale, { month: style }).format(second)
      return /\p{L}/u.test(alone) ? alone : formatOf(locale, { month: 'long' }).format(second)
    }
    const weekday = part({ weekday: 'short' }, 'weekday').replaceAll(' ', '')
    Object.assign(all, spoken(locale, month('short'), weekday))
    Object.assign(all, spoken(`${locale}, long`, month('long'), weekday))
  }
  return Object.entries(all).map(([name, { text, at = null, host: hasHost }]) => ({
    name,
    text,
    at,
    host: hasHost ? host : null,
  }))
}

function formatOf(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(`${locale}-u-nu-latn-ca-gregory`, { ...options, timeZone: 'UTC' })
}
