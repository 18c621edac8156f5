import type { Outcome } from '../outcome.ts'
import { chatText, plainLines } from './chat-text.ts'
import { outcomeOfErrcode } from './dingtalk.ts'
import { disarm, fitParts, utf8Bytes } from './fit.ts'
import type { Format } from './format.ts'

/** A text message takes 2048 bytes of UTF-8; the limit is on the content, not on the JSON around it. */
const contentLimitBytes = 2_048

/** Posts a text message to a group bot of WeCom. It has no signature: the key in the URL is the secret. */
export const wecom: Format = {
  limit: { requests: 18, perMs: 60_000 },
  request: (alert, { webhook, url }) => {
    const text = chatText(alert, webhook)
    const content = fitParts({
      parts: text.parts,
      render: parts => [webhook.prefix, plainLines({ ...text, parts }, disarm)].filter(Boolean).join(' '),
      measure: utf8Bytes,
      limit: contentLimitBytes,
    })
    return {
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ msgtype: 'text', text: { content, mentioned_list: [], mentioned_mobile_list: [] } }),
    }
  },
  outcome: (answer, now): Outcome => outcomeOfErrcode(answer, now, judge),
}

function judge(code: number, why: string): Outcome {
  if (code === 45009) return { kind: 'retry', why, afterMs: 60_000 } // 20 a minute are used up
  if (code === -1) return { kind: 'retry', why } // busy
  return { kind: 'give-up', why }
}
