/** What a server that speaks pdiffcopy's wire may do, and that the target stays as it was. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { createCopyLab } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';
import { listen } from '../../support/tampering.js';

const lab = createCopyLab();
const BLOCK = 4096;
const content = noise(3 * BLOCK + 5, 51);
const old = noise(2 * BLOCK, 52);
const lines = Array.from({ length: 4 }, (_, block) => {
  const hash = createHash('sha1').update(content.subarray(block * BLOCK, (block + 1) * BLOCK));
  return `${block * BLOCK}\t${hash.digest('hex')}\n`;
});

type Answer = (outgoing: ServerResponse, url: URL) => void;
const text =
  (body: string | Buffer, status = 200): Answer =>
  (outgoing) =>
    void outgoing.writeHead(status).end(body);
const endless =
  (part: string): Answer =>
  (outgoing) => {
    const more = (): void => void outgoing.write(part, (error) => error ?? setImmediate(more));
    more();
  };
const cut: Answer = (outgoing) => {
  outgoing.writeHead(200, { 'content-length': BLOCK });
  outgoing.write('xxx', () => outgoing.destroy());
};

/** An honest one, but for some of its answers. */
function pdiffcopy(faults: Readonly<Record<string, Answer>>): Promise<string> {
  const honest: Readonly<Record<string, Answer>> = {
    '/info': text(JSON.stringify({ size: content.length })),
    '/hashes': text(lines.join('')),
    '/blocks': (outgoing, url) => {
      const number = (name: string): number => Number(url.searchParams.get(name));
      const [offset, size] = [number('offset'), number('size')];
      outgoing.end(content.subarray(offset, offset + size));
    },
  };
  return listen(
    createServer((incoming: IncomingMessage, outgoing) => {
      const url = new URL(incoming.url ?? '', 'http://x');
      (faults[url.pathname] ?? honest[url.pathname])?.(outgoing, url);
    }),
  );
}

test('an honest one is copied from', async () => {
  const url = await pdiffcopy({});
  const target = lab.put(lab.here, 'honest', old);
  await lab.copyFile(`${url}/file`, target, { blockBytes: BLOCK });
  expect(readFileSync(target).equals(content)).toBe(true);
});

const faults: readonly (readonly [string, string, Readonly<Record<string, Answer>>])[] = [
  ['a size beyond all lists', 'REMOTE_REQUEST', { '/info': text('{"size":9007199254740991}') }],
  ['a line twice', 'REMOTE_PROTOCOL', { '/hashes': text([...lines, lines[0]].join('')) }],
  ['a line missing', 'REMOTE_PROTOCOL', { '/hashes': text(lines.slice(1).join('')) }],
  ['a line for no block', 'REMOTE_PROTOCOL', { '/hashes': text(`7\t${'0'.repeat(40)}\n`) }],
  [
    'a line beyond the end',
    'REMOTE_PROTOCOL',
    { '/hashes': text(`${4 * BLOCK}\t${'0'.repeat(40)}\n`) },
  ],
  ['a place beyond all numbers', 'REMOTE_PROTOCOL', { '/hashes': text(`${'9'.repeat(17)}\t00\n`) }],
  ['a hash that is too short', 'REMOTE_PROTOCOL', { '/hashes': text('0\t00ff\n') }],
  ['no hashes at all', 'REMOTE_PROTOCOL', { '/hashes': text('<html>welcome</html>\n') }],
  ['an error page for hashes', 'REMOTE_PROTOCOL', { '/hashes': text('<html>', 500) }],
  ['the last line cut', 'REMOTE_PROTOCOL', { '/hashes': text(lines.join('').slice(0, -1)) }],
  ['a line without an end', 'REMOTE_PROTOCOL', { '/hashes': endless('0'.repeat(1000)) }],
  ['lines without an end', 'REMOTE_PROTOCOL', { '/hashes': endless(lines.join('')) }],
  [
    'a wrong hash',
    'COPY_MISMATCH',
    { '/hashes': text(lines.join('').replace(/[0-9a-f]{8}\n$/, '00000000\n')) },
  ],
  [
    'a block of other bytes',
    'COPY_MISMATCH',
    {
      '/blocks': (outgoing, url) =>
        void outgoing.end(noise(Math.min(BLOCK, Number(url.searchParams.get('size'))), 9)),
    },
  ],
  ['a short block', 'REMOTE_PROTOCOL', { '/blocks': text('x') }],
  ['a long block', 'REMOTE_PROTOCOL', { '/blocks': text(Buffer.alloc(2 * BLOCK)) }],
  ['a block without an end', 'REMOTE_PROTOCOL', { '/blocks': endless('x'.repeat(10_000)) }],
  ['a connection that is cut', 'REMOTE_UNREACHABLE', { '/blocks': cut }],
  ['no JSON', 'REMOTE_PROTOCOL', { '/info': text('<html>') }],
  ['a size that is none', 'REMOTE_PROTOCOL', { '/info': text('{"size":"12"}') }],
  ['a size below nothing', 'REMOTE_PROTOCOL', { '/info': text('{"size":-1}') }],
];

test.each(faults)('%s: %s, and the target is what it was', async (name, code, answers) => {
  const url = await pdiffcopy(answers);
  const target = lab.put(lab.here, name, old);
  const copy = lab.copyFile(`${url}/file`, target, { blockBytes: BLOCK });
  await expect(copy).rejects.toMatchObject({ code });
  expect(readFileSync(target).equals(old)).toBe(true);
});
