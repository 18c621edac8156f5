import { midNode, units } from './units.ts'

/** Loops that kubelet or a userspace OOM killer drives. */
export const endings = {
  killers: {
    'kubelet-eviction': 'kubelet evicted it for memory',
    'systemd-oomd': 'systemd-oomd killed it',
    earlyoom: 'earlyoom killed it',
    nohang: 'nohang killed it',
    oomd: 'oomd killed it',
    lmkd: 'lmkd killed it',
    talos: 'the OOM handler of Talos killed it',
    unknown: 'something other than the kernel stopped it',
  },
  loop: ({ workload, killer, deaths, periodSeconds, node }: EndedLoopFacts) => {
    const apart = periodSeconds === null ? '' : `, ${deaths > 2 ? 'about ' : ''}${units.duration(periodSeconds)} apart`
    return `${workload} is in a kill loop${node === undefined ? '' : ` on ${midNode(node)}`}: ${killer} ${deaths === 2 ? 'twice' : `${deaths} times`}${apart}.`
  },
  steps: {
    'kubelet-eviction': {
      inShort: 'Next step: raise its memory request, or move other pods off the node.',
      look: 'Check why kubelet evicted the pod: its message names the usage, the request and the threshold.',
      fix: 'Raise the memory request to what the pod uses, or give it a higher priority. Otherwise it is evicted again.',
    },
    'systemd-oomd': {
      inShort: 'Next step: check its memory and the oomd policy of its unit.',
      look: 'Check why systemd-oomd chose it: the log names the pressure and the limit.',
      fix: 'Find what drives the pressure. If the unit must survive, set ManagedOOMPreference=avoid for it.',
    },
    earlyoom: {
      inShort: 'Next step: find what uses up the memory, or exempt it in earlyoom.',
      look: 'Check why earlyoom chose it: the log names the free memory and the process.',
      fix: 'Find what uses up the memory. If the process must survive, name it in --avoid, or lower the threshold (-m).',
    },
    nohang: {
      inShort: 'Next step: find what uses up the memory, or exempt it in nohang.',
      look: 'Check why nohang chose it: the log names the memory and the badness.',
      fix: 'Find what uses up the memory. If the process must survive, lower its badness in nohang.conf.',
    },
    oomd: {
      inShort: 'Next step: check its memory and the rules of oomd.',
      look: 'Check which ruleset of oomd chose it.',
      fix: 'Find what uses up the memory. If the cgroup must survive, set the xattr user.oomd_avoid on it.',
    },
    lmkd: {
      inShort: 'Next step: find what uses up the memory.',
      look: 'Check which memory level made lmkd kill it.',
      fix: 'Find what uses up the memory.',
    },
    talos: {
      inShort: 'Next step: check its memory and the OOMConfig of Talos.',
      look: 'Check why Talos chose its cgroup: the log of the OOMController names it.',
      fix: 'Find what uses up the memory. If the cgroup must survive, change triggerExpression or cgroupRankingExpression in the OOMConfig.',
    },
    unknown: {
      inShort: 'Next step: find out what stops it.',
      look: 'Find out what stops it: a userspace OOM killer, an eviction, or the program itself.',
      fix: 'Find what uses up the memory. While the node is short of memory, this happens again.',
    },
  },
  guess: 'kubelet probably evicted it for memory',
  unverified: 'The log lines are not verified: any user can write them.',
}

/** Two kills have one interval. */
interface EndedLoopFacts {
  readonly workload: string
  readonly killer: string
  readonly deaths: number
  readonly periodSeconds: number | null
  /** null: a node without a name; undefined: left out. */
  readonly node: string | null | undefined
}
