/**
 * Any edit of a file is copied whole: both ways, over HTTP, in place or not, at once or after an
 * interruption. The jobs of worker threads run on this one, so that a copy takes milliseconds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  CodedError,
  openPlatform,
  serve,
  type CopyOptions,
  type CopyResult,
  type RunningServer,
} from '../../../src/store.js';
import { noise, runs } from '../../support/seed.js';
import { createCopyLab } from '../../support/copy-lab.js';

vi.mock(
  '../../../src/remote/copy/worker/pool.js',
  () => import('../../support/in-thread-workers.js'),
);

const lab = createCopyLab();
let server: RunningServer;
beforeAll(async () => {
  server = await serve(openPlatform(), {
    root: lab.root,
    address: '127.0.0.1',
    port: 0,
    allowsWriting: true,
    token: undefined,
    isOpen: false,
    hosts: [],
    isPdiffcopy: false,
    tls: undefined,
    jobs: 1,
    cacheDirectory: undefined,
  });
});
afterAll(() => server.close());

/** What is done to a file. Places and lengths are in bytes, and taken modulo its size. */
type Edit =
  | { readonly type: 'insert'; readonly at: number; readonly length: number; readonly seed: number }
  | { readonly type: 'delete' | 'zero'; readonly at: number; readonly length: number }
  | {
      readonly type: 'move' | 'duplicate' | 'swap';
      readonly from: number;
      readonly to: number;
      readonly length: number;
    }
  | { readonly type: 'truncate'; readonly at: number }
  | { readonly type: 'append'; readonly length: number; readonly seed: number };

function applyEdit(bytes: Buffer, edit: Edit): Buffer {
  const within = (place: number): number => place % (bytes.length + 1);
  const range = (place: number, length: number): readonly [number, number] => {
    const start = within(place);
    return [start, Math.min(bytes.length, start + length)];
  };
  switch (edit.type) {
    case 'insert': {
      const at = within(edit.at);
      const added = noise(edit.length, edit.seed);
      return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
    }
    case 'append':
      return Buffer.concat([bytes, noise(edit.length, edit.seed)]);
    case 'truncate':
      return bytes.subarray(0, within(edit.at));
    case 'delete': {
      const [start, end] = range(edit.at, edit.length);
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    }
    case 'zero': {
      const [start, end] = range(edit.at, edit.length);
      return Buffer.from(bytes).fill(0, start, end);
    }
    case 'duplicate': {
      const [start, end] = range(edit.from, edit.length);
      const to = within(edit.to);
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(start, end), bytes.subarray(to)]);
    }
    case 'move': {
      const [start, end] = range(edit.from, edit.length);
      const rest = Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
      const to = edit.to % (rest.length + 1);
      return Buffer.concat([rest.subarray(0, to), bytes.subarray(start, end), rest.subarray(to)]);
    }
    case 'swap': {
      // What lies between the two stays where it is: every block is there, none where it was.
      const [first, second] = [within(edit.from), within(edit.to)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      const length = Math.min(edit.length, second - first, bytes.length - second);
      const copy = Buffer.from(bytes);
      bytes.copy(copy, first, second, second + length);
      bytes.copy(copy, second, first, first + length);
      return copy;
    }
  }
}

/** Half of the places and lengths are whole blocks. */
const placesOf = (blockBytes: number, blocks: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.nat(blocks).map((block) => block * blockBytes),
    fc.nat(blocks * blockBytes),
  );

function editsOf(blockBytes: number): fc.Arbitrary<Edit[]> {
  const at = placesOf(blockBytes, 7);
  const length = placesOf(blockBytes, 3);
  const seed = fc.integer({ min: 100, max: 120 });
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    fc.record({ type: fc.constant('insert' as const), at, length, seed }),
    fc.record({ type: fc.constantFrom('delete' as const, 'zero' as const), at, length }),
    fc.record({
      type: fc.constantFrom('move' as const, 'duplicate' as const, 'swap' as const),
      from: at,
      to: at,
      length,
    }),
    fc.record({ type: fc.constant('truncate' as const), at }),
    fc.record({ type: fc.constant('append' as const), length, seed }),
  );
  return fc.array(edit, { maxLength: 5 });
}

