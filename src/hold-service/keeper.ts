import { isHoldable } from '../hold/allow-list.ts'
import { isAtLevel, levelAt, levelsOf, raiseEveryMs, savedKiB } from '../hold/level.ts'
import type { HoldAnswer, HoldRefusal } from '../hold/protocol.ts'
import type { SavedOriginal } from '../hold/saved-originals.ts'
import type { HeldCgroup, ReleasedCgroup, ReleaseReason } from '../types.ts'
import type { CgroupTree } from './cgroup-tree.ts'
import type { OriginalsFile } from './originals-file.ts'
import type { ProcessesOfCgroup } from './processes.ts'
import { restore, throttledUs, useKiB } from './restore.ts'

export interface Keeper {
  /** Restores what an earlier process left. Called first. */
  readonly begin: (now: number) => Promise<void>
  readonly hold: (wanted: Wanted, now: number) => Promise<HoldRefusal | null>
  /** The agent lives. */
  readonly renew: (now: number) => void
  readonly release: (cgroup: string, why: ReleaseReason, now: number) => void
  readonly releaseAll: (why: ReleaseReason, now: number) => void
  /** Raises levels, and releases what is due. Several times a second. */
  readonly tick: (now: number) => void
  readonly state: () => Omit<HoldAnswer, 'refused'>
  /** Resolves when the file of originals says what is held. */
  readonly settled: () => Promise<void>
}

interface Wanted {
  readonly cgroup: string
  readonly growthKiBPerSecond: number
}

interface KeeperOptions {
  readonly tree: CgroupTree
  readonly originals: OriginalsFile
  readonly processes: ProcessesOfCgroup
  readonly bootId: string | null
  /** Maximum time of a hold, and the time after it in which the container is not held again. */
  readonly limitMs: number
  readonly onRelease: (released: ReleasedCgroup) => void
}

/** Maximum number of containers that are held at once. */
export const mostHeld = 4
/**
 * Everything is released after this time without a request of the agent. A stalled node delays the agent by seconds.
 */
export const leaseMs = 30_000
const keptReleases = 16

interface Held extends SavedOriginal {
  /** false: its original is on its way to the disk, and nothing was written yet. */
  isWritten: boolean
  raises: number
  raisedAt: number
  readonly throttledFromUs: number
}

interface State extends KeeperOptions {
  readonly held: Map<string, Held>
  readonly resting: Map<string, number>
  readonly released: ReleasedCgroup[]
  renewedAt: number
  saving: Promise<void>
}

/** Holds containers and releases them: the rules of `oomloop hold`, by a clock that it is given. */
export function createKeeper(options: KeeperOptions): Keeper {
  const state: State = {
    ...options,
    held: new Map(),
    resting: new Map(),
    released: [],
    renewedAt: Number.NEGATIVE_INFINITY,
    saving: Promise.resolve(),
  }
  const { held } = state
  return {
    begin: now => begin(state, now),
    hold: (wanted, now) => {
      state.renewedAt = now
      return hold(state, wanted, now)
    },
    renew: now => {
      state.renewedAt = now
    },
    release: (cgroup, why, now) => release(state, cgroup, { why, now }),
    releaseAll: (why, now) => {
      for (const cgroup of [...held.keys()]) release(state, cgroup, { why, now })
    },
    tick: now => tick(state, now),
    state: () => ({
      held: [...held.values()].filter(({ isWritten }) => isWritten).map(it => reportOf(state.tree, it)),
      released: [...state.released],
    }),
    settled: () => state.saving,
  }
}

/** Restores what an earlier process left. */
async function begin(state: State, now: number): Promise<void> {
  const left = state.originals.read()
  for (const [cgroup, until] of Object.entries(left.resting)) state.resting.set(cgroup, until)
  for (const it of left.held) note(state, it, { why: restore(state.tree, it, 'predecessor'), now })
  if (left.held.length > 0) await save(state).catch(() => {}) // restored; a file that still lists them does no harm
}

function save(state: State): Promise<void> {
  const held = [...state.held.values()].map(
    ({ isWritten: _isWritten, raises: _raises, raisedAt: _raisedAt, throttledFromUs: _throttledFromUs, ...each }) =>
      each,
  )
  const { bootId, resting, originals } = state
  const written = originals.write({ bootId, held, resting: Object.fromEntries(resting) })
  state.saving = written.catch(() => {}) // the request that caused it handles the error
  return written
}

async function hold(state: State, wanted: Wanted, now: number): Promise<HoldRefusal | null> {
  const { cgroup } = wanted
  const { held, tree } = state
  if (held.has(cgroup)) return null
  const next = refusalOf(state, cgroup, now) ?? prepared(state, wanted, now)
  if (typeof next === 'string') return next
  held.set(cgroup, next)
  try {
    await save(state)
  } catch {
    if (held.get(cgroup) === next) held.delete(cgroup)
    return 'cannot-save'
  }
  // Released, or asked to stop, while the disk was writing.
  if (held.get(cgroup) !== next) return null
  next.isWritten = true
  try {
    tree.writeHigh(cgroup, next.inode, String(levelAt(next.levels, 0)))
    return null
  } catch {
    release(state, cgroup, { why: 'refused', now })
    return 'cannot-write'
  }
}

