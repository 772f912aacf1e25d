/** Requests by hand: sent as they are, whether they make sense or not. */
import { once } from 'node:events';
import * as http from 'node:http';
import { connect, type Socket } from 'node:net';
import type { ServerProcess } from './copy-lab.js';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Keeps its connection; without it, the connection ends with the answer. */
  readonly agent?: http.Agent;
}

/** A request whose path is sent as it is. */
export async function ask(
  server: Pick<ServerProcess, 'url'>,
  path: string,
  { method = 'GET', headers = {}, body = '', agent }: Asked = {},
): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  const request = http.request({ hostname, port, path, method, headers, agent: agent ?? false });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: text };
}

/** Resolves when a socket is closed, also by an error. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

/** Sends text on a connection of its own; what comes back until the connection ends. */
export async function say(server: ServerProcess, text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.write(text, 'latin1');
  await closed(socket);
  return answer;
}

/** The statuses of the answers in what came back. */
export const statuses = (answer: string): string[] =>
  Array.from(answer.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status = '']) => status);
