import type { DeliveryMessages } from '../http/delivery-error.ts'
import type { Format } from '../http/format.ts'
import type { JudgeContext } from '../http/outcome.ts'
import { excerpt, jsonBody, type Outcome, outcomeOfStatus } from '../http/outcome.ts'
import { dingtalkSignature } from '../http/signing.ts'
import { brief, chatText } from './chat-text.ts'
import { inert, inertCommand, markdownLines } from './markdown-lines.ts'
import { everybody, mentionsOf } from './mentions.ts'
import { fitParts, utf8Bytes } from './truncate.ts'

const limitBytes = 18_000

/** Posts markdown to a custom robot of DingTalk. The signature is part of the URL. */
export const dingtalk: Format = {
  // 20 a minute. With one more, the robot is blocked for ten minutes.
  limit: { requests: 18, perMs: 60_000 },
  request: (alert, { webhook, url, now }) => {
    const text = brief(chatText(alert, webhook))
    const prefix = webhook.prefix ?? ''
    const names = mentionsOf(alert, webhook)
    // Mentions need both an @ in the text and an entry in `at`.
    const mentions = names.map(name => (name === everybody ? '@all' : `@${inert(name)}`)).join(' ')
    const people = names.filter(name => name !== everybody)
    const at = {
      atMobiles: people.filter(isMobile),
      atUserIds: people.filter(name => !isMobile(name)),
      isAtAll: names.includes(everybody),
    }
    const body = fitParts({
      parts: text.parts,
      render: parts => {
        // A line of its own needs an empty line before it.
        const lines = markdownLines(text, parts, { prefix, mentions, code: command => `> ${inertCommand(command)}` })
        const title = [prefix, text.title].filter(Boolean).join(' ').slice(0, 200)
        return JSON.stringify({ msgtype: 'markdown', markdown: { title, text: lines.join('\n\n') }, at })
      },
      measure: utf8Bytes,
      limit: limitBytes,
    })
    return { url: signed(url, webhook.secret, now), headers: { 'content-type': 'application/json' }, body }
  },
  outcome: (answer, context): Outcome => outcomeOfErrcode(answer, context, judge),
}

function isMobile(name: string): boolean {
  return /^\+?[\d-]{6,20}$/.test(name)
}

function signed(url: string, secret: string | undefined, now: number): string {
  if (!secret) return url
  const parsed = new URL(url)
  parsed.searchParams.set('timestamp', String(now))
  parsed.searchParams.set('sign', dingtalkSignature(now, secret))
  return parsed.href
}

function judge(code: number, why: string, t: DeliveryMessages): Outcome {
  // Too fast: the robot is blocked for ten minutes, and an earlier attempt prolongs this.
  if (code === 130101 || code === 410100) return { kind: 'retry', why, afterMs: 10 * 60_000 }
  // The limits of the open platform: per second, and in general.
  if (code === 90002 || code === 90018 || code === 88) return { kind: 'retry', why, afterMs: 60_000 }
  if (code === -1) return { kind: 'retry', why }
  if (/too fast|exceed.*(qps|limit)|频率|限流/i.test(why)) return { kind: 'retry', why, afterMs: 10 * 60_000 }
  if (code === 310000) return { kind: 'give-up', why: `${why} (${t.hints.dingtalk})` }
  return { kind: 'give-up', why }
}

/** The answer that DingTalk and WeCom share: 200 with `errcode`, 0 is success. */
export function outcomeOfErrcode(
  answer: Parameters<Format['outcome']>[0],
  context: JudgeContext,
  judgeCode: (code: number, why: string, t: DeliveryMessages) => Outcome,
): Outcome {
  const byStatus = outcomeOfStatus(answer, context)
  if (byStatus.kind !== 'delivered') return byStatus
  const { errcode, errmsg } = jsonBody(answer)
  if (errcode === 0) return byStatus
  if (typeof errcode !== 'number') return { kind: 'retry', why: `${context.t.noCode}: ${excerpt(answer.body)}` }
  return judgeCode(errcode, `${errcode}: ${excerpt(String(errmsg ?? ''))}`, context.t)
}
