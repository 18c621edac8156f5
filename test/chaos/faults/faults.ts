import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FreezableDisk } from '../../support/frozen-disk.ts'
import type { Random } from '../random.ts'
import type { AgentProcess } from './agent-process.ts'

/** What a fault may use. */
export interface FaultContext {
  readonly agent: AgentProcess
  readonly random: Random
  /** The disk of the state directory, where it can be frozen. */
  readonly disk: FreezableDisk | null
}

export interface Fault {
  /** It needs what only root may do. */
  readonly needsRoot: boolean
  /** The state directory lies on a disk that can be frozen. */
  readonly needsDisk?: boolean
  /** Ten further webhooks have names that never resolve. */
  readonly hangsNames?: boolean
  /** Begins the fault; returns what ends it. While it lasts the agent cannot run: kills of that time count from its end. */
  readonly begin: (context: FaultContext) => Promise<() => Promise<void>>
  readonly stopsAgent?: boolean
}

/** Faults of the world around the agent, each as real as an unprivileged neighbour of other processes may make it. */
export const faults: Readonly<Record<string, Fault>> = {
  none: { needsRoot: false, begin: async () => async () => {} },
  'frozen-disk': {
    needsRoot: true,
    needsDisk: true,
    begin: async ({ disk }) => {
      disk!.freeze()
      return async () => disk!.thaw()
    },
  },
  'hanging-names': { needsRoot: true, hangsNames: true, begin: async () => async () => {} },
  'no-descriptors': {
    needsRoot: true,
    begin: async ({ agent, random }) => {
      limitDescriptors(agent.pid(), random.integer(8, 24))
      return async () => limitDescriptors(agent.pid(), 1024)
    },
  },
  'header-flood': {
    needsRoot: false,
    begin: async ({ agent, random }) => {
      const sockets = flood(agent.port, random.integer(200, 800))
      return async () => {
        for (const socket of sockets) socket.destroy()
      }
    },
  },
  'state-directory-gone': {
    needsRoot: false,
    begin: async ({ agent }) => {
      rmSync(agent.stateDir, { recursive: true, force: true })
      return async () => {}
    },
  },
  'state-directory-replaced': {
    needsRoot: false,
    begin: async ({ agent }) => {
      renameSync(agent.stateDir, `${agent.stateDir}.old`)
      mkdirSync(agent.stateDir)
      return async () => rmSync(`${agent.stateDir}.old`, { recursive: true, force: true })
    },
  },
  'clock-forward': { needsRoot: false, begin: clockStep(1) },
  'clock-back': { needsRoot: false, begin: clockStep(-1) },
  stopped: {
    needsRoot: false,
    stopsAgent: true,
    begin: async ({ agent }) => {
      agent.signal('SIGSTOP')
      return async () => agent.signal('SIGCONT')
    },
  },
  'killed-and-bits-flipped': {
    needsRoot: false,
    stopsAgent: true,
    begin: async ({ agent, random }) => {
      await agent.kill()
      for (const file of globSync(join(agent.stateDir, '**/*'), { withFileTypes: true }))
        if (file.isFile()) flipOneBit(join(file.parentPath, file.name), random)
      return agent.start
    },
  },
  'source-gone': {
    needsRoot: false,
    begin: async ({ agent }) => {
      renameSync(agent.logFile, `${agent.logFile}.1`)
      await pause(200)
      writeFileSync(agent.logFile, '')
      return async () => {}
    },
  },
}

function limitDescriptors(pid: number, limit: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`], { stdio: 'ignore' })
}

function flood(port: number, count: number): readonly Socket[] {
  return Array.from({ length: count }, (_, index) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (index % 250)}` })
    socket.on('error', () => {}) // refused or closed: as wanted
    socket.write(`GET /metrics HTTP/1.1\r\nHost: a\r\nX-Half: ${'x'.repeat(index % 2 === 0 ? 15_000 : 10)}`)
    return socket
  })
}

function clockStep(sign: 1 | -1): Fault['begin'] {
  return async ({ agent, random }) => {
    agent.setClock(sign * random.integer(60, 4 * 3600) * 1000)
    return async () => {}
  }
}

function flipOneBit(path: string, random: Random): void {
  const bytes = readFileSync(path)
  if (bytes.length === 0) return
  const bit = random.integer(0, bytes.length * 8 - 1)
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  writeFileSync(path, bytes)
}

/** A name server that never answers; undefined where its port may not be taken. */
export async function startSilentNameServer(address: string): Promise<(() => void) | undefined> {
  const socket = createSocket('udp4')
  const isBound = await new Promise<boolean>(done => {
    socket.once('error', () => done(false))
    socket.bind(53, address, () => done(true))
  })
  return isBound ? () => void socket.close() : undefined
}
