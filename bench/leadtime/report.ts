import { defaultThresholds, thresholdNames } from '../../src/detect/memory/thresholds.ts'
import type { Backtest } from '../leadtime.ts'
import { recordOf } from './kubelet-sign.ts'
import { failuresOf, median, type Score } from './score.ts'

/** The back-test as Markdown tables: what the docs show is what the bench prints. */
export function report({
  rows,
  score,
  rules,
  kubelet,
  afterRecovery: recoveries,
  forecasts,
  halves,
  poorer,
  sensitivity,
}: Backtest): string {
  return [
    '## Captures',
    'Seconds from the start of the workloads; leads are seconds before NotReady, or before the first kill where the node stays Ready.',
    '',
    table(
      [
        'capture',
        'expected',
        'warning',
        'critical',
        'loop',
        'storm',
        'first kill',
        'NotReady',
        'lead of warning',
        'lead of critical',
        'false',
      ],
      rows.map(({ name, expected, clean, warning, critical, loop, storm, kill, notReady, false: wrong }) => {
        const end = notReady ?? (expected === 'calm' ? null : kill)
        const lead = (at: number | null) => (at === null || end === null ? '–' : fixed(end - at))
        const what = `${expected}${clean && expected !== 'calm' ? ', clean' : ''}`
        return [
          name,
          what,
          ...[warning, critical, loop, storm, kill, notReady].map(dash),
          lead(warning),
          lead(critical),
          wrong.join(', '),
        ]
      }),
    ),
    '',
    '## Summary',
    table(
      [
        'what',
        'called before NotReady',
        'median lead, s',
        'worst lead, s',
        'worst on the clean ones, s',
        'before the first kill where the node stays Ready, s',
        'false on calm',
      ],
      [
        summaryRow('oomloop, critical', score, 'critical'),
        summaryRow('oomloop, warning', score, 'warning'),
        ...rules.map(({ name, all }) => summaryRow(name, all, 'warning')),
      ],
    ),
    '',
    '## Halves',
    'Captures alternate by name within each kind. Constants are chosen on one half (the middle of all values that pass there) and checked on the other.',
    '',
    table(
      ['half', 'constants', 'on', 'called', 'median lead, s', 'worst lead, s', 'false', 'fails'],
      halves.flatMap((half, index) => {
        const letter = 'AB'[index]!
        const chosen = thresholdNames
          .filter(name => half.chosen[name] !== defaultThresholds[name])
          .map(name => `${name} ${Number(half.chosen[name].toPrecision(3))}`)
          .join(', ')
        const found = `chosen on ${letter} (${half.passing} of ${half.tried} pass): ${chosen || 'as shipped'}`
        return [
          [letter, 'as shipped', letter, ...halfRow(half.shipped)],
          [letter, found, letter, ...halfRow(half.onItself)],
          [letter, `chosen on ${letter}`, 'BA'[index]!, ...halfRow(half.onTheOther)],
        ]
      }),
    ),
    '',
    table(
      ['rule', 'on A: called, worst lead, false', 'on B: called, worst lead, false'],
      [
        ['oomloop, critical', ...halves.map(({ shipped }) => inShort(shipped, 'critical'))],
        ['oomloop, warning', ...halves.map(({ shipped }) => inShort(shipped, 'warning'))],
        ...rules.map(({ name, halves: both }) => [name, ...both.map(result => inShort(result, 'warning'))]),
      ],
    ),
    '',
    '## Forecast',
    'Seconds from the first warning, the first critical alert, or the sign of kubelet. A missing row means that no reliable range could be given.',
    '',
    table(
      ['capture', 'at', 'of', 'range', 'came after', 'outside by'],
      forecasts.map(({ name, call, of, range, actual, errorSeconds }) => [
        name,
        call,
        of,
        `${range[0]}–${range[1]}`,
        actual === null ? 'never' : fixed(actual),
        errorSeconds === null ? '–' : fixed(errorSeconds),
      ]),
    ),
    ...(['first kill', 'NotReady'] as const).map(what => {
      const some = forecasts.filter(({ of }) => of === what)
      const right = some.filter(({ isRight }) => isRight).length
      const errors = some.map(({ errorSeconds }) => errorSeconds ?? 0)
      return `- ${what}: the range held it in ${right} of ${some.length}; median error outside the range ${fixed(median(errors))} s, worst ${fixed(Math.max(0, ...errors))} s.`
    }),
    '',
    '## kubelet',
    'The sign `not-ready-presumed`, compared with renewals of kubelet’s lease that were more than 20s late. Leads: seconds from the sign until the renewal is 20s late; NotReady follows about ten seconds after that.',
    '',
    ...kubeletTable(kubelet),
    '',
    '## After recovery',
    'Alerts of the whole program in the ten minutes after the load is gone.',
    '',
    table(
      ['capture', 'said, s after'],
      recoveries.map(({ name, said }) => [
        name,
        said.map(one => `${fixed(one.second)}: ${one.status} ${one.severity} ${one.subject}`).join('; ') || 'nothing',
      ]),
    ),
    '',
    '## Other nodes',
    'The same captures, with one thing removed or changed.',
    '',
    table(
      ['node', 'critical: called, worst lead, false', 'warning: called, worst lead, false'],
      poorer.map(({ name, score: result }) => [name, inShort(result, 'critical'), inShort(result, 'warning')]),
    ),
    ...(sensitivity.length === 0
      ? []
      : [
          '',
          '## Sensitivity',
          'Each constant alone, 30% smaller and larger, and what fails then: a missed crisis, a lead below 20s (25s on clean captures), a false critical alert, or more than one false warning.',
          '',
          table(
            ['constant', 'value', '× 0.7', '× 1.3'],
            thresholdNames.map(name => [
              name,
              String(defaultThresholds[name]),
              ...sensitivity
                .filter(({ name: of }) => of === name)
                .map(({ failures, worstLead, falseWarnings }) => {
                  const warnings = falseWarnings > 0 ? `, ${falseWarnings} false warning` : ''
                  return failures.length > 0
                    ? failures.join('; ')
                    : `holds (worst lead ${fixed(worstLead)} s${warnings})`
                }),
            ]),
          ),
        ]),
  ].join('\n')
}

