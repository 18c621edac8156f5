/** A constant that a judgement hangs on, with what decided it. */
interface Threshold {
  readonly value: number
  readonly why: string
  /** The captures that decided it: it is free to move until one of them is missed or called wrongly. */
  readonly decidedBy: string
}

/**
 * Every constant of headroom, stall and forecast. All are relative, so that they hold for other disks and sizes;
 * `npm run -s bench -- leadtime --sensitivity` moves each by 30 % and prints what breaks.
 */
const thresholdTable = {
  lowHeadroomRatio: {
    value: 0.15,
    why: 'with less than this share of its memory left a node drops what is in use; above it no stall counts',
    decidedBy: 'terminating-pod-grows (stalls at 13 %) from above; calm-own-limit-loop (thrashes at 28 %) from below',
  },
  scarceHeadroomRatio: {
    value: 0.1,
    why: 'almost nothing is left: from here on a stall counts in full, up to the low headroom less and less',
    decidedBy:
      'terminating-pod-grows (its pods, starting at 13 %, stall 6 s and are fine); daemonset-loop (lead) from below',
  },
  depletingHeadroomRatio: {
    value: 0.175,
    why: 'from here on headroom that shrinks for good is a warning; for a stall to count there has to be less',
    decidedBy:
      'growth-100iops, growth-3000iops, tmpfs (lead) from below; terminating-pod-grows, filebeat-loop (pods that start at 20 % shrink it for 15 and 19 s) from above',
  },
  primedHeadroomRatio: {
    value: 0.075,
    why: 'what a node may lack as its baseline: the founding node stood at 3 % left, and nodes that work at 92 % are many',
    decidedBy: 'no capture is long enough; the founding incident from below, batch-job-at-92-percent from above',
  },
  stallWindowMs: {
    value: 20_000,
    why: 'two lease renewals of kubelet: a stall that fills it has cost at least one',
    decidedBy: 'daemonset-loop (39 s from the first stall to NotReady)',
  },
  criticalStallMs: {
    value: 8_000,
    why: 'twice what a node lost that came through by itself',
    decidedBy: 'calm-bursts (3.8 s at its worst) from below; daemonset-loop and growth-100iops (lead) from above',
  },
  warningStallMs: {
    value: 6_000,
    why: 'some seconds ahead of critical, and half as much again as a node lost that came through by itself',
    decidedBy: 'calm-bursts (3.8 s at its worst)',
  },
  depletingStallMs: {
    value: 3_000,
    why: 'less of it is critical where headroom has shrunk for long besides: two signs that have nothing in common',
    decidedBy: 'growth-100iops, tmpfs (lead); calm-bursts never shows both',
  },
  fullTurnoverPerSecond: {
    value: 0.1,
    why: 'a tenth of the file cache read back each second: all of it in ten, so that tasks wait for nothing else',
    decidedBy: 'growth-3000iops, habit-95-rollout (13 to 20 %) from above; calm-bursts from below',
  },
  minTurnoverPerSecond: {
    value: 0.005,
    why: 'time lost on the disk is a stall on memory only where what was dropped is read back',
    decidedBy: 'none closely: crises show 2 % and more, page-cache churn 0.2 % and less',
  },
  reclaimWindowMs: {
    value: 10_000,
    why: 'kswapd works in bursts some seconds apart; what it drops is read back within this time',
    decidedBy: 'none closely: any from 5 to 15 s gives the same calls',
  },
  neededMemoryFullRatio: {
    value: 0.05,
    why: 'read back counts where tasks wait for it; a scan of files larger than memory reads back and no tasks wait',
    decidedBy: 'habit-95-rollout (7 %) from above; calm-page-cache-churn (3 %) from below',
  },
  neededDaemonFaultsPerSecond: {
    value: 2,
    why: 'or where kubelet and the runtime have to read their own code again',
    decidedBy: 'growth-100iops (5 a second at the start of its stall)',
  },
  recoveringRatio: {
    value: 0.02,
    why: 'pages read back into memory that has just come free, this share of all memory within ten seconds, are a recovery',
    decidedBy: 'calm-bursts (3.4 % are free again at once) from above; habit-95-rollout (0.6 % to and fro) from below',
  },
  emptySeconds: {
    value: 120,
    why: 'headroom that is gone by then is a matter of minutes, and what a person or a script can do takes one',
    decidedBy: 'growth-100iops, tmpfs (70 s left at 15 %) from above; none closely from below',
  },
  depletingMs: {
    value: 20_000,
    why: 'pods that start fill memory and stop: for 12 to 14 s that looks like a leak, part of it the memory of the slopes',
    decidedBy:
      'calm-bursts (12 s), terminating-pod-grows (14 s, at their start) from below; growth-100iops (lead) from above',
  },
  shortSlopeMs: {
    value: 15_000,
    why: 'shows at once that a growth has stopped',
    decidedBy: 'calm-bursts (a window of 20 s still sees its start)',
  },
  longSlopeMs: {
    value: 45_000,
    why: 'separates a trend from a burst; the slower of both slopes counts',
    decidedBy: 'calm-bursts (one every 35 s)',
  },
  starvedReadBack: {
    value: 1.2,
    why: 'kubelet reads back more than all of its file cache for each second in which it runs: its code is dropped before it is used',
    decidedBy:
      'live-page-cache-thrash (1 for 5 s at the most: its lease is renewed every 10 to 14 s) from below; growth-100iops, filebeat-loop (recall) from above',
  },
  starvedMs: {
    value: 7_000,
    why: 'most of the ten seconds from one renewal of the lease to the next: a shorter pause costs none',
    decidedBy: 'live-page-cache-thrash (3 s) from below; daemonset-loop, growth-100iops (lead) from above',
  },
  afterKillMs: {
    value: 10_000,
    why: 'a victim is gone and its successor started by then; what is left then is what the kill was worth',
    decidedBy: 'eviction-too-slow, filebeat-loop (back to little within 10 s)',
  },
} as const satisfies Record<string, Threshold>

export type ThresholdName = keyof typeof thresholdTable
export type Thresholds = Readonly<Record<ThresholdName, number>>

export const thresholdNames = Object.keys(thresholdTable) as readonly ThresholdName[]

export const defaultThresholds = Object.fromEntries(
  thresholdNames.map(name => [name, thresholdTable[name].value]),
) as Thresholds
