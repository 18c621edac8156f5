import Handlebars from 'handlebars'
import type { Alert } from '../../types.ts'
import type { Format } from '../http/format.ts'
import { outcomeOfStatus } from '../http/outcome.ts'
import { standardWebhookHeaders } from '../http/signing.ts'

/**
 * Posts what a Handlebars template makes of the alert. Every text is escaped for the content type of the request before
 * the template sees it, so a name cannot break out of a JSON string, a form or a page; `{{json loop}}` gives any value
 * as JSON, `(eq status "firing")` compares. A template that does not make valid JSON of an alert is an error, and is not sent.
 */
export const template: Format = {
  request: (alert, { webhook, url, now }) => {
    const contentType = contentTypeOf(webhook.headers)
    const render = compiled(webhook.template ?? '{{json this}}')
    const body = render(escaped(alert, escapes[kindOf(contentType)]), {
      helpers: { json: jsonHelper, eq: (one: unknown, other: unknown) => one === other },
    })
    if (kindOf(contentType) === 'json') JSON.parse(body)
    return {
      url,
      headers: {
        'content-type': contentType,
        ...standardWebhookHeaders({ id: alert.id, body, secret: webhook.secret, now }),
      },
      body,
    }
  },
  outcome: outcomeOfStatus,
}

type Kind = 'json' | 'form' | 'markup' | 'text'

const escapes: Readonly<Record<Kind, (text: string) => string>> = {
  json: text => JSON.stringify(text).slice(1, -1),
  form: text => encodeURIComponent(text.toWellFormed()),
  markup: text => Handlebars.escapeExpression(text),
  text: text => text,
}

function contentTypeOf(headers: Readonly<Record<string, string>> | undefined): string {
  const found = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type')
  return found?.[1] ?? 'application/json'
}

function kindOf(contentType: string): Kind {
  if (/json/i.test(contentType)) return 'json'
  if (/form-urlencoded/i.test(contentType)) return 'form'
  return /xml|html/i.test(contentType) ? 'markup' : 'text'
}

/** Compiled once at start, because the compiler is slow and needs memory. Bounded by the number of webhooks. */
const cache = new Map<string, HandlebarsTemplateDelegate>()

function compiled(text: string): HandlebarsTemplateDelegate {
  const known = cache.get(text)
  if (known) return known
  const made = Handlebars.compile(text, { noEscape: true })
  cache.set(text, made)
  return made
}

/** What the escaped copy was made from, for the helper `json`. */
const origins = new WeakMap<object, object>()

function escaped(value: unknown, protect: (text: string) => string): unknown {
  if (typeof value === 'string') return protect(value)
  if (typeof value !== 'object' || value === null) return value
  const copy = Array.isArray(value)
    ? value.map(item => escaped(item, protect))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item, protect)]))
  origins.set(copy, value)
  return copy
}

/** The text is already escaped; only its quotes are missing. */
function jsonHelper(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (typeof value === 'object' && value !== null) return JSON.stringify(origins.get(value) ?? (value as Alert))
  return JSON.stringify(value ?? null)
}
