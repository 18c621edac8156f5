import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFilesInMotion } from '../../src/input/playback/capture-files.ts'
import { createRecordingHostFiles } from '../../src/recording/recording-host-files.ts'

const keep = (_: string, text: string): string | undefined => text

/** A host in motion, recording host files beside it, and what a reader of the recorded lines would see. */
function scene(keepWhat: typeof keep = keep) {
  const host = createFilesInMotion()
  const witness = createRecordingHostFiles(host.files, { keep: keepWhat })
  const copy = createFilesInMotion()
  const copyOver = () => {
    const line = witness.take()
    if (line) copy.apply(line)
    return line
  }
  return { host, witness, copy, copyOver }
}

describe('recording what a sampler reads', () => {
  it('names a file when it is first read, when it changes and when it goes, and not in between', () => {
    const { host, witness, copyOver } = scene()
    host.apply({ files: { '/proc/meminfo': 'a', '/proc/vmstat': 'never read' } })
    expect(witness.files.read('/proc/meminfo')).toBe('a')
    expect(witness.files.read('/proc/pressure/memory')).toBeUndefined()
    expect(copyOver()).toEqual({ files: { '/proc/meminfo': 'a' } })
    witness.files.reread('/proc/meminfo')
    expect(copyOver()).toBeUndefined()
    host.apply({ files: { '/proc/meminfo': 'b' } })
    witness.files.reread('/proc/meminfo')
    expect(copyOver()).toEqual({ files: { '/proc/meminfo': 'b' } })
    host.apply({ files: { '/proc/meminfo': null } })
    witness.files.read('/proc/meminfo')
    expect(copyOver()).toEqual({ files: { '/proc/meminfo': null } })
  })

  it('names what was only listed as a file without text, and forgets what is not listed any more', () => {
    const { host, witness, copy, copyOver } = scene()
    host.apply({ files: { '/var/log/pods/a_b_c/app/0.log': 'secret text', '/var/log/pods/d_e_f/app/0.log': '' } })
    const look = (files: typeof witness.files) => [
      files.list('/var/log/pods'),
      files.list('/var/log/pods/a_b_c'),
      files.list('/var/log/pods/a_b_c/app'),
    ]
    const seen = look(witness.files)
    copyOver()
    expect(look(copy.files)).toEqual(seen)
    expect(copy.files.read('/var/log/pods/a_b_c/app/0.log')).toBe('')
    host.apply({ files: { '/var/log/pods/a_b_c/app/0.log': null } })
    look(witness.files)
    copyOver()
    expect(look(copy.files)).toEqual([['d_e_f'], undefined, undefined])
  })

  it('private files are not recorded, but their reader still gets them', () => {
    const { host, witness, copyOver } = scene((path, text) => (path.endsWith('cmdline') ? undefined : text))
    host.apply({ pids: [7], files: { '/proc/7/cmdline': '--token=x', '/proc/7/stat': 's' } })
    expect(witness.files.read('/proc/7/cmdline')).toBe('--token=x')
    witness.files.read('/proc/7/stat')
    expect(copyOver()).toEqual({ files: { '/proc/7/stat': 's' } })
  })

  it('calls back once for each line that there is to take', () => {
    let times = 0
    const host = createFilesInMotion()
    const witness = createRecordingHostFiles(host.files, { keep, onChange: () => times++ })
    host.apply({ files: { '/a': '1', '/b': '1' } })
    witness.files.read('/a')
    witness.files.read('/b')
    expect(times).toBe(1)
    witness.take()
    witness.files.read('/a')
    expect(times).toBe(1)
  })

  it('a reader of the recorded lines sees what the sampler saw, whatever moves', () => {
    const path = fc.constantFrom('/proc/1/stat', '/proc/2/stat', '/proc/2/cgroup', '/proc/meminfo', '/x/y/z', '/x/q')
    const move = fc.record({
      pids: fc.option(fc.subarray([1, 2, 3]), { nil: undefined }),
      files: fc.dictionary(path, fc.option(fc.constantFrom('a', 'b'), { nil: null })),
      links: fc.dictionary(fc.constantFrom('/l', '/m'), fc.option(fc.constantFrom('a', 'b'), { nil: null })),
    })
    const folders = ['/x', '/x/y']
    const look = (files: ReturnType<typeof createFilesInMotion>['files']) => ({
      pids: files.pids(),
      texts: ['/proc/1/stat', '/proc/2/stat', '/proc/2/cgroup', '/proc/meminfo', '/x/y/z', '/x/q'].map(files.read),
      folders: folders.map(folder => files.list(folder)?.toSorted()),
      links: ['/l', '/m'].map(files.link),
    })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 8 }), moves => {
        const { host, witness, copy, copyOver } = scene()
        host.apply({ pids: [], files: {} })
        copy.apply({ pids: [], files: {} })
        for (const { pids, ...rest } of moves) {
          host.apply({ ...rest, ...(pids && { pids }) })
          const seen = look(witness.files)
          copyOver()
          expect(look(copy.files)).toEqual(seen)
        }
      }),
      { numRuns: 500 },
    )
  })
})
