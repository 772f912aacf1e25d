/** What a server, or the way to it, may do, and that the target stays as it was. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCopyLab, equalFiles, noise, type ServerProcess } from '../support.js';

const lab = createCopyLab();
const BLOCK = 4096;
const content = noise(10 * BLOCK + 5, 3);
const old = noise(6 * BLOCK, 9);
let honest: ServerProcess;
const servers: Server[] = [];

beforeAll(async () => {
  lab.put(lab.root, 'file', content);
  honest = await lab.serve('--allow-write', '--no-cache');
});
afterAll(() => servers.forEach((server) => server.close()));

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Tamper = (
  path: string,
  body: Buffer,
  answer: http.ServerResponse,
) => Buffer | undefined | 'taken';

/** An honest server behind one that changes bodies; undefined: as it is, 'taken': answered. */
async function tampered(tamper: Tamper): Promise<string> {
  const server = http.createServer((incoming, outgoing) => {
    void (async () => {
      const sent: Buffer[] = [];
      for await (const chunk of incoming) sent.push(chunk as Buffer);
      const { hostname, port } = new URL(honest.url);
      const { method, url = '', headers } = incoming;
      const request = http.request({
        hostname,
        port,
        method,
        path: url,
        headers: { ...headers, host: hostname },
      });
      request.end(Buffer.concat(sent));
      const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const changed = tamper(url, body, outgoing);
      if (changed === 'taken') return;
      outgoing.writeHead(answer.statusCode ?? 500, {
        ...answer.headers,
        'content-length': (changed ?? body).length,
      });
      outgoing.end(changed ?? body);
    })();
  });
  return listen(server);
}

const only =
  (part: string, change: (body: Buffer, answer: http.ServerResponse) => Buffer | 'taken'): Tamper =>
  (path, body, answer) =>
    path.startsWith(part) ? change(body, answer) : undefined;
const flipped =
  (at: number) =>
  (body: Buffer): Buffer => {
    const bytes = Buffer.from(body);
    bytes[at] = (bytes[at] as number) ^ 1;
    return bytes;
  };
const status =
  (code: number, headers: http.OutgoingHttpHeaders = {}, text = '') =>
  (_: Buffer, answer: http.ServerResponse): 'taken' => {
    answer.writeHead(code, headers).end(text);
    return 'taken';
  };

const faults: readonly (readonly [string, string, Tamper])[] = [
  ['a wrong hash in the list', 'COPY_MISMATCH', only('/v1/list', flipped(3 * 36 + 10))],
  ['a wrong byte in a block', 'COPY_MISMATCH', only('/v1/read', flipped(100))],
  [
    'blocks exchanged',
    'COPY_MISMATCH',
    only('/v1/read', (body) =>
      Buffer.concat([
        body.subarray(BLOCK, 2 * BLOCK),
        body.subarray(0, BLOCK),
        body.subarray(2 * BLOCK),
      ]),
    ),
  ],
  ['a short list', 'REMOTE_PROTOCOL', only('/v1/list', (body) => body.subarray(0, -36))],
  ['a long list', 'REMOTE_PROTOCOL', only('/v1/list', (body) => Buffer.concat([body, body]))],
  ['a short block', 'REMOTE_PROTOCOL', only('/v1/read', (body) => body.subarray(1))],
  ['a long block', 'REMOTE_PROTOCOL', only('/v1/read', (body) => Buffer.concat([body, body]))],
  [
    'another size',
    'REMOTE_PROTOCOL',
    only('/info', (body) => Buffer.from(body.toString().replace('"size":40965', '"size":45061'))),
  ],
  [
    'an impossible size',
    'REMOTE_PROTOCOL',
    only('/info', () => Buffer.from('{"size":-1,"varve":{"identity":"x"}}')),
  ],
  [
    'a size beyond all lists',
    'REMOTE_REQUEST',
    only('/info', (body) =>
      Buffer.from(body.toString().replace('"size":40965', '"size":9007199254740991')),
    ),
  ],
  ['no JSON', 'REMOTE_PROTOCOL', only('/info', () => Buffer.from('<html>welcome</html>'))],
  ['an endless document', 'REMOTE_PROTOCOL', only('/info', () => Buffer.alloc(1_000_000, '['))],
  [
    'a redirection to a file',
    'REMOTE_PROTOCOL',
    only('/info', status(302, { location: 'file:///etc/passwd' })),
  ],
  [
    'a redirection to another address',
    'REMOTE_PROTOCOL',
    only('/v1/list', status(307, { location: 'http://169.254.169.254/' })),
  ],
  [
    'an error page with status 200',
    'REMOTE_PROTOCOL',
    only('/v1/read', status(200, { 'content-type': 'text/html' }, '<h1>oops</h1>')),
  ],
  ['an error', 'REMOTE_PROTOCOL', only('/v1/read', status(500))],
  [
    'another state of the file',
    'COPY_SOURCE_CHANGED',
    only('/v1/list', status(200, { 'varve-identity': 'other', 'content-length': 0 })),
  ],
  [
    'compressed bytes that were not asked for',
    'REMOTE_PROTOCOL',
    only(
      '/v1/read',
      status(200, { 'varve-encoding': 'zstd', 'content-length': 20 }, 'x'.repeat(20)),
    ),
  ],
  [
    'a connection that is cut',
    'REMOTE_UNREACHABLE',
    only('/v1/read', (body, answer) => {
      answer.writeHead(200, { 'content-length': body.length });
      answer.write(body.subarray(0, 1000), () => answer.destroy());
      return 'taken';
    }),
  ],
];

