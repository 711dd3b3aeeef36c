import type { AwsError } from './aws-error.ts';

/** An HTTP answer, before the headers that every answer gets. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const AWS_JSON = 'application/x-amz-json-1.1';

/** AWS JSON 1.1; `undefined` is an empty body. */
export function awsJson(value: unknown): Answer {
  return { status: 200, contentType: AWS_JSON, body: value === undefined ? '' : JSON.stringify(value) };
}

export function awsJsonError(error: AwsError): Answer {
  const body = JSON.stringify({ __type: error.code, message: error.message });
  return { status: error.status, contentType: AWS_JSON, body };
}

/** JSON of the control path: indented, since people read it. */
export function plainJson(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` };
}

export function xml(status: number, body: string): Answer {
  return { status, contentType: 'text/xml', body };
}

/** The error form of the query protocol. */
export function queryError(error: AwsError, requestId: string): Answer {
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  return xml(
    error.status,
    `<ErrorResponse><Error><Type>${type}</Type><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  );
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
