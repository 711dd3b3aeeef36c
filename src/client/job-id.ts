import { randomInt } from 'node:crypto';

/** Without vowels and look-alikes: no words, and nothing to misread. */
const ALPHABET = 'bcdfghjkmnpqrstvwxz23456789';
const LENGTH = 12;

/** A fresh job id, `job-` and 12 characters (57 bits): a million of them collide with a chance of 1 in 300,000. */
export function generateJobId(): string {
  return `job-${Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('')}`;
}
