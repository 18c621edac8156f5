import type { Format } from '../http/format.ts'
import type { Outcome } from '../http/outcome.ts'
import { brief, chatText } from './chat-text.ts'
import { outcomeOfErrcode } from './dingtalk.ts'
import { inert, inertCommand, markdownLines } from './markdown-lines.ts'
import { everybody, mentionsOf } from './mentions.ts'
import { fitParts, utf8Bytes } from './truncate.ts'

/** A markdown message takes 4096 bytes of UTF-8; the limit is on the content, not on the JSON around it. */
const contentLimitBytes = 4_096

/** Posts markdown to a group bot of WeCom. It has no signature: the key in the URL is the secret. */
export const wecom: Format = {
  limit: { requests: 18, perMs: 60_000 },
  request: (alert, { webhook, url }) => {
    const text = brief(chatText(alert, webhook))
    const mentions = mentionsOf(alert, webhook)
      .map(name => (name === everybody ? '<@all>' : /^[\w.@-]+$/.test(name) ? `<@${name}>` : inert(name)))
      .join(' ')
    const frame = { prefix: webhook.prefix ?? '', mentions, code: (command: string) => `\`${inertCommand(command)}\`` }
    const content = fitParts({
      parts: text.parts,
      render: parts => markdownLines(text, parts, frame).join('\n'),
      measure: utf8Bytes,
      limit: contentLimitBytes,
    })
    return {
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ msgtype: 'markdown', markdown: { content } }),
    }
  },
  outcome: (answer, context): Outcome => outcomeOfErrcode(answer, context, judge),
}

function judge(code: number, why: string): Outcome {
  if (code === 45009) return { kind: 'retry', why, afterMs: 60_000 } // 20 a minute are used up
  if (code === -1) return { kind: 'retry', why } // busy
  return { kind: 'give-up', why }
}
