import type { Chronicle } from './chronicle.ts'
import { curves } from './curves.ts'
import type { Digest } from './digest.ts'
import { type Html, html } from './html.ts'
import { alertLane, lanes } from './lanes.ts'
import type { PageWords } from './page-words.ts'
import { type Guides, timeAxis } from './plot.ts'
import { timelineTables } from './timeline-tables.ts'

/** The timeline: memory, stall and load as curves, then a lane for each workload with its lives and deaths. */
export function timeline(chronicle: Chronicle, digest: Digest, words: PageWords): Html {
  const view = viewOf(chronicle, digest)
  if (!view) return html`<p>${words.timeline.untimed}</p>`
  const axis = timeAxis(...view)
  const alerts = chronicle.alerts.filter(alert => alert.type !== 'agent-impaired')
  const shown: Guides = {
    axis,
    band: bandOf(digest, chronicle, view),
    warnedAt: within(digest.warnedAt, view),
    notReadyAt: within(digest.notReadySince, view),
  }
  const rows = [
    ...curves({ chronicle, digest, guides: shown, words }),
    alertLane(alerts, shown, words),
    ...lanes(chronicle.lanes, shown, words),
  ].filter(row => row !== null)
  const ticks = axis.ticks.map(
    ({ x, text }, index) => html`<span class="${index % 2 === 1 && 'odd'}" style="left:${x / 10}%">${text}</span>`,
  )
  return html`<figure class="timeline">${rows}
<div class="row axis"><div class="row-label"><small>UTC</small></div><div class="plot ticks" aria-hidden="true">${ticks}</div></div>
${legend(chronicle, shown, words)}</figure>
${timelineTables(chronicle, words, view)}`
}

type View = readonly [from: number, until: number]

function within(at: number | null, [from, until]: View): number | null {
  return at !== null && at >= from && at <= until ? at : null
}

/** What is worth showing of a long watch: from some time before the first sign to some time after the last. */
function viewOf({ from, until, alerts, kills }: Chronicle, digest: Digest): View | null {
  if (from === null || until === null) return null
  const times = [
    ...alerts.flatMap(alert => [Date.parse(alert.startsAt), Date.parse(alert.at)]),
    ...kills.map(kill => kill.at),
  ]
  if (times.length === 0) return [from, until]
  const first = Math.max(
    from,
    times.reduce((a, b) => Math.min(a, b)),
  )
  const last = Math.min(
    until,
    digest.overAt ?? until,
    times.reduce((a, b) => Math.max(a, b)),
  )
  const room = Math.max(300_000, (last - first) * 0.25)
  return [Math.max(from, first - room), Math.max(first, Math.min(until, last + room))]
}

function bandOf(digest: Digest, { alerts }: Chronicle, [from, until]: View): Guides['band'] {
  const starts = alerts
    .filter(alert => alert.type !== 'agent-impaired')
    .map(alert => Date.parse(alert.startsAt))
    .concat(digest.firstKillAt ?? [])
  if (starts.length === 0) return null
  const start = starts.reduce((a, b) => Math.min(a, b))
  const end = digest.overAt ?? until
  return end <= from ? null : [Math.max(from, start), Math.min(until, end)]
}

function legend({ lanes: all, alerts }: Chronicle, shown: Guides, words: PageWords): Html {
  const say = words.timeline.legend
  const entries = [
    all.some(lane => lane.generations.length > 0) && html`<li><i class="swatch life"></i>${say.life}</li>`,
    all.some(lane => lane.kills.some(kill => kill.nodeLevel)) &&
      html`<li><i class="swatch kill"></i>${say.nodeKill}</li>`,
    all.some(lane => lane.kills.some(kill => !kill.nodeLevel)) &&
      html`<li><i class="swatch kill own"></i>${say.ownKill}</li>`,
    alerts.length > 0 && html`<li><i class="swatch band"></i>${say.incident}</li>`,
    shown.warnedAt !== null && html`<li><i class="swatch warned"></i>${words.timeline.warning}</li>`,
    shown.notReadyAt !== null && html`<li><i class="swatch not-ready"></i>${words.timeline.notReady}</li>`,
  ]
  return html`<figcaption><ul class="legend">${entries}</ul></figcaption>`
}
