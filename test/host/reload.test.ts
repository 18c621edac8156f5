import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDelivery } from '../../src/deliver/delivery.ts'
import { createOutlet } from '../../src/host/outlet.ts'
import { createReload } from '../../src/host/reload.ts'
import { loadSettings } from '../../src/settings/load.ts'
import type { Alert } from '../../src/types.ts'
import { startReceiver } from '../deliver/receiver.ts'
import { alertOf, keptLog, tempDir } from '../deliver/samples.ts'

describe('reading the settings again', () => {
  it('tells the service manager, and names what changed and what needs a restart', async () => {
    const { write, reload, log, told, applied } = reloadable('stormEvents: 3\n')
    write('stormEvents: 5\nlisten: 127.0.0.1:9465\n')
    await reload()
    expect(told).toEqual(['reloading', 'ready'])
    expect(applied).toEqual([['stormEvents', 'listen']])
    expect(log.lines).toEqual([
      {
        level: 'info',
        sentence: 'settings read again',
        fields: { changed: ['stormEvents', 'listen'], needRestart: ['listen'] },
      },
    ])
  })

  it('says again what still needs a restart, and nothing where nothing changed', async () => {
    const { write, reload, log } = reloadable('{}\n')
    write('recordSize: 1MiB\n')
    await reload()
    await reload()
    write('{}\n')
    await reload()
    expect(log.lines.map(({ fields }) => (fields as { changed: unknown }).changed)).toEqual([
      ['recordSize'],
      ['recordSize'],
      [],
    ])
  })

  it('goes on with the settings of before where the new ones are wrong', async () => {
    const { write, reload, log, told, applied } = reloadable('stormEvents: 3\n')
    write('stormEvents: many\n')
    await reload()
    expect(applied).toEqual([])
    expect(log.lines).toMatchObject([{ level: 'error', fields: { why: expect.stringMatching(/"many"/) } }])
    expect(told).toEqual(['reloading', 'ready'])
  })

  it('two signals in a row are two reloads, one after the other', async () => {
    const { reload, told } = reloadable('{}\n')
    await Promise.all([reload(), reload()])
    expect(told).toEqual(['reloading', 'ready', 'reloading', 'ready'])
  })
})

describe('exchanging the webhooks', () => {
  it('loses no alert that comes meanwhile, and sends none twice', async () => {
    const [first, second] = [await startReceiver(), await startReceiver()]
    const stateDir = tempDir()
    const open = (url: string) =>
      createDelivery({
        webhooks: loadSettings({ environment: {}, flags: {}, webhookUrls: [url] }).webhooks,
        stateDir,
        log: keptLog(),
        agentVersion: '0',
      })
    const outlet = createOutlet(open(first.url), () => {})
    await outlet.current()!.start()
    const alerts = Array.from({ length: 3 }, () => alertOf({ severity: 'critical' }))
    outlet.accept(alerts[0]!)
    await first.until(1)
    const exchanged = outlet.exchange(() => open(second.url))
    outlet.accept(alerts[1]!)
    await exchanged
    outlet.accept(alerts[2]!)
    await second.until(2)
    await outlet.current()!.stop()
    const ids = (bodies: readonly Record<string, unknown>[]) => bodies.map(({ id }) => id)
    expect(ids(first.bodies())).toEqual([alerts[0]!.id])
    expect(ids(second.bodies())).toEqual([alerts[1]!.id, alerts[2]!.id])
    await Promise.all([first.close(), second.close()])
  })

  it('a webhook that cannot be opened leaves the alerts to the terminal', async () => {
    const printed: Alert[] = []
    const outlet = createOutlet(null, alert => printed.push(alert))
    const failing = outlet.exchange(() => {
      throw new Error('no such certificate')
    })
    outlet.accept(alertOf())
    await expect(failing).rejects.toThrow('no such certificate')
    outlet.accept(alertOf())
    expect(printed).toHaveLength(2)
  })
})

function reloadable(text: string) {
  const file = join(tempDir(), 'oomloop.yaml')
  const write = (content: string): void => writeFileSync(file, content)
  const load = () => loadSettings({ file, environment: {}, flags: {} })
  write(text)
  const log = keptLog()
  const told: string[] = []
  const applied: string[][] = []
  const reload = createReload({
    settings: load(),
    load,
    log,
    notifier: { reloading: () => told.push('reloading'), ready: () => told.push('ready') },
    apply: async (_next, changed) => void applied.push([...changed]),
  })
  return { write, reload, log, told, applied }
}