function summaryRow(name: string, result: Score, of: 'warning' | 'critical'): string[] {
  const leads = of === 'critical' ? result.criticalLeads : result.warningLeads
  const clean = result.cleanCriticalLeads
  // A simple rule knows no severity: its leads are the same for both.
  const isCritical =
    of === 'critical' || result.criticalLeads.every((lead, index) => lead === result.warningLeads[index])
  const wrong = of === 'critical' ? result.falseCriticals : result.falseWarnings
  return [
    name,
    `${leads.length} of ${result.notReady}`,
    leads.length > 0 ? fixed(median(leads)) : '–',
    leads.length > 0 ? fixed(Math.min(...leads)) : '–',
    isCritical && clean.length > 0 ? fixed(Math.min(...clean)) : '–',
    result.beforeKill.map(found => dash(found[of])).join(', '),
    String(wrong.length),
  ]
}

function halfRow(result: Score): string[] {
  const { criticalLeads, falseCriticals, falseWarnings } = result
  return [
    `${result.called} of ${result.notReady}`,
    fixed(median(criticalLeads)),
    fixed(Math.min(...criticalLeads)),
    `${falseCriticals.length} critical, ${falseWarnings.length} warning`,
    failuresOf(result).join('; ') || 'nothing',
  ]
}

function inShort(result: Score, of: 'warning' | 'critical'): string {
  const leads = of === 'critical' ? result.criticalLeads : result.warningLeads
  const wrong = of === 'critical' ? result.falseCriticals : result.falseWarnings
  const missed = result.beforeKill.filter(found => found[of] === null).length
  const kills = missed > 0 ? `, ${missed} not before its first kill` : ''
  return `${leads.length} of ${result.notReady}, ${leads.length > 0 ? fixed(Math.min(...leads)) : '–'} s, ${wrong.length} false${kills}`
}

function kubeletTable(signs: Backtest['kubelet']): string[] {
  const { precision, recall } = recordOf(signs)
  const leads = signs.flatMap(sign => sign.leads)
  return [
    table(
      ['capture', 'late renewals', 'called', 'claims', 'right', 'shown, s', 'of that right, s', 'leads, s'],
      signs
        .filter(({ late, claims }) => late > 0 || claims > 0)
        .map(sign => [
          sign.name,
          String(sign.late),
          String(sign.called),
          String(sign.claims),
          String(sign.right),
          fixed(sign.shownSeconds),
          fixed(sign.rightSeconds),
          sign.leads.map(fixed).join(', '),
        ]),
    ),
    '',
    `- precision ${precision.toFixed(2)} (of the time for which it is shown), recall ${recall.toFixed(2)} (of the late renewals), median lead ${fixed(median(leads))} s.`,
  ]
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}

function dash(value: number | null): string {
  return value === null ? '–' : fixed(value)
}

function fixed(value: number): string {
  return Number.isFinite(value) ? value.toFixed(0) : '–'
}
