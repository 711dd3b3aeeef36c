import fc from 'fast-check';

/** The same cases each time, so that a red run says something about the change; others with PROPERTY_SEED=n. */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });
