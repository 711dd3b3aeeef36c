import { fileURLToPath } from 'node:url';
import type { BundleOptions } from '@temporalio/worker';

/**
 * Modules that a worker evaluates once instead of once per workflow, with all that they import. They hold definitions and no
 * state: building the schemas of jobs and queues is most of what starting a workflow costs.
 */
const SHARED = [
  './jobs/job-schema',
  './jobs/training-change',
  './queues/queue-schema',
  './workflows/queue-message-shapes',
];

/** From what workflows are bundled: the sources, or what the build made of them. */
export function workflowCode(): Required<
  Pick<BundleOptions, 'workflowsPath' | 'preloadModules' | 'webpackConfigHook'>
> {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const pathOf = (module: string): string => fileURLToPath(new URL(`${module}${extension}`, import.meta.url));
  return {
    workflowsPath: pathOf('./workflows/index'),
    preloadModules: SHARED.map(pathOf),
    webpackConfigHook: asModernAsTheBuild,
  };
}

type Hook = NonNullable<BundleOptions['webpackConfigHook']>;

/** Sources become what `tsc` makes of them: for ES2017, the SDK's target, private fields and spreads are slow calls. */
const asModernAsTheBuild: Hook = (config) => ({
  ...config,
  module: {
    ...config.module,
    rules: (config.module?.rules ?? []).map((rule) => {
      if (typeof rule !== 'object' || rule === null || typeof rule.use !== 'object') return rule;
      if (Array.isArray(rule.use) || typeof rule.use.options !== 'object') return rule;
      const jsc: unknown = rule.use.options['jsc'];
      if (typeof jsc !== 'object' || jsc === null) return rule;
      const options = { ...rule.use.options, jsc: { ...jsc, target: 'es2022' } };
      return { ...rule, use: { ...rule.use, options } };
    }),
  },
});
