import { keepNewest } from '../../keep-newest.ts'
import type { Log } from '../../log.ts'
import type { Messages } from '../../text/messages/catalogues.ts'
import type { Alert } from '../../types.ts'
import { retryDelayMs } from '../http/backoff.ts'
import { excerpt, parseRetryAfter } from '../http/outcome.ts'
import type { ApiRequest, ApiServer } from './api-server.ts'
import { type ConditionType, conditionTypes, createConditions } from './conditions.ts'
import { eventsOf, type KubernetesEvent } from './events.ts'

/** Writes Node conditions and Events, in a queue of its own that no other webhook waits for. */
export interface KubernetesWriter {
  readonly accept: (alert: Alert) => void
  readonly start: () => void
  readonly state: () => {
    readonly pending: number
    readonly delivered: number
    readonly failed: number
    readonly givenUp: number
    readonly lastError: string | null
  }
  readonly stop: () => void
}

interface KubernetesWriterOptions {
  readonly api: ApiServer
  /** The Node's name in Kubernetes. */
  readonly nodeName: string
  readonly texts: Messages
  readonly log: Log
  readonly now: () => number
  readonly random: () => number
  /** What became of each request; for metrics. */
  readonly onOutcome?: (kind: 'delivered' | 'retry' | 'give-up', why: string) => void
}

/** As node-problem-detector refreshes its conditions (--k8s-exporter-heartbeat-period, 5m). */
const refreshMs = 5 * 60_000
/** After a start conditions wait for what still fires: a restart must not clear a condition for a moment. */
const settleMs = 30_000
/** The API server keeps an Event for an hour (--event-ttl): an older one would be deleted at once. */
const longestEventMs = 60 * 60_000
const mostEvents = 200
/** A missing permission is granted by a person, so frequent retries are useless. */
const deniedMs = 5 * 60_000

