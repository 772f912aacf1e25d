/**
 * docs/format.md and docs/delta-format.md are enough to read a repository: a second reader, in another
 * language and written from the two pages alone, restores what Varve stored.
 */
import { makeFifo } from '../support/special-files.js';
import { missingPrograms, runProgram } from '../support/machine.js';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initRepository } from '../../src/repo/repository/init.js';
import { openPlatform } from '../../src/platform/platform.js';
import { inlinePool } from './example-repository.js';
import { backup, prune } from '../support/by-path.js';

const READER = fileURLToPath(new URL('read_repository.py', import.meta.url));
const work = mkdtempSync(`${tmpdir()}/varve-reader-`);
const repository = `${work}/repository`;
const source = `${work}/source`;
const platform = openPlatform();
const SNAPSHOTS = 5;
/** The prune keeps what is tagged, and the last. */
const TAGGED = [1, 3, 4];

afterAll(() => rmSync(work, { recursive: true }));

const missing = missingPrograms('cp', 'diff', 'find', 'python3', 'zstd');

describe.skipIf(missing.length > 0)(
  `the reader (missing: ${missing.join(', ') || 'nothing'})`,
  () => {
    beforeAll(makeHistory);

    test.each([1, 3, 4, 5])('restores snapshot %i', (number) => {
      const target = `${work}/restored-${number}`;
      runProgram('python3', [READER, repository, String(number), target]);
      expect(differences(`${work}/state-${number}`, target)).toBe('');
    });

    test('lists the snapshots that were kept', () => {
      const listing = runProgram('python3', [READER, repository]);
      const numbers = listing
        .trim()
        .split('\n')
        .map((line) => Number(line.split(' ')[0]));
      expect(numbers).toEqual([1, 3, 4, 5]);
    });

    test('says that a pruned snapshot is gone', () => {
      const target = `${work}/restored-2`;
      const { status, stderr } = spawnSync('python3', [READER, repository, '2', target]);
      expect(status).toBe(1);
      expect(String(stderr)).toBe('there is no snapshot 2\n');
    });

    test('steps over a torn tail', () => {
      runProgram('cp', ['-a', repository, `${work}/torn`]);
      for (const pack of readdirSync(`${work}/torn/packs`)) {
        const path = `${work}/torn/packs/${pack}`;
        appendFileSync(path, readFileSync(path).subarray(32, 300));
      }
      const target = `${work}/restored-torn`;
      runProgram('python3', [READER, `${work}/torn`, '1', target]);
      expect(differences(`${work}/state-1`, target)).toBe('');
    });
  },
);

/** Five states with all that a manifest can say, large files cut into small pieces, and a prune. */
async function makeHistory(): Promise<void> {
  initRepository(repository, platform);
  useSmallPieces();
  mkdirSync(`${source}/notes`, { recursive: true });
  for (let number = 1; number <= SNAPSHOTS; number++) {
    changeSource(number);
    runProgram('cp', ['-a', source, `${work}/state-${number}`]);
    const createPool = inlinePool(repository, platform);
    const tags = TAGGED.includes(number) ? ['keep'] : [];
    await backup(repository, platform, { paths: [source], tags, jobs: 2, createPool });
  }
  const createPool = inlinePool(repository, platform);
  await prune(repository, platform, { policy: { keepTags: [['keep']] }, jobs: 2, createPool });
}

/** A new repository may have other sizes of pieces: small ones, so that small files have several. */
function useSmallPieces(): void {
  const path = `${repository}/varve.json`;
  const config = JSON.parse(readFileSync(path, 'utf8')) as { chunking: object };
  const sizes = { whole_file_bytes: 20_000, segment_bytes: 65_536 };
  const pieces = { least_bytes: 1024, average_bytes: 4096, most_bytes: 16_384 };
  const chunking = { ...config.chunking, ...sizes, ...pieces };
  writeFileSync(path, JSON.stringify({ ...config, chunking }));
}

function changeSource(number: number): void {
  const text = Array.from({ length: 400 }, (_, line) => `line ${line} of the lake\n`);
  text[number * 50] = `year ${number}\n`;
  writeFileSync(`${source}/notes/core.txt`, text.join(''));
  writeFileSync(`${source}/image`, image(number));
  writeFileSync(`${source}/zeros`, Buffer.concat([Buffer.alloc(65_536 * 2), Buffer.of(number)]));
  writeFileSync(`${source}/hole`, image(number).subarray(0, 3000));
  truncateSync(`${source}/hole`, 65_536 * (4 + number));
  writeFileSync(Buffer.concat([Buffer.from(`${source}/not utf-8 `), Buffer.of(0xff, 0x0a)]), 'x');
  if (number === 1) {
    writeFileSync(`${source}/empty`, '');
    makeFifo(`${source}/fifo`);
    writeFileSync(`${source}/gone`, text.slice(0, 100).join(''));
    mkdirSync(`${source}/goes`);
    writeFileSync(`${source}/goes/too`, 'soon');
  }
  if (number === 2) {
    rmSync(`${source}/goes`, { recursive: true });
    symlinkSync('notes/core.txt', `${source}/top`);
    writeFileSync(`${source}/only in 2`, text.join('').toUpperCase());
  }
  if (number === 3) {
    renameSync(`${source}/gone`, `${source}/back`);
    rmSync(`${source}/only in 2`);
    symlinkSync('nowhere', `${source}/goes`);
  }
  if (number === 4) chmodSync(`${source}/back`, 0o750);
  if (number === 5) renameSync(`${source}/back`, `${source}/gone`);
}

/** 150 000 bytes that do not compress, a few of them other ones in each state. */
function image(number: number): Buffer {
  let state = 1;
  const bytes = Buffer.from(
    Uint8Array.from({ length: 150_000 }, () => (state = (state * 48_271) % 0x7fffffff) >>> 8),
  );
  bytes.write(`state ${number}`, number * 20_000);
  return number === 4 ? Buffer.concat([Buffer.from('shifted'), bytes]) : bytes;
}

/** What differs in names, types, bytes, modes and times. */
function differences(left: string, right: string): string {
  const { stdout } = spawnSync('diff', ['-r', '--no-dereference', '-x', 'fifo', left, right]);
  const list = (path: string): string =>
    String(spawnSync('find', ['.', '-printf', '%p %y %m %T@ %l\n'], { cwd: path }).stdout);
  const sorted = (path: string): string => list(path).split('\n').sort().join('\n');
  return String(stdout) + (sorted(left) === sorted(right) ? '' : `${list(left)}\n${list(right)}`);
}
