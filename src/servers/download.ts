import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { extract } from 'tar';

/** Milliseconds. A closed network must be noticed at once; an archive of 100 MB may take a while. */
const ANSWER_TIMEOUT = 5_000;
const ARCHIVE_TIMEOUT = 600_000;

export interface DownloadRequest {
  /** Name at temporal.download: `cli`, `temporal-test-server`. */
  readonly artifact: string;
  readonly version: string;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** The one file of the archive that is wanted is put here under its own name. */
  readonly into: string;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets a server from the address that Temporal's SDKs download theirs from: a JSON answer names an archive and the file
 * in it. (Source: sdk-core `crates/sdk-core/src/ephemeral_server/mod.rs`; the SDK's own `cached-download` has no time
 * limit, so it is not used.)
 */
export async function downloadServer(request: DownloadRequest): Promise<void> {
  const platform = request.platform === 'win32' ? 'windows' : request.platform;
  const arch = { x64: 'amd64', arm64: 'arm64' }[request.arch];
  if (arch === undefined) throw new Error(`no download for the architecture ${request.arch}`);
  const query = new URLSearchParams({ arch, platform, format: 'tar.gz' });
  const infoUrl = `https://temporal.download/${request.artifact}/${request.version}?${query.toString()}`;
  const info = readInfo(await (await get(request, infoUrl, ANSWER_TIMEOUT)).json());
  if (!info.archiveUrl.startsWith('https://') || !info.archiveUrl.endsWith('.tar.gz')) {
    throw new Error(`the download is not a tar.gz archive: ${info.archiveUrl}`);
  }
  const { body } = await get(request, info.archiveUrl, ARCHIVE_TIMEOUT);
  if (body === null) throw new Error(`${info.archiveUrl} answered with nothing`);
  const strip = info.fileToExtract.split('/').length - 1;
  const unpack = extract({
    cwd: request.into,
    strip,
    filter: (path) => path === info.fileToExtract,
    strict: true,
  });
  // The web stream of `fetch` and that of node:stream/web are the same objects under two type declarations.
  await pipeline(Readable.fromWeb(body as ReadableStream<Uint8Array>), unpack);
}

async function get(request: DownloadRequest, url: string, timeout: number): Promise<Response> {
  const limits = [AbortSignal.timeout(timeout), ...(request.signal === undefined ? [] : [request.signal])];
  let response: Response;
  try {
    response = await request.fetch(url, { signal: AbortSignal.any(limits) });
  } catch (error) {
    throw new Error(`${new URL(url).host} cannot be reached (${rootCause(error)})`, { cause: error });
  }
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}

function rootCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : rootCause(error.cause);
}

function readInfo(value: unknown): { archiveUrl: string; fileToExtract: string } {
  if (typeof value === 'object' && value !== null && 'archiveUrl' in value && 'fileToExtract' in value) {
    const { archiveUrl, fileToExtract } = value;
    if (typeof archiveUrl === 'string' && typeof fileToExtract === 'string')
      return { archiveUrl, fileToExtract };
  }
  throw new Error('temporal.download answered something unexpected');
}
