import { describe, expect, it } from 'vitest'
import { createIncidentHistory } from '../../src/view/incident/timeline-data.ts'
import { reportPages } from '../../src/view/page/pages.ts'

describe('a page of several hosts', () => {
  const part = () => createIncidentHistory('UTC').finish([])
  const page = reportPages([part(), part(), part()], {
    locale: 'en',
    version: '0',
    files: ['a.log'],
    notes: ['a note'],
  })
  const all = (pattern: RegExp) => [...page.matchAll(pattern)].map(match => match[1]!)

  it('has one main landmark, one banner and one footer', () => {
    expect(all(/<(main|header|footer)\b/g).toSorted()).toEqual(['footer', 'header', 'main'])
  })

  it('has every id once, and a heading for everything that names its region', () => {
    const ids = all(/\bid="([^"]+)"/g)
    expect(new Set(ids).size).toBe(ids.length)
    const named = all(/aria-labelledby="([^"]+)"/g)
    expect(named.flatMap(names => names.split(' ')).filter(id => !ids.includes(id))).toEqual([])
    expect(new Set(named).size).toBe(named.length)
  })
})
