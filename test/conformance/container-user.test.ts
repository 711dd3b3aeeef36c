import { chmod } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { probeMountNamespace } from '../../src/local-aws/container/index.ts';
import { aTrainingGround, type TrainingGround } from '../support/a-training-run.ts';
import { type CompiledContainerHost, compileContainerHost } from '../support/compiled-container-host.ts';

/** Tests run as root in containers; there `nobody` is at hand. Elsewhere whoever runs them is one. */
const asUser = process.getuid?.() === 0 ? { user: 65534 } : undefined;
const { supported } = await probeMountNamespace();

let compiled: CompiledContainerHost;
let ground: TrainingGround;
beforeAll(async () => {
  compiled = await compileContainerHost();
});
afterAll(() => compiled.remove());
beforeEach(async () => {
  ground = await aTrainingGround();
  for (const directory of [ground.directory, ground.s3Dir]) await chmod(directory, 0o777);
});
afterEach(() => ground.remove());

const TRAIN = `
  const host = createContainerHost();
  const prepared = await host.prepare(input);
  await host.start(input);
  const end = await host.wait(input);
  return { prepared, end, ...(await host.upload(input)) };`;

describe.runIf(supported)('an ordinary user', () => {
  it('can have mount namespaces here', async () => {
    expect(await compiled.run('return probeMountNamespace()', null, asUser)).toEqual({
      supported: true,
      how: 'user',
    });
  });

  it.each(['/opt/ml/checkpoints', '/trainyard-test-ckpt', '/opt/trainyard-test-ckpt'])(
    'has /opt/ml and checkpoints at %s, though neither may be made on the machine',
    async (LocalPath) => {
      const run = ground.run(
        `id -u; pwd; getent hosts algo-1 | wc -l; echo 1 >/opt/ml/model/m; echo 2 >${LocalPath}/step; setsid sleep 600 &`,
        { name: 'user', request: { CheckpointConfig: { S3Uri: 's3://checkpoints/ck', LocalPath } } },
      );
      expect(await compiled.run(TRAIN, run, asUser)).toEqual({
        prepared: { kind: 'ready' },
        end: { kind: 'completed' },
        modelUri: 's3://bucket/out/user/output/model.tar.gz',
      });
      expect(await ground.logOf(run)).toBe('0\n/opt/ml/code\n1\n');
      expect(await ground.get('s3://checkpoints/ck/step')).toBe('2\n');
    },
  );
});
