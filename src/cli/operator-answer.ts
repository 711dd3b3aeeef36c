import type { OperatorAnswer } from '../client/index.ts';
import type { OutputFormat } from './print/output-format.ts';
import type { Session } from './session.ts';

interface QueueAnswer extends OperatorAnswer {
  readonly name: string;
  readonly environment?: string;
}

/** What a queue answered to an operator, on one line: `search  paused; what runs goes on`. */
export async function printOperatorAnswer(
  session: Session,
  output: OutputFormat,
  answer: QueueAnswer,
  sentence: string,
): Promise<void> {
  switch (output) {
    case 'table':
      session.print(`${answer.name}  ${sentence}\n`);
      return;
    case 'name':
      session.print(`${answer.name}\n`);
      return;
    case 'json':
    case 'jsonl':
    case 'yaml': {
      const { formatOne } = await import('./print/data.ts');
      session.print(formatOne(output, answer));
    }
  }
}
