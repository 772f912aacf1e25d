/** Compares our signature, delta and patch with the installed `rdiff`, both ways. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runProgram } from './machine.js';
import { mutation } from './seeded.js';
import {
  applyDelta,
  makeDelta,
  makeSignature,
  readSignature,
} from '../../src/rdiff/format/whole.js';

export const BLOCK_LENGTHS = [1, 7, 64, 256, 2048, 0] as const;
export const KINDS = (['rollsum', 'rabinkarp'] as const).flatMap((weak) =>
  (['md4', 'blake2'] as const).map((strong) => ({ weak, strong })),
);

function rdiff(...args: string[]): void {
  runProgram('rdiff', ['-f', ...args]);
}

/** One mutation, every kind and block length, in both directions; files go to `directory`. */
export function compareWithRdiff(seed: number, directory: string): void {
  const { basis, target } = mutation(seed);
  const file = (name: string) => join(directory, name);
  writeFileSync(file('basis'), basis);
  writeFileSync(file('target'), target);
  for (const { weak, strong } of KINDS) {
    for (const blockLength of BLOCK_LENGTHS) {
      const what = `seed ${seed} ${weak} ${strong} ${blockLength}`;
      const kind = ['-R', weak, '-H', strong, '-b', String(blockLength)];
      rdiff(...kind, 'signature', file('basis'), file('signature'));
      const theirs = readFileSync(file('signature'));
      const ours = Buffer.from(makeSignature(basis, { weak, strong, blockLength }));
      expect(ours.equals(theirs), `signature, ${what}`).toBe(true);

      writeFileSync(file('delta'), makeDelta(readSignature(theirs), target));
      rdiff('patch', file('basis'), file('delta'), file('result'));
      expect(readFileSync(file('result')).equals(target), `our delta, ${what}`).toBe(true);

      rdiff('delta', file('signature'), file('target'), file('delta'));
      const patched = Buffer.from(applyDelta(basis, readFileSync(file('delta'))));
      expect(patched.equals(target), `delta of rdiff, ${what}`).toBe(true);
    }
  }
}
