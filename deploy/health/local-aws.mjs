// Healthy when the endpoint answers anything at all.
await fetch(`http://127.0.0.1:${process.env.PORT ?? 4590}/`, { signal: AbortSignal.timeout(4_000) });
