/**
 * Every webhook format, one row each: its file, loaded at start and only where it is configured, and the addresses that
 * it is recognised by. `FormatName`, the settings, their schema and the docs follow from here. More about a format stands in its file.
 */
export const formats = {
  generic: { load: async () => (await import('./generic.ts')).generic },
  cloudevents: { load: async () => (await import('./cloudevents.ts')).cloudevents },
  alertmanager: { load: async () => (await import('./alertmanager.ts')).alertmanager, path: '/api/v2/alerts' },
  slack: {
    isChat: true,
    load: async () => (await import('./slack.ts')).slack,
    hosts: ['hooks.slack.com', 'hooks.slack-gov.com'],
  },
  teams: {
    isChat: true,
    load: async () => (await import('./teams.ts')).teams,
    hosts: ['*.webhook.office.com', '*.logic.azure.com', '*.api.powerplatform.com'],
  },
  discord: {
    isChat: true,
    load: async () => (await import('./discord.ts')).discord,
    hosts: ['discord.com', 'discordapp.com', '*.discord.com'],
  },
  pagerduty: {
    load: async () => (await import('./pagerduty.ts')).pagerduty,
    hosts: ['events.pagerduty.com', 'events.eu.pagerduty.com'],
  },
  feishu: {
    isChat: true,
    load: async () => (await import('./feishu.ts')).feishu,
    hosts: ['open.feishu.cn', 'open.larksuite.com'],
  },
  dingtalk: { isChat: true, load: async () => (await import('./dingtalk.ts')).dingtalk, hosts: ['oapi.dingtalk.com'] },
  wecom: { isChat: true, load: async () => (await import('./wecom.ts')).wecom, hosts: ['qyapi.weixin.qq.com'] },
  kubernetes: {
    load: async () => (await import('../kubernetes/kubernetes.ts')).kubernetes,
    address: 'https://kubernetes.default.svc',
    hosts: ['kubernetes.default.svc'],
  },
  template: { load: async () => (await import('./template.ts')).template },
}

export type FormatName = keyof typeof formats

/** What is known of a format besides its file. */
interface FormatRow {
  readonly load: unknown
  readonly hosts?: readonly string[]
  readonly path?: string
  /** Where it posts when the settings name no URL. */
  readonly address?: string
  /** A chat: messages are not grouped, updated or closed there. */
  readonly isChat?: boolean
}

export const formatNames = Object.keys(formats) as FormatName[]

/** Where a format posts when the settings name no URL; undefined: they must. */
export function addressOf(name: FormatName): string | undefined {
  const { address }: FormatRow = formats[name]
  return address
}

/** Whether people read it as a stream of messages: see `isChat` of its row. */
export function isChat(name: FormatName): boolean {
  const { isChat: its = false }: FormatRow = formats[name]
  return its
}

/** The format that a URL's host or path shows; undefined where anything may listen there. */
export function formatOfUrl(url: string): FormatName | undefined {
  const { hostname, pathname } = new URL(url)
  return formatNames.find(name => {
    const { hosts = [], path }: FormatRow = formats[name]
    return (path !== undefined && pathname.endsWith(path)) || hosts.some(host => isHost(hostname, host))
  })
}

function isHost(hostname: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern
}
