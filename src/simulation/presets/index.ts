import type { Scenario } from '../scenario.ts';
import { calmPreset } from './calm.ts';
import { kueuePreset } from './kueue.ts';
import type { Preset } from './names.ts';
import { phillyPreset } from './philly.ts';

/** A scenario that needs no file. The same seed gives the same load. */
export function presetScenario(preset: Preset, seed = 1): Scenario {
  switch (preset) {
    case 'kueue':
      return kueuePreset(seed);
    case 'philly':
      return phillyPreset(seed);
    case 'calm':
      return calmPreset(seed);
  }
}
