import type { TrainingEvidence } from '../evidence.ts';
import type { Role } from './figure.ts';

/** A training job of a figure, as SageMaker recorded it. Times are epoch milliseconds. */
export interface RecordedTraining {
  readonly role: Role;
  readonly training: TrainingEvidence;
  readonly instances: number;
  readonly from: number;
  /** Infinity while it has not ended. */
  readonly to: number;
}

/** How many instances each group held from a moment on. */
export interface UsageStep {
  readonly at: number;
  readonly use: Readonly<Record<string, number>>;
}

/** What SageMaker recorded of a figure: a training job holds its instances from its creation to its end. */
export class SageMakerRecord {
  /** By creation. */
  readonly trainings: readonly RecordedTraining[];
  /** One step per moment at which something began or ended. */
  readonly steps: readonly UsageStep[];

  constructor(roles: readonly Role[], trainings: ReadonlyMap<string, readonly TrainingEvidence[]>) {
    this.trainings = roles
      .flatMap((role) => (trainings.get(role.jobId) ?? []).map((training) => recorded(role, training)))
      .sort((a, b) => a.from - b.from || (a.training.name < b.training.name ? -1 : 1));
    this.steps = stepsOf(this.trainings);
  }

  of(jobId: string): readonly RecordedTraining[] {
    return this.trainings.filter(({ role }) => role.jobId === jobId);
  }

  /** The order in which jobs first got instances. */
  startOrder(): readonly string[] {
    return [...new Set(this.trainings.map(({ role }) => role.jobId))];
  }

  /** The first moment at or after `from` at which every group named holds exactly so much. */
  firstWith(use: Readonly<Record<string, number>>, from = 0): UsageStep | undefined {
    return this.steps.find(
      (step) => step.at >= from && Object.entries(use).every(([group, n]) => (step.use[group] ?? 0) === n),
    );
  }

  /** Most instances that all groups together ever held. */
  peak(): number {
    return Math.max(0, ...this.steps.map(({ use }) => Object.values(use).reduce((a, b) => a + b, 0)));
  }
}

function recorded(role: Role, training: TrainingEvidence): RecordedTraining {
  const instances = training.instanceCount ?? 0;
  return { role, training, instances, from: training.createdAt, to: training.endedAt ?? Infinity };
}

const groupOf = ({ role }: RecordedTraining): string => role.share ?? role.queue;

function stepsOf(trainings: readonly RecordedTraining[]): UsageStep[] {
  const moments = [...new Set(trainings.flatMap(({ from, to }) => [from, to]))]
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return moments.map((at) => {
    const use: Record<string, number> = {};
    for (const training of trainings) {
      const group = groupOf(training);
      const holds = training.from <= at && at < training.to;
      use[group] = (use[group] ?? 0) + (holds ? training.instances : 0);
    }
    return { at, use };
  });
}