/** A few blocks that do not compress, or one block again and again, or zeros. */
const contents = (blockBytes: number): fc.Arbitrary<Buffer> =>
  fc
    .tuple(placesOf(blockBytes, 6), fc.constantFrom('noise', 'noise', 'repeated', 'zeros'))
    .map(([length, kind]) => {
      if (kind === 'noise') return noise(length, 1);
      return Buffer.alloc(length, kind === 'zeros' ? undefined : noise(blockBytes, 2));
    });

interface Case {
  readonly blockBytes: number;
  readonly old: Buffer;
  readonly edits: readonly Edit[];
  readonly isInPlace: boolean;
  /** The copy is interrupted once, at its first bytes. */
  readonly isResumed: boolean;
}

const cases: fc.Arbitrary<Case> = fc.constantFrom(16, 100, 4096, 5000).chain((blockBytes) =>
  fc.record({
    blockBytes: fc.constant(blockBytes),
    old: contents(blockBytes),
    edits: editsOf(blockBytes),
    isInPlace: fc.boolean(),
    isResumed: fc.boolean(),
  }),
);

const ways = ['pull', 'push', 'on one machine'] as const;

/** Copies `content` onto `old`. Returns what was counted, and what is there now. */
async function copyOnto(
  old: Buffer,
  content: Buffer,
  way: (typeof ways)[number],
  { blockBytes, isInPlace, isResumed }: Omit<Case, 'old' | 'edits'>,
): Promise<CopyResult & { readonly bytes: Buffer }> {
  const [sourceRoot, targetRoot] =
    way === 'pull'
      ? [lab.root, lab.here]
      : way === 'push'
        ? [lab.here, lab.root]
        : [lab.here, lab.here];
  lab.put(sourceRoot, 'source', content);
  const target = lab.put(targetRoot, 'target', old);
  const address = (root: string, name: string): string =>
    root === lab.root ? `${server.url}/${name}` : join(root, name);
  const copy = (options: Partial<CopyOptions>): Promise<CopyResult> =>
    lab.copyFile(address(sourceRoot, 'source'), address(targetRoot, 'target'), {
      blockBytes,
      isInPlace,
      jobs: 1,
      ...options,
    });
  if (isResumed) {
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    await copy({ signal: controller.signal, onProgress }).catch((error: unknown) => {
      if (!(error instanceof CodedError && error.code === 'INTERRUPTED')) throw error;
    });
  }
  const result = await copy({});
  return { ...result, bytes: readFileSync(target) };
}

describe.each(ways)('%s', (way) => {
  test('any edits arrive whole, and no more bytes pass than the new file and what is said of it', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ old, edits, ...options }) => {
        const content = edits.reduce(applyEdit, old);
        const result = await copyOnto(old, content, way, options);
        expect(result.bytes.equals(content)).toBe(true);
        expect(result.sizeBytes).toBe(content.length);
        expect(result.similarity).toBeGreaterThanOrEqual(0);
        expect(result.similarity).toBeLessThanOrEqual(1);
        expect(result.bytesWritten).toBeLessThanOrEqual(content.length);
        if (content.equals(old) && !options.isResumed) expect(result.bytesWritten).toBe(0);
        const blocks = Math.ceil(Math.max(old.length, content.length) / options.blockBytes);
        // A hash of 36 bytes or two pieces of 25 for a block; and headers.
        const said = 64 * (blocks + 1) + 8192;
        const lacking = (1 - result.similarity) * content.length;
        expect(result.bytesSent).toBeLessThanOrEqual((way === 'push' ? lacking : 0) + said);
        expect(result.bytesReceived).toBeLessThanOrEqual((way === 'pull' ? lacking : 0) + said);
      }),
      runs(150),
    );
  });

  test('blocks in another order cost no bytes, unless they are written over each other', async () => {
    const blockBytes = 512;
    const count = 6;
    const old = noise(count * blockBytes, 3);
    const order = fc.shuffledSubarray([...Array(count).keys()], { minLength: count });
    await fc.assert(
      fc.asyncProperty(order, fc.boolean(), async (blocks, isInPlace) => {
        const content = Buffer.concat(
          blocks.map((block) => old.subarray(block * blockBytes, (block + 1) * blockBytes)),
        );
        const options = { blockBytes, isInPlace, isResumed: false };
        const { bytes, similarity } = await copyOnto(old, content, way, options);
        expect(bytes.equals(content)).toBe(true);
        if (!isInPlace) expect(similarity).toBe(1);
      }),
      runs(60),
    );
  });
});
