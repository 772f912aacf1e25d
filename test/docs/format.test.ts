/**
 * docs/format.md shows a repository byte by byte. What it shows must be what the code writes, and what
 * the code reads. `WRITE_EXAMPLE=1 npx vitest run test/docs/format.test.ts` puts new listings in.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rebuildBlob } from '../../src/repo/chain/rebuild.js';
import { openIndex } from '../../src/repo/index/index.js';
import { createBufferPool } from '../../src/repo/packs/buffer-pool.js';
import { createFrameReader } from '../../src/repo/packs/frame-reader.js';
import { decodeSection } from '../../src/repo/packs/frame.js';
import { openDirectoryPackStore } from '../../src/repo/packs/pack-store.js';
import { scanPack } from '../../src/repo/packs/scan.js';
import { openPlatform } from '../../src/platform/platform.js';
import { dumpPack, readListing } from './dump.js';
import { makeExample, NEW_CORE, NOTE, OLD_CORE } from './example-repository.js';
import { repair } from '../support/by-path.js';

const PAGE = new URL('../../docs/format.md', import.meta.url);
const PACKS = ['packs/00000001.pack', 'packs/00000002.pack'] as const;
const work = mkdtempSync(`${tmpdir()}/varve-format-`);

beforeAll(async () => {
  await makeExample(`${work}/made`);
  if (process.env['WRITE_EXAMPLE']) writePage();
  mkdirSync(`${work}/shown/packs`, { recursive: true });
  writeFileSync(`${work}/shown/varve.json`, shown('varve.json'));
  for (const file of PACKS) writeFileSync(`${work}/shown/${file}`, readListing(shown(file)));
});
afterAll(() => rmSync(work, { recursive: true }));

/** The fenced block that follows the line `**file**`. */
function shown(file: string): string {
  const block = blockOf(file).exec(readFileSync(PAGE, 'utf8'));
  return block?.[2] ?? '';
}

function blockOf(file: string): RegExp {
  return new RegExp(
    `(\\*\\*\`${file.replace('.', '\\.')}\`\\*\\*\\n\\n\`\`\`[a-z]+\\n)([^\`]*?)(\`\`\`)`,
  );
}

function writePage(): void {
  let page = readFileSync(PAGE, 'utf8');
  const put = (file: string, text: string): void => {
    page = page.replace(
      blockOf(file),
      (_, before: string, __, after: string) => before + text + after,
    );
  };
  put('varve.json', readFileSync(`${work}/made/varve.json`, 'utf8'));
  for (const file of PACKS) put(file, `${dumpPack(readFileSync(`${work}/made/${file}`))}\n`);
  documentsOf('made').forEach((document, index) => {
    put(`end of run ${index + 1}`, `${JSON.stringify(document, null, 2)}\n`);
  });
  writeFileSync(PAGE, page);
}

/** Every frame of a repository with its sections decoded: compression may differ, this may not. */
function framesOf(name: 'made' | 'shown'): object[] {
  const store = storeOf(name);
  const frames = [1, 2].flatMap((pack) => [...scanPack(store, pack)]);
  const decoded = frames.map(({ head, bytes, isIntact, address }) => ({
    pack: address.pack,
    isIntact,
    kind: head.kind,
    generation: head.generation,
    members: [...head.fullMembers, ...head.deltaMembers],
    sections: head.sections.map((_, index) => Buffer.from(decodeSection(head, bytes, index))),
  }));
  store.close();
  return decoded;
}

function documentsOf(name: 'made' | 'shown'): unknown[] {
  const store = storeOf(name);
  const ends = [...scanPack(store, 2)].filter(({ head }) => head.kind === 4);
  const documents = ends.map(({ head, bytes }) => {
    return JSON.parse(Buffer.from(decodeSection(head, bytes, 0)).toString()) as unknown;
  });
  store.close();
  return documents;
}

function storeOf(name: 'made' | 'shown') {
  const id = Buffer.from(Array.from({ length: 16 }, (_, index) => index));
  return openDirectoryPackStore(openPlatform().files, `${work}/${name}/packs`, id);
}

test('the example is what a backup writes', () => {
  expect(framesOf('shown')).toEqual(framesOf('made'));
  expect(shown('varve.json')).toBe(readFileSync(`${work}/made/varve.json`, 'utf8'));
});

test('the meanings beside the bytes are those of these bytes', () => {
  for (const file of PACKS) expect(shown(file)).toBe(`${dumpPack(readListing(shown(file)))}\n`);
});

test('the JSON documents of the example are those in its packs', () => {
  const documents = documentsOf('shown');
  expect(documents.map((_, run) => JSON.parse(shown(`end of run ${run + 1}`)) as unknown)).toEqual(
    documents,
  );
});

test('an index made from the bytes on the page rebuilds both snapshots', async () => {
  const platform = openPlatform();
  await repair(`${work}/shown`, platform, { rebuildsIndex: true });
  const index = openIndex(`${work}/shown/index.sqlite`, 'read', platform.files);
  const store = storeOf('shown');
  const reader = createFrameReader(store, 1024 * 1024, createBufferPool(0));
  const filesAt = (snapshot: number): Record<string, string> => {
    const [root] = index.versions.at(-1, snapshot);
    const entries = index.versions.at(root!.path, snapshot).map(({ name, content, link }) => {
      const recipe = content.type === 'blob' ? index.blobs.recipe(content.blob) : undefined;
      const bytes = recipe && Buffer.from(rebuildBlob(reader, recipe)).toString('hex');
      return [name, bytes ?? link ?? ''] as const;
    });
    return Object.fromEntries(entries);
  };
  const note = NOTE.toString('hex');
  expect(filesAt(1)).toEqual({ core: OLD_CORE.toString('hex'), note });
  expect(filesAt(2)).toEqual({ core: NEW_CORE.toString('hex'), note, top: 'core' });
  store.close();
  index.close();
});
