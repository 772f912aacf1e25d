/** What a search counts and how much it does in vain, part by part. */
import { describe, expect, test } from 'vitest';
import { BlockTable } from '../../../src/rdiff/format/block-table.js';
import { fill } from '../../../src/rdiff/format/input-buffer.js';
import { InstructionPacker } from '../../../src/rdiff/format/joiner.js';
import { Search } from '../../../src/rdiff/format/search.js';
import { makeSignature, readSignature } from '../../../src/rdiff/format/whole.js';
import { Kernel } from '../../../src/rdiff/format/wasm/kernel.js';
import { noise } from '../../support/seed.js';

const BLOCK = 64;
const LITERAL = -1;

/** Adds to neighbours so that rollsum does not see it. */
function twinOf(block: Buffer, at: number): Buffer {
  const twin = Buffer.from(block);
  for (const [index, step] of [1, -2, 1].entries()) twin[at + index]! += step;
  return twin;
}
const middle = Buffer.alloc(BLOCK, 128);
const rollsumOf = (basis: Buffer) =>
  readSignature(makeSignature(basis, { weak: 'rollsum', blockLength: BLOCK }));

/** Searches one file after the other; what was counted for each, and its instructions. */
function searched(search: Search, bytes: Uint8Array, end: 'finish' | 'stop' | 'flush' = 'finish') {
  const packer = new InstructionPacker();
  search.restart(packer);
  fill(search, bytes);
  search[end]();
  return { counts: search.takeCounts(), instructions: [...packer.finish()] };
}

describe('what was hashed in vain', () => {
  const basis = Buffer.concat(Array.from({ length: 40 }, (_, at) => twinOf(middle, at)));
  const inVain = Buffer.concat(Array.from({ length: 300 }, () => middle));

  test('counts against a part, and not against the next', () => {
    const search = new Search(rollsumOf(basis));
    const first = searched(search, inVain);
    expect(first.counts.strongSums).toBeGreaterThan(100);
    expect(searched(search, inVain)).toEqual(first);
    // All patience is spent at the end of it; the next begins anew.
    const found = searched(search, basis);
    expect(found).toEqual(searched(new Search(rollsumOf(basis)), basis));
    expect(found.counts.matches).toBe(40);
  });

  test('where a block is expected is looked at once more, and counted once', () => {
    // Behind a match comes what only its strong sum tells from the block that is expected.
    const pair = Buffer.concat([noise(BLOCK, 1), middle]);
    const wrong = Buffer.concat([noise(BLOCK, 1), twinOf(middle, 3)]);
    const { counts } = searched(new Search(rollsumOf(pair)), wrong);
    expect(counts).toMatchObject({ matches: 1, falseMatches: 1 });
  });

  test('at the end of a file counts, too, and as a search', () => {
    // Of the last block, which is short, there are twins at each place of the end.
    const short = Buffer.alloc(20, 128);
    const signature = rollsumOf(Buffer.concat([noise(BLOCK, 1), short]));
    const { counts, instructions } = searched(new Search(signature), twinOf(short, 3));
    expect(counts).toEqual({ searches: 1, matches: 0, strongSums: 1, falseMatches: 1 });
    expect(instructions).toEqual([LITERAL, 20]);
    const right = searched(new Search(signature), short);
    expect(right.counts).toEqual({ searches: 1, matches: 1, strongSums: 1, falseMatches: 0 });
    expect(right.instructions).toEqual([BLOCK, 20]);
  });

  test('leaves no look at the end of a file when patience is spent', () => {
    const short = Buffer.alloc(20, 128);
    const signature = rollsumOf(Buffer.concat([basis, short]));
    const search = new Search(signature);
    const packer = new InstructionPacker();
    search.restart(packer);
    fill(search, short);
    // Nobody has that much patience.
    (search as unknown as { patience: { spend(length: number): void } }).patience.spend(1e12);
    search.finish();
    expect(search.takeCounts()).toEqual({
      searches: 1,
      matches: 0,
      strongSums: 0,
      falseMatches: 0,
    });
    expect([...packer.finish()]).toEqual([LITERAL, 20]);
  });
});

test('counts are given once', () => {
  const search = new Search(rollsumOf(noise(300, 1)));
  expect(searched(search, noise(300, 1)).counts.matches).toBe(5);
  expect(search.takeCounts()).toEqual({ searches: 0, matches: 0, strongSums: 0, falseMatches: 0 });
});

describe('the end', () => {
  const basis = noise(4 * BLOCK, 1);

  test.each([
    // A part ends where another begins: what was looked at is literal, what lies behind is the other's.
    ['stop', BLOCK, 1],
    ['stop', 2 * BLOCK - 1, BLOCK],
    ['finish', BLOCK, BLOCK],
    ['flush', BLOCK, BLOCK],
    ['stop', BLOCK - 1, 0],
    ['finish', BLOCK - 1, BLOCK - 1],
  ] as const)('of %s after %i new bytes gives %i of them', (end, length, given) => {
    const { instructions } = searched(new Search(rollsumOf(basis)), noise(length, 2), end);
    expect(instructions).toEqual(given === 0 ? [] : [LITERAL, given]);
  });

  test('is searched for the last block, where it was not looked at before', () => {
    for (const [length, searches] of [
      [BLOCK - 1, 0],
      [BLOCK, 1],
      [BLOCK + 1, 2],
    ] as const) {
      const { counts } = searched(new Search(rollsumOf(basis)), noise(length, 2));
      expect(counts.searches).toBe(searches);
    }
    const tail = Buffer.concat([noise(10, 3), basis.subarray(-BLOCK)]);
    expect(searched(new Search(rollsumOf(basis)), tail).instructions).toEqual([
      ...[LITERAL, 10],
      ...[3 * BLOCK, BLOCK],
    ]);
  });
});

describe('a table of blocks', () => {
  const tableOf = (basis: Buffer) => {
    const signature = rollsumOf(basis);
    const table = new BlockTable(new Kernel(), signature);
    return (block: number): number[] => {
      const sum = signature.weak[block] as number;
      const found: number[] = [];
      for (let one = table.firstCandidate(sum); one !== 0; one = table.nextCandidate(one, sum))
        found.push(one - 1);
      return found;
    };
  };

  test('gives the blocks of one weak sum in order, of equal ones the first', () => {
    const [a, b, c] = [0, 10, 20].map((at) => twinOf(middle, at)) as [Buffer, Buffer, Buffer];
    const found = tableOf(Buffer.concat([a, noise(BLOCK, 1), b, a, b, c, a]));
    for (const block of [0, 2, 3, 6]) expect(found(block)).toEqual([0, 2, 5]);
    expect(found(1)).toEqual([1]);
  });

  test('has up to 33 of them in a bucket', () => {
    for (const count of [31, 32, 33, 34, 50]) {
      const twins = Array.from({ length: count }, (_, at) => twinOf(middle, at));
      expect(tableOf(Buffer.concat(twins))(0)).toHaveLength(Math.min(count, 33));
    }
  });

  test('does not have a sum that no block has', () => {
    const table = new BlockTable(new Kernel(), rollsumOf(noise(40 * BLOCK, 1)));
    expect(table.firstCandidate(12_345)).toBe(0);
  });
});
