/** Eighths of a cell, from nothing to full. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Values as columns of block characters: `height` lines, each `width` cells, the upper edge being `most`. Values beyond it are
 * cut; a value above 0 shows at least the thinnest block. Several values that share a cell are averaged.
 */
export function columnPlot(
  values: readonly number[],
  most: number,
  { width, height }: { readonly width: number; readonly height: number },
): readonly string[] {
  const columns = resampled(values, width).map((value) => {
    const eighths = most > 0 ? Math.round((Math.min(value, most) / most) * height * 8) : 0;
    return value > 0 ? Math.max(1, eighths) : 0;
  });
  return Array.from({ length: height }, (_, row) => {
    const floor = (height - 1 - row) * 8;
    return columns
      .map((eighths) => BLOCKS[Math.min(8, Math.max(0, eighths - floor))] ?? ' ')
      .join('')
      .trimEnd();
  });
}

/** Averages over spans of equal length; a span may be a fraction of a value, or several. */
export function resampled(values: readonly number[], width: number): readonly number[] {
  const per = values.length / width;
  return Array.from({ length: width }, (_, index) => {
    const [from, to] = [index * per, (index + 1) * per];
    let sum = 0;
    for (let at = Math.floor(from); at < to && at < values.length; at++) {
      sum += (values[at] ?? 0) * (Math.min(to, at + 1) - Math.max(from, at));
    }
    return per > 0 ? sum / per : 0;
  });
}
