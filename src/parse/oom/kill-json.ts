import type { IsoTime, OomKill } from '../../types.ts'

/** An OOM kill in its published form. Sizes are the kernel's kB; null: the log does not say. */
export interface OomKillJson extends Omit<OomKill, 'at' | 'group' | 'estimated' | 'stampMs' | 'lines' | 'tasks'> {
  readonly at: IsoTime | null
  /** The host, where the log names it. */
  readonly node?: string
}

/** An OOM kill as published by `replay --kills`: the fields of schemas/oom-kill.schema.json, in their order. */
export function killAsJson(kill: OomKill, node?: string): OomKillJson {
  return {
    at: kill.at === null ? null : new Date(kill.at).toISOString(),
    pid: kill.pid,
    comm: kill.comm,
    scope: kill.scope,
    uid: kill.uid,
    totalVmKiB: kill.totalVmKiB,
    anonRssKiB: kill.anonRssKiB,
    fileRssKiB: kill.fileRssKiB,
    shmemRssKiB: kill.shmemRssKiB,
    pgtablesKiB: kill.pgtablesKiB,
    oomScoreAdj: kill.oomScoreAdj,
    score: kill.score,
    sacrificedFor: kill.sacrificedFor,
    invoker: kill.invoker,
    invokerPid: kill.invokerPid,
    order: kill.order,
    gfpMask: kill.gfpMask,
    taskMemcg: kill.taskMemcg,
    oomMemcg: kill.oomMemcg,
    limitKiB: kill.limitKiB,
    usageKiB: kill.usageKiB,
    containerId: kill.containerId,
    podUid: kill.podUid,
    event: kill.event,
    partial: kill.partial,
    ...(kill.foundBy !== undefined && { foundBy: kill.foundBy }),
    ...(node !== undefined && { node }),
  }
}
