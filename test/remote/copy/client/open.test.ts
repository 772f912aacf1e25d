/** What a client believes of the first answer of a server. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { openRemoteFile } from '../../../../src/remote/copy/client/open.js';
import { PdiffcopyFile } from '../../../../src/remote/copy/client/pdiffcopy-file.js';
import { createHashList } from '../../../../src/remote/copy/hashing/hash-list.js';
import { Connection } from '../../../../src/remote/transport/client/connection.js';
import { Link } from '../../../../src/remote/transport/client/link.js';
import { VERSION_HEADER, WIRE_VERSION } from '../../../../src/remote/transport/protocol.js';
import { listen } from '../../../support/tampering.js';

/** A connection to a server that answers everything with a document, as Varve or as pdiffcopy. */
async function answering(status: number, document: object, isVarve = true) {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? '');
    outgoing.writeHead(status, isVarve ? { [VERSION_HEADER]: WIRE_VERSION } : {});
    outgoing.end(JSON.stringify(document));
  });
  const connection = new Connection({
    url: new URL('dir/a%20b', `${await listen(server)}/`),
    token: undefined,
    concurrency: 1,
    signal: undefined,
    link: new Link({ compression: 'off', mostBytesPerSecond: undefined, nowMs: () => 0 }),
    reportedCodes: [],
  });
  onTestFinished(() => connection.close());
  return { connection, asked };
}

const own = createHashList(100, 4096, { name: 'blake3', digestBytes: 32 });
const facts = (size: number, equal?: boolean) => ({
  size,
  varve: { size, identity: 'id', equal },
});

test.each<[string, typeof own | undefined, object, boolean]>([
  ['says so', own, facts(100, true), true],
  ['says that they are not', own, facts(100, false), false],
  ['says nothing', own, facts(100), false],
  ['says so of a file of another size', own, facts(101, true), false],
  ['says so and was not asked', undefined, facts(100, true), false],
])('two lists are equal where the server %s', async (_, list, document, isEqual) => {
  const { connection, asked } = await answering(200, document);
  const file = await openRemoteFile(connection, list);
  expect(file.isEqual).toBe(isEqual);
  const [, listed] = /^\/info\?filename=\/dir\/a%20b(.*)$/.exec(asked[0] ?? '') ?? [];
  expect(listed).toMatch(list ? /^&list=[0-9a-f]{64}&block_size=4096&method=blake3$/ : /^$/);
});

test('a file that is equal and not there is none', async () => {
  const { connection } = await answering(404, { varve: { equal: true } });
  expect(await openRemoteFile(connection, own)).toMatchObject({ isEqual: false, old: undefined });
});

test('a server that does not say it is Varve speaks pdiffcopy', async () => {
  for (const [status, document] of [[200, { size: 5 }] as const, [404, {}] as const]) {
    const { connection } = await answering(status, document, false);
    const file = await openRemoteFile(connection, own);
    expect(file).toBeInstanceOf(PdiffcopyFile);
    expect(file.old?.sizeBytes).toBe(status === 200 ? 5 : undefined);
  }
});

test.each([
  [302, 'REMOTE_PROTOCOL'],
  [400, 'REMOTE_PROTOCOL'],
  [401, 'REMOTE_REFUSED'],
  [403, 'REMOTE_REFUSED'],
  [429, 'REMOTE_REFUSED'],
  [500, 'REMOTE_PROTOCOL'],
])('an answer of %i is a failure, whatever it says: %s', async (status, code) => {
  for (const [document, isVarve] of [
    [{ error: { message: 'no' } }, true],
    [facts(100, true), true],
    [{ size: 5 }, false],
  ] as const) {
    const { connection } = await answering(status, document, isVarve);
    await expect(openRemoteFile(connection, own)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(String(status)) as string,
    });
  }
});
