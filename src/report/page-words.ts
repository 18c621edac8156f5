import type { Locale } from '../types.ts'
import { chinesePageWords } from './page-words-zh.ts'

/** The fixed words of a page. What an alert says of itself comes with the alert, in the core's locale. */
export interface PageWords {
  readonly kindOfPage: string
  readonly heading: (kind: 'loop' | 'node' | 'own-limit' | 'strain' | 'quiet', node: string) => string
  readonly unnamed: string
  readonly severity: Readonly<Record<'info' | 'warning' | 'critical', string>>
  readonly over: string
  readonly skip: string
  readonly what: string
  readonly facts: {
    readonly kills: string
    readonly ofWorkloads: (count: number) => string
    readonly warned: string
    readonly beforeKill: string
    readonly lowest: string
    readonly stall: string
    readonly ofTheTime: string
    readonly lasted: string
    readonly incidents: (count: number) => string
  }
  readonly timeline: {
    readonly title: string
    readonly untimed: string
    readonly memory: string
    readonly ofTotal: (size: string) => string
    readonly available: string
    readonly headroom: string
    readonly stall: string
    readonly memoryFull: string
    readonly ioFull: string
    readonly load: string
    readonly alerts: string
    readonly warning: string
    readonly notReady: string
    readonly nameOnly: string
    readonly killsOf: (label: string, kills: number) => string
    readonly rest: (count: number) => string
    readonly least: (size: string, at: string) => string
    readonly most: (percent: string) => string
    readonly legend: {
      readonly life: string
      readonly nodeKill: string
      readonly ownKill: string
      readonly incident: string
    }
    readonly asTable: string
    readonly killTable: string
    readonly curveTable: string
    readonly leftOut: (count: number) => string
    readonly time: string
    readonly workload: string
    readonly process: string
    readonly held: string
    readonly limit: string
    readonly theNode: string
    readonly utc: string
  }
  readonly loop: {
    readonly title: string
    readonly kills: (count: number) => string
    readonly every: (period: string) => string
    readonly drawing: (label: string, kills: number, period: string) => string
    readonly killed: string
    readonly regained: (size: string) => string
    readonly back: string
    readonly backAfter: (time: string) => string
    readonly fills: string
    readonly lived: (time: string) => string
    readonly unknown: string
    readonly yields: (size: string) => string
    readonly yieldsLess: (size: string) => string
    readonly yieldsNothing: string
    readonly yieldUnknown: string
    readonly endless: string
    readonly ownLimit: string
    readonly respawns: (respawns: number, pids: string) => string
    readonly certainty: Readonly<Record<'seen' | 'same-pod' | 'name-only', string>>
    readonly more: (count: number) => string
  }
  readonly holders: {
    readonly title: string
    readonly at: (time: string) => string
    readonly most: string
    readonly grew: string
    readonly change: string
    readonly unowned: string
    readonly unownedParts: Readonly<Record<'slab' | 'pageTables' | 'hugepages' | 'shmem' | 'balloon' | 'rest', string>>
    readonly trigger: string
    readonly triggerTerminating: string
    readonly limit: string
  }
  readonly next: {
    readonly title: string
    readonly seenAt: (time: string) => string
    readonly score: string
    readonly comesBack: string
    readonly keeps: string
    readonly fate: string
    readonly killedAt: (time: string) => string
    readonly alive: string
    readonly yes: string
    readonly no: string
  }
  readonly diagnosis: {
    readonly title: string
    readonly none: string
    readonly evidence: string
    readonly remedy: string
  }
  readonly actions: { readonly title: string; readonly wasTitle: string; readonly expect: (size: string) => string }
  readonly alerts: {
    readonly title: string
    readonly none: string
    readonly what: string
    readonly about: string
    readonly said: string
    readonly leftOut: (count: number) => string
    readonly forecastKill: (range: string) => string
    readonly forecastNotReady: (range: string) => string
    readonly cameAfter: (time: string) => string
    readonly now: string
    readonly range: (soonest: string, latest: string) => string
  }
  readonly coverage: {
    readonly title: string
    readonly intro: string
    readonly stretch: string
    readonly counted: string
    readonly seen: string
    readonly attributed: string
    readonly lost: string
    readonly noCounter: string
    readonly sight: Readonly<Record<'host' | 'log', string>>
    readonly twice: (count: number) => string
    readonly notShown: (count: number) => string
  }
  readonly lines: {
    readonly title: string
    readonly show: (count: number) => string
    readonly leftOut: (count: number) => string
  }
  readonly madeBy: (version: string, files: string) => string
}

export function pageWords(locale: Locale): PageWords {
  return locale === 'zh-CN' ? chinesePageWords : english
}

