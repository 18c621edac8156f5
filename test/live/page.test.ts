import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { checkout, oomloop } from '../support/oomloop.ts'
import { hostileRecording, stormRecording } from '../view/recordings.ts'
import { fixture } from '../view/replayed.ts'

const fixtures = resolve(checkout, 'fixtures')
const scratch = mkdtempSync(join(tmpdir(), 'oomloop-page-'))

const recordings = [
  {
    name: 'founding-incident',
    file: join(fixtures, 'incident/messages.log'),
    args: ['--year', '2023', '--tz', 'UTC'],
    pictures: ['1440-light', '390-dark'],
  },
  {
    name: 'loop-on-a-node',
    file: join(fixtures, 'captures/filebeat-loop-kubepods-limit-100iops/capture.jsonl.gz'),
    args: [],
    pictures: ['1440-light', '1440-dark', '390-light'],
  },
  { name: 'tmpfs-on-a-node', file: join(fixtures, 'captures/tmpfs-300iops/capture.jsonl.gz'), args: [], pictures: [] },
  { name: 'limit-of-kubepods', file: fixture('limit-of-kubepods.jsonl.gz'), args: [], pictures: [] },
]

/** Names without a place to break a line. */
const narrow = [{ name: 'hostile', file: join(scratch, 'print.jsonl'), args: [] }]
writeFileSync(narrow[0]!.file, hostileRecording())

interface Look {
  readonly marks: number
  readonly overflow: number
  readonly isDark: boolean
  readonly unlabelled: readonly string[]
  readonly headings: string
  readonly empty: readonly string[]
  readonly sameName: readonly string[]
  readonly landmarks: string
  readonly lowContrast: readonly string[]
}

const script = readFileSync(resolve(import.meta.dirname, 'look-at-page.js'), 'utf8')
const look = (page: Page): Promise<Look> => page.evaluate(script)

/** Screenshots in docs/pictures are renewed where this names the directory: OOMLOOP_PICTURES=docs/pictures. */
const directory = process.env.OOMLOOP_PICTURES

describe.skipIf(!chromiumPath)('the page in a browser (needs Debian’s chromium)', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  const make = async (input: string, name: string, args: readonly string[] = []): Promise<string> => {
    const page = join(scratch, `${name}.html`)
    const { code, stderr } = await oomloop(['report', input, '-o', page, ...args])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/: (\d+) OOM kills, \d+ alerts\n/)])
    return page
  }

  const killsIn = async (input: string, args: readonly string[]): Promise<number> =>
    (await oomloop(['replay', '--kills', input, ...args])).stdout.split('\n').filter(Boolean).length

  /** Opens a page and collects all that it must not do. */
  const open = async (
    file: string,
    { width, scheme }: { width: number; scheme: 'light' | 'dark' },
    check: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme })
    const page = await context.newPage()
    const wrong: string[] = []
    const url = pathToFileURL(file).href
    page.on('console', message => wrong.push(`console: ${message.text()}`))
    page.on('pageerror', error => wrong.push(`error: ${error.message}`))
    page.on('dialog', dialog => wrong.push(`dialog: ${dialog.message()}`))
    page.on('request', request => {
      if (request.url() !== url) wrong.push(`request: ${request.url().slice(0, 100)}`)
    })
    await page.goto(url, { waitUntil: 'load' })
    await check(page)
    await context.close()
    expect(wrong).toEqual([])
  }

  for (const { name, file, args, pictures } of recordings)
    it(`${name}: marks are kills, nothing is loaded, nothing overflows, in four looks`, async () => {
      const path = await make(file, name, args)
      const kills = await killsIn(file, args)
      expect(kills).toBeGreaterThan(1)
      for (const width of [390, 1440])
        for (const scheme of ['light', 'dark'] as const)
          await open(path, { width, scheme }, async page => {
            const seen = await look(page)
            expect(seen).toMatchObject({
              overflow: 0,
              unlabelled: [],
              headings: 'h1 first',
              empty: [],
              sameName: [],
              landmarks: 'header main footer',
            })
            expect(seen.marks).toBe(kills)
            expect(seen.isDark).toBe(scheme === 'dark')
            expect(seen.lowContrast).toEqual([])
            if (directory && pictures.includes(`${width}-${scheme}`))
              await page.screenshot({
                path: join(checkout, directory, `report-${name}-${width}-${scheme}.png`),
                clip: { x: 0, y: 0, width, height: width === 390 ? 1700 : 1320 },
                fullPage: true,
              })
          })
    })

  it.each([...recordings.map(({ name, file, args }) => ({ name, file, args })), ...narrow])(
    '$name: on paper no heading is empty and nothing is cut off',
    async ({ name, file, args }) => {
      const path = await make(file, `${name}-print`, args)
      // A4 less its margins, at 96 dots an inch.
      await open(path, { width: 718, scheme: 'light' }, async page => {
        await page.emulateMedia({ media: 'print' })
        expect(await look(page)).toMatchObject({ overflow: 0, empty: [], sameName: [] })
      })
    },
  )

  it('a storm of 5000 kills opens, with every mark', async () => {
    const input = join(scratch, 'storm.jsonl')
    writeFileSync(input, stormRecording({ stepSeconds: 6 }))
    const path = await make(input, 'storm')
    await open(path, { width: 1440, scheme: 'light' }, async page => {
      expect((await look(page)).marks).toBe(5000)
    })
  })

  it('hostile names run nothing and make no element', async () => {
    const input = join(scratch, 'hostile.jsonl')
    writeFileSync(input, hostileRecording())
    const path = await make(input, 'hostile')
    await open(path, { width: 390, scheme: 'light' }, async page => {
      expect(await page.locator('script, img, iframe, [onerror]').count()).toBe(0)
      expect(await page.getByText('<script>alert(1)</script>').count()).toBeGreaterThan(0)
      expect((await look(page)).overflow).toBe(0)
    })
  })
})
