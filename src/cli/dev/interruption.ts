const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption {
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Resolves at the same time. */
  readonly happened: Promise<void>;
  dispose(): void;
}

/** The first signal asks for an orderly end; the second ends the process at once (and so kills its children). */
export function listenForInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('Interrupted.'));
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, listener);
  return {
    signal: controller.signal,
    happened: new Promise((resolve) =>
      controller.signal.addEventListener('abort', () => resolve(), { once: true }),
    ),
    dispose: () => SIGNALS.forEach((name) => process.off(name, listener)),
  };
}
