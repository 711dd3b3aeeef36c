export { runExamples, type ExamplesOptions } from './run-examples.ts';
