import type { Messages } from '../../text/messages/catalogues.ts'

export type PageMessages = Messages['page']

/** Seconds as text, in the language of the page. */
export type Duration = Messages['units']['duration']