function refusalOf({ held, resting, processes }: State, cgroup: string, now: number): HoldRefusal | null {
  if (!isHoldable(cgroup)) return 'not-allowed'
  if (held.size >= mostHeld) return 'too-many'
  if ((resting.get(cgroup) ?? 0) > now) return 'resting'
  if (processes.isOfNode(cgroup)) return 'node-critical'
  return processes.isTerminating(cgroup) ? 'terminating' : null
}

function prepared({ tree, limitMs }: State, { cgroup, growthKiBPerSecond }: Wanted, now: number): Held | HoldRefusal {
  const inode = tree.inode(cgroup)
  const original = tree.read(cgroup, 'memory.high')
  const currentBytes = Number(tree.read(cgroup, 'memory.current') ?? Number.NaN)
  if (inode === undefined || original === undefined || !Number.isFinite(currentBytes)) return 'no-cgroup'
  const levels = levelsOf({ currentBytes, growthKiBPerSecond, limitMs })
  for (const own of [original, tree.read(cgroup, 'memory.max')])
    if (own !== undefined && own !== 'max' && Number(own) <= levelAt(levels, levels.steps)) return 'own-limit'
  return {
    cgroup,
    inode,
    original,
    levels,
    since: now,
    startKiB: Math.round(currentBytes / 1024),
    growthKiBPerSecond,
    isWritten: false,
    raises: 0,
    raisedAt: now,
    throttledFromUs: throttledUs(tree, cgroup),
  }
}

interface Release {
  readonly why: ReleaseReason
  readonly now: number
}

function release(state: State, cgroup: string, { why, now }: Release): void {
  const it = state.held.get(cgroup)
  if (!it) return
  state.held.delete(cgroup)
  note(state, it, { why: it.isWritten ? restore(state.tree, it, why) : why, now })
  if (why === 'time-limit') state.resting.set(cgroup, now + state.limitMs)
  void save(state).catch(() => {}) // it is restored; a file that still lists it does no harm
}

function note({ tree, released, onRelease }: State, it: SavedOriginal, { why, now }: Release): void {
  const { cgroup, since, startKiB, growthKiBPerSecond } = it
  const seconds = Math.max(0, now - since) / 1000
  const saved = why === 'gone' ? 0 : savedKiB({ seconds, growthKiBPerSecond, grewKiB: useKiB(tree, it) - startKiB })
  const end = { cgroup, since, at: now, why, savedKiB: saved }
  released.push(end)
  if (released.length > keptReleases) released.shift()
  onRelease(end)
}

function tick(state: State, now: number): void {
  const { held, resting } = state
  for (const [cgroup, until] of resting) if (until <= now) resting.delete(cgroup)
  for (const it of held.values()) {
    const why = dueFor(state, it, now)
    if (why) release(state, it.cgroup, { why, now })
    else if (it.isWritten && now - it.raisedAt >= raiseEveryMs) raise(state, it, now)
  }
}

function dueFor({ limitMs, renewedAt, tree, processes }: State, it: Held, now: number): ReleaseReason | null {
  // A clock change must not extend a hold beyond the limit.
  if (now < it.since || now - it.since >= limitMs) return 'time-limit'
  if (now - renewedAt >= leaseMs || renewedAt > now) return 'agent-gone'
  if (tree.inode(it.cgroup) !== it.inode) return 'gone'
  if (it.isWritten && tree.read(it.cgroup, 'memory.high') !== String(levelAt(it.levels, it.raises))) return 'changed'
  return processes.isTerminating(it.cgroup) ? 'terminating' : null
}

function raise(state: State, it: Held, now: number): void {
  const { tree } = state
  it.raisedAt = now
  if (!isAtLevel(it.levels, it.raises, useKiB(tree, it) * 1024)) return
  it.raises++
  try {
    tree.writeHigh(it.cgroup, it.inode, String(levelAt(it.levels, it.raises)))
  } catch {
    release(state, it.cgroup, { why: 'refused', now })
  }
}

function reportOf(tree: CgroupTree, it: Held): HeldCgroup {
  const { cgroup, since, startKiB, growthKiBPerSecond } = it
  return {
    cgroup,
    since,
    levelKiB: levelAt(it.levels, it.raises) / 1024,
    startKiB,
    currentKiB: useKiB(tree, it),
    growthKiBPerSecond,
    throttledUs: Math.max(0, throttledUs(tree, cgroup) - it.throttledFromUs),
  }
}
