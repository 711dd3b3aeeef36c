import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const documentSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      restart: z.string(),
      ports: z.array(z.string()).optional(),
      volumes: z.array(z.string()).optional(),
      command: z.array(z.string()).optional(),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});

const raw: unknown = parse(read('docker-compose.yml'), { merge: true });
const { services, volumes } = documentSchema.parse(raw);
const all = Object.entries(services);
/** One-shot services end by themselves; all others serve until they are stopped. */
const isServer = ([, { restart }]: (typeof all)[number]): boolean => !restart.startsWith('on-failure');

test('docker-compose.yml is valid by the schema of the Compose Specification', () => {
  const schema: unknown = JSON.parse(read('test/fixtures/compose-spec/compose-spec.json'));
  if (typeof schema !== 'object' || schema === null) throw new TypeError('the fixture is no schema');
  // The formats of the specification are checked by the docker tools and are open text here.
  const formats = Object.fromEntries(
    ['ports', 'expose', 'duration', 'subnet_ip_address', 'uri-reference'].map((name) => [
      name,
      true as const,
    ]),
  );
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats });
  const validate = ajv.compile(schema);
  validate(raw);
  expect(validate.errors).toBeNull();
  expect(validate({ services: { worker: { imagee: 'x' } } })).toBe(false);
});

describe.each(all)('service %s', (_name, service) => {
  test('has an image of an exact version', () => {
    expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?$/);
  });

  test('publishes its ports on this machine only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('waits only for services that exist, and for the right moment of their life', () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const dependency = all.find(([name]) => name === other);
      expect(dependency, other).toBeDefined();
      expect(condition).toBe(isServer(dependency!) ? 'service_healthy' : 'service_completed_successfully');
    }
  });

  test('mounts files that are in the repository, or named volumes', () => {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(() => read(source)).not.toThrow();
      else expect(Object.keys(volumes)).toContain(source);
    }
  });
});

test.each(all.filter(isServer))('server %s has a health check and is started again', (_name, service) => {
  expect(service.healthcheck?.test[0]).toMatch(/^CMD/);
  expect(service.restart).toBe('unless-stopped');
});

test('health check scripts of our own image are in the repository, where the Dockerfile puts them', () => {
  const scripts = all.flatMap(
    ([, { healthcheck }]) => healthcheck?.test.filter((word) => word.endsWith('.mjs')) ?? [],
  );
  expect(scripts).toHaveLength(2);
  for (const script of scripts) expect(() => read(script.replace('/app/', ''))).not.toThrow();
  expect(read('Dockerfile')).toContain('COPY deploy/health deploy/health');
});

test('the image has the version of the package', () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(read('package.json')));
  for (const name of ['local-aws', 'setup', 'worker'])
    expect(services[name]?.image).toBe(`trainyard:${version}`);
});
