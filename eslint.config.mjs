import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Which folder of src/ may import which others (design §2). Anything else is an error. */
const allowedImports = {
  scheduling: [],
  jobs: [],
  queues: ['scheduling', 'jobs'],
  simulation: ['scheduling', 'queues', 'jobs'],
  ports: ['jobs'],
  workflows: ['scheduling', 'queues', 'jobs', 'activities/types.ts'],
  activities: ['jobs', 'ports'],
  aws: ['jobs', 'ports'],
  temporal: ['jobs', 'ports', 'workflows/contract.ts', 'workflows/queue-contract.ts'],
  'local-aws': ['jobs', 'process-alive.ts'],
  servers: ['jobs', 'process-alive.ts'],
  client: [
    'jobs',
    'queues',
    'scheduling',
    'process-alive.ts',
    'workflows/contract.ts',
    'workflows/queue-contract.ts',
  ],
  cli: [
    'jobs',
    'queues',
    'scheduling',
    'simulation',
    'workflows/contract.ts',
    'workflows/queue-contract.ts',
    'client',
    'servers',
    'local-aws',
    'worker.ts',
    'config.ts',
    'process-alive.ts',
    'aws',
    'ports',
  ],
};

const zones = Object.entries(allowedImports).map(([folder, allowed]) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...allowed].map((name) => `./${name}`),
  message: `src/${folder} may import only: ${['itself', ...allowed].join(', ')} (docs/design.md §2).`,
}));

const pure = ['scheduling', 'jobs', 'queues', 'workflows'];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.trainyard/**', 'coverage/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'conformance/**/*.ts', 'vitest.config.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'import-x/no-cycle': 'error',
      'import-x/no-extraneous-dependencies': [
        'error',
        { devDependencies: ['test/**', 'bench/**', 'conformance/**', '*.config.*'] },
      ],
      'import-x/no-restricted-paths': ['error', { zones }],
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ group: ['@temporalio/*/src/*', '@temporalio/*/lib/*'], message: 'No deep imports.' }],
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  {
    files: pure.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^node:', message: 'Deterministic code: no Node modules.' }] },
      ],
      'no-restricted-globals': ['error', 'process', 'fetch', 'Intl', 'Buffer', 'setInterval', 'require'],
      'no-restricted-properties': [
        'error',
        { property: 'localeCompare', message: 'Depends on the ICU version; compare code units.' },
        { property: 'toLocaleString', message: 'Depends on the ICU version.' },
      ],
    },
  },
  {
    files: ['src/scheduling/**/*.ts', 'src/jobs/**/*.ts', 'src/queues/**/*.ts', 'src/simulation/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'Pass the time in.',
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Pass the time in.' },
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'Pass randomness in.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
