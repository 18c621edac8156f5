import { excerpt, jsonBody, type Outcome, outcomeOfStatus } from '../outcome.ts'
import { dingtalkSignature } from '../signing.ts'
import { chatText, plainLines } from './chat-text.ts'
import { disarm, fitParts, utf8Bytes } from './fit.ts'
import type { Format } from './format.ts'

const limitBytes = 18_000

/** Posts a text message to a custom robot of DingTalk. The signature is part of the URL. */
export const dingtalk: Format = {
  // 20 a minute; one more and the robot is silent for ten minutes.
  limit: { requests: 18, perMs: 60_000 },
  request: (alert, { webhook, url, now }) => {
    const text = chatText(alert, webhook)
    const body = fitParts({
      parts: text.parts,
      render: parts => {
        const content = [webhook.prefix, plainLines({ ...text, parts }, disarm)].filter(Boolean).join(' ')
        return JSON.stringify({ msgtype: 'text', text: { content }, at: { atMobiles: [], isAtAll: false } })
      },
      measure: utf8Bytes,
      limit: limitBytes,
    })
    return { url: signed(url, webhook.secret, now), headers: { 'content-type': 'application/json' }, body }
  },
  outcome: (answer, now): Outcome => outcomeOfErrcode(answer, now, judge),
}

function signed(url: string, secret: string | undefined, now: number): string {
  if (!secret) return url
  const parsed = new URL(url)
  parsed.searchParams.set('timestamp', String(now))
  parsed.searchParams.set('sign', dingtalkSignature(now, secret))
  return parsed.href
}

function judge(code: number, why: string): Outcome {
  // Too fast: the robot is blocked for ten minutes, and asking earlier prolongs it.
  if (code === 130101) return { kind: 'retry', why, afterMs: 10 * 60_000 }
  if (code === -1) return { kind: 'retry', why }
  if (code === 310000)
    return { kind: 'give-up', why: `${why} (check secret, clock, keyword as prefix, and the allowed addresses)` }
  return { kind: 'give-up', why }
}

/** The answer that DingTalk and WeCom share: 200 with `errcode`, 0 is fine. Shared with WeCom's format. */
export function outcomeOfErrcode(
  answer: Parameters<Format['outcome']>[0],
  now: number,
  judgeCode: (code: number, why: string) => Outcome,
): Outcome {
  const byStatus = outcomeOfStatus(answer, now)
  if (byStatus.kind !== 'delivered') return byStatus
  const { errcode, errmsg } = jsonBody(answer)
  if (errcode === 0) return byStatus
  if (typeof errcode !== 'number') return { kind: 'retry', why: `no errcode in: ${excerpt(answer.body)}` }
  return judgeCode(errcode, `${errcode}: ${excerpt(String(errmsg ?? ''))}`)
}
