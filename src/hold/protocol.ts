import type { HeldCgroup, ReleasedCgroup } from '../types.ts'
import { isHoldable } from './allow-list.ts'

/** What the agent or a person may ask of the hold process: one line each, nothing else is understood. */
export type HoldRequest =
  /** Hold a container that grew at this rate; renews the lease. */
  | { readonly do: 'hold'; readonly cgroup: string; readonly growthKiBPerSecond: number }
  /** The agent runs and still needs the holds. */
  | { readonly do: 'renew' }
  | { readonly do: 'release'; readonly cgroup: string; readonly why: AskedReason }
  | { readonly do: 'release-all' }
  | { readonly do: 'state' }

/** Why the agent asks for a release. */
export type AskedReason = 'headroom' | 'terminating' | 'asked'

/** Why a container is not held. */
export type HoldRefusal =
  | 'not-understood'
  /** It is no container below kubepods or machine.slice. */
  | 'not-allowed'
  /** The hierarchy is not cgroup v2, or the cgroup has no `memory.high`. */
  | 'no-cgroup'
  | 'too-many'
  /** It was released at the time limit not long ago. */
  | 'resting'
  /** It belongs to the node, by its oom_score_adj, or is oomloop's own. */
  | 'node-critical'
  /** Its own `memory.high` or `memory.max` is hit first. */
  | 'own-limit'
  | 'terminating'
  | 'cannot-save'
  | 'cannot-write'

/** The answer to every request: one line of JSON. */
export interface HoldAnswer {
  readonly refused: HoldRefusal | null
  readonly held: readonly HeldCgroup[]
  /** The latest, oldest first. */
  readonly released: readonly ReleasedCgroup[]
}

/** A longer line is no request. */
export const longestRequest = 4200
/** No container grows faster. */
const fastestKiBPerSecond = 64 * 1024 * 1024

/**
 * Reads a line that a client sent; undefined where it is no request.
 *
 *     hold 512 /kubepods.slice/…/cri-containerd-4f….scope
 */
export function parseRequest(line: string): HoldRequest | undefined {
  if (line === 'renew' || line === 'state') return { do: line }
  if (line === 'release all') return { do: 'release-all' }
  const [, growth, wanted] = /^hold (\d{1,8}) (\S+)$/.exec(line) ?? []
  if (wanted !== undefined) {
    const growthKiBPerSecond = Number(growth)
    if (growthKiBPerSecond === 0 || growthKiBPerSecond > fastestKiBPerSecond) return undefined
    return { do: 'hold', cgroup: wanted, growthKiBPerSecond }
  }
  const [, why, cgroup] = /^release (headroom|terminating|asked) (\S+)$/.exec(line) ?? []
  return cgroup === undefined ? undefined : { do: 'release', cgroup, why: why as AskedReason }
}

export function requestLine(request: HoldRequest): string {
  switch (request.do) {
    case 'hold':
      return ['hold', Math.max(1, Math.round(request.growthKiBPerSecond)), request.cgroup].join(' ')
    case 'release':
      return ['release', request.why, request.cgroup].join(' ')
    case 'release-all':
      return 'release all'
    case 'renew':
    case 'state':
      return request.do
  }
}

/** Reads an answer of the hold process; undefined where it is none: the other side of the socket may be any program. */
export function parseAnswer(line: string): HoldAnswer | undefined {
  try {
    const { refused, held, released } = JSON.parse(line) as HoldAnswer
    if (refused !== null && typeof refused !== 'string') return undefined
    if (!Array.isArray(held) || !held.every(isHeld) || !Array.isArray(released) || !released.every(isReleased))
      return undefined
    return { refused, held, released }
  } catch {
    return undefined
  }
}

export function isHeld(value: unknown): value is HeldCgroup {
  return (
    isPlain(value) &&
    isHoldable(String(value.cgroup)) &&
    areCounts(value, 'since', 'levelKiB', 'startKiB', 'currentKiB', 'growthKiBPerSecond', 'throttledUs')
  )
}

export function isReleased(value: unknown): value is ReleasedCgroup {
  return (
    isPlain(value) &&
    isHoldable(String(value.cgroup)) &&
    typeof value.why === 'string' &&
    areCounts(value, 'since', 'at', 'savedKiB')
  )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function areCounts(value: Record<string, unknown>, ...keys: readonly string[]): boolean {
  return keys.every(key => {
    const count = value[key]
    return typeof count === 'number' && count >= 0 && count <= Number.MAX_SAFE_INTEGER
  })
}
