import * as fs from 'node:fs';
import type { ByteStream } from '../../../../src/platform/byte-streams.js';
import { expect, test } from 'vitest';
import { CodedError } from '../../../../src/errors.js';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { streamOf } from '../../../support/byte-stream.js';
import { seededBytes } from '../../../support/golden.js';
import {
  expectInvariants,
  logicalIndex,
  packRows,
  queryIndex,
} from '../../../support/index-facts.js';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';

const DUMP = seededBytes('dump', 60_000);

test('a stream is one file at the root, of the time of the run and its user', async () => {
  const lab = createLab();
  lab.setClock(1_700_000_000_123);
  const result = await lab.backupStream('dumps/db.sql', streamOf('bytes'), { tags: ['nightly'] });
  expect(result).toMatchObject({
    snapshot: 1,
    source: { host: 'lab', roots: ['/dumps/db.sql'] },
    files: 1,
    bytes: 5,
    filesNew: 1,
    bytesRead: 5,
    issues: [],
  });
  const tree = await lab.treeAt(1);
  expect([...tree.keys()]).toEqual(['', 'db.sql']);
  expect(tree.get('db.sql')).toEqual({
    type: 'file',
    mode: 0o600,
    mtimeNs: 1_700_000_000_123_000_000n,
    content: 'bytes',
  });
});

test('the same bytes are stored once, from a file and from a stream', async () => {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('dump', DUMP);
  lab.write('small', 'small');
  await lab.backup();
  const blobs = queryIndex(lab.repository, 'SELECT id FROM blob');
  await lab.backupStream('dump', streamOf(DUMP, { pieceBytes: 777 }));
  await lab.backupStream('small', streamOf('small'));
  expect(queryIndex(lab.repository, 'SELECT id FROM blob')).toEqual(blobs);
});

test('what a later stream replaces becomes deltas, region by region', async () => {
  const lab = createLab({ chunking: SMALL_PIECES });
  const later = Buffer.from(DUMP);
  for (let at = 500; at < later.length; at += 5000) later.write('edited', at);
  await lab.backupStream('dump', streamOf(DUMP));
  await lab.backupStream('dump', streamOf(later));
  const [count] = queryIndex<{ deltas: number }>(
    lab.repository,
    'SELECT count(*) AS deltas FROM blob WHERE kind = 2',
  );
  expect(count!.deltas).toBeGreaterThan(8);
  expect((await lab.treeAt(1)).get('dump')!.content).toBe(DUMP.toString('latin1'));
  expect((await lab.treeAt(2)).get('dump')!.content).toBe(later.toString('latin1'));
  expectInvariants(lab.repository);
  await lab.expectSound();

  const before = logicalIndex(lab.repository);
  fs.rmSync(lab.indexPath);
  await lab.rebuild();
  expect(logicalIndex(lab.repository)).toEqual(before);
});

test('the same bytes again are no change, and need no snapshot', async () => {
  const lab = createLab();
  lab.setClock(1_700_000_000_000);
  await lab.backupStream('db.sql', streamOf('bytes'));
  lab.setClock(1_700_000_099_000);
  const again = await lab.backupStream('db.sql', streamOf('bytes'));
  expect(again).toMatchObject({ snapshot: 2, filesUnchanged: 1, filesChanged: 0, files: 1 });
  const skipped = await lab.backupStream('db.sql', streamOf('bytes'), { skipsIfUnchanged: true });
  expect(skipped.snapshot).toBeUndefined();
  expect((await lab.treeAt(2)).get('db.sql')!.mtimeNs).toBe(1_700_000_000_000_000_000n);
});

test('a stream that fails leaves no snapshot, and what came of it is not stored twice', async () => {
  const lab = createLab({ chunking: { whole_file_bytes: 500_000 }, answersAtOnce: true });
  const bytes = seededBytes('long', 5_000_000);
  const failure = new CodedError('COMMAND_FAILED', 'it ended with exit code 1');
  const failing = streamOf(bytes, { failure });
  await expect(lab.backupStream('dump', failing)).rejects.toBe(failure);
  expect(queryIndex(lab.repository, 'SELECT number FROM snapshot')).toEqual([]);
  expect(queryIndex(lab.repository, 'SELECT id FROM source')).toEqual([]);

  const { bytesStored } = await lab.backupStream('dump', streamOf(bytes));
  const packBytes = packRows(lab.repository).reduce((sum, { length }) => sum + length, 0);
  expect(packBytes).toBeLessThan(5_000_000 * 1.1);
  expect(bytesStored).toBeLessThan(5_000_000 / 2);
  await lab.expectSound();
});

