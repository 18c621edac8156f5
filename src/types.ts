/*
 * The vocabulary. One concept has one word, here and in settings, docs and alerts.
 *
 * kernel record   one record of /dev/kmsg, or a line of a log file that holds one
 * OOM kill        one process that the kernel's OOM killer killed
 * OOM event       one decision of the kernel; everything that it kills is one event with several victims
 * scope           who ran out: the node (`global`), a cgroup's limit (`memcg`), `cpuset`, `mempolicy`, `sysrq`, `unknown`
 * node-level      the node itself ran out: scope `global`, a limit of the node's own (`/kubepods`, a reserved slice),
 *                 or `cpuset`/`mempolicy` where other workloads could have been chosen
 * own limit       scope `memcg` where the limit belongs to the workload itself
 * workload        what is restarted after a kill: survives a new pid, a new container ID and a new pod UID
 * generation      one life of a workload, from birth to death
 * cycle           a death, a birth after it, and the death of what was born
 * certainty       of a cycle: `seen`, `same-pod`, `name-only`
 * yield           memory available just before a cycle's second death, less that just before its first
 * regained        memory available 10 s after a kill, less that just before it
 * headroom        what can still be allocated before the kernel kills, and how fast it shrinks
 * stall           work that waits for memory
 * `primed`        at risk of an OOM loop: no kill yet, but headroom is usually small and the next victims would be restarted and free nothing
 * sign            one thing that this node shows, with the time since when
 * incident        all that belongs together on this node, from the first sign to recovery
 * observation     anything that enters the core
 *
 * Units end a name: Ms, Us, KiB, Ratio, Seconds. Every `at`, `since` is milliseconds since the epoch, unless it is an
 * ISO 8601 string in a published format (an alert, an OOM kill as JSON).
 */

export type * from './types/alert.ts'
export type * from './types/core.ts'
export type * from './types/delivery.ts'
export type * from './types/hold.ts'
export type * from './types/host.ts'
export type * from './types/identity.ts'
export type * from './types/input.ts'
export type * from './types/kill.ts'
export type * from './types/observation.ts'
export type * from './types/settings.ts'
