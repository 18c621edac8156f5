import { expect, test } from 'vitest'
import { parseTerminationLine } from '../../src/parse/killers/termination-line.ts'

const id = '7046b81147d15fc15846afd5c48c74b08e3a5d66bffe46efec089113f0f8221e'

test.each([
  [
    'I1123 12:52:59.118858     209 kubelet.go:2079] "SyncLoop DELETE" source="api" pods=[default/db-drain-me]',
    { says: 'deleted', pods: ['default/db-drain-me'], containerId: null, graceSeconds: null },
  ],
  [
    'I1123 12:52:59.118858     209 kubelet.go:2430] "SyncLoop DELETE" source="api" pods=["default/web-0","shop/api-1"]',
    { says: 'deleted', pods: ['default/web-0', 'shop/api-1'], containerId: null, graceSeconds: null },
  ],
  [
    'I0615 18:07:17.000000    1234 kubelet.go:1931] SyncLoop (DELETE, "api"): "web-0_default(1b4e28ba-2fa1-11d2-883f-0016d3cca427)"',
    { says: 'deleted', pods: ['default/web-0'], containerId: null, graceSeconds: null },
  ],
  [
    'I1123 12:54:18.981462     209 kubelet.go:2073] "SyncLoop REMOVE" source="api" pods=[default/db-drain-me]',
    { says: 'removed', pods: ['default/db-drain-me'], containerId: null, graceSeconds: null },
  ],
  [
    `time="2026-11-23T12:53:02.187993520Z" level=info msg="StopContainer for \\"${id}\\" with timeout 120 (s)"`,
    { says: 'stopping', pods: [], containerId: id, graceSeconds: 120 },
  ],
  [
    `time="2026-11-23 12:53:02" level=info msg="Stopping container: ${id} (timeout: 30s)" id=x`,
    { says: 'stopping', pods: [], containerId: id, graceSeconds: 30 },
  ],
])('%s', (line, told) => {
  expect(parseTerminationLine(line)).toEqual(told)
})

test.each([
  '"SyncLoop (PLEG): event for pod" pod="default/db-drain-me"',
  '"SyncLoop DELETE" source="api" pods=[]',
  '"SyncLoop DELETE" source="api" pods=[$(reboot)/x]',
  'msg="StopContainer for \\"short\\" with timeout 1 (s)"',
  '',
])('another line is no termination: %s', line => {
  expect(parseTerminationLine(line)).toBeUndefined()
})