test('nothing where something was is taken for a failed program, unless its end is proof', async () => {
  const lab = createLab();
  await lab.backupStream('db.sql', streamOf('bytes'));
  const { snapshot, files, bytes, issues } = await lab.backupStream('db.sql', streamOf(''));
  expect({ snapshot, files, bytes }).toEqual({ snapshot: 2, files: 1, bytes: 5 });
  expect(issues).toEqual([
    {
      path: bytesFromText('/db.sql'),
      code: 'SOURCE_EMPTY',
      message:
        'Standard input was empty for /db.sql, which was not empty before: did the program ' +
        'before the pipe fail? What was saved before is kept.',
    },
  ]);
  const proven = await lab.backupStream('db.sql', streamOf('', { isProvedByEnd: true }));
  expect(proven).toMatchObject({ snapshot: 3, files: 1, bytes: 0, filesChanged: 1, issues: [] });
  expect((await lab.treeAt(2)).get('db.sql')!.content).toBe('bytes');
  expect((await lab.treeAt(3)).get('db.sql')!.content).toBe('');
});

test('a first stream may be empty', async () => {
  const lab = createLab();
  expect(await lab.backupStream('x', streamOf(''))).toMatchObject({ files: 1, issues: [] });
  expect((await lab.treeAt(1)).get('x')!.content).toBe('');
});

test('a dry run reads the stream and keeps nothing', async () => {
  const lab = createLab({ chunking: SMALL_PIECES });
  const result = await lab.backupStream('dump', streamOf(DUMP), { isDryRun: true });
  expect(result).toMatchObject({ snapshot: undefined, filesNew: 1, bytesRead: 60_000 });
  expect(fs.readdirSync(lab.packs)).toEqual([]);
});

test.each(['', '/', 'a/', '.', 'a/../b', 'a//b', 'a\0b'])(
  'the name %j is refused',
  async (name) => {
    const lab = createLab();
    await expect(lab.backupStream(name, streamOf('x'))).rejects.toMatchObject({
      code: 'STREAM_NAME_INVALID',
    });
  },
);

test('the name of a file or directory that is backed up as a source is refused', async () => {
  const lab = createLab();
  lab.write('file', 'of the file system');
  for (const path of [lab.source, lab.path('file')]) {
    await lab.backup({ paths: [path] });
    await expect(lab.backupStream(path, streamOf('x'))).rejects.toMatchObject({
      code: 'STREAM_NAME_TAKEN',
      message: `${path} is already backed up from the file system, as a source of its own.`,
    });
  }
});

test('a stream that ends or fails because it is stopped is an interruption', async () => {
  for (const failure of [undefined, new Error('aborted')]) {
    const lab = createLab();
    const controller = new AbortController();
    const stream = streamOf('bytes', failure ? { failure } : {});
    const stopping = {
      ...stream,
      open(signal: AbortSignal | undefined) {
        controller.abort();
        return stream.open(signal);
      },
    };
    for (const isDryRun of [false, true]) {
      const run = lab.backupStream('x', stopping, { signal: controller.signal, isDryRun });
      await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    }
    expect(queryIndex(lab.repository, 'SELECT number FROM snapshot')).toEqual([]);
  }
});

test.each([
  ['300 characters', 'x'.repeat(300)],
  ['256 bytes in 128 characters', 'é'.repeat(128)],
  ['256 bytes as a directory', `${'d'.repeat(256)}/db.sql`],
  ['256 bytes below the root', `/dumps/${'x'.repeat(256)}`],
])('a name of %s is refused before anything is read', async (_, name) => {
  const lab = createLab();
  const stream: ByteStream = {
    isProvedByEnd: true,
    open() {
      throw new Error('it was read');
    },
  };
  await expect(lab.backupStream(name, stream)).rejects.toMatchObject({
    code: 'STREAM_NAME_INVALID',
  });
});

test('names of 255 bytes, and a path of more than 4096, are saved and restored', async () => {
  const lab = createLab();
  const name = Array.from({ length: 20 }, () => 'é'.repeat(127) + 'x').join('/');
  const { snapshot } = await lab.backupStream(name, streamOf('bytes'));
  const to = lab.newTarget();
  const { issues } = await lab.restore(snapshot!, { to });
  expect(issues).toEqual([]);
  expect(fs.readFileSync(`${to}/${name.split('/').at(-1)}`, 'utf8')).toBe('bytes');
});
