import type { IncomingMessage } from 'node:http';

/** What a request asks for, before anything is known about whether that exists. */
export type Asked =
  | { readonly kind: 'health' }
  | { readonly kind: 'control' }
  /** AWS JSON: `x-amz-target: <service>.<operation>`. */
  | { readonly kind: 'json'; readonly service: string; readonly operation: string }
  /** AWS query: a form with Action and Version. */
  | {
      readonly kind: 'query';
      readonly service: 'sns' | 'sts' | undefined;
      readonly operation: string;
      readonly form: URLSearchParams;
    }
  | { readonly kind: 'unknown' };

const QUERY_VERSIONS: Readonly<Record<string, 'sns' | 'sts'>> = { '2010-03-31': 'sns', '2011-06-15': 'sts' };

/** `/_local` and what lies below it. */
export function isControlPath(url: string): boolean {
  return /^\/_local(?:[/?]|$)/.test(url);
}

/**
 * Any path will do for AWS's protocols: clients keep a base path of the endpoint address. The service of a query request
 * is told by its API version, or else by the credential scope of its signature.
 */
export function askedBy(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>, body: string): Asked {
  const { method, url = '/', headers } = request;
  if (isControlPath(url)) return { kind: 'control' };
  if (method === 'GET' || method === 'HEAD') return askedByLink(url) ?? { kind: 'health' };
  if (method !== 'POST') return { kind: 'unknown' };
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const dot = target.lastIndexOf('.');
    return { kind: 'json', service: target.slice(0, Math.max(0, dot)), operation: target.slice(dot + 1) };
  }
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true)
    return { kind: 'unknown' };
  return askedByForm(new URLSearchParams(body), headers.authorization);
}

/**
 * The links in SNS messages, which carry a secret of their own. No other action can be asked for by a link: any web page
 * could make a browser follow it.
 */
function askedByLink(url: string): Asked | undefined {
  const form = new URLSearchParams(url.split('?')[1]);
  const action = form.get('Action');
  return action === 'ConfirmSubscription' || action === 'Unsubscribe'
    ? askedByForm(form, undefined)
    : undefined;
}

function askedByForm(form: URLSearchParams, authorization: string | undefined): Asked {
  const version = form.get('Version') ?? '';
  const service = Object.hasOwn(QUERY_VERSIONS, version) ? QUERY_VERSIONS[version] : scopeOf(authorization);
  return { kind: 'query', service, operation: form.get('Action') ?? '', form };
}

/** `Credential=<key>/<date>/<region>/<service>/aws4_request` */
function scopeOf(authorization: string | undefined): 'sns' | 'sts' | undefined {
  const service = /Credential=[^/,]+\/\d+\/[^/,]+\/([a-z]+)\/aws4_request/.exec(authorization ?? '')?.[1];
  return service === 'sns' || service === 'sts' ? service : undefined;
}
