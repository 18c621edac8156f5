import type { Alert } from '../types.ts'
import { cut, type Html, html } from './html.ts'
import { secondsText, sizeText } from './quantities.ts'

/** A loop drawn as what it is: killed, respawned, grown, killed. `alert` must have a loop. */
export function loopDrawing(alert: Alert): Html {
  const { loop, workload } = alert
  if (loop === null) return html``
  const name = workload?.owner
    ? `${workload.owner.kind} ${workload.owner.name}`
    : (workload?.unit ?? workload?.comm ?? alert.subject)
  const gain = loop.yieldKiB === null ? 'what it yields is not known' : `one round yields ${sizeText(loop.yieldKiB)}`
  return html`<figure class="loop"><svg viewBox="0 0 420 230" role="img" aria-label="loop of ${cut(name, 60)}: ${loop.kills} kills, one every ${secondsText(loop.medianPeriodSeconds)}, ${gain}">
<path class="ring" d="M210 25a85 85 0 1 1 -.1 0"/><path class="arrow" d="M288 150l3-16 12 11zM132 150l-14-8 11-11zM202 18l16 7-16 7z"/>
<text class="loop-count" x="210" y="103" text-anchor="middle">${loop.kills} kills</text>
<text class="loop-name" x="210" y="124" text-anchor="middle">${cut(name, 24)}</text>
<text class="loop-name" x="210" y="142" text-anchor="middle">every ${secondsText(loop.medianPeriodSeconds)}</text>
<text x="305" y="60" class="loop-step">killed by the kernel</text><text x="305" y="76" class="key">${loop.regainedKiB === null ? '' : `regained ${sizeText(loop.regainedKiB)} for 10 s`}</text>
<text x="210" y="222" text-anchor="middle" class="loop-step">comes back</text>
<text x="115" y="60" text-anchor="end" class="loop-step">fills memory</text><text x="115" y="76" text-anchor="end" class="key">lived ${secondsText(loop.lastLifetimeSeconds)}</text>
</svg><figcaption>${cut(name, 80)}: ${gain}; ${loop.respawns} respawns, certainty ${loop.certainty}. ${loop.yieldKiB !== null && loop.yieldKiB < 10 * 1024 ? 'It does not end by itself.' : ''}</figcaption></figure>`
}
