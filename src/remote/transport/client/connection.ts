/** Requests to one server: few connections that are kept, every answer bounded, nothing followed. */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import { CodedError, type ErrorCode } from '../../../errors.js';
import { MAX_JSON_BYTES, VERSION_HEADER, WIRE_VERSION } from '../protocol.js';
import { parseJson } from '../json.js';
import { failureOfAnswer, type Refusal } from './failures.js';
import { ByteChannel, WrongAnswer, type AnswerHead } from './byte-channel.js';
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
  /** Failures that the server may report by their codes. */
  readonly reportedCodes: readonly ErrorCode[];
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
  private readonly channels = new Set<ByteChannel>();
  /** Those of them that no request uses. */
  private readonly idle: ByteChannel[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly requests = new Set<http.ClientRequest>();
  private readonly onAbort = (): void => this.close();
  private closedBytes = { sent: 0, received: 0 };
  private lost = false;

  constructor(options: ConnectionOptions) {
    this.url = options.url;
    this.link = options.link;
    this.options = options;
    this.agent = new (modulesFor(options.url).Agent)({
      keepAlive: true,
      maxSockets: options.concurrency,
    });
    options.signal?.addEventListener('abort', this.onAbort);
  }

  /** Whether a request went unanswered: another would only wait as long. */
  get isLost(): boolean {
    return this.lost;
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
  async send({ method, path, body = [], headers = {} }: Request): Promise<http.IncomingMessage> {
    const { url, signal } = this.options;
    if (signal?.aborted) throw this.unreachable(new Error('the copy was interrupted'));
    const { request } = modulesFor(url);
    const length = body.reduce((sum, { length }) => sum + length, 0);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port,
        method,
        path,
        agent: this.agent,
        timeout: IDLE_MS,
        headers: {
          ...this.authorization,
          ...(method === 'POST' && { 'content-length': length }),
          ...headers,
        },
      });
      // Not by the signal itself, which warns when more than ten requests listen to it.
      this.requests.add(outgoing);
      outgoing.on('close', () => this.requests.delete(outgoing));
      outgoing.on('socket', (socket) => this.count(socket));
      outgoing.on('timeout', () => outgoing.destroy(new Error('no data moved for a minute')));
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
    throw this.failureOf({ status: statusCode, body: await this.text(answer) });
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
      if (text.length > MAX_JSON_BYTES) throw tooLong(this.url);
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

  /**
   * Sends a short request whose answer is bytes of a file, which are received into the memory that
   * `room` gives: as much as the answer's head says.
   * @throws CodedError of the server, REMOTE_UNREACHABLE, REMOTE_PROTOCOL, what `room` throws
   */
  async receive(
    { method, path, body = [], headers = {} }: Request,
    room: (head: AnswerHead) => Uint8Array,
  ): Promise<void> {
    const bytes = Buffer.concat(body);
    const fields = Object.entries({
      host: this.url.host,
      ...this.authorization,
      ...headers,
      'content-length': bytes.length,
    });
    const lines = fields.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('');
    const request = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}\r\n`, 'latin1');
    let refusal = Buffer.alloc(0);
    const { status } = await this.exchange(Buffer.concat([request, bytes]), (head) => {
      if (head.status === 200) return room(head);
      if (head.lengthBytes > MAX_JSON_BYTES) throw tooLong(this.url);
      refusal = Buffer.alloc(head.lengthBytes);
      return refusal;
    });
    if (status !== 200) throw this.failureOf({ status, body: refusal.toString('utf8') });
  }

  /** What a refusal of this server means. */
  failureOf(refusal: Refusal): CodedError {
    return failureOfAnswer(refusal, this.url, this.options.reportedCodes);
  }

  close(): void {
    this.options.signal?.removeEventListener('abort', this.onAbort);
    for (const request of this.requests) request.destroy();
    this.agent.destroy();
    for (const channel of this.channels) channel.close();
  }

  private get authorization(): http.OutgoingHttpHeaders {
    const { token } = this.options;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  private async exchange(
    request: Uint8Array,
    room: (head: AnswerHead) => Uint8Array,
  ): Promise<AnswerHead> {
    if (this.options.signal?.aborted)
      throw this.unreachable(new Error('the connection was given up'));
    const known = this.idle.pop();
    const channel = known ?? this.openChannel();
    try {
      const head = await channel.exchange(request, room);
      this.idle.push(channel);
      // What was received in one go may be more than was to pass by now.
      await this.link.pass(0);
      return head;
    } catch (error) {
      channel.close();
      this.channels.delete(channel);
      // A server may give up a connection just when it is used again.
      const isStale = known !== undefined && channel.isSilent && !this.options.signal?.aborted;
      if (isStale) return this.exchange(request, room);
      if (error instanceof CodedError) throw error;
      throw error instanceof WrongAnswer
        ? wrongAnswer(this.url, error)
        : this.unreachable(error as Error);
    }
  }

  private openChannel(): ByteChannel {
    const pass = (bytes: number): Promise<void> | undefined => this.link.pass(bytes);
    const channel = new ByteChannel({ url: this.url, idleMs: IDLE_MS, pass });
    this.channels.add(channel);
    this.count(channel.socket);
    return channel;
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
    this.lost = true;
    if (this.options.signal?.aborted) {
      return new CodedError('INTERRUPTED', 'The transfer was interrupted.', {
        hint: 'Run the command again: it resumes where it stopped.',
        cause,
      });
    }
    const { host } = this.url;
    return new CodedError('REMOTE_UNREACHABLE', `${host} does not answer: ${cause.message}.`, {
      hint: 'Check the address, and that `varve serve` is running there. What has arrived is kept for the next run.',
      cause,
    });
  }
}

/** TLS takes 2 ms to load, of the 100 of a copy that has nothing to do. */
const modulesFor = ({ protocol }: URL): Pick<typeof http, 'Agent' | 'request'> =>
  protocol === 'https:' ? process.getBuiltinModule('node:https') : http;

/** Whether an answer is of a Varve server, which has more than pdiffcopy. */
export function isVarve(answer: http.IncomingMessage): boolean {
  return answer.headers[VERSION_HEADER] === WIRE_VERSION;
}

function wrongAnswer({ host }: URL, cause: Error): CodedError {
  return new CodedError('REMOTE_PROTOCOL', `${host} sent ${cause.message}.`, {
    hint: 'Check that `varve serve` is at that address, and what lies between here and there.',
    cause,
  });
}

function tooLong({ host }: URL): CodedError {
  return new CodedError('REMOTE_PROTOCOL', `${host} sent a document that is too long.`, {
    hint: 'Check that `varve serve` or pdiffcopy is at that address.',
  });
}
