import type { PolicyReport, SimulationReport } from './comparison.ts';
import { spanText } from './span-text.ts';

/*
 * Instances in use over time as a picture: one panel per policy, the shares on top of each other, the limit as a line.
 */

const WIDTH = 960;
const LEFT = 64;
const PLOT = 700;
const PANEL = 130;
const GAP = 44;
const TOP = 64;
/** The largest shares get a colour of their own (Okabe and Ito's, which colour-blind people can tell apart), the rest is grey. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442'];
const REST = '#b0b0b0';

interface Layer {
  readonly name: string;
  readonly colour: string;
  readonly shares: readonly string[];
}

/** An SVG document of its own; texts of users are escaped. */
export function simulationSvg(report: SimulationReport): string {
  const { policies } = report;
  const layers = layersOf(policies[0]);
  const seconds = Math.max(...policies.map(({ makespanSeconds }) => makespanSeconds), 0.001);
  const most = Math.max(1, ...policies.flatMap(({ timeline }) => [...timeline.limit, ...timeline.used]));
  const height = TOP + policies.length * (PANEL + GAP) + 8;
  const title = `${report.scenario}: instances in use`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="26" font-size="16" font-weight="bold">${escape(title)}</text>`,
    `<text x="${LEFT}" y="44" fill="#555555">${escape(subtitle(report))}</text>`,
    ...policies.flatMap((policy, index) =>
      panel(policy, layers, { top: TOP + index * (PANEL + GAP), seconds, most }),
    ),
    ...legend(layers),
    '</svg>',
    '',
  ].join('\n');
}

function subtitle({ jobs, shares, seed, about }: SimulationReport): string {
  return [`${jobs} jobs of ${shares} shares, seed ${seed}`, ...(about === undefined ? [] : [about])].join(
    '. ',
  );
}

function layersOf({ byShare }: PolicyReport): readonly Layer[] {
  const largest = [...byShare].sort(
    (a, b) => b.instanceSeconds - a.instanceSeconds || (a.name < b.name ? -1 : 1),
  );
  const fits = largest.length <= COLOURS.length;
  const own = fits ? largest : largest.slice(0, COLOURS.length - 1);
  const rest = largest.slice(own.length);
  return [
    ...own.map(({ name }, index) => ({ name, colour: COLOURS[index] ?? REST, shares: [name] })),
    ...(rest.length === 0
      ? []
      : [{ name: `${rest.length} other shares`, colour: REST, shares: rest.map(({ name }) => name) }]),
  ];
}

interface Scale {
  readonly top: number;
  readonly seconds: number;
  /** Instances at the upper edge. */
  readonly most: number;
}

function timesText({ makespanSeconds, jobs: { ended, unfinished }, wait }: PolicyReport): string {
  const mean = spanText(wait.mean);
  if (unfinished === 0) return `makespan ${spanText(makespanSeconds)}, mean wait ${mean}`;
  return `${ended} of ${ended + unfinished} jobs ended${ended === 0 ? '' : `, mean wait of these ${mean}`}`;
}

function panel(policy: PolicyReport, layers: readonly Layer[], scale: Scale): readonly string[] {
  const { timeline, utilisation } = policy;
  const bottom = scale.top + 20 + PANEL;
  const x = (second: number): number => LEFT + (PLOT * second) / scale.seconds;
  const y = (instances: number): number => bottom - (PANEL * instances) / scale.most;
  const heading = `${timesText(policy)}, ${(100 * utilisation.held).toFixed(1)} % in use`;
  const lines = [
    `<text x="${LEFT}" y="${scale.top + 12}"><tspan font-weight="bold">${escape(policy.name)}</tspan> <tspan fill="#555555">${escape(heading)}</tspan></text>`,
    ...yTicks(scale.most).flatMap((tick) => [
      `<line x1="${LEFT}" x2="${LEFT + PLOT}" y1="${px(y(tick))}" y2="${px(y(tick))}" stroke="#e4e4e4"/>`,
      `<text x="${LEFT - 6}" y="${px(y(tick) + 4)}" text-anchor="end" fill="#555555">${tick}</text>`,
    ]),
  ];
  let below = timeline.used.map(() => 0);
  for (const { colour, shares } of layers) {
    const above = below.map((level, span) =>
      shares.reduce((sum, share) => sum + (timeline.byShare[share]?.[span] ?? 0), level),
    );
    const at = (span: number): number => px(x(Math.min(scale.seconds, span * timeline.spanSeconds)));
    const edge = (levels: readonly number[]): readonly string[] =>
      levels.flatMap((level, span) => [`${at(span)},${px(y(level))}`, `${at(span + 1)},${px(y(level))}`]);
    lines.push(
      `<polygon points="${[...edge(above), ...[...edge(below)].reverse()].join(' ')}" fill="${colour}"/>`,
    );
    below = above;
  }
  const limit = timeline.limit.flatMap((level, span) => [
    `${px(x(span * timeline.spanSeconds))},${px(y(level))}`,
    `${px(x((span + 1) * timeline.spanSeconds))},${px(y(level))}`,
  ]);
  lines.push(
    `<polyline points="${limit.join(' ')}" fill="none" stroke="#222222" stroke-width="1.2" stroke-dasharray="5 3"/>`,
    `<line x1="${LEFT}" x2="${LEFT + PLOT}" y1="${bottom}" y2="${bottom}" stroke="#222222"/>`,
    ...xTicks(scale.seconds).map(
      (tick) =>
        `<text x="${px(x(tick))}" y="${bottom + 15}" text-anchor="middle" fill="#555555">${tick === 0 ? '0' : spanText(tick)}</text>`,
    ),
  );
  return lines;
}

function legend(layers: readonly Layer[]): readonly string[] {
  const x = LEFT + PLOT + 20;
  const entries = [...layers].reverse();
  return [
    ...entries.flatMap(({ name, colour }, index) => [
      `<rect x="${x}" y="${TOP + 20 + index * 20}" width="12" height="12" fill="${colour}"/>`,
      `<text x="${x + 18}" y="${TOP + 30 + index * 20}">${escape(shortened(name))}</text>`,
    ]),
    `<line x1="${x}" x2="${x + 12}" y1="${TOP + 26 + entries.length * 20}" y2="${TOP + 26 + entries.length * 20}" stroke="#222222" stroke-width="1.2" stroke-dasharray="5 3"/>`,
    `<text x="${x + 18}" y="${TOP + 30 + entries.length * 20}">limit</text>`,
  ];
}

const shortened = (name: string): string => (name.length > 22 ? `${name.slice(0, 21)}…` : name);

function yTicks(most: number): readonly number[] {
  const step = niceStep(most / 4, [1, 2, 5]);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

/** Whole seconds, minutes, hours or days, about six of them. */
function xTicks(seconds: number): readonly number[] {
  const [unit] = [86_400, 3_600, 60, 1].filter((size) => seconds / size >= 3);
  const size = unit ?? seconds / 6;
  const step = size * (unit === undefined ? 1 : niceStep(seconds / size / 7, [1, 2, 3, 5, 6]));
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

/** The smallest of these numbers, times a power of ten, that is at least so large. */
function niceStep(least: number, steps: readonly number[]): number {
  for (let power = 1; ; power *= 10) {
    const step = steps.find((one) => one * power >= least);
    if (step !== undefined) return step * power;
  }
}

const px = (value: number): number => Math.round(value * 10) / 10;

function escape(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
