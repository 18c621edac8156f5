import type { Chronicle } from './chronicle.ts'
import { cut, type Html, html } from './html.ts'
import type { PageWords } from './page-words.ts'
import { dayText, percentText, sizeText, timeText } from './quantities.ts'
import { thinned } from './samples.ts'
import { scrolling } from './table.ts'

const maxRows = 300

/** The timeline for those who cannot see it, or want its figures. */
export function timelineTables(chronicle: Chronicle, words: PageWords, view: readonly [number, number]): Html {
  const say = words.timeline
  return html`<details class="tables"><summary>${say.asTable}</summary>${killTable(chronicle, words)}${curveTable(chronicle, words, view)}<p class="note">${say.utc}</p></details>`
}

function killTable({ kills }: Chronicle, words: PageWords): Html {
  if (kills.length === 0) return html``
  const say = words.timeline
  const rows = kills
    .slice(0, maxRows)
    .map(
      kill =>
        html`<tr><td class="num">${shortTime(kill.at, kills[0]!.at)}</td><td>${cut(kill.label, 120)}</td><td><code>${cut(kill.comm, 40)}</code> ${kill.pid}</td><td class="num">${sizeText(kill.heldKiB)}</td><td>${kill.limit === null ? say.theNode : cut(kill.limit, 120)}</td></tr>`,
    )
  const more = kills.length - maxRows
  return html`<h3>${say.killTable}</h3>${scrolling(
    say.killTable,
    html`<table><thead><tr><th>${say.time}</th><th>${say.workload}</th><th>${say.process}</th><th class="num">${say.held}</th><th>${say.limit}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}${more > 0 && html`<p class="note">${say.leftOut(more)}</p>`}`
}

function curveTable({ samples }: Chronicle, words: PageWords, [from, until]: readonly [number, number]): Html {
  const inView = samples.filter(({ at }) => at >= from && at <= until)
  if (inView.length < 2) return html``
  const say = words.timeline
  const rows = thinned(inView, 30).map(
    sample =>
      html`<tr><td class="num">${shortTime(sample.at, from)}</td><td class="num">${sizeText(sample.availableKiB)}</td><td class="num">${sizeText(sample.headroomKiB)}</td><td class="num">${percentText(sample.memoryFull)}</td><td class="num">${percentText(sample.ioFull)}</td><td class="num">${sample.load1 ?? '?'}</td></tr>`,
  )
  return html`<h3>${say.curveTable}</h3>${scrolling(
    say.curveTable,
    html`<table><thead><tr><th>${say.time}</th><th class="num">${say.available}</th><th class="num">${say.headroom}</th><th class="num">${say.memoryFull}</th><th class="num">${say.ioFull}</th><th class="num">${say.load}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}`
}

function shortTime(at: number, first: number): string {
  const text = timeText(at).replace(' UTC', '')
  return dayText(at) === dayText(first) ? text.slice(11) : text
}
