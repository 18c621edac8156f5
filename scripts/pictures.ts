/**
 * Draws the golden pictures of the chat messages: `node scripts/pictures.ts [DIR]` (default docs/pictures/messages). The
 * alert is the first critical one of a real node's capture; each picture is drawn from the JSON that would be posted.
 * Needs chromium and a Chinese font (Debian: chromium, fonts-wqy-microhei).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadFormat } from '../src/deliver/format/load-format.ts'
import { openReplaySource } from '../src/input/playback/replay.ts'
import { createPipeline } from '../src/pipeline.ts'
import { defaultCoreSettings } from '../src/settings/core-settings.ts'
import { locales } from '../src/text/messages/catalogues.ts'
import type { Alert, CoreSettings, FormatName, Locale, Observation, WebhookSettings } from '../src/types.ts'
import { launchChromium } from '../test/support/chromium.ts'
import { renderers } from './pictures/formats.ts'
import type { Json } from './pictures/page.ts'

const repository = resolve(import.meta.dirname, '..')
const capture = join(repository, 'fixtures/captures/filebeat-loop-kubepods-limit-100iops/capture.jsonl.gz')

/** The first critical alert about memory, as the node itself would have sent it. */
export async function exampleOf(locale: Locale): Promise<Alert> {
  const settings = { ...defaultCoreSettings, locale }
  const pipeline = createPipeline()
  for await (const observation of openReplaySource([capture], { settings }))
    for (const alert of pipeline.observe(shown(observation, settings)))
      if (alert.severity === 'critical' && alert.status === 'firing') return alert
  throw new Error(`${capture} has no critical alert`)
}

/** In the language of the picture, and with the name that a node would have. */
function shown(observation: Observation, settings: CoreSettings): Observation {
  if (observation.kind === 'settings') return { ...observation, settings }
  if (observation.kind !== 'host') return observation
  return {
    ...observation,
    host: { ...observation.host, name: 'worker-eu-7', hostname: 'worker-eu-7', labels: { cluster: 'prod' } },
  }
}

/** The message of one format, as it would be posted. */
export async function messageOf(format: FormatName, alert: Alert, locale: Locale): Promise<Json> {
  const webhook: WebhookSettings = {
    name: format,
    urls: ['http://127.0.0.1:9'],
    format,
    minSeverity: 'info',
    locale,
    timeZone: locale === 'zh-CN' ? 'Asia/Shanghai' : 'Europe/Berlin',
    timeoutMs: 1000,
    runbooks: 'https://wiki.example.com/oomloop',
    mentions: { critical: ['@all'] },
  }
  const { request } = await loadFormat(format)
  const { body } = request(alert, { webhook, url: webhook.urls[0]!, now: Date.parse(alert.at), notifiedSeverity: null })
  return JSON.parse(body) as Json
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(repository, 'docs/pictures/messages'))
  mkdirSync(folder, { recursive: true })
  const browser = await launchChromium()
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 1 })
  for (const locale of locales) {
    const alert = await exampleOf(locale)
    for (const [format, render] of Object.entries(renderers)) {
      const html = render(await messageOf(format as FormatName, alert, locale))
      await page.setContent(html)
      const path = join(folder, `${format}-${locale}.png`)
      writeFileSync(path, await page.screenshot({ fullPage: true }))
      console.log(path)
    }
  }
  await browser.close()
}
