import { areaRadial } from 'd3-shape'
import { cut, type Html, html } from '../../text/html.ts'
import type { Messages } from '../../text/messages/catalogues.ts'
import { sizeText } from '../../text/messages/format.ts'
import type { LoopStats } from '../incident/incident-stats.ts'
import { freesNothingKiB } from '../incident/incident-stats.ts'

/**
 * A loop as a ring, clockwise from the top: killed, not running (dashed), restarted, and filling memory (a wedge that
 * grows) until it is killed again. The share of the ring is the share of the time.
 */
export function loopDrawing(one: LoopStats, options: { id: string; messages: Messages }): Html {
  const { loop, label, kills } = one
  const { id, messages } = options
  const t = messages.page.loop
  const { duration } = messages.units
  const period = loop.medianPeriodSeconds
  const lived = loop.lastLifetimeSeconds
  const gap = period === null || lived === null ? null : Math.max(0, period - lived)
  // If the time between kill and restart is unknown, the gap is an eighth of the ring. A very short gap has a minimum
  // size.
  const share = gap === null || period === null || period === 0 ? 0.125 : Math.min(0.6, Math.max(0.04, gap / period))
  const pids = loop.pids.slice(-6)
  const endless = loop.yieldKiB !== null && loop.yieldKiB <= freesNothingKiB
  return html`<article class="loop" aria-labelledby="${id}-h"><svg viewBox="-120 -120 240 240" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${cut(label, 100)}</title><desc id="${id}-d">${t.drawing({ label: cut(label, 100), kills, period: period === null ? '?' : duration(period) })}</desc>
<path class="gap" d="${arcPath(0.03, share)}"/><path class="fill" d="${wedge(share)}"/>
<circle class="birth" cx="${at(share, 92)[0]}" cy="${at(share, 92)[1]}" r="6"/><path class="death" d="M-8 -100l16 16m0 -16l-16 16"/>
<text class="big" y="2">${kills}</text><text class="under" y="24">${period === null ? t.kills({ count: kills }) : t.every({ kills, period: duration(period) })}</text></svg>
<div><h3 id="${id}-h">${cut(label, 120)}</h3><ol>
<li><i class="step death"></i><b>${t.killed}</b> <span>${loop.regainedKiB !== null && !one.isOwnLimit && t.regained({ size: sizeText(loop.regainedKiB) })}</span></li>
<li><i class="step birth"></i><b>${t.restarts}</b> <span>${gap !== null && t.restartsAfter({ duration: duration(gap) })}</span></li>
<li><i class="step fill"></i><b>${t.fills}</b> <span>${lived !== null && t.ran({ duration: duration(lived) })}</span></li></ol>
<p>${one.isOwnLimit ? t.ownLimit : effectText(loop.yieldKiB, t)} ${endless && !one.isOwnLimit && html`<strong>${t.endless}</strong>`}</p>
<p class="note">${t.certainty[loop.certainty]} ${t.proven({ respawns: loop.respawns, pids })}</p></div></article>`
}

function effectText(KiB: number | null, t: Messages['page']['loop']): string {
  if (KiB === null) return t.effectUnknown
  if (Math.abs(KiB) < 1024) return t.freesNothing
  return KiB < 0 ? t.losesMemory({ size: sizeText(-KiB) }) : t.frees({ size: sizeText(KiB) })
}

const radius = 92
const turn = 2 * Math.PI

/** A point of the ring: `share` 0 is the top, clockwise. */
function at(share: number, distance: number): readonly [number, number] {
  const angle = share * turn - Math.PI / 2
  return [round(Math.cos(angle) * distance), round(Math.sin(angle) * distance)]
}

function arcPath(from: number, to: number): string {
  const [x1, y1] = at(Math.min(from, to * 0.4), radius)
  const [x2, y2] = at(to, radius)
  return `M${x1} ${y1}A${radius} ${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${x2} ${y2}`
}

/** From the birth to the top again, the wider the fuller. */
function wedge(share: number): string {
  const steps = Array.from({ length: 61 }, (_, index) => index / 60)
  return (
    areaRadial<number>()
      .angle(step => (share + (0.985 - share) * step) * turn)
      .innerRadius(step => radius - 2 - 10 * step)
      .outerRadius(step => radius + 2 + 10 * step)
      .digits(1)(steps) ?? ''
  )
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
