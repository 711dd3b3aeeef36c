import { request } from 'node:http';
import { connect } from 'node:net';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEndpoint, TEST_CREDENTIALS, type TestEndpoint } from '../support/local-aws/endpoint.ts';

let aws: TestEndpoint;
beforeAll(async () => {
  aws = await startTestEndpoint();
});
afterAll(() => aws.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function send(init: RequestInit & { readonly path?: string }): Promise<Answer> {
  const response = await fetch(`${aws.aws.url}${init.path ?? '/'}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const json = (target: string, body: string, path = '/'): Promise<Answer> =>
  send({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body,
  });

const form = (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  send({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });

/** Sends bytes as they are; resolves with what came back until the connection ended or fell silent. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(aws.aws.port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

describe('AWS JSON 1.1', () => {
  it('answers with content type, request id and a body', async () => {
    const { status, headers, text } = await json('SageMaker.ListTrainingJobs', '{}');
    expect([status, headers.get('content-type'), text]).toEqual([
      200,
      'application/x-amz-json-1.1',
      '{"TrainingJobSummaries":[]}',
    ]);
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('keeps a base path of the endpoint address', async () => {
    expect((await json('SageMaker.ListTrainingJobs', '{}', '/sagemaker/')).status).toBe(200);
  });

  it('has numbers for times', async () => {
    const body = {
      TrainingJobName: 'times',
      RoleArn: 'arn:aws:iam::111122223333:role/training',
      AlgorithmSpecification: { TrainingImage: 'instant', TrainingInputMode: 'File' },
      OutputDataConfig: { S3OutputPath: 's3://bucket/output' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    };
    await json('SageMaker.CreateTrainingJob', JSON.stringify(body));
    const described = JSON.parse(
      (await json('SageMaker.DescribeTrainingJob', '{"TrainingJobName":"times"}')).text,
    ) as {
      CreationTime: unknown;
    };
    expect(typeof described.CreationTime).toBe('number');
    expect(described.CreationTime).toBeLessThan(1e11);
  });

  it('answers an error exactly as AWS does', async () => {
    const { status, text } = await json('SageMaker.DescribeTrainingJob', '{"TrainingJobName":"nobody"}');
    expect([status, text]).toEqual([
      400,
      '{"__type":"ValidationException","message":"Requested resource not found."}',
    ]);
  });

  it.each([
    ['SageMaker.CreateEndpoint', '{}'],
    ['SageMaker.toString', '{}'],
    ['SageMaker.', '{}'],
    ['AWSEvents.PutEvents', '{}'],
    ['GraniteServiceVersion20100801.PutMetricData', '{}'],
    ['nonsense', '{}'],
  ])('does not know the operation %s', async (target, body) => {
    const { status, text } = await json(target, body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ __type: 'UnknownOperationException' });
  });

  it.each(['{', '[]', '1', '"x"', 'null', '{"TrainingJobName": 1}', '\u0000', '['.repeat(100_000)])(
    'answers SerializationException to the body %.20s',
    async (body) => {
      const { status, text } = await json('SageMaker.DescribeTrainingJob', body);
      expect(status).toBe(400);
      expect(JSON.parse(text)).toMatchObject({ __type: 'SerializationException' });
    },
  );

  it('takes an empty body for an empty request', async () => {
    expect(JSON.parse((await json('SageMaker.DescribeTrainingJob', '')).text)).toMatchObject({
      __type: 'ValidationException',
    });
  });
});

describe('what is no request of a service', () => {
  it('is answered with health, or as an unknown operation', async () => {
    expect(JSON.parse((await send({ method: 'GET' })).text)).toMatchObject({ status: 'ok' });
    expect((await send({ method: 'HEAD' })).status).toBe(200);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect((await send({ method })).status).toBe(404);
    const { status, text } = await send({
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect([status, JSON.parse(text)]).toEqual([
      404,
      expect.objectContaining({ __type: 'UnknownOperationException' }),
    ]);
  });

  it('is a body beyond the limit, which leaves the connection usable', async () => {
    const big = 'x'.repeat(1_048_577);
    const request =
      'POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\n' +
      `Content-Length: ${big.length}\r\n\r\n${big}` +
      'POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}';
    const text = await raw(request);
    expect(text).toContain('HTTP/1.1 413');
    expect(text).toContain('"__type":"RequestEntityTooLargeException"');
    expect(text).toContain('"TrainingJobSummaries"');
  });

  it.each([
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
  ])('is what is not HTTP: %.40j', async (bytes) => {
    expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect((await send({ method: 'GET' })).status).toBe(200);
  });

  it('is a client that goes away in the middle', async () => {
    await raw(
      'POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: SageMaker.CreateTrainingJob\r\nContent-Length: 100\r\n\r\n{"Trai',
    );
    expect((await send({ method: 'GET' })).status).toBe(200);
    expect(aws.logged.join('\n')).not.toContain('failed');
  });
});

describe('the query protocol', () => {
  it('has STS GetCallerIdentity', async () => {
    const client = new STSClient({
      endpoint: aws.aws.url,
      region: 'us-east-1',
      credentials: TEST_CREDENTIALS,
    });
    expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '111122223333' });
    client.destroy();
  });

  it.each([
    ['Action=AssumeRole&Version=2011-06-15', 'AssumeRole'],
    ['Action=DescribeInstances&Version=2016-11-15', 'DescribeInstances'],
    ['Action=Nonsense&Version=2010-03-31', 'Nonsense'],
    ['', ''],
  ])('answers InvalidAction to "%s"', async (body, action) => {
    const { status, text, headers } = await form(body);
    expect([status, headers.get('content-type')]).toEqual([400, 'text/xml']);
    expect(text).toContain('<Code>InvalidAction</Code>');
    expect(text).toContain(`Could not find operation ${action} `);
  });

  it('tells services apart by the credential scope when the version does not', async () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0';
    expect((await form('Action=GetCallerIdentity', { authorization })).text).toContain(
      '<Account>111122223333</Account>',
    );
  });

  it('passes SNS on', async () => {
    expect((await form('Action=CreateTopic&Version=2010-03-31&Name=jobs')).text).toContain(
      '<TopicArn>arn:aws:sns:us-east-1:111122223333:jobs</TopicArn>',
    );
  });
});

describe('web pages', () => {
  const REQUESTS: Record<
    string,
    { method: string; path: string; headers: object; body?: string; form: RegExp }
  > = {
    'an operation of SageMaker': {
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': 'SageMaker.ListTrainingJobs', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
      form: /^\{"__type":"AccessDeniedException","message":"The local AWS endpoint refuses this request: /,
    },
    'an operation of SNS': {
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=ListTopics&Version=2010-03-31',
      form: /^<ErrorResponse><Error><Type>Sender<\/Type><Code>AccessDeniedException<\/Code>/,
    },
    'an operation of STS': {
      method: 'POST',
      path: '/any/path',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      form: /^<ErrorResponse><Error><Type>Sender<\/Type><Code>AccessDeniedException<\/Code>/,
    },
    'a link in an SNS message': {
      method: 'GET',
      path: '/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn=t&Token=t',
      headers: {},
      form: /^<ErrorResponse><Error><Type>Sender<\/Type><Code>AccessDeniedException<\/Code>/,
    },
    'the control path': {
      method: 'GET',
      path: '/_local/config',
      headers: {},
      form: /^\{\n {2}"error": "The local AWS endpoint refuses this request: /,
    },
    'the health check': { method: 'GET', path: '/', headers: {}, form: /^\{\n {2}"error": "The local/ },
    'a preflight': { method: 'OPTIONS', path: '/', headers: {}, form: /^\{"__type":"AccessDeniedException"/ },
  };

  /** As a browser would: fetch lets nobody choose the Host. */
  const ask = (name: string, headers: object): Promise<{ status: number | undefined; text: string }> => {
    const { method, path, body, headers: own } = REQUESTS[name]!;
    return new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: aws.aws.port, method, path, headers: { ...own, ...headers } },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve({ status: response.statusCode, text }));
        },
      )
        .on('error', reject)
        .end(body);
    });
  };

  describe.each(Object.entries(REQUESTS))('cannot ask for %s', (name, { form: expected }) => {
    it.each([
      ['from their own site', { origin: 'http://evil.example' }],
      ['through a name that resolves to loopback', { host: 'evil.example' }],
    ])('%s', async (_how, headers) => {
      const { status, text } = await ask(name, headers);
      expect(status).toBe(403);
      expect(text).toMatch(expected);
    });
  });

  it.each(Object.keys(REQUESTS))('do not hinder programs: %s', async (name) => {
    for (const host of [`127.0.0.1:${aws.aws.port}`, `localhost:${aws.aws.port}`, '[::1]:80'])
      expect((await ask(name, { host })).status).not.toBe(403);
  });

  it('leave no trace in the request log', async () => {
    await aws.control('DELETE', '/requests');
    await ask('an operation of SageMaker', { origin: 'null' });
    expect((await aws.control('GET', '/requests')).json).toMatchObject({ requests: [] });
  });
});

describe('the listening address', () => {
  it('is loopback only', () => {
    expect(aws.aws.url).toBe(`http://127.0.0.1:${aws.aws.port}`);
  });
});
