import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDelivery } from '../../src/deliver/delivery.ts'
import type { Alert } from '../../src/types.ts'
import { type Answer, startReceiver } from './receiver.ts'
import { alertOf, keptLog, startDelivery, tempDir, webhookOf } from './samples.ts'

async function receiverFor(answer?: Answer) {
  const receiver = await startReceiver(answer)
  onTestFinished(() => receiver.close())
  return receiver
}

describe('delivery', () => {
  it('posts the alert as it is, within the turn in which it is accepted', async () => {
    const receiver = await receiverFor()
    const { delivery } = await startDelivery([webhookOf(`${receiver.url}/hook?key=1`)])
    const alert = alertOf()
    delivery.accept(alert)
    await receiver.until(1)
    const [request] = receiver.received
    expect(request).toMatchObject({ method: 'POST', path: '/hook?key=1' })
    expect(request!.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': alert.id })
    expect(JSON.parse(request!.body)).toEqual(alert)
    await delivery.drain(1000)
    expect(delivery.state()).toMatchObject({ pending: 0, delivered: 1, failed: 0, memoryOnly: 0 })
  })

  it('no log, status or outcome contains the path, the query or the key that a receiver repeats', async () => {
    const receiver = await receiverFor((request, response) =>
      response.writeHead(404).end(`<pre>Cannot POST ${request.path}</pre> ${request.headers.authorization}`),
    )
    const url = `${receiver.url.replace('//', '//me:p4ss%2Fword@')}/services/T0/B0/s3cr3t-token?key=a%2Fb%2Fc-d`
    const { delivery, events, log } = await startDelivery([webhookOf(url)], { heartbeatMs: 20 })
    await expect.poll(() => log.lines.length).toBe(1) // of the heartbeat
    delivery.accept(alertOf())
    await expect.poll(() => events.length).toBe(1)
    const told = JSON.stringify([events, log.lines, delivery.state()])
    expect(events[0]!.why).toContain('404: <pre>Cannot POST <redacted>')
    expect(delivery.state().perWebhook[0]!.lastError).toContain('404')
    expect(told).not.toMatch(/s3cr3t|services|a%2Fb|a\/b|bWU6/)
  })

  it('opens its connection at start, without a request, and keeps to it', async () => {
    const receiver = await receiverFor()
    const { delivery } = await startDelivery([webhookOf(receiver.url)])
    expect(receiver.connections()).toBe(1)
    expect(receiver.received).toEqual([])
    for (let count = 1; count <= 3; count++) {
      delivery.accept(alertOf({ incident: `incident-${count}` }))
      await receiver.until(count)
    }
    for (let count = 4; count <= 9; count++) delivery.accept(alertOf({ incident: `incident-${count}` }))
    await receiver.until(9) // each right after the answer to the one before
    expect(receiver.connections()).toBe(1)
  })

  it('opens its connection again when the receiver closed it while something fires', async () => {
    const sockets: Socket[] = []
    const server = createHttpServer((request, response) => request.resume().on('end', () => response.end()))
    server.on('connection', socket => sockets.push(socket))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo
    const { delivery } = await startDelivery([webhookOf(`http://127.0.0.1:${port}`)])
    delivery.accept(alertOf())
    await delivery.drain(1000)
    expect(sockets).toHaveLength(1)
    await new Promise(resolve => setTimeout(resolve, 2100)) // it was kept for a while
    sockets[0]!.end()
    await expect.poll(() => sockets.length, { timeout: 3000 }).toBe(2)
    delivery.accept(alertOf({ status: 'resolved' }))
    await delivery.drain(1000)
    expect(sockets).toHaveLength(2) // the one that was opened in advance is the one that is used
  })

  it('gets along with receivers that serve one connection at a time and keep none', async () => {
    const server = await startOneAtATime()
    const webhooks = ['a', 'b', 'c'].map(name => webhookOf(`${server.url}/${name}`, { name }))
    const { delivery } = await startDelivery(webhooks)
    for (let count = 1; count <= 3; count++) {
      delivery.accept(alertOf({ incident: `incident-${count}` }))
      await expect.poll(() => delivery.state().delivered, { timeout: 2000 }).toBe(count * 3)
    }
    // A connection that waits for the next alert keeps no other client from it.
    await new Promise(resolve => setTimeout(resolve, 1600))
    expect(await fetch(server.url, { method: 'POST', body: '{}' }).then(({ status }) => status)).toBe(200)
    expect(delivery.state().failed).toBe(0)
  })

  it('tries again with the same id until the receiver takes it', async () => {
    const receiver = await receiverFor((_request, response, index) => response.writeHead(index < 2 ? 500 : 200).end())
    const { delivery, events } = await startDelivery([webhookOf(receiver.url)], { random: () => 0 })
    delivery.accept(alertOf())
    await receiver.until(3)
    await delivery.drain(1000)
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(events.map(({ kind }) => kind)).toEqual(['retry', 'retry', 'delivered'])
  })

  it.each([400, 401, 404, 413])('does not try again what is refused with %i', async status => {
    const receiver = await receiverFor((_request, response) => response.writeHead(status).end('no'))
    const { delivery, events } = await startDelivery([webhookOf(receiver.url)])
    delivery.accept(alertOf())
    await delivery.drain(2000)
    expect(events).toMatchObject([{ kind: 'give-up', why: `${status}: no` }])
    expect(delivery.state().pending).toBe(0)
  })

  it('sends after a start what the last run left, with the id it had', async () => {
    const stateDir = tempDir()
    const dead = await startReceiver((_request, response) => response.writeHead(503).end())
    const first = await startDelivery([webhookOf(dead.url)], { stateDir })
    const alert = alertOf()
    first.delivery.accept(alert)
    await dead.until(1)
    await first.delivery.stop()
    await dead.close()
    const receiver = await receiverFor()
    await startDelivery([webhookOf(receiver.url)], { stateDir })
    await receiver.until(1)
    expect(receiver.bodies()).toEqual([alert])
  })

  it('sends nothing again that was taken before a start', async () => {
    const stateDir = tempDir()
    const receiver = await receiverFor()
    const first = await startDelivery([webhookOf(receiver.url)], { stateDir })
    first.delivery.accept(alertOf())
    await first.delivery.drain(1000)
    await first.delivery.stop()
    const second = await startDelivery([webhookOf(receiver.url)], { stateDir })
    await second.delivery.drain(100)
    expect(second.delivery.state().pending).toBe(0)
    expect(receiver.received).toHaveLength(1)
  })

  it('does not send an alert again that it is given again, in this life or the next', async () => {
    const stateDir = tempDir()
    const receiver = await receiverFor()
    const first = await startDelivery([webhookOf(receiver.url)], { stateDir })
    const alert = alertOf()
    first.delivery.accept(alert)
    first.delivery.accept(alert)
    await first.delivery.drain(1000)
    await first.delivery.stop()
    const second = await startDelivery([webhookOf(receiver.url)], { stateDir })
    expect(second.delivery.wasAccepted(alert.id)).toBe(true)
    second.delivery.accept(alert)
    second.delivery.accept(alertOf({ id: 'another' }))
    await second.delivery.drain(1000)
    expect(receiver.bodies().map(({ id }) => id)).toEqual([alert.id, 'another'])
  })

  it('accepts alerts before it is started, and sends them then', async () => {
    const receiver = await receiverFor()
    const delivery = createDelivery({
      webhooks: [webhookOf(receiver.url)],
      stateDir: tempDir(),
      log: keptLog(),
      agentVersion: '1',
      environment: {},
    })
    onTestFinished(() => delivery.stop())
    const alert = alertOf()
    delivery.accept(alert)
    expect(delivery.state().pending).toBe(1)
    await delivery.start()
    await receiver.until(1)
    expect(receiver.bodies()).toEqual([alert])
  })

  it('stops within two seconds while a webhook hangs, and loses nothing', async () => {
    const stateDir = tempDir()
    const hanging = await startReceiver(() => {})
    const first = await startDelivery([webhookOf(hanging.url, { timeoutMs: 60_000 })], { stateDir })
    const alert = alertOf()
    first.delivery.accept(alert)
    await hanging.until(1)
    const begunAt = Date.now()
    await first.delivery.stop()
    expect(Date.now() - begunAt).toBeLessThan(2000)
    await hanging.close()
    const receiver = await receiverFor()
    await startDelivery([webhookOf(receiver.url)], { stateDir })
    await receiver.until(1)
    expect(receiver.bodies()).toEqual([alert])
  })

  it('sends a firing alert that was never delivered even when it is over, marked as late, and then its end', async () => {
    const receiver = await receiverFor((_request, response, index) => response.writeHead(index === 0 ? 503 : 200).end())
    const { delivery } = await startDelivery([webhookOf(receiver.url)], { random: () => 0 })
    const firing = alertOf({ id: 'a-firing' })
    delivery.accept(firing)
    delivery.accept(alertOf({ id: 'a-worse' }))
    delivery.accept(alertOf({ id: 'a-resolved', status: 'resolved' }))
    await receiver.until(3)
    await delivery.drain(1000)
    const told = receiver.bodies() as unknown as Alert[]
    expect(told.map(({ id }) => id)).toEqual(['a-firing', 'a-worse', 'a-resolved'])
    expect(told.map(({ notes }) => notes)).toEqual([[], ['late'], []])
  })
})

/** As small scripts do it: HTTP/1.0, one connection after the other, each closed after its answer. */
async function startOneAtATime() {
  const waiting: Socket[] = []
  let busy = false
  const serveNext = (): void => {
    const socket = waiting.shift()
    if (!socket || busy) return void (socket && waiting.unshift(socket))
    busy = true
    let text = ''
    socket.on('data', chunk => {
      text += chunk
      const [head, body] = text.split('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(head!)?.[1])
      if (body !== undefined && Buffer.byteLength(body) >= length) socket.end('HTTP/1.0 200 OK\r\n\r\nok')
    })
    socket.on('close', () => {
      busy = false
      serveNext()
    })
  }
  const server = createServer(socket => {
    socket.on('error', () => {})
    waiting.push(socket)
    serveNext()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
