/** A server between a client and an honest one, which changes what the honest one answers. */
import { once } from 'node:events';
import * as http from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll } from 'vitest';

export type Tamper = (
  path: string,
  body: Buffer,
  answer: http.ServerResponse,
) => Buffer | undefined | 'taken';

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

/** Until the tests of a file are over. Returns the address. */
export async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An honest server behind one that changes bodies; undefined: as it is, 'taken': answered. */
export async function tampered(honest: string, tamper: Tamper): Promise<string> {
  const server = http.createServer((incoming, outgoing) => {
    void (async () => {
      const sent: Buffer[] = [];
      for await (const chunk of incoming) sent.push(chunk as Buffer);
      const { hostname, port } = new URL(honest);
      const { method, url = '', headers } = incoming;
      const request = http.request({
        hostname,
        port,
        method,
        path: url,
        headers: { ...headers, host: hostname },
        // A connection that is kept would keep what was begun on it.
        agent: false,
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

export const only =
  (part: string, change: (body: Buffer, answer: http.ServerResponse) => Buffer | 'taken'): Tamper =>
  (path, body, answer) =>
    path.startsWith(part) ? change(body, answer) : undefined;
export const flipped =
  (at: number) =>
  (body: Buffer): Buffer => {
    const bytes = Buffer.from(body);
    bytes[at] = (bytes[at] as number) ^ 1;
    return bytes;
  };
export const status =
  (code: number, headers: http.OutgoingHttpHeaders = {}, text = '') =>
  (_: Buffer, answer: http.ServerResponse): 'taken' => {
    answer.writeHead(code, headers).end(text);
    return 'taken';
  };

/** A way to a server that carries so many bytes, both ways together, then breaks. */
export function fragile(honest: string, most: number): Promise<string> {
  let rest = most;
  const server = createServer((client: Socket) => {
    const { hostname, port } = new URL(honest);
    const far = connect(Number(port), hostname);
    const carry = (from: Socket, to: Socket): void => {
      from.on('data', (chunk: Buffer) => {
        to.write(chunk.subarray(0, Math.max(0, rest)));
        rest -= chunk.length;
        if (rest > 0) return;
        [from, to].forEach((socket) => socket.destroy());
        server.close();
      });
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    };
    carry(client, far);
    carry(far, client);
  });
  return listen(server);
}
