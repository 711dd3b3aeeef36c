import type { TrainingService } from '../ports/training-service.ts';
import { tryAgain } from './service-errors.ts';

/** Asks SageMaker to stop a training job; one that has ended or is gone needs no stopping. */
export async function stopTraining(
  { training }: { readonly training: TrainingService },
  { name }: { readonly name: string },
): Promise<void> {
  try {
    await training.stop(name);
  } catch (error) {
    throw tryAgain(error);
  }
}
