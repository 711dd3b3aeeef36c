import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory that only its owner can enter: requests hold secrets (Environment, HyperParameters). One that exists
 * keeps its mode, which is its owner's choice; missing parents get the usual one.
 */
export function makePrivateDir(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
