import { TrainyardError } from '../jobs/error-catalogue.ts';

/** Makes a data directory with `make`. @throws TrainyardError DATA_DIR_INVALID when it cannot be one */
export function makeDataDir(path: string, make: (path: string) => void): void {
  try {
    make(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TrainyardError('DATA_DIR_INVALID', `${path} cannot be the data directory: ${why}`, {
      cause: error,
    });
  }
}
