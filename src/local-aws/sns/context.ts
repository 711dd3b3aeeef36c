import type { Home } from './arn.ts';
import type { Deliveries } from './deliveries.ts';
import type { QueryParams } from './query-params.ts';
import type { SnsState } from './state.ts';
import type { Xml } from './xml.ts';

/** What the actions work on. */
export interface SnsContext {
  readonly state: SnsState;
  readonly deliveries: Deliveries;
  readonly home: Home;
  readonly onlyLoopback: boolean;
  readonly retryDelaysMs: readonly number[];
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Gives the content of the result element; nothing where the action has none. @throws AwsError */
export type Action = (params: QueryParams) => Xml | undefined | Promise<Xml | undefined>;
export type Actions = Readonly<Record<string, Action>>;
