import type { FormatName } from '../../types.ts'
import type { Format } from './format.ts'

/** Each format in its own file, loaded at start and only if it is configured. */
const loaders: Readonly<Record<FormatName, () => Promise<Format>>> = {
  generic: async () => (await import('./generic.ts')).generic,
  cloudevents: async () => (await import('./cloudevents.ts')).cloudevents,
  alertmanager: async () => (await import('./alertmanager.ts')).alertmanager,
  slack: async () => (await import('./slack.ts')).slack,
  teams: async () => (await import('./teams.ts')).teams,
  discord: async () => (await import('./discord.ts')).discord,
  pagerduty: async () => (await import('./pagerduty.ts')).pagerduty,
  feishu: async () => (await import('./feishu.ts')).feishu,
  dingtalk: async () => (await import('./dingtalk.ts')).dingtalk,
  wecom: async () => (await import('./wecom.ts')).wecom,
  template: async () => (await import('./template.ts')).template,
}

export function loadFormat(name: FormatName): Promise<Format> {
  return loaders[name]()
}
