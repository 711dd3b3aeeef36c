import { TrainyardError } from '../jobs/error-catalogue.ts';
import { Interrupted, type Session } from './session.ts';

/**
 * Asks on a terminal; elsewhere nobody could answer, so it fails instead of waiting.
 * @throws Interrupted at Ctrl-C
 */
export async function confirm(session: Session, question: string): Promise<boolean> {
  const { stdin, stderr } = session.terminal;
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new TrainyardError(
      'CONFIRMATION_NEEDED',
      `${question} This is no terminal, so nobody can be asked.`,
      {
        hint: 'Add --yes.',
      },
    );
  }
  const answer = await stdin.ask(`${question} [y/N] `).catch((error: unknown) => {
    if (!isAbort(error)) throw error;
    session.say('\nNothing was done.');
    throw new Interrupted();
  });
  return /^y(es)?$/i.test(answer.trim());
}

/** What readline's question rejects with on Ctrl-C. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
