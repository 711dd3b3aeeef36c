import { globMatches } from '../glob.ts';
import type { RunSpec } from './host.ts';
import { ClientError, type TrainingRequest } from './training-request.ts';

/**
 * What runs in the container: ContainerEntrypoint, or the command that the table of images has for this image; followed
 * by ContainerArguments.
 * @throws ClientError when neither gives a command
 */
export function commandOf(request: TrainingRequest, images: RunSpec['images']): readonly string[] {
  const { ContainerEntrypoint, ContainerArguments, TrainingImage, AlgorithmName } =
    request.AlgorithmSpecification;
  if (ContainerEntrypoint.length > 0) return [...ContainerEntrypoint, ...ContainerArguments];
  const image = TrainingImage ?? AlgorithmName ?? '';
  const known = images.find((entry) => globMatches(entry.image, image) && entry.command.length > 0);
  if (known !== undefined) return [...known.command, ...ContainerArguments];
  throw new ClientError(
    `The local endpoint does not run images, so it cannot run the "train" program of "${image}". Give the request an ` +
      'AlgorithmSpecification.ContainerEntrypoint, or map the image name to a command under "images" in the ' +
      "endpoint's configuration file.",
  );
}
