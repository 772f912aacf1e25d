/** A server that may not write refuses every request that would, and changes nothing. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPlatform } from '../../../src/store.js';
import { createCopyLab } from '../../support/copy-lab.js';

const lab = createCopyLab();

/** What is in the root, with bytes and times. */
function look(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const stat = statSync(join(root, name), { bigint: true });
      const bytes = stat.isFile() ? readFileSync(join(root, name), 'latin1') : '';
      return `${name} ${stat.mtimeNs} ${stat.ctimeNs} ${bytes}`;
    });
}

const DRAFT = JSON.stringify({ size: 3, block_size: 4096, method: 'blake3', in_place: false });

test.each([
  ['bytes within a file', 'POST', '/blocks?filename=file&offset=0', 'new'],
  ['bytes of a new file', 'POST', '/blocks?filename=other&offset=0', 'new'],
  ['a file longer', 'POST', '/resize?filename=file&size=100', ''],
  ['a file empty', 'POST', '/resize?filename=file&size=0', ''],
  ['a new file', 'POST', '/resize?filename=other&size=5', ''],
  ['a file in a new directory', 'POST', '/resize?filename=new/deep/file&size=5', ''],
  ['a draft', 'POST', '/v1/drafts?filename=file', DRAFT],
  ['a draft in a new directory', 'POST', '/v1/drafts?filename=new/file', DRAFT],
])('it makes no %s', async (what, method, path, body) => {
  const root = join(lab.root, what.replaceAll(' ', '-'));
  mkdirSync(root);
  writeFileSync(join(root, 'file'), 'old');
  const before = look(root);
  const url = await lab.serveWithin(openPlatform(), {
    root,
    isPdiffcopy: true,
    allowsWriting: false,
  });
  const answer = await fetch(url + path, { method, body });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ error: { code: 'REMOTE_READ_ONLY' } });
  expect(look(root)).toEqual(before);
  // The same request is one that a server which may write takes.
  const other = await lab.serveWithin(openPlatform(), { root, isPdiffcopy: true });
  const taken = await fetch(other + path, { method, body });
  expect(taken.status).not.toBe(403);
});
