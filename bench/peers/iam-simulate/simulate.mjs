// iam-simulate on the workload of `cargo xtask bench engine`, which comes on standard input. It prints one line,
// as the peers in Rust do.
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const workload = JSON.parse(readFileSync(0, 'utf8'))
const ASKED = 500
const ACCOUNT = '111111111111'
const documents = workload.documents.map((text) => JSON.parse(text))
const named = (index) => ({ name: `p${index}`, policy: documents[index] })

const simulation = (ask) => {
  const principal = workload.principals[ask.principal]
  const owner = ask.resource.split(':')[4]
  return {
    request: {
      principal: principal.session ?? principal.arn,
      action: ask.action,
      resource: { resource: ask.resource, accountId: owner ? owner : ACCOUNT },
      contextVariables: ask.context,
    },
    identityPolicies: principal.identity.map(named),
    permissionBoundaryPolicies: principal.boundary === null ? undefined : [named(principal.boundary)],
    serviceControlPolicies: workload.levels.map((level, at) => ({
      orgIdentifier: `level-${at}`,
      policies: level.map(named),
    })),
    resourceControlPolicies: [],
    resourcePolicy: ask.resource_policy === null ? undefined : documents[ask.resource_policy],
  }
}

const letters = { Allowed: 'a', ExplicitlyDenied: 'e', ImplicitlyDenied: 'i' }
const times = []
let ends = ''
for (const ask of workload.asks.slice(0, ASKED)) {
  const question = simulation(ask)
  const begin = process.hrtime.bigint()
  const answer = await runSimulation(question, {})
  times.push(Number(process.hrtime.bigint() - begin) / 1000)
  ends += answer.resultType === 'error' ? '?' : (letters[answer.overallResult] ?? '?')
}
times.sort((a, b) => a - b)
const quantile = (share) => times[Math.floor((times.length - 1) * share)]
console.log(JSON.stringify({ peer: 'iam-simulate', p50: quantile(0.5), p99: quantile(0.99), ends }))
