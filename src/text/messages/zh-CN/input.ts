import type { Messages } from '../en.ts'
import { behind, spaced } from './units.ts'

/** A name between Chinese text. */
function around(name: string): string {
  return spaced(behind(name))
}

/** Log files, sources and captures: what was read, what was not, and why. */
export const input = {
  unreadable: {
    file: ({ name, reason }) => `无法读取 ${name}：${reason}`,
  },
  packed: {
    cut: ({ name, packing }) => `${name} 不完整：${packing} 数据提前结束，后面的内容缺失`,
    damaged: ({ name, packing }) => `${name} 已损坏：${packing} 数据无法完整解压`,
    bomb: ({ name, packing }) => `${name} 解压后超过原大小的 400 倍（${packing}）：如果信任该文件，请自行解压`,
    encrypted: ({ name }) => `${name} 已加密：请先解密`,
    empty: ({ name, packing }) => `${name} 是 ${packing} 归档，其中没有日志`,
    method: ({ name, packing }) => `${name} 使用了 oomloop 不支持的 ${packing} 压缩方法：请先解压`,
  },
  packedTwice: ({ name }) => `${name} 被压缩了两次：请先解压一次，再交给 oomloop`,
  refused: {
    journal: ({ name }) =>
      `${name} 是二进制 systemd journal：请运行 journalctl --file ${name} -k -o short-iso-precise | oomloop replay -`,
    tar: ({ name }) => `${name} 是 tar 归档：请先解包（tar -xf），再把其中的日志交给 oomloop`,
    '7z': ({ name }) => `${name} 是 7-Zip 归档：请先解包（7z x），再把其中的日志交给 oomloop`,
    rar: ({ name }) => `${name} 是 RAR 归档：请先解包（unrar x），再把其中的日志交给 oomloop`,
    lz4: ({ name }) => `${name} 是 lz4 压缩文件：请运行 lz4 -dc ${name} | oomloop replay -`,
    lzma: ({ name }) => `${name} 是 lzma 压缩文件：请运行 xz -dc --format=lzma ${name} | oomloop replay -`,
    lzo: ({ name }) => `${name} 是 lzop 压缩文件：请运行 lzop -dc ${name} | oomloop replay -`,
    compress: ({ name }) => `${name} 是 compress 压缩文件：请运行 zcat ${name} | oomloop replay -`,
    image: ({ name }) => `${name} 是图片：oomloop 只读取文本，请复制日志文字`,
    pdf: ({ name }) => `${name} 是 PDF：请运行 pdftotext -layout ${name} - | oomloop replay -`,
    dump: ({ name }) => `${name} 是内核转储：请用 makedumpfile --dump-dmesg 或 crash 的 log 命令导出日志`,
    evtx: ({ name }) => `${name} 是 Windows 事件日志：oomloop 读取 Linux 内核日志`,
    sqlite: ({ name }) => `${name} 是 SQLite 数据库：请将日志导出为文本`,
    pcap: ({ name }) => `${name} 是抓包文件：请将日志导出为文本`,
    elf: ({ name }) => `${name} 是程序或核心转储：oomloop 读取日志`,
    binary: ({ name }) => `${name} 不是文本：oomloop 读取日志、录制和采集文件`,
  },
  times: {
    yearGiven: ({ year }) => `日志没有年份，按 --year 把第一行视为 ${year} 年。`,
    yearAssumed: ({ year }) => `日志没有年份，根据文件时间假定为 ${year} 年或前一年。可用 --year 指定。`,
    noYear: '日志没有年份，也无法推断，时间未知。',
    zoneGiven: ({ zone }) => `没有时区的时间按 --tz 视为 ${zone}。`,
    zoneAssumed: ({ zone }) => `没有时区的时间按本机时区 ${zone} 解释。`,
    zoneAmbiguous: ({ abbreviation, zone }) =>
      `${abbreviation} 可指多个时区，这里按 ${zone} 解释。请指定时区，例如 --tz Asia/Shanghai 或 --tz=-06:00。`,
    clockBack: ({ count }) => `日志的时钟回退了 ${count} 次。`,
    newestFirst: ({ name }) => `${name} 是最新在前且超过 64 MiB：请先反转，例如 tac ${name} | oomloop replay -`,
  },
  reading: {
    title: '读取情况',
    part: ({ number, of, node }) => `第 ${number} 部分，共 ${of} 部分${node === null ? '' : `：${node}`}`,
    lines: ({ file, lines, recognised }) =>
      `${file}：共 ${lines} 行，其中 ${recognised} 行被识别为 OOM 报告或其他 OOM 工具的日志。`,
    empty: ({ file }) => `${file} 是空文件。`,
    noLog: ({ file }) => `${file} 中没有任何一行是已知格式。`,
    kinds:
      'oomloop 支持 dmesg、journalctl（所有 -o 格式）、syslog 文件、/dev/kmsg、串口控制台、kubectl 和 docker 日志，以及日志平台的导出（JSON、CSV、文本）。',
    noKernel: ({ file }) =>
      `${file} 中没有内核日志。请确认这是内核日志：journalctl -k、dmesg、/var/log/kern.log 或 /var/log/messages。`,
    missed: ({ count, file }) => `${file} 中有 ${count} 行像是 OOM 报告，但无法识别：`,
    missedLine: ({ number, text }) => `第 ${number} 行：${text}`,
    tooLong: ({ count, first }) => `${count} 行超过 128 KiB，已跳过，第一处是第 ${first} 行。`,
    byPhrase: ({ count }) => `${count} 次 OOM kill 所在的行格式未知，是根据行内的内核文字识别的。`,
  },
  signs: {
    title: '日志中其他内存不足的迹象',
    line: ({ text, line, at, host }) =>
      `${at === null ? '' : `${at} `}${host === null ? '' : `${host}：`}${text}${line > 0 ? `（第 ${line} 行）` : ''}`,
    killed: ({ killer, victim, pid, why }) =>
      `${killer} 终止了${behind(victim ?? '一个进程')}${pid === null ? '' : `（pid ${pid}）`}${why === null ? '' : `：${why}`}`,
    announced: ({ killer, victim, pid, why }) =>
      `${killer} 选中了${behind(victim ?? '一个进程')}${pid === null ? '' : `（pid ${pid}）`}${why === null ? '' : `：${why}`}`,
    evicted: ({ victim, why }) =>
      `kubelet 驱逐了${victim === null ? '一个 Pod' : ` Pod ${victim}`}${why === null ? '' : `：${why}`}`,
    evicting: ({ why }) => `kubelet 必须驱逐 Pod 以回收内存${why === null ? '' : `（${why}）`}`,
    kernelKilled: ({ victim }) => `${spaced(victim ?? '一个容器')}的进程被内核 OOM 杀掉；日志中没有内核自己的那一行`,
    'no-victim': ({ victim }) => `${spaced(victim ?? '一个进程')}触发了 OOM killer；日志中没有被杀进程的那一行`,
    'no-killable': '内核内存耗尽，且没有可以终止的进程',
    deadlocked: '内核 panic：内存耗尽，且没有可以终止的进程',
    panic: '内核因 OOM 而 panic（vm.panic_on_oom 的设置）',
    reaped: ({ victim, pid }) =>
      `OOM kill 之后，内核回收了${around(`${victim ?? '一个进程'}${pid === null ? '' : `（pid ${pid}）`}`)}的内存；日志中没有 OOM kill 的那一行`,
    more: ({ count }) => `另有 ${count} 条`,
    onlyThese: '日志中没有内核报告 kill 的行（“Killed process”）。',
  },
  recording: {
    newerCapture: ({ name, version, known }) =>
      `${name} 是版本 ${version} 的采集文件，而此 oomloop 最高支持版本 ${known}：请用更新的 oomloop 回放`,
    newerRecording: ({ name, version, known }) =>
      `${name} 是版本 ${version} 的录制，而此 oomloop 最高支持版本 ${known}：请用更新的 oomloop 回放`,
    newerPart: ({ line, why }) => `第 ${line} 行：${why}；其内容已跳过`,
    unknownFormat: ({ name, format }) => `${name} 的格式是 ${format}，而已知的只有 "recording" 和 "capture"`,
    noHeader: ({ name, format, header }) => `${name} 包含 ${format} 的行，但没有文件头：请在第一行之前加上 ${header}`,
    none: ({ path }) => `目录 ${path} 中没有录制`,
    missingSegment: ({ line }) => `第 ${line} 行之前缺少录制的一段`,
    noStart: '录制从一次运行的中间开始，因为更早的段已被删除；告警从那里开始计数',
    missing: ({ count, line }) =>
      `第 ${line} 行处缺少${count === null ? '一些' : ` ${count} 条`}采样，因为磁盘写入过慢`,
    broken: ({ count, line }) =>
      count === 1 ? `第 ${line} 行已损坏，已跳过` : `${count} 行已损坏，已跳过；第一处是第 ${line} 行`,
    'unknown-kind': ({ count, line }) =>
      count === 1
        ? `第 ${line} 行的类型是此 oomloop 不认识的`
        : `${count} 行的类型是此 oomloop 不认识的；第一处是第 ${line} 行`,
    'clock-back': ({ count, line }) => `时钟回退了 ${count} 次；第一处在第 ${line} 行`,
  },
  kmsg: {
    woken: '内核写入时立即读取',
    polling: '每 4 到 20 毫秒轮询一次',
    readError: ({ path }) => `${path} 不再可读`,
    EPERM: ({ path }) =>
      `无权读取 ${path}：需要 CAP_SYSLOG 和设备的访问权限（Pod 中需要 privileged），且不能设置 printk.devkmsg=off`,
    EACCES: ({ path }) => `当前用户无法打开 ${path}：请以 root 运行，或具备 CAP_SYSLOG 和读取权限`,
    ENOENT: ({ path }) => `${path} 在此不存在：请挂载主机的该设备，或使用 --root`,
    other: ({ path, code }) => `无法打开 ${path}（${code ?? '原因未知'}）`,
  },
  kernelSource: {
    asSet: ({ what }) => `按设置${what === null ? '' : `：${what}`}`,
    standardInput: '标准输入',
    readable: '可以读取',
    noLogFile: ({ logFile }) => `${logFile} 也无法读取；每 5 秒重试一次`,
    noPipe:
      'source 为 journal 时从标准输入读取：journalctl --dmesg --follow --lines=0 --output=json | oomloop run --source journal',
  },
  journal: {
    up: '正在读取标准输入',
    ended: '标准输入已结束：journalctl 已停止',
    failed: ({ why }) => `标准输入不再可读：${why}`,
  },
  logFile: {
    up: ({ path }) => `正在跟踪 ${path}`,
    gone: ({ path }) => `${path} 已不存在`,
    cannotFollow: ({ path, why }) => `无法跟踪 ${path}：${why}`,
    cannotRead: ({ path, why }) => `无法读取 ${path}：${why}`,
  },
  noPsi: '内核没有 PSI，或 PSI 已禁用（启用：启动参数加上 psi=1）',
  hiddenProcesses: '看不到其他用户的进程（hidepid）：请以 root 运行并具备 CAP_SYS_PTRACE',
  noCgroups: '没有 /sys/fs/cgroup',
  samplerUp: '/proc 恢复可读',
  meminfoUnreadable: '/proc/meminfo 无法读取',
  filesUnreadable: ({ failed, code }) => `最近一秒内有 ${failed} 个主机文件无法读取（${code}）`,
} satisfies Messages['input']
