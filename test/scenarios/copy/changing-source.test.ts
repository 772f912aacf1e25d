/** A source that changes while it is copied: it is tried three times, and the target is never a mixture. */
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPlatform, type CopyOptions } from '../../../src/store.js';
import { createCopyLab, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';
import { tampered } from '../../support/tampering.js';

const lab = createCopyLab();
let server: ServerProcess;
beforeAll(async () => {
  server = await lab.serve('--allow-write', '--no-cache');
});

/** A batch has at most 4096 pieces: with blocks this short there are three, so that there is a midst. */
const blockBytes = 16;
const content = noise(2.5 * 4096 * blockBytes, 91);
const old = noise(10_000, 92);
const other = noise(content.length, 93);

/** Waits until a change of the file shows in its change time, which moves in steps. */
function untilTimeMoves(path: string): void {
  const { ctimeMs } = statSync(path);
  const probe = join(lab.here, 'probe');
  do writeFileSync(probe, '');
  while (statSync(probe).ctimeMs <= ctimeMs);
}

/** Writes other bytes and hides it: size and modification time are what they were. */
function rewrite(path: string): void {
  untilTimeMoves(path);
  const { atimeMs, mtimeMs } = statSync(path);
  writeFileSync(path, other);
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
}
let seed = 100;
const changes: readonly (readonly [string, (path: string) => void])[] = [
  ['grows', (path) => appendFileSync(path, noise(10, seed++))],
  ['shrinks', (path) => truncateSync(path, statSync(path).size - 1000)],
  [
    'shrinks to nothing, and has other bytes at once',
    (path) => writeFileSync(path, noise(5, seed++)),
  ],
  ['is rewritten, its size and time as before', rewrite],
  [
    'is replaced by another file',
    (path) => {
      const beside = join(dirname(path), `replacement-${seed++}`);
      writeFileSync(beside, other);
      renameSync(beside, path);
    },
  ],
];

/** A source and a target of before, on the one side and the other. */
const ways = {
  push: () => ({
    source: lab.put(lab.here, 'source', content),
    target: lab.put(lab.root, 'target', old),
    from: join(lab.here, 'source'),
    to: server.file('target'),
  }),
  pull: () => ({
    source: lab.put(lab.root, 'source', content),
    target: lab.put(lab.here, 'target', old),
    from: server.file('source'),
    to: join(lab.here, 'target'),
  }),
};

/** When a change is made: the sizes are known and nothing was read, or a batch has arrived. */
const moments = {
  'before it is read': (act: () => void) => ({ onStart: act }),
  'when a part of it was copied': (act: () => void) => {
    let isDone = false;
    return {
      concurrency: 1,
      onStart: () => (isDone = false),
      onProgress: () => {
        if (!isDone) act();
        isDone = true;
      },
    };
  },
} satisfies Record<string, (act: () => void) => Partial<CopyOptions>>;

describe.each(['push', 'pull'] as const)('%s', (way) => {
  describe.each(Object.keys(moments) as (keyof typeof moments)[])(
    'a source that changes %s',
    (moment) => {
      test.each(changes)(
        'and %s, every time, is given up after three attempts',
        async (_, change) => {
          const { source, target, from, to } = ways[way]();
          let attempts = 0;
          const options = moments[moment](() => {
            attempts += 1;
            change(source);
          });
          await expect(
            lab.copyFile(from, to, { ...options, jobs: 1, blockBytes }),
          ).rejects.toMatchObject({
            code: 'COPY_SOURCE_CHANGED',
          });
          expect(attempts).toBe(3);
          expect(readFileSync(target).equals(old)).toBe(true);
        },
      );

      test.each(changes.slice(3))('and %s, once, is copied as it is then', async (_, change) => {
        const { source, target, from, to } = ways[way]();
        let attempts = 0;
        const options = moments[moment](() => {
          attempts += 1;
          if (attempts === 1) change(source);
        });
        const { sizeBytes } = await lab.copyFile(from, to, { ...options, jobs: 1, blockBytes });
        expect(readFileSync(target).equals(readFileSync(source))).toBe(true);
        expect(sizeBytes).toBe(statSync(source).size);
      });

      test('and is removed, is not found', async () => {
        const { source, target, from, to } = ways[way]();
        const options = moments[moment](() => unlinkSync(source));
        await expect(
          lab.copyFile(from, to, { ...options, jobs: 1, blockBytes }),
        ).rejects.toMatchObject({
          code: 'PATH_NOT_FOUND',
        });
        expect(readFileSync(target).equals(old)).toBe(true);
      });
    },
  );

  test('in place, a source that is at rest in the end is there in the end', async () => {
    const { source, target, from, to } = ways[way]();
    let attempts = 0;
    const options = moments['when a part of it was copied'](() => {
      attempts += 1;
      if (attempts < 3) rewrite(source);
    });
    await lab.copyFile(from, to, { ...options, jobs: 1, blockBytes, isInPlace: true });
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true);
  });
});

test('what was left by attempts that failed goes with the copy that succeeds', async () => {
  for (const way of ['push', 'pull'] as const) {
    const { source, target, from, to } = ways[way]();
    await lab.copyFile(from, to, { blockBytes });
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true);
    const left = readdirSync(dirname(target)).filter((name) => name.endsWith('.partial'));
    expect(left).toEqual([]);
  }
});

test.each([
  ['that only compares', other, { isDryRun: true }],
  ['that finds nothing to do', content, {}],
] as const)(
  'a copy %s says nothing of a source that changed meanwhile',
  async (_, before, options) => {
    const honest = await lab.serveWithin(openPlatform());
    const source = lab.put(lab.root, 'compared', content);
    const target = lab.put(lab.here, 'compared', before);
    let lists = 0;
    const url = await tampered(honest, (path) => {
      // The list was made of what was there before.
      if (!path.startsWith('/v1/list')) return undefined;
      lists += 1;
      writeFileSync(source, Buffer.concat([content, Buffer.alloc(lists)]));
      return undefined;
    });
    const copy = lab.copyFile(`${url}/compared`, target, { ...options, blockBytes });
    const isTold = copy.then(
      () => 'copied',
      (error: unknown) => (error as { code: string }).code,
    );
    // Each attempt has a list of its own, after which the file changes again.
    expect(await isTold).toBe('COPY_SOURCE_CHANGED');
    expect(lists).toBe(3);
    expect(readFileSync(target).equals(before)).toBe(true);
  },
);

test('two equal lists say nothing of a source that changed since its list was made', async () => {
  const lists = (side: string): string => join(lab.here, `${side}-lists`);
  const later = { ...openPlatform(), clock: { nowMs: () => Date.now() + 60_000 } };
  const honest = await lab.serveWithin(later, { cacheDirectory: lists('server') });
  const source = lab.put(lab.here, 'listed', content);
  lab.put(lab.root, 'listed', content);
  const options = { cacheDirectory: lists('client') };
  const push = (url: string) => lab.copyFile(source, `${url}/listed`, options, later);
  await push(honest);
  expect(await push(honest)).toMatchObject({ mark: 'unchanged', bytesHashed: 0 });
  let asked = 0;
  const url = await tampered(honest, () => {
    if (asked++ === 0) rewrite(source);
    return undefined;
  });
  expect(await push(url)).toMatchObject({ mark: 'changed' });
  expect(readFileSync(join(lab.root, 'listed')).equals(other)).toBe(true);
});