interface QueuedEvent {
  readonly event: KubernetesEvent
  readonly queuedAt: number
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share what the API server was last sent
export function createKubernetesWriter(options: KubernetesWriterOptions): KubernetesWriter {
  const { api, nodeName, log, now, random } = options
  const t = options.texts.kubernetes
  const conditions = createConditions(options.texts)
  const nodePath = `/api/v1/nodes/${encodeURIComponent(nodeName)}`
  /** Status of each condition as the API server has it; null until the Node was read. */
  let written: Map<ConditionType, string> | null = null
  let events: QueuedEvent[] = []
  const counts = new Map<string, number>()
  let isDirty = false
  let refreshAt = Number.POSITIVE_INFINITY
  let conditionsNotBefore = 0
  let failures = 0
  let delivered = 0
  let failed = 0
  let givenUp = 0
  let lastError: string | null = null
  let timer: NodeJS.Timeout | null = null
  let isRunning = false
  let isStopped = true

  const accept = (alert: Alert): void => {
    if (conditions.take(alert)) isDirty = true
    for (const event of eventsOf(alert)) {
      events = events.filter(queued => queued.event.metadata.name !== event.metadata.name)
      events.push({ event, queuedAt: now() })
    }
    if (events.length > mostEvents) {
      givenUp += events.length - mostEvents
      events = events.slice(-mostEvents)
    }
    if (failures === 0) schedule(0)
  }

  const schedule = (waitMs: number): void => {
    if (isStopped || isRunning) return
    if (timer) clearTimeout(timer)
    timer = setTimeout(() => void work(), waitMs).unref()
  }

  const work = async (): Promise<void> => {
    isRunning = true
    const waitMs = await step()
    isRunning = false
    if (waitMs !== null) schedule(waitMs)
  }

  /** Sends due requests and returns the time until the next step. */
  const step = async (): Promise<number | null> => {
    if ((isDirty || now() >= refreshAt) && now() >= conditionsNotBefore) {
      const result = await writeConditions()
      // Events are written even if conditions are refused.
      if (result.kind === 'give-up' || (result.kind === 'retry' && result.isDenied))
        conditionsNotBefore = now() + deniedMs
      return result.kind === 'retry' && result.isDenied ? after({ ...result, kind: 'give-up' }) : after(result)
    }
    dropOld()
    const [queued] = events
    if (queued) return after(await writeEvent(queued))
    return Math.max(0, (isDirty ? conditionsNotBefore : Math.max(refreshAt, conditionsNotBefore)) - now())
  }

  const dropOld = (): void => {
    const fresh = events.filter(({ queuedAt }) => now() - queuedAt <= longestEventMs)
    givenUp += events.length - fresh.length
    events = fresh
  }

  const writeConditions = async (): Promise<Result> => {
    if (!written) {
      const read = await send({ method: 'GET', path: nodePath })
      if (read.kind !== 'done') return read
      written = conditionsIn(read.body)
    }
    const wanted = conditions.desired()
    const at = isoSeconds(now())
    isDirty = false
    const result = await send({
      method: 'PATCH',
      path: `${nodePath}/status`,
      contentType: 'application/strategic-merge-patch+json',
      body: JSON.stringify({
        status: {
          conditions: wanted.map(condition => ({
            ...condition,
            lastHeartbeatTime: at,
            // Kept where the status stays: the patch merges by type.
            ...(written!.get(condition.type) !== condition.status && { lastTransitionTime: at }),
          })),
        },
      }),
    })
    if (result.kind === 'done') {
      for (const { type, status } of wanted) written.set(type, status)
      refreshAt = now() + refreshMs
    } else isDirty = true
    return result
  }

  const writeEvent = async (queued: QueuedEvent): Promise<Result> => {
    const { event } = queued
    const { name, namespace } = event.metadata
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`
    const count = counts.get(name) ?? 0
    let result: Result = count > 0 ? await patchEvent(event, path, count + 1) : await createEvent(event, path)
    // Gone after its hour; or there already, written before a restart.
    if (count > 0 && result.kind === 'give-up' && result.status === 404) result = await createEvent(event, path)
    else if (count === 0 && result.kind === 'retry' && result.status === 409) result = await patchEvent(event, path, 2)
    if (result.kind === 'retry') return result
    events = events.filter(other => other !== queued)
    if (result.kind === 'give-up') givenUp++
    else keepNewest(counts, name, count + 1, mostEvents)
    return result
  }

  const createEvent = (event: KubernetesEvent, path: string): Promise<Result> =>
    send({ method: 'POST', path, body: JSON.stringify(event) })

  const patchEvent = ({ metadata, message, lastTimestamp }: KubernetesEvent, path: string, count: number) =>
    send({
      method: 'PATCH',
      path: `${path}/${metadata.name}`,
      contentType: 'application/merge-patch+json',
      body: JSON.stringify({ message, lastTimestamp, count }),
    })

  const send = async (request: ApiRequest): Promise<Result> => judge(await api.send(request), now())

  /** Counts, logs, and says when to go on. */
  const after = (result: Result): number => {
    options.onOutcome?.(result.kind === 'done' ? 'delivered' : result.kind, result.kind === 'done' ? '' : result.why)
    if (result.kind === 'done') {
      if (failures > 0) log.info({}, t.accepted)
      delivered++
      failures = 0
      lastError = null
      return 0
    }
    failed++
    lastError = result.why
    if (result.kind === 'give-up') {
      log.error({ why: result.why }, t.refused)
      return 0
    }
    failures++
    if (failures === 1) log.warn({ why: result.why }, t.notAccepted)
    const waitMs = retryDelayMs({ failures, random: random(), ...(result.afterMs && { retryAfterMs: result.afterMs }) })
    return result.isDenied ? Math.max(deniedMs, waitMs) : waitMs
  }

  return {
    accept,
    start: () => {
      isStopped = false
      refreshAt = now() + settleMs
      schedule(0)
    },
    state: () => ({ pending: events.length + (isDirty ? 1 : 0), delivered, failed, givenUp, lastError }),
    stop: () => {
      isStopped = true
      if (timer) clearTimeout(timer)
    },
  }
}

/** Takes oomloop's conditions off the Node: before an uninstall. Returns what is wrong, or null. */
export async function removeConditions(api: ApiServer, nodeName: string): Promise<string | null> {
  const answer = await api.send({
    method: 'PATCH',
    path: `/api/v1/nodes/${encodeURIComponent(nodeName)}/status`,
    contentType: 'application/strategic-merge-patch+json',
    body: JSON.stringify({ status: { conditions: conditionTypes.map(type => ({ $patch: 'delete', type })) } }),
  })
  const result = judge(answer, 0)
  return result.kind === 'done' ? null : result.why
}

type Result =
  | { readonly kind: 'done'; readonly body: string }
  | {
      readonly kind: 'retry'
      readonly why: string
      readonly status: number
      readonly afterMs?: number
      readonly isDenied: boolean
    }
  | { readonly kind: 'give-up'; readonly why: string; readonly status: number }

/**
 * The API server's answers: 401 while a token rotates, 403 until the right is granted, 409 on a conflict, 429 with
 * Retry-After from API Priority and Fairness. 404 and 422 will never be accepted (a namespace that is gone).
 */
function judge(answer: Awaited<ReturnType<ApiServer['send']>>, now: number): Result {
  if ('error' in answer) return { kind: 'retry', why: answer.error, status: 0, isDenied: false }
  const { status, body, headers } = answer
  if (status >= 200 && status < 300) return { kind: 'done', body }
  const why = `${status}: ${excerpt(messageIn(body))}`
  if (status === 404 || status === 422 || status === 400 || status === 413) return { kind: 'give-up', why, status }
  const afterMs = parseRetryAfter(headers['retry-after'], now)
  return { kind: 'retry', why, status, ...(afterMs !== undefined && { afterMs }), isDenied: status === 403 }
}

/** The `message` of a metav1.Status, or the text itself. */
function messageIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    return typeof message === 'string' ? message : body
  } catch {
    return body
  }
}

function conditionsIn(body: string): Map<ConditionType, string> {
  try {
    const { status } = JSON.parse(body) as { status?: { conditions?: readonly { type: string; status: string }[] } }
    const ours = (status?.conditions ?? []).filter(({ type }) => (conditionTypes as readonly string[]).includes(type))
    return new Map(ours.map(({ type, status: value }) => [type as ConditionType, value]))
  } catch {
    return new Map()
  }
}

function isoSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
