import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { previousBootNotice } from '../../src/alert/previous-boot.ts'
import { inLocale } from '../../src/deliver/in-locale.ts'
import { loadSettings } from '../../src/settings/load.ts'
import type { Alert, CoreSettings } from '../../src/types.ts'
import { createNode, globalKill, type TestPod } from './node.ts'

const pod: TestPod = { n: 1, pod: 'web-6d4b75cb6d-kp9xz', qos: 'besteffort', rssKiB: 6000 * 1024 }

test('an alert carries its texts in every language that a webhook uses, each in that language alone', () => {
  const alert = alertIn({ locale: 'en', otherLocales: ['zh-CN'] })
  for (const text of textsOf(inLocale(alert, 'en'))) expect(text).not.toMatch(/[\u4e00-\u9fff]/)
  for (const text of textsOf(inLocale(alert, 'zh-CN'))) expect(text).toMatch(/[\u4e00-\u9fff]/)
  expect(inLocale(alert, 'zh-CN')).toMatchObject({ id: alert.id, severity: alert.severity, holders: alert.holders })
  expect(inLocale(alert, 'zh-CN')).not.toHaveProperty('translations')
})

test('the texts of a webhook with its own language are those of a node that speaks it', () => {
  const translated = inLocale(alertIn({ locale: 'en', otherLocales: ['zh-CN'] }), 'zh-CN')
  expect(textsOf(translated)).toEqual(textsOf(alertIn({ locale: 'zh-CN' })))
})

test('a forecast gives its evidence in every language, with the same figures', () => {
  const alert = starvedAlertIn({ locale: 'en', otherLocales: ['zh-CN'] })
  const translated = inLocale(alert, 'zh-CN')
  expect(alert.forecast!.notReadySeconds).not.toBeNull()
  expect(alert.forecast!.evidence).toMatch(/^[^\u4e00-\u9fff]+$/)
  expect(translated.forecast!.evidence).toMatch(/[\u4e00-\u9fff]/)
  expect(translated.forecast).toEqual(starvedAlertIn({ locale: 'zh-CN' }).forecast)
  expect({ ...translated.forecast, evidence: '' }).toEqual({ ...alert.forecast, evidence: '' })
})

test('the notice of a previous boot says how it ended in every language', () => {
  const alert = alertIn({ locale: 'en', otherLocales: ['zh-CN'] })
  const notice = previousBootNotice([{ ...alert, severity: 'critical' }], 'en')!
  expect(inLocale(notice, 'en').summary).toMatch(/^The previous boot ended [^\u4e00-\u9fff]+$/)
  const inChinese = inLocale(notice, 'zh-CN')
  expect(inChinese.summary).toMatch(/^[^A-Za-z]*[\u4e00-\u9fff]/)
  const alone = previousBootNotice([{ ...alertIn({ locale: 'zh-CN' }), severity: 'critical' }], 'zh-CN')!
  expect(textsOf(inChinese)).toEqual(textsOf(alone))
  for (const text of textsOf(inLocale(notice, 'en'))) expect(text).not.toMatch(/[\u4e00-\u9fff]/)
})

test('without such a webhook an alert has one language', () => {
  expect(alertIn({ locale: 'en' })).not.toHaveProperty('translations')
})

test('the core gets the languages that webhooks use beside the main one', () => {
  const webhooks = [
    { url: 'http://127.0.0.1:1/a', locale: 'zh-CN' },
    { url: 'http://127.0.0.1:1/b', locale: 'zh-CN' },
    { url: 'http://127.0.0.1:1/c' },
  ]
  expect(settingsWith(webhooks).core.otherLocales).toEqual(['zh-CN'])
  expect(settingsWith(webhooks.slice(2)).core).not.toHaveProperty('otherLocales')
})

function settingsWith(webhooks: readonly object[]) {
  const file = join(mkdtempSync(join(tmpdir(), 'oomloop-locales-')), 'settings.yaml')
  onTestFinished(() => rmSync(dirname(file), { recursive: true, force: true }))
  writeFileSync(
    file,
    JSON.stringify({ webhooks: webhooks.map((each, n) => ({ ...each, name: `w${n}`, format: 'generic' })) }),
  )
  return loadSettings({ file, environment: {}, flags: {} })
}

function alertIn(settings: Partial<CoreSettings>): Alert {
  const node = createNode({ settings })
  node.pods([pod])
  node.run(90, () => ({ MemAvailable: 300 * 1024 }))
  return node.kernel(...globalKill(pod, { comm: 'x', pid: 9 }))[0]!
}

/** Nothing but a stall and a kubelet that reads back all of its code without end. */
function starvedAlertIn(settings: Partial<CoreSettings>): Alert {
  const node = createNode({ settings })
  node.pods([pod])
  let fullUs = 0
  for (let second = 1; second <= 90; second++) {
    fullUs += 900_000
    const pressure = { memory: { someUs: fullUs, fullUs }, io: { someUs: fullUs, fullUs } }
    const path = '/system.slice/kubelet.service'
    const stat = { file: 20_000, workingset_refault_file: second * 5_000 }
    node.push({
      kind: 'cgroups',
      at: node.now(),
      cgroups: [{ path, stat, memoryPressure: pressure.memory, ioPressure: pressure.io }],
    })
    const vmstat = {
      workingset_refault_file: second * 40_000,
      pgscan_kswapd: second * 50_000,
      pgsteal_kswapd: second * 45_000,
    }
    node.sample({ meminfo: { MemAvailable: 300 * 1024 }, vmstat, pressure })
  }
  return node.alerts.find(({ forecast }) => forecast !== null)!
}

function textsOf({ summary, diagnosis, actions }: Alert): readonly string[] {
  return [
    summary,
    ...diagnosis.flatMap(({ evidence, why, remedy }) => [evidence, why, remedy]),
    ...actions.map(({ do: what }) => what),
  ]
}
