import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  applyDelta,
  makeDelta,
  makeDirectDelta,
  makeSignature,
  readSignature,
} from '../../../src/rdiff/format/whole.js';
import { testDirectory } from '../../support/directory.js';
import { runProgram } from '../../support/machine.js';
import { mutation } from '../../support/seeded.js';

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed + 500);
const directory = testDirectory();

test('a direct delta rebuilds the file, and is mostly smaller than one from a signature', () => {
  let smaller = 0;
  for (const seed of SEEDS) {
    const { basis, target } = mutation(seed);
    const direct = makeDirectDelta(basis, target);
    expect(Buffer.from(applyDelta(basis, direct)), `seed ${seed}`).toEqual(target);
    const signature = readSignature(makeSignature(basis));
    if (direct.length <= makeDelta(signature, target).length) smaller++;
  }
  expect(smaller).toBeGreaterThan(SEEDS.length * 0.9);
});

test('rdiff applies a direct delta', () => {
  const file = (name: string) => join(directory, name);
  for (const seed of SEEDS.slice(0, 10)) {
    const { basis, target } = mutation(seed);
    writeFileSync(file('basis'), basis);
    writeFileSync(file('delta'), makeDirectDelta(basis, target));
    runProgram('rdiff', ['-f', 'patch', file('basis'), file('delta'), file('out')]);
    expect(readFileSync(file('out')).equals(target), `seed ${seed}`).toBe(true);
  }
});

test('empty files on either side need no special care', () => {
  const text = Buffer.from('some text');
  const empty = Buffer.alloc(0);
  expect(Buffer.from(applyDelta(empty, makeDirectDelta(empty, text)))).toEqual(text);
  expect(Buffer.from(makeDirectDelta(text, empty)).toString('hex')).toBe('7273023600');
});