const english: PageWords = {
  kindOfPage: 'incident report',
  heading: (kind, node) =>
    ({
      loop: `OOM respawn loop on ${node}`,
      node: `Out of memory on ${node}`,
      'own-limit': `OOM kills at own limits on ${node}`,
      strain: `Memory exhaustion on ${node}`,
      quiet: `A quiet stretch on ${node}`,
    })[kind],
  unnamed: 'a node',
  severity: { info: 'info', warning: 'warning', critical: 'critical' },
  over: 'over',
  skip: 'Skip to what happened',
  what: 'What happened',
  facts: {
    kills: 'OOM kills',
    ofWorkloads: count => (count === 1 ? 'of one workload' : `of ${count} workloads`),
    warned: 'Warned',
    beforeKill: 'before the first kill',
    lowest: 'Least headroom',
    stall: 'Stall at its worst',
    ofTheTime: 'of the time, all work waited',
    lasted: 'First to last kill',
    incidents: count => (count === 1 ? 'one incident' : `${count} incidents`),
  },
  timeline: {
    title: 'Timeline',
    untimed: 'Nothing in this log has a time, so there is no timeline.',
    memory: 'Memory',
    ofTotal: size => `of ${size}`,
    available: 'available',
    headroom: 'headroom',
    stall: 'Stall',
    memoryFull: 'memory full',
    ioFull: 'io full',
    load: 'Load',
    alerts: 'oomloop said',
    warning: 'first warning',
    notReady: 'NotReady presumed',
    nameOnly: 'by name only',
    killsOf: (label, kills) => `${label}: ${kills} OOM kill${kills === 1 ? '' : 's'}`,
    rest: count => `${count} further workloads`,
    least: (size, at) => `least: ${size} at ${at}`,
    most: percent => `most: ${percent}`,
    legend: {
      life: 'alive',
      nodeKill: 'killed, the node ran out',
      ownKill: 'killed at its own limit',
      incident: 'incident',
    },
    asTable: 'The same as tables',
    killTable: 'Every kill',
    curveTable: 'Memory and stall, the worst of each stretch',
    leftOut: count => `${count} more are left out here; oomloop replay --kills prints all.`,
    time: 'Time (UTC)',
    workload: 'Workload',
    process: 'Process',
    held: 'Held',
    limit: 'Whose limit',
    theNode: 'the node',
    utc: 'All times are UTC.',
  },
  loop: {
    title: 'The loop',
    kills: count => `${count} kills`,
    every: period => `one each ${period}`,
    drawing: (label, kills, period) =>
      `A ring: ${label} is killed, comes back, fills memory and is killed again; ${kills} kills, one each ${period}`,
    killed: 'Killed by the kernel',
    regained: size => `ten seconds later ${size} more was available than before`,
    back: 'Comes back',
    backAfter: time => `after ${time}`,
    fills: 'Fills memory again',
    lived: time => `lived ${time} the last time`,
    unknown: 'not known',
    yields: size => `A whole round yields ${size}.`,
    yieldsLess: size => `After a whole round ${size} less is available.`,
    yieldsNothing: 'A whole round yields nothing.',
    yieldUnknown: 'What a round yields is not known here.',
    endless: 'It does not end by itself.',
    ownLimit: 'It dies at its own limit: what the node has left makes no difference to it.',
    respawns: (respawns, pids) => `${respawns} respawn${respawns === 1 ? '' : 's'} proven; pids ${pids}`,
    certainty: {
      seen: 'The birth after each death was seen.',
      'same-pod': 'Told by another container of the same pod.',
      'name-only': 'Told by name alone: the log knows no more.',
    },
    more: count => `${count} further loops are in the list of alerts.`,
  },
  holders: {
    title: 'Who held the memory',
    at: time => `As it was at ${time}. The victim is rarely the culprit.`,
    most: 'Held most',
    grew: 'Grew most in ten minutes',
    change: 'Change',
    unowned: 'Held by no process',
    unownedParts: {
      slab: 'kernel objects (slab)',
      pageTables: 'page tables',
      hugepages: 'huge pages',
      shmem: 'tmpfs and shared memory',
      balloon: 'balloon',
      rest: 'unexplained',
    },
    trigger: 'Asked for the memory',
    triggerTerminating: 'its pod was terminating',
    limit: 'Limit that was hit',
  },
  next: {
    title: 'Who was next',
    seenAt: time => `The kernel's own order of choice at ${time}, and what became of them.`,
    score: 'Score',
    comesBack: 'Comes back',
    keeps: 'Node keeps',
    fate: 'Then',
    killedAt: time => `killed at ${time}`,
    alive: 'not killed in here',
    yes: 'yes',
    no: 'no',
  },
  diagnosis: { title: 'Diagnosis', none: 'No cause could be named.', evidence: 'Evidence', remedy: 'Remedy' },
  actions: {
    title: 'What to do, in this order',
    wasTitle: 'What there was to do while it went on',
    expect: size => `expect ${size}`,
  },
  alerts: {
    title: 'What oomloop said',
    none: 'Nothing was worth an alert.',
    what: 'Alert',
    about: 'About',
    said: 'In words',
    leftOut: count => `${count} more are left out here; oomloop replay --alerts prints all.`,
    forecastKill: range => `first kill ${range}`,
    forecastNotReady: range => `NotReady ${range}`,
    cameAfter: time => `the kill came after ${time}`,
    now: 'now',
    range: (soonest, latest) => `in ${soonest} to ${latest}`,
  },
  coverage: {
    title: 'Coverage',
    intro: 'What the kernel counted against what was seen: a figure that is missing here is missing in this page.',
    stretch: 'Watched',
    counted: 'Kernel counted',
    seen: 'Seen',
    attributed: 'Attributed',
    lost: 'Records lost',
    noCounter: 'no counter',
    sight: { host: 'the node', log: 'a log' },
    twice: count => `${count} kills stand in more than one of the files and are counted once.`,
    notShown: count => `${count} kills beyond the bound of this page are not in it.`,
  },
  lines: {
    title: "The kernel's own lines",
    show: count => `Show ${count} lines`,
    leftOut: count => `… ${count} lines are left out here …`,
  },
  madeBy: (version, files) => `Made by oomloop ${version} from ${files}. This page loads nothing and runs nothing.`,
}
