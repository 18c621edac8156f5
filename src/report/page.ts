import type { Locale } from '../types.ts'
import type { Chronicle } from './chronicle.ts'
import { type Digest, digest } from './digest.ts'
import { cut, type Html, html } from './html.ts'
import { loopDrawing } from './loop-drawing.ts'
import { pageStyle } from './page-style.ts'
import { type PageWords, pageWords } from './page-words.ts'
import { dayText, percentText, secondsText, sizeText, spanText } from './quantities.ts'
import {
  actionsSection,
  alertsSection,
  coverageSection,
  diagnosisSection,
  holdersSection,
  linesSection,
  nextSection,
  type SectionInput,
} from './sections.ts'
import { sentences } from './sentences.ts'
import { timeline } from './timeline.ts'

export interface PageOptions {
  readonly locale: Locale
  readonly version: string
  /** Names of the files that it is made from. */
  readonly files: readonly string[]
  /** What a person should know about what was read. */
  readonly notes: readonly string[]
}

/** An incident as one page that needs nothing but itself: no script, no font, no request. */
export function reportPage(chronicle: Chronicle, { locale, version, files, notes }: PageOptions): string {
  const words = pageWords(locale)
  const told = digest(chronicle)
  const input: SectionInput = { chronicle, digest: told, words, locale }
  const { name } = chronicle.host
  const heading = words.heading(headingOf(told), name === 'unknown' ? words.unnamed : cut(name, 60))
  const lines = linesSection(input)
  const holders = holdersSection(input)
  const next = nextSection(input)
  const loops = told.loops.slice(0, maxLoops)
  const page = html`<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark"><meta name="generator" content="oomloop ${version}"><link rel="icon" href="data:,">
<title>${heading}${chronicle.from !== null && `, ${dayText(told.firstKillAt ?? told.warnedAt ?? chronicle.from)}`}</title><style>${{ html: pageStyle }}</style></head>
<body><a class="skip" href="#what">${words.skip}</a>
<header><p class="brand"><b>oomloop</b> ${words.kindOfPage}</p><h1>${heading}</h1>${byline(chronicle, told, words)}</header>
<main>
<section id="what" class="what" aria-labelledby="what-h"><h2 id="what-h" class="quiet">${words.what}</h2><div class="lead">${sentences(told, chronicle, locale).map(sentence => html`<p>${sentence}</p>`)}</div>${facts(told, input)}</section>
${section('timeline', words.timeline.title, timeline(chronicle, told, words))}
${actionsSection(input)}
${loops.length > 0 && section('loop', words.loop.title, html`${loops.map((loop, index) => loopDrawing(loop, { id: `loop-${index}`, words, locale }))}${told.loops.length > maxLoops && html`<p class="note">${words.loop.more(told.loops.length - maxLoops)}</p>`}`)}
${holders && section('holders', words.holders.title, holders)}
${next && section('next', words.next.title, next)}
${told.kind !== 'quiet' && section('diagnosis', words.diagnosis.title, diagnosisSection(input))}
${section('alerts', words.alerts.title, alertsSection(input))}
${section('coverage', words.coverage.title, coverageSection(input))}
${lines && section('lines', words.lines.title, lines)}
</main>
<footer>${notes.length > 0 && html`<ul>${notes.map(note => html`<li>${cut(note, 300)}</li>`)}</ul>`}<p>${words.madeBy(version, files.map(file => cut(file, 80)).join(', '))}</p></footer>
</body></html>
`
  return page.html
}

const maxLoops = 6

function headingOf({ kind, loops }: Digest): Parameters<PageWords['heading']>[0] {
  return kind === 'node' && loops.some(loop => !loop.isOwnLimit) ? 'loop' : kind
}

function byline({ host, from, until }: Chronicle, { severity }: Digest, words: PageWords): Html {
  const known = (text: string) => text !== 'unknown' && html`<span>${cut(text, 120)}</span>`
  return html`<p class="byline">${severity && html`<span class="badge ${severity}">${words.severity[severity]}</span>`}${from !== null && until !== null && html`<span>${spanText(from, until)}</span>`}${host.memTotalKiB !== null && html`<span>${sizeText(host.memTotalKiB)}</span>`}${known(host.os)}${known(host.kernel)}${Object.entries(
    host.labels ?? {},
  )
    .slice(0, 8)
    .map(([key, value]) => html`<span>${cut(key, 40)}=${cut(value, 60)}</span>`)}</p>`
}

function section(id: string, title: string, content: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${title}</h2>${content}</section>`
}

/** The figures that are asked for first. */
function facts(told: Digest, { chronicle, words, locale }: SectionInput): Html {
  const { memTotalKiB } = chronicle.host
  const say = words.facts
  const { kills, leadSeconds, lowest, worstMemoryFull, worstIoFull, firstKillAt, lastKillAt } = told
  const stall = Math.max(worstMemoryFull ?? -1, worstIoFull ?? -1)
  const workloads = new Set(kills.map(kill => kill.workload)).size
  const tiles = [
    { name: say.kills, value: `${kills.length}`, more: kills.length === 0 ? '' : say.ofWorkloads(workloads) },
    leadSeconds !== null && { name: say.warned, value: secondsText(leadSeconds, locale), more: say.beforeKill },
    firstKillAt !== null &&
      lastKillAt! > firstKillAt && {
        name: say.lasted,
        value: secondsText((lastKillAt! - firstKillAt) / 1000, locale),
        more: say.incidents(told.incidents),
      },
    lowest && {
      name: say.lowest,
      value: sizeText(lowest.KiB),
      more: memTotalKiB === null ? '' : words.timeline.ofTotal(sizeText(memTotalKiB)),
    },
    stall >= 0 && { name: say.stall, value: percentText(stall), more: say.ofTheTime },
  ].filter(tile => tile !== false && tile !== null)
  return html`<dl class="facts">${tiles.map(({ name, value, more }) => html`<div><dt>${name}</dt><dd><b>${value}</b> <small>${more}</small></dd></div>`)}</dl>`
}
