/** Requests to one server: few connections that are kept, every answer bounded, nothing followed. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { CodedError } from '../../errors.js';
import { MOST_JSON_BYTES, VERSION_HEADER, WIRE_VERSION } from '../wire/protocol.js';
import { parseJson } from '../wire/documents.js';
import { failureOfAnswer } from './answers.js';
import type { Link } from './link.js';

/** Nothing arrived and nothing could be sent for so long: the other side is gone. */
const IDLE_MS = 60_000;
/** Bodies are handed to the socket in parts of this length. */
const PACED_BYTES = 256 * 1024;

export interface ConnectionOptions {
  /** Scheme, host and port. */
  readonly url: URL;
  readonly token: string | undefined;
  /** Connections at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly link: Link;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, encoded. */
  readonly path: string;
  readonly body?: readonly Uint8Array[];
  readonly headers?: http.OutgoingHttpHeaders;
}

export class Connection {
  readonly url: URL;
  readonly link: Link;
  private readonly options: ConnectionOptions;
  private readonly agent: http.Agent;
  private readonly sockets = new Set<Socket>();
  private closedBytes = { sent: 0, received: 0 };

  constructor(options: ConnectionOptions) {
    this.url = options.url;
    this.link = options.link;
    this.options = options;
    const Agent = options.url.protocol === 'https:' ? https.Agent : http.Agent;
    this.agent = new Agent({ keepAlive: true, maxSockets: options.concurrency });
  }

  /** Bytes that passed the sockets, headers included. */
  get traffic(): { readonly sent: number; readonly received: number } {
    const total = { ...this.closedBytes };
    for (const socket of this.sockets) {
      total.sent += socket.bytesWritten;
      total.received += socket.bytesRead;
    }
    return total;
  }

  /** An answer of any status, its body to be read. @throws CodedError REMOTE_UNREACHABLE */
  send({ method, path, body = [], headers = {} }: Request): Promise<http.IncomingMessage> {
    const { url, token, signal } = this.options;
    const { request } = url.protocol === 'https:' ? https : http;
    const length = body.reduce((sum, { length }) => sum + length, 0);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port,
        method,
        path,
        agent: this.agent,
        timeout: IDLE_MS,
        ...(signal && { signal }),
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(method === 'POST' && { 'content-length': length }),
          ...headers,
        },
      });
      outgoing.on('socket', (socket) => this.count(socket));
      outgoing.on('timeout', () => outgoing.destroy(new Error('nothing moved for a minute')));
      outgoing.on('error', (error) => reject(this.unreachable(error)));
      outgoing.on('response', (answer) => {
        answer.on('error', () => undefined);
        resolve(answer);
      });
      this.write(outgoing, body).catch((error: unknown) => outgoing.destroy(error as Error));
    });
  }

  /** An answer that must be a success, its body to be read. @throws CodedError of the server */
  async expect(request: Request): Promise<http.IncomingMessage> {
    const answer = await this.send(request);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    throw failureOfAnswer(statusCode, await this.text(answer), this.url);
  }

  /** The JSON document of an answer. @throws CodedError of the server, REMOTE_PROTOCOL */
  async json(request: Request): Promise<unknown> {
    return parseJson(await this.text(await this.expect(request)));
  }

  /** Reads a short body to its end. */
  async text(answer: http.IncomingMessage): Promise<string> {
    let text = '';
    await this.read(answer, (chunk) => {
      text += chunk.toString('utf8');
      if (text.length > MOST_JSON_BYTES) throw tooLong(this.url);
    });
    return text;
  }

  /** Reads a body to its end. @throws CodedError REMOTE_UNREACHABLE, what `take` throws */
  async read(answer: http.IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
    try {
      for await (const chunk of answer) {
        take(chunk as Buffer);
        const pause = this.link.pass((chunk as Buffer).length);
        if (pause) await pause;
      }
    } catch (error) {
      answer.destroy();
      throw error instanceof CodedError ? error : this.unreachable(error as Error);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private async write(outgoing: http.ClientRequest, body: readonly Uint8Array[]): Promise<void> {
    for (const part of body) {
      for (let start = 0; start < part.length; start += PACED_BYTES) {
        const end = Math.min(part.length, start + PACED_BYTES);
        const pause = this.link.pass(end - start);
        if (pause) await pause;
        outgoing.write(part.subarray(start, end));
      }
    }
    outgoing.end();
  }

  private count(socket: Socket): void {
    if (this.sockets.has(socket)) return;
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.closedBytes.sent += socket.bytesWritten;
      this.closedBytes.received += socket.bytesRead;
    });
  }

  private unreachable(cause: Error): CodedError {
    if (this.options.signal?.aborted) {
      return new CodedError('INTERRUPTED', 'The copy was interrupted.', {
        hint: 'Run it again: it goes on from what is there.',
        cause,
      });
    }
    const { host } = this.url;
    return new CodedError('REMOTE_UNREACHABLE', `${host} does not answer: ${cause.message}.`, {
      hint: 'Check the address and that `varve serve` runs there; what was copied so far is taken up by the next run.',
      cause,
    });
  }
}

/** Whether an answer is of a Varve server, which has more than pdiffcopy. */
export function isVarve(answer: http.IncomingMessage): boolean {
  return answer.headers[VERSION_HEADER] === WIRE_VERSION;
}

function tooLong({ host }: URL): CodedError {
  return new CodedError('REMOTE_PROTOCOL', `${host} sent a longer document than there are.`, {
    hint: 'Check that the address is that of `varve serve` or of pdiffcopy.',
  });
}
