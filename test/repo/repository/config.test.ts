import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRepository, readConfig, writeConfig } from '../../../src/repo/repository/config.js';
import { MAX_SECTION_BYTES } from '../../../src/repo/packs/frame.js';
import { openPlatform } from '../../../src/platform/platform.js';
import { scratchDirectory } from '../../support/directory.js';

const platform = openPlatform();

interface Document {
  format?: unknown;
  id?: unknown;
  created?: unknown;
  hash?: unknown;
  chunking: Record<string, unknown>;
}

const RIGHT = {
  formatVersion: 2,
  id: Buffer.from('000102030405060708090a0b0c0d0eff', 'hex'),
  createdMs: Date.UTC(2020, 1, 3, 4, 5, 6, 789),
  chunking: {
    wholeFileBytes: 1,
    segmentBytes: 2,
    leastBytes: 256,
    averageBytes: 1024,
    mostBytes: 4096,
  },
};

/** What is read of a `varve.json` in which `change` changed something. */
function readChanged(change: (document: Document) => void) {
  const path = scratchDirectory();
  writeConfig(path, RIGHT, platform);
  const file = join(path, 'varve.json');
  const document = JSON.parse(fs.readFileSync(file, 'utf8')) as Document;
  change(document);
  fs.writeFileSync(file, JSON.stringify(document));
  return { file, read: () => readConfig(path, platform) };
}

test('what is written is read, each field of it', () => {
  expect(readChanged(() => undefined).read()).toEqual(RIGHT);
});

test('its names are those of the format', () => {
  const path = scratchDirectory();
  expect(isRepository(path, platform)).toBe(false);
  writeConfig(path, RIGHT, platform);
  expect(isRepository(path, platform)).toBe(true);
  expect(fs.readdirSync(path)).toEqual(['varve.json']);
  expect(JSON.parse(fs.readFileSync(join(path, 'varve.json'), 'utf8'))).toEqual({
    format: 2,
    id: '000102030405060708090a0b0c0d0eff',
    created: '2020-02-03T04:05:06.789Z',
    hash: 'blake3-256',
    chunking: {
      algorithm: 'gear-normalised-1',
      whole_file_bytes: 1,
      segment_bytes: 2,
      least_bytes: 256,
      average_bytes: 1024,
      most_bytes: 4096,
    },
  });
});

describe('one is refused', () => {
  test.each<[string, unknown]>([
    ['whole_file_bytes', 0],
    ['whole_file_bytes', 1.5],
    ['whole_file_bytes', '12'],
    ['whole_file_bytes', MAX_SECTION_BYTES + 1],
    ['segment_bytes', 0],
    ['segment_bytes', -1],
    ['segment_bytes', 2 ** 53],
    ['segment_bytes', undefined],
    ['least_bytes', 0],
    ['least_bytes', 1025],
    ['average_bytes', 1000],
    ['average_bytes', 8192],
    ['most_bytes', 512],
    ['most_bytes', null],
  ])('whose %s are %j', (name, value) => {
    const { file, read } = readChanged(({ chunking }) => (chunking[name] = value));
    expect(read).toThrow(
      expect.objectContaining({
        code: 'NOT_A_REPOSITORY',
        message: `${file} is damaged: its chunking parameters are invalid.`,
      }),
    );
  });

  test.each<[string, unknown]>([
    ['none', undefined],
    ['a number', 7],
    ['too short', '0'.repeat(31)],
    ['too long', '0'.repeat(33)],
    ['not hexadecimal', 'g'.repeat(32)],
    ['in capitals', 'A'.repeat(32)],
  ])('whose id is %s', (_, id) => {
    const { file, read } = readChanged((document) => (document.id = id));
    expect(read).toThrow(
      expect.objectContaining({
        code: 'NOT_A_REPOSITORY',
        message: `${file} is damaged: it has no id.`,
      }),
    );
  });

  test.each<[string, (document: Document) => void, string]>([
    ['format', (document) => (document.format = 3), '3 (blake3-256, gear-normalised-1)'],
    ['hash', (document) => (document.hash = 'md4'), '2 (md4, gear-normalised-1)'],
    ['absent hash', (document) => delete document.hash, '2 (?, gear-normalised-1)'],
    ['algorithm', ({ chunking }) => (chunking['algorithm'] = 'buzhash'), '2 (blake3-256, buzhash)'],
    [
      'absent chunking',
      (document) => delete (document as Partial<Document>).chunking,
      '2 (blake3-256, ?)',
    ],
  ])('of another %s, which is said', (_, change, what) => {
    const { file, read } = readChanged(change);
    expect(read).toThrow(
      expect.objectContaining({
        code: 'FORMAT_UNKNOWN',
        message:
          `${file} describes format ${what}; this version of Varve knows format 2 ` +
          '(blake3-256, gear-normalised-1).',
      }),
    );
  });

  test('whose format is no number', () => {
    const { file, read } = readChanged((document) => (document.format = '2'));
    expect(read).toThrow(
      expect.objectContaining({
        code: 'NOT_A_REPOSITORY',
        message: `${file} is damaged: it has no format version.`,
      }),
    );
  });
});

test('the greatest whole file is one that a frame takes', () => {
  const { read } = readChanged(
    ({ chunking }) => (chunking['whole_file_bytes'] = MAX_SECTION_BYTES),
  );
  expect(read().chunking.wholeFileBytes).toBe(MAX_SECTION_BYTES);
});

test('a repository is a directory: a file with that name is none', () => {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, '');
  expect(() => readConfig(path, platform)).toThrow(
    expect.objectContaining({ code: 'NOT_A_REPOSITORY' }),
  );
});
