/** `npm start -- figure-2`, `npm start -- tutorial`: against real servers and processes, and each shows what it is there for. */
import { describe, expect, test } from 'vitest';
import { examplesFolder, PATIENCE } from './examples-run.ts';

const { start } = examplesFolder();

describe('trainyard dev --examples', () => {
  test(
    "plays the brief's second figure and its tutorial, one after the other in one folder",
    PATIENCE,
    async () => {
      for (const name of ['tutorial', 'figure-2']) {
        const run = start(name);
        const code = await run.ended;
        const output = run.stdout();
        expect(code, output + run.stderr()).toBe(0);
        expect(output).toContain(`${name} is shown.`);
      }
    },
  );
});