test.each(faults)('%s: %s, and the target is what it was', async (name, code, tamper) => {
  const url = await tampered(tamper);
  const target = lab.put(lab.here, name, old);
  await expect(lab.copyFile(`${url}/file`, target)).rejects.toMatchObject({ code });
  expect(readFileSync(target).equals(old)).toBe(true);
});

test('text of a server reaches the terminal without its control characters as the JSON has it', async () => {
  const body = JSON.stringify({ error: { code: 'REMOTE_REFUSED', message: 'no\u001b[31m' } });
  const url = await tampered(only('/info', status(403, {}, body)));
  const { code, stdout } = await lab.run(['copy', '--json', `${url}/file`, 'x']);
  expect(code).toBe(1);
  expect(stdout).not.toContain('\u001b');
});

describe('a connection that is cut', () => {
  /** A way to the honest server that carries so many bytes, both ways together, then breaks. */
  async function fragile(most: number): Promise<string> {
    let rest = most;
    const server = createServer((client: Socket) => {
      const { hostname, port } = new URL(honest.url);
      const far = connect(Number(port), hostname);
      const carry = (from: Socket, to: Socket): void => {
        from.on('data', (chunk: Buffer) => {
          to.write(chunk.subarray(0, Math.max(0, rest)));
          rest -= chunk.length;
          if (rest <= 0) [from, to].forEach((socket) => socket.destroy());
        });
        from.on('error', () => undefined);
        from.on('close', () => to.destroy());
      };
      carry(client, far);
      carry(far, client);
    });
    return listen(server);
  }

  test.each([1, 200, 700, 1200, 2000, 5000, 20_000, 30_000, 42_000])(
    'after %i bytes leaves the target as it was, and the next copy makes it whole',
    async (bytes) => {
      const url = await fragile(bytes);
      const target = lab.put(lab.here, 'target', old);
      await expect(lab.copyFile(`${url}/file`, target)).rejects.toMatchObject({
        code: 'REMOTE_UNREACHABLE',
      });
      expect(readFileSync(target).equals(old)).toBe(true);
      const pushed = lab.put(lab.root, 'pushed', old);
      const source = lab.put(lab.here, 'source', content);
      await expect(lab.copyFile(source, `${await fragile(bytes)}/pushed`)).rejects.toMatchObject({
        code: 'REMOTE_UNREACHABLE',
      });
      expect(readFileSync(pushed).equals(old)).toBe(true);
      await lab.copyFile(honest.file('file'), target);
      expect(readFileSync(target).equals(content)).toBe(true);
      await lab.copyFile(source, honest.file('pushed'));
      expect(equalFiles(source, pushed)).toBe(true);
    },
  );
});

test('nobody there is said with the address', async () => {
  await expect(lab.copyFile('http://127.0.0.1:9/file', 'x')).rejects.toMatchObject({
    code: 'REMOTE_UNREACHABLE',
  });
});
