/** Scenarios that need no file. */
export const PRESETS = ['kueue', 'philly', 'calm'] as const;
export type Preset = (typeof PRESETS)[number];
