import { Event } from 'kubernetes-models/v1/Event'
import { Node } from 'kubernetes-models/v1/Node'
import type { HttpAnswer } from '../../../src/deliver/http/outcome.ts'
import type { ApiRequest } from '../../../src/deliver/kubernetes/api-server.ts'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastHeartbeatTime: string
  readonly lastTransitionTime: string
}
type StoredEvent = ConstructorParameters<typeof Event>[0] & { metadata: { name: string; namespace: string } }

/**
 * The parts of the Kubernetes API server that oomloop writes to, in memory. It checks each request as the real one does:
 * verbs and paths that the role grants, content types, the published schemas, names, lengths, conflicts.
 */
export function createApiServerStub(nodeName = 'node-7') {
  const conditions = new Map<string, Condition>([
    [
      'Ready',
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: '',
        lastHeartbeatTime: '2026-11-28T00:00:00Z',
        lastTransitionTime: '2026-11-28T00:00:00Z',
      },
    ],
  ])
  const events = new Map<string, StoredEvent>()
  const requests: (ApiRequest & { readonly status: number })[] = []
  let answerInstead: ((request: ApiRequest) => HttpAnswer | undefined) | undefined

  const node = () => ({
    apiVersion: 'v1' as const,
    kind: 'Node' as const,
    metadata: { name: nodeName },
    status: { conditions: [...conditions.values()] },
  })

  const answer = (request: ApiRequest): HttpAnswer => {
    const { method, path, body, contentType } = request
    if (method === 'GET' && path === `/api/v1/nodes/${nodeName}`) return json(200, node())
    if (method === 'PATCH' && path === `/api/v1/nodes/${nodeName}/status`) {
      if (contentType !== 'application/strategic-merge-patch+json') return failure(415, 'unsupported patch type')
      return patchNode(JSON.parse(body!))
    }
    const inNamespace = /^\/api\/v1\/namespaces\/([a-z0-9-]+)\/events(?:\/([a-z0-9.-]+))?$/.exec(path)
    if (!inNamespace) return failure(403, `${method} ${path} is forbidden`)
    const [, namespace, name] = inNamespace
    if (method === 'POST' && !name) return createEvent(JSON.parse(body!), namespace!)
    if (method === 'PATCH' && name) {
      if (contentType !== 'application/merge-patch+json') return failure(415, 'unsupported patch type')
      return patchEvent(`${namespace}/${name}`, JSON.parse(body!))
    }
    return failure(403, `${method} ${path} is forbidden`)
  }

  /** Merges conditions by `type`, as the strategic merge patch of core/v1 does. */
  const patchNode = (patch: { status: { conditions: (Partial<Condition> & { type: string; $patch?: string })[] } }) => {
    for (const { $patch, ...condition } of patch.status.conditions) {
      if ($patch === 'delete') conditions.delete(condition.type)
      else conditions.set(condition.type, { ...conditions.get(condition.type), ...condition } as Condition)
    }
    return validated(() => new Node(node()).validate()) ?? json(200, node())
  }

  const createEvent = (event: StoredEvent, namespace: string): HttpAnswer => {
    const { name } = event.metadata
    if (event.metadata.namespace !== namespace) return failure(400, 'the namespace of the object does not match')
    // pkg/apis/core/validation/events.go: an Event about an object without a namespace belongs in `default`.
    const involved = (event.involvedObject as { namespace?: string }).namespace
    if (involved === undefined ? namespace !== 'default' : involved !== namespace)
      return failure(422, 'involvedObject.namespace: does not match event.namespace')
    if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) return failure(422, 'metadata.name is no DNS subdomain')
    if (Buffer.byteLength(event.message ?? '') > 1024) return failure(422, 'message can have at most 1024 bytes')
    const wrong = validated(() => new Event(event).validate())
    if (wrong) return wrong
    if (events.has(`${namespace}/${name}`)) return failure(409, `events "${name}" already exists`)
    events.set(`${namespace}/${name}`, event)
    return json(201, event)
  }

  const patchEvent = (key: string, patch: Partial<StoredEvent>): HttpAnswer => {
    const event = events.get(key)
    if (!event) return failure(404, 'events not found')
    events.set(key, { ...event, ...patch })
    return validated(() => new Event(events.get(key)!).validate()) ?? json(200, events.get(key)!)
  }

  return {
    conditions,
    events,
    requests,
    condition: (type: string) => conditions.get(type),
    eventsOn: (kind: string) => [...events.values()].filter(event => event.involvedObject.kind === kind),
    /** Answers in place of the server until it is taken off again with undefined. */
    instead: (other?: (request: ApiRequest) => HttpAnswer | undefined) => {
      answerInstead = other
    },
    handle: (request: ApiRequest): HttpAnswer => {
      const result = answerInstead?.(request) ?? answer(request)
      requests.push({ ...request, status: result.status })
      return result
    },
  }
}

export function failure(status: number, message: string, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Status', status: 'Failure', message, code: status })
  return { status, headers, body }
}

function json(status: number, body: object): HttpAnswer {
  return { status, headers: {}, body: JSON.stringify(body) }
}

/** 422 where an object does not fit the published schema. */
function validated(validate: () => void): HttpAnswer | undefined {
  try {
    validate()
    return undefined
  } catch (error) {
    return failure(422, (error as Error).message)
  }
}
