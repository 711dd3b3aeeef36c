// Writes this folder's data set from the Unicode CLDR that is inside Node (README.md). Another Node may hold another CLDR.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LANGUAGES = ['de', 'en', 'es', 'fi', 'fr', 'hu', 'it', 'pl', 'sv', 'tr'];
/** Shorter names leave too little to go by. */
const SHORTEST = 8;
const SHARDS = 4;
const VALIDATION_PERCENT = 20;

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const two = letters.flatMap((a) => letters.map((b) => a + b));
const three = two.flatMap((ab) => letters.map((c) => ab + c));
const codes = { region: two.map(upper), language: [...two, ...three], currency: three.map(upper) };

/** Every name of a region, language or currency that CLDR has in this language. */
function namesIn(language) {
  return Object.entries(codes).flatMap(([type, ofType]) => {
    const names = new Intl.DisplayNames([language], { type, fallback: 'none' });
    return ofType.map((code) => names.of(code)).filter((name) => name !== undefined);
  });
}

const languagesOf = new Map();
for (const language of LANGUAGES) {
  for (const name of namesIn(language)) languagesOf.set(name, (languagesOf.get(name) ?? new Set()).add(language));
}

// A name that several languages share ("Angola") says nothing about the language, so it is left out.
const rows = [...languagesOf]
  .filter(([name, languages]) => languages.size === 1 && name.length >= SHORTEST)
  .map(([name, [language]]) => ({ name, language, hash: createHash('sha256').update(`${language}\t${name}`).digest() }))
  .sort((a, b) => Buffer.compare(a.hash, b.hash));

const cut = Math.round((rows.length * VALIDATION_PERCENT) / 100);
write('validation/names.tsv', rows.slice(0, cut));
for (let shard = 0; shard < SHARDS; shard += 1) {
  write(`train/part-${shard + 1}.tsv`, rows.slice(cut).filter((_, index) => index % SHARDS === shard));
}
console.log(`${rows.length} names from CLDR ${process.versions.cldr}`);

function write(file, of) {
  const path = join(import.meta.dirname, 'names', file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, of.map(({ language, name }) => `${language}\t${name}\n`).join(''));
}

function upper(code) {
  return code.toUpperCase();
}
