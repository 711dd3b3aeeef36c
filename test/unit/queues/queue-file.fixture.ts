/** A quotaShare queue that uses every key of shares and groups. */
export const GOOD_QUEUE_FILE = `# yaml-language-server: $schema=../schemas/queue.schema.json
name: search
serviceEnvironments:
  - { name: P4, instanceTypes: [ml.p4d.24xlarge, ml.p4de.24xlarge], limit: 100 }
  - { name: P5, family: p5en, limit: 20 }
quotaShare:
  order: priority
  groups:
    - { name: prod, weight: 2, guaranteed: { P5: 4 }, borrowLimit: { P5: 2 }, lendLimit: 50% }
  shares:
    - name: ProdExp1
      group: prod
      weight: 0.5
      guaranteed: { P4: 60, P5: 8 }
      sharing: LEND_AND_BORROW
      borrowLimit: 25%
      lendLimit: { P4: 10 }
      inSharePreemption: lowerOrNewerEqual
      reclaim: lower
      whileBorrowing: { maxPriority: 100 }
      fallback: { ifBorrowing: next, ifPreempting: next, prefer: preempt }
    - name: ProdExp2
      guaranteed: { P4: 40 }
reservation: { afterSeconds: 600 }
preemption: { minimumRuntimeSeconds: 300, perJob: 3 }
jobStateTimeLimitActions:
  - { reason: CAPACITY, state: RUNNABLE, maxTimeSeconds: 86400, action: TERMINATE }
maxWaiting: 5000
`;

export const SMALLEST_QUEUE_FILE = `name: cpu
serviceEnvironments: [{ name: C5, instanceTypes: [ml.c5.xlarge], limit: 4 }]
fifo: {}
`;

export const FAIR_SHARE_FILE = `name: lab
serviceEnvironments: [{ name: C5, instanceTypes: [ml.c5.xlarge], limit: 4 }]
fairShare:
  shareDecaySeconds: 3600
  computeReservation: 50
  shares:
    - { name: HIGHPRI }
    - { name: MIDPRI, weightFactor: 3 }
    - { name: LOW*, weightFactor: 0.0001 }
`;

/** The good file with one text replaced. */
export function withChange(from: string, to: string, file: string = GOOD_QUEUE_FILE): string {
  if (!file.includes(from)) throw new Error(`The queue file has no ${JSON.stringify(from)}.`);
  return file.replace(from, () => to);
}
