import { en, type Messages } from './en.ts'
import { zhCN } from './zh-CN.ts'

export const locales = ['en', 'zh-CN'] as const

export type Locale = (typeof locales)[number]

/** Every language of oomloop. A new one is a file in this folder, and its name and catalogue here. */
const catalogues: Readonly<Record<Locale, Messages>> = { en, 'zh-CN': zhCN }

export type { Messages }

/** What the agent writes to its own log. In English on every node, so that one search finds a message on all of them. */
export const logMessages = en.agent.log

/** All texts in one language. */
export function messagesOf(locale: Locale): Messages {
  return catalogues[locale]
}
