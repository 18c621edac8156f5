import type { Messages } from '../en.ts'

/** Help, usage and errors of commands. */
export const cli = {
  commands: {
    run: {
      usage: '[--webhook URL]…',
      summary: '监控本机并发送告警；没有 webhook 时打印到终端',
      help: '在前台运行 agent：读取内核日志、内存和压力，并把告警发送到 webhook。SIGTERM 停止，SIGHUP 重新加载设置。',
    },
    replay: {
      usage: 'FILE… | -',
      summary: '用与 agent 相同的规则分析内核日志、录制或采集文件',
      help: '读取 kmsg、dmesg、syslog、journal export 和控制台输出（纯文本或 gzip），以及录制和采集文件；格式自动识别。打印可读的报告。发现 OOM kill 或告警时退出码为 1。',
    },
    doctor: {
      usage: '[--json]',
      summary: '检查本节点的 OOM 循环风险，以及 agent 的盲区',
      help: '在发生事故之前，用同样的规则检查本节点的当前状态。有需要修复的问题时退出码为 1。',
    },
    record: {
      usage: '-o FILE [--capture] [--for 10m] [--redact]',
      summary: '录制或采集本机数据，用于问题报告',
      help: '把 agent 读取的内容写入文件。从不读取命令行和环境变量。',
    },
    report: {
      usage: 'FILE… -o incident.html',
      summary: '把一次事件写成一个独立的网页',
      help: '读取录制、采集文件和内核日志，可单独也可一起。',
    },
    watch: {
      usage: '[--replay FILE [--speed N]]',
      summary: '在终端显示实时视图',
      help: '显示余量、压力、接下来可能被杀的进程、循环和预测；可通过 ssh 使用，最小 80x24。按 q 退出。',
    },
    status: {
      usage: '[--json]',
      summary: '显示正在运行的 agent 的状态',
      help: '在一屏内显示运行时长、数据源、看到和漏掉的 OOM kill，以及待发送的告警。有告警触发或数据源中断时退出码为 1，没有 agent 运行时为 3。',
    },
    notify: {
      usage: '--test [--dry-run] | --remove-conditions',
      summary: '向每个 webhook 发送测试通知',
      help: '打印每个 webhook 发送的内容、响应，以及失败时的修复方法。有 webhook 未接受时退出码为 1。',
    },
    hold: {
      usage: '[--release]',
      summary: '应 agent 的请求，限制容器的内存增长，避免节点内存耗尽（实验功能）',
      help: '与设置了 hold: on 的 agent 一起运行，需要 root 和 cgroup v2。设置 agent 指定的容器的 memory.high，并在内存恢复、达到 holdLimit、agent 或本进程停止时恢复原值。',
    },
    config: {
      usage: 'check | print',
      summary: '检查设置，或打印生效的设置',
      help: 'check 报告设置中的所有错误并以 2 退出；print 显示每项设置的生效值，密钥不显示。',
    },
  },
  flags: {
    year: '日志没有年份时的年份（默认：取自文件的修改时间）',
    tz: '日志没有时区时的时区，例如 Asia/Shanghai 或 +08:00（默认：本机时区）',
    webhook: '把告警发往此 URL，代替配置文件中的 webhook',
    'webhook-secret-file': '--webhook 的签名密钥文件',
    alerts: '以 JSON 行打印每条告警的每次变化',
    grouping: 'none 或 incident：以 JSON 行打印采用该 grouping 和 --min-severity 的 webhook 会收到的消息',
    kills: '以 JSON 行打印 OOM kill',
    json: '打印一个 JSON 对象',
    'doctor-capture': '检查采集文件，而不是本机',
    at: '采集文件中的时刻：从开始算起的秒数，或 ISO 8601（默认：末尾）',
    'record-output': '写入的文件；.gz 会压缩（简写：-o）',
    'record-capture': '写入文件的原始文本，而不是解析后的值',
    for: '这么久之后停止（默认：按 Ctrl-C 停止）',
    redact: '替换 Pod、namespace 和主机的名称，同一名称始终替换成同一个词',
    'report-output': '写入的网页（简写：-o）',
    replay: '显示录制或采集文件，而不是本机',
    speed: '相对真实时间的倍数，用于 --replay（默认 10）',
    test: '发送测试通知',
    'dry-run': '打印请求但不发送，密钥不显示',
    'remove-conditions': '卸载前从本 Node 删除 oomloop 的 condition',
    release: '立即恢复所有原值，无论是否有进程在运行',
    config: '配置文件（默认 /etc/oomloop/oomloop.yaml，如果存在）',
    help: '显示该命令的帮助',
  },
  overview: {
    title: 'oomloop：检测本节点的 OOM 重启循环，以及循环之前的内存耗尽',
    usage: '用法：oomloop COMMAND [FLAGS]',
    more: '详情见 oomloop COMMAND --help。每个命令都接受 --config FILE。',
    exitCodes: '退出码：0 正常，1 有发现，2 用法错误，3 失败',
  },
  errors: {
    OOMLOOP_USAGE: '参数或命令不存在，或其值不被接受',
    OOMLOOP_SETTINGS: '配置文件无法读取，或含有未知的键或错误的值',
    OOMLOOP_INPUT: '日志、录制或采集文件无法读取，或不是其中任何一种',
    OOMLOOP_OUTPUT: '文件无法写入',
    OOMLOOP_STATE_DIR: '状态目录无法创建或写入',
    OOMLOOP_NO_SOURCE: '本机没有可读取的内核记录来源',
    OOMLOOP_NOT_RUNNING: '本机没有运行 agent，或其状态无法读取',
    OOMLOOP_PLATFORM: '内核或 C 库版本过低，或不是 Linux',
    OOMLOOP_LISTEN: '无法监听指标和健康检查的地址',
  },
  /** What a setting does for one command, where that differs. */
  settingsOf: { replay: { minSeverity: '--grouping 打印的消息的最低级别；报告和 --alerts 始终包含全部级别' } },
  usage: ({ command, usage }) => `用法：oomloop ${command} ${usage}`,
  settingHelp: ({ help, standard, variable }) =>
    `${help}${standard === null ? '' : `（默认 ${standard}）`}；$${variable}`,
  switchOffHelp: ({ help, variable }) => `${help}；等同于 $${variable}=false`,
  unknownCommand: ({ kind, name, near }) =>
    `未知的${kind === 'flag' ? '参数' : '命令'} ${name}；${near ? `是否指 ${near}？` : '见 oomloop --help'}`,
  seeHelp: ({ message, command }) => `${message}；见 oomloop ${command} --help`,
  needs: ({ command, usage }) => `${command} 需要 ${usage}`,
  doesNotTake: ({ command, argument }) => `${command} 不接受 ${argument}`,
  flagIs: ({ flag, value, mustBe }) => `--${flag} 的值是 ${value}，必须是${mustBe}`,
  mustBe: {
    year: '年份，例如 2023',
    zone: '时区，例如 Asia/Shanghai、UTC 或 +08:00',
    duration: '时长，例如 10m',
    speed: '大于 0 的数，例如 10',
    moment: '从开始算起的秒数，或 ISO 8601',
  },
  config: {
    what: 'config 需要 check 或 print',
    warning: ({ sentence }) => `警告：${sentence}`,
    fine: ({ file, webhooks }) => `设置有效：${file ?? '没有配置文件，全部使用默认值'}；webhook：${webhooks} 个`,
    webhook: ({ name, format, isGuessed, minSeverity }) =>
      `  ${name}：格式 ${format}${isGuessed ? '（由 URL 识别）' : ''}，${minSeverity} 及以上`,
    effective: ({ file }) => `# 生效的设置（${file ? `来自 ${file}、环境变量和参数` : '没有配置文件'}）`,
    characters: ({ count }) => `<${count} 个字符>`,
  },
  notify: {
    what: 'notify 需要 --test、--dry-run（可同时使用），或 --remove-conditions',
    noKubernetes: '没有 kubernetes 格式的 webhook：无需删除',
    removed: ({ node }) => `已从 Node ${node} 删除 condition OOMLoop 和 MemoryExhaustion`,
    notRemoved: ({ node, why }) => `无法从 Node ${node} 删除 condition：${why}`,
    eventWritten: ({ node }) => `已在 Node ${node} 上写入测试 Event`,
    eventRefused: ({ node, why }) => `无法在 Node ${node} 上写入测试 Event：${why}`,
    noWebhook: '没有配置 webhook：请用 --webhook URL 指定，或写在配置文件的 webhooks 下',
  },
  replay: {
    oneOutput: 'replay 只能接受 --alerts、--kills 和 --grouping 之一',
    badGrouping: '--grouping 只能是 none 或 incident',
  },
  report: {
    needsOutput: 'report 需要 -o FILE，即写入的网页',
    cannotWrite: ({ path, why }) => `无法写入 ${path}：${why}`,
    written: ({ kills, alerts, path }) => `已写入 ${path}：${kills} 次 OOM kill，${alerts} 条告警`,
  },
  record: {
    needsOutput: 'record 需要 -o FILE',
    nothingToRecord: ({ root }) => `${root} 下没有 /proc/meminfo：无可录制`,
    started: ({ path, isTimed }) => `正在录制到 ${path}${isTimed ? '' : '；按 Ctrl-C 停止'}`,
    done: ({ path, duration, records }) =>
      `${path}：${duration}，${records} 条内核记录；用 oomloop replay ${path} 分析`,
  },
  doctor: {
    atNeedsCapture: '--at 是采集文件中的时刻：请用 --capture 指定文件',
    noRoot: ({ path }) => `${path} 不存在：--root 必须是主机的根目录`,
    isLog: ({ path }) => `${path} 是日志：doctor 检查主机、采集或录制文件`,
    atIsPastEnd: ({ at, seconds }) => `--at ${at} 超过了文件末尾（${seconds} 秒）`,
  },
  watch: {
    needsTerminal: 'watch 需要终端；在管道中请用 oomloop replay 或 oomloop status',
    speedNeedsReplay: '--speed 需要 --replay FILE',
  },
  run: {
    cannotWrite: ({ path }) => `无法写入 ${path}：请以 root 运行，或用 --state-dir 指定目录`,
    standby: ({ pid }) => `待命：本机上另一个 oomloop${pid === null ? '' : `（pid ${pid}）`}处于活动状态`,
    journalEnded: ({ why }) => `${why}；请重新启动两者`,
    protectIsOff: '已由设置 protect 关闭',
  },
} satisfies Messages['cli']
