/** What a month is called in every language that this runtime knows (CLDR), and what glibc makes of those names. */

const english = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * The month of a name in any language, 0 to 11; null where languages disagree (`lis` is October in Croatian, November in
 * Czech and Polish) and undefined where it is no month at all.
 *
 *     Apr, April, Mär, März, avril, févr., 9월, апр, апреля, dub, huhti, Th04
 */
export function monthOf(name: string): number | null | undefined {
  if (name.length > 24) return undefined
  const text = normal(name)
  const first = english.indexOf(text)
  if (first >= 0) return first
  if (known.has(text)) return known.get(text)
  const month = glibcOnly[text] ?? numbered(text) ?? named(text)
  if (known.size < 1000) known.set(text, month)
  return month
}

/**
 * The month of a name that languages disagree on, by the language of the weekday before it: `čet lis` is Croatian and
 * October, `czw lis` Polish and November. null where that does not show either.
 */
export function monthBeside(name: string, weekday: string): number | null {
  const [month, day] = [normal(name), normal(weekday)]
  const key = `${day} ${month}`
  const before = knownBeside.get(key)
  if (before !== undefined) return before
  const months = new Set<number>()
  for (const language of Intl.DateTimeFormat.supportedLocalesOf(commonLanguages, { localeMatcher: 'lookup' })) {
    if (!partNames(language, 'weekday').some(names => names.includes(day))) continue
    // Short names are compared whole, long ones by their beginning: glibc cuts where CLDR does not.
    const at = partNames(language, 'month').findIndex(names => names.some(each => each.startsWith(month)))
    if (at >= 0) months.add(at)
  }
  const found = months.size === 1 ? [...months][0]! : null
  if (knownBeside.size < 1000) knownBeside.set(key, found)
  return found
}

const knownBeside = new Map<string, number | null>()

/** What a language calls the months (from January) or the weekdays: short and long, as they stand beside a day. */
function partNames(language: string, part: 'month' | 'weekday'): readonly (readonly string[])[] {
  const count = part === 'month' ? 12 : 7
  return Array.from({ length: count }, (_, at) =>
    (['short', 'long'] as const).map(style => {
      const format = new Intl.DateTimeFormat(`${language}-u-ca-gregory-nu-latn`, {
        [part]: style,
        ...(part === 'month' && { day: 'numeric' }),
        timeZone: 'UTC',
      })
      const date = part === 'month' ? Date.UTC(2026, at, 15) : Date.UTC(2026, 0, 4 + at)
      return normal(format.formatToParts(date).find(({ type }) => type === part)?.value ?? '')
    }),
  )
}

/** Names that were looked up before: a log repeats one or two. */
const known = new Map<string, number | null | undefined>()

/** Abbreviations of glibc's locales that are no beginning of CLDR's names. */
const glibcOnly: Readonly<Record<string, number>> = { čen: 5, čec: 6, jui: 6, moz: 2, iýn: 5, iýl: 6 }

/** `9월`, the same with the Chinese sign, `4 сар`, `Th04`, `Thg 4`, `tháng 4`. */
function numbered(text: string): number | undefined {
  const match = /^(\d{1,2}) ?(?:月|월|сар|р сар|-р сар)$|^(?:thg?|tháng) ?(\d{1,2})$/.exec(text)
  if (!match) return undefined
  const month = Number(match[1] ?? match[2]) - 1
  return month >= 0 && month < 12 ? month : undefined
}

function named(text: string): number | null | undefined {
  if (!/^\p{L}/u.test(text)) return undefined
  names ??= collect()
  const exact = names.exact.get(text)
  if (exact !== undefined) return exact
  // glibc cuts differently from CLDR: `Mär` of `März`, `huhti` of `huhtikuu`; Greek accents come and go.
  const months = new Set<number | null>()
  const bare = /[^\x00-\x7f]/.test(text) ? withoutMarks(text) : text
  for (const [name, month] of names.common) {
    if ((text.length >= 3 && name.startsWith(text)) || (bare !== text && withoutMarks(name) === bare)) months.add(month)
  }
  if (months.size > 0) return months.size === 1 ? [...months][0]! : null
  return names.rare.get(text)
}

type Names = Map<string, number | null>

/** Built when a name is not English, which takes 0.2 s: null where languages disagree. */
let names: { readonly exact: Names; readonly common: Names; readonly rare: Names } | undefined

function collect() {
  const common = namesOf(commonLanguages)
  return { exact: common, common, rare: namesOf(twoLetterLanguages()) }
}

// Where a name means different months in two languages, these are believed before a language that few systems run in.
const commonLanguages = (
  'ar ar-DZ ar-IQ ar-MA az be bg bn bs ca cs da de de-AT el en es et eu fa fi fil fr ga gl he hi hr hu hy id is it ja ka ' +
  'kk km ko lt lv mk mn ms nb nl nn pl pt pt-PT ro ru sk sl sq sr sr-Latn sv sw ta te th tr uk ur uz vi zh zh-Hant'
).split(' ')

/** Every language with a code of two letters that the runtime has names for. */
function twoLetterLanguages(): readonly string[] {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const codes = letters.flatMap(first => letters.map(second => first + second))
  return Intl.DateTimeFormat.supportedLocalesOf(codes, { localeMatcher: 'lookup' })
}

function namesOf(languages: readonly string[]): Names {
  const all: Names = new Map()
  for (const language of Intl.DateTimeFormat.supportedLocalesOf([...languages], { localeMatcher: 'lookup' })) {
    for (const style of ['short', 'long'] as const) {
      // With a day many languages inflect the name: `апреля`, `huhtikuuta`.
      for (const day of [undefined, 'numeric'] as const) {
        const format = new Intl.DateTimeFormat(`${language}-u-ca-gregory-nu-latn`, {
          month: style,
          day,
          timeZone: 'UTC',
        })
        for (let month = 0; month < 12; month++) {
          const part = format.formatToParts(Date.UTC(2026, month, 15)).find(({ type }) => type === 'month')
          const name = normal(part?.value ?? '')
          if (!/\p{L}/u.test(name)) continue
          all.set(name, !all.has(name) || all.get(name) === month ? month : null)
        }
      }
    }
  }
  return all
}

/** Without case, dots at the end, elision (`d’abr.`) and invisible marks. */
function normal(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\u0307\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(/^(?:d[’']|de |da )/, '')
    .replace(/[.,،׳״]+$/, '')
    .trim()
}

function withoutMarks(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '')
}
