import { escapeXml } from '../wire/answer.ts';

/** Content of an element: text, or elements by name; a list is the same element again and again. */
export type Xml = string | { readonly [name: string]: Xml | readonly Xml[] | undefined };

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';
/** XML 1.0 cannot carry these, not even escaped. */
const UNSPEAKABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** The answer of the query protocol. Actions that return nothing have no result element. */
export function answerXml(action: string, result: Xml | undefined, requestId: string): string {
  return element(
    `${action}Response`,
    {
      ...(result === undefined ? {} : { [`${action}Result`]: result }),
      ResponseMetadata: { RequestId: requestId },
    },
    ` xmlns="${NAMESPACE}"`,
  );
}

/** A list, as `member` elements. */
export function members(items: readonly Xml[]): Xml {
  return { member: items };
}

/** A map, as `entry` elements. */
export function entries(map: Readonly<Record<string, string>>): Xml {
  return { entry: Object.entries(map).map(([key, value]) => ({ key, value })) };
}

function element(name: string, content: Xml, attributes = ''): string {
  return `<${name}${attributes}>${contentOf(content)}</${name}>`;
}

function contentOf(content: Xml): string {
  if (typeof content === 'string') {
    return escapeXml(content.replace(UNSPEAKABLE, '\ufffd')).replaceAll('\r', '&#xD;');
  }
  return Object.entries(content)
    .flatMap(([name, value]) =>
      isList(value)
        ? value.map((item) => element(name, item))
        : value === undefined
          ? []
          : [element(name, value)],
    )
    .join('');
}

function isList(value: Xml | readonly Xml[] | undefined): value is readonly Xml[] {
  return Array.isArray(value);
}
