/** What a server tells of a file to who asks for it first. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPlatform } from '../../../../src/store.js';
import { openDraft } from '../../../../src/remote/copy/draft/draft.js';
import { localPlace } from '../../../../src/remote/copy/file/place.js';
import { createCopyLab } from '../../../support/copy-lab.js';

const lab = createCopyLab();
const platform = openPlatform();

async function infoOf(url: string, query: string): Promise<{ status: number; document: unknown }> {
  const answer = await fetch(`${url}/info?${query}`);
  return { status: answer.status, document: await answer.json() };
}

/** A file of the server's root, and what a copy onto it left that was cut off. */
function leave(name: string): void {
  writeFileSync(join(lab.root, name), 'old');
  const place = localPlace(platform.files, join(lab.root, name));
  const draft = openDraft(platform.files, place, 'beside', undefined);
  platform.files.write(draft.descriptor, Buffer.from('unfinished'), 0);
  draft.close();
  place.close();
}

test.each([
  ['that may be written', true],
  ['that is read only', false],
])('a server %s tells of unfinished copies: %j', async (_, allowsWriting) => {
  leave('target');
  const url = await lab.serveWithin(platform, { allowsWriting });
  const { status, document } = await infoOf(url, 'filename=target');
  expect(status).toBe(200);
  const left: unknown = allowsWriting ? expect.objectContaining({ size: 10 }) : undefined;
  const { varve } = document as { varve: Record<string, unknown> };
  expect(document).toMatchObject({ size: 3, varve: { size: 3 } });
  expect(varve['left']).toEqual(left);
  expect(varve['equal']).toBeUndefined();
});

test('a file that is not there is not found, nor is one in no directory; nothing is made for it', async () => {
  mkdirSync(join(lab.root, 'directory'));
  const url = await lab.serveWithin(platform);
  for (const name of ['directory/missing', 'nowhere/missing']) {
    const { status, document } = await infoOf(url, `filename=${name}`);
    expect(status).toBe(404);
    expect(document).toMatchObject({ error: { code: 'PATH_NOT_FOUND' } });
    expect(document).not.toHaveProperty('size');
  }
  expect(existsSync(join(lab.root, 'nowhere'))).toBe(false);
});

test('a list of the client is equal only to one that is known to be that of the file', async () => {
  writeFileSync(join(lab.root, 'listed'), 'content');
  const url = await lab.serveWithin(platform);
  const list = `list=${'0'.repeat(64)}&block_size=4096&method=blake3`;
  const { document } = await infoOf(url, `filename=listed&${list}`);
  expect(document).toMatchObject({ varve: { equal: false } });
});
