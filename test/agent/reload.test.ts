import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createReload } from '../../src/agent/reload.ts'
import { createSwitchableDelivery } from '../../src/agent/switchable-delivery.ts'
import { createDelivery } from '../../src/deliver/delivery.ts'
import { loadSettings } from '../../src/settings/load.ts'
import type { WebhookSettings } from '../../src/types.ts'
import { startReceiver } from '../deliver/receiver.ts'
import { alertOf, keptLog, tempDir, webhookOf } from '../deliver/samples.ts'

describe('reading the settings again', () => {
  it('notifies the service manager, and names what changed and what needs a restart', async () => {
    const { write, reload, log, told, applied } = await reloadable('stormEvents: 3\n')
    write('stormEvents: 5\nlisten: 127.0.0.1:9465\n')
    await reload()
    expect(told).toEqual(['reloading', 'ready'])
    expect(applied).toEqual([['stormEvents', 'listen']])
    expect(log.lines).toEqual([
      {
        level: 'info',
        sentence: 'settings reloaded',
        fields: { changed: ['stormEvents', 'listen'], needRestart: ['listen'] },
      },
    ])
  })

  it('says again what still needs a restart, and nothing where nothing changed', async () => {
    const { write, reload, log } = await reloadable('{}\n')
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

  it('a reload with invalid settings keeps the previous ones', async () => {
    const { write, reload, log, told, applied } = await reloadable('stormEvents: 3\n')
    write('stormEvents: many\n')
    await reload()
    expect(applied).toEqual([])
    expect(log.lines).toMatchObject([{ level: 'error', fields: { why: expect.stringMatching(/"many"/) } }])
    expect(told).toEqual(['reloading', 'ready'])
  })

  it('two signals in a row are two reloads, one after the other', async () => {
    const { reload, told } = await reloadable('{}\n')
    await Promise.all([reload(), reload()])
    expect(told).toEqual(['reloading', 'ready', 'reloading', 'ready'])
  })
})

describe('exchanging the webhooks', () => {
  it('loses no alert that comes meanwhile, and sends none twice', async () => {
    const [first, second] = [await startReceiver(), await startReceiver()]
    const { outlet, open } = outletTo(first.url)
    await outlet.current()!.start()
    const alerts = Array.from({ length: 3 }, () => alertOf({ severity: 'critical' }))
    outlet.accept(alerts[0]!)
    await first.until(1)
    const exchanged = outlet.exchange(() => open([webhookOf(second.url)]))
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

  it('a webhook that cannot be opened changes nothing: the previous delivery continues without loss', async () => {
    const receiver = await startReceiver()
    const { outlet } = outletTo(receiver.url)
    await outlet.current()!.start()
    const alerts = [alertOf({ severity: 'critical' }), alertOf({ severity: 'critical' })]
    const failing = outlet.exchange(() => {
      throw new Error('no such certificate')
    })
    outlet.accept(alerts[0]!)
    await expect(failing).rejects.toThrow('no such certificate')
    outlet.accept(alerts[1]!)
    await receiver.until(2)
    expect(receiver.bodies().map(({ id }) => id)).toEqual(alerts.map(({ id }) => id))
    await outlet.current()!.stop()
    await receiver.close()
  })

  it('a webhook that can be opened but not started changes nothing', async () => {
    const receiver = await startReceiver()
    const { outlet, open } = outletTo(receiver.url)
    await outlet.current()!.start()
    const failing = outlet.exchange(() => open([webhookOf(receiver.url, { format: 'template', template: '{{#if' })]))
    const alert = alertOf({ severity: 'critical' })
    outlet.accept(alert)
    await expect(failing).rejects.toThrow('cannot make a request')
    await receiver.until(1)
    expect(receiver.bodies()).toMatchObject([{ id: alert.id, version: 1 }])
    await outlet.current()!.stop()
    await receiver.close()
  })

  it('a successful reload lets no firing alert lapse: Alertmanager gets it for as long as it fires', async () => {
    const receiver = await startReceiver()
    const clock = { ms: Date.now() }
    const { outlet, open } = outletTo(receiver.url, { format: 'alertmanager' }, () => clock.ms)
    await outlet.current()!.start()
    outlet.accept(alertOf({ id: 'goes-on' }))
    await receiver.until(1)
    await outlet.exchange(() => open([webhookOf(receiver.url, { format: 'alertmanager' })]))
    // Each kick makes it look at what is due; settled, before the clock goes on.
    const delivered = () => outlet.current()!.state().delivered
    let kicks = 0
    const kick = async (minutes: number) => {
      clock.ms += minutes * 60_000
      const count = receiver.received.length
      const before = delivered()
      outlet.accept(alertOf({ id: `kick-${++kicks}`, incident: `${kicks}`, status: 'resolved' }))
      await expect.poll(delivered).toBe(before + 2)
      return receiver.received.slice(count).filter(({ body }) => body.includes('goes-on')).length
    }
    await expect.poll(delivered).toBe(1)
    expect([await kick(2), await kick(20), await kick(2), await kick(60)]).toEqual([1, 1, 1, 1])
    await outlet.current()!.stop()
    await receiver.close()
  })

  it('leaves no file open where a certificate cannot be read', () => {
    const open = () => outletTo('https://localhost', { caFile: '/no/such.pem' })
    expect(open).toThrow('cannot read /no/such.pem')
    const before = readdirSync('/proc/self/fd').length
    expect(open).toThrow('cannot read /no/such.pem')
    expect(readdirSync('/proc/self/fd')).toHaveLength(before)
  })
})

/** An outlet to one webhook, with an outbox of its own. */
function outletTo(url: string, fields: Partial<WebhookSettings> = {}, now = Date.now) {
  const shared = { stateDir: tempDir(), log: keptLog(), agentVersion: '0', environment: {}, now }
  const open = (webhooks: readonly WebhookSettings[]) => createDelivery({ ...shared, webhooks })
  const outlet = createSwitchableDelivery(
    () => open([webhookOf(url, fields)]),
    () => {},
  )
  return { outlet, open }
}

async function reloadable(text: string) {
  const file = join(tempDir(), 'oomloop.yaml')
  const write = (content: string): void => writeFileSync(file, content)
  const load = async () => loadSettings({ file, environment: {}, flags: {} })
  write(text)
  const log = keptLog()
  const told: string[] = []
  const applied: string[][] = []
  const reload = createReload({
    settings: await load(),
    load,
    log,
    notifier: { reloading: () => told.push('reloading'), ready: () => told.push('ready') },
    apply: async (_next, changed) => void applied.push([...changed]),
  })
  return { write, reload, log, told, applied }
}
