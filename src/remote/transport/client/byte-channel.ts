/**
 * One connection for answers that are bytes of files: they are received straight into the memory
 * where they are wanted. Node's HTTP client allocates and copies each 64 KiB of a body: for 2 GiB it
 * took 5.5 s of computing where this takes 1.4, most of it garbage collection.
 */
import { connect, isIP, type Socket } from 'node:net';

/** The longest head of an answer. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

/** What an answer says before its body. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body's length. */
  readonly lengthBytes: number;
}

/** An answer that is no HTTP, or none that belongs here. */
export class WrongAnswer extends Error {}

export interface ChannelOptions {
  /** Scheme, host and port. */
  readonly url: URL;
  /** The channel fails when nothing moved for so long. */
  readonly idleMs: number;
  /** Told of received bytes; reading goes on when the promise resolves. */
  readonly pass: (bytes: number) => Promise<void> | undefined;
}

/** A request that waits for its answer. */
interface Pending {
  readonly room: (head: AnswerHead) => Uint8Array;
  readonly resolve: (head: AnswerHead) => void;
  readonly reject: (error: Error) => void;
}

/** One request at a time. */
export class ByteChannel {
  readonly socket: Socket;
  private readonly pass: ChannelOptions['pass'];
  private readonly headBytes = Buffer.allocUnsafe(MAX_HEAD_BYTES);
  private pending: Pending | undefined;
  /** The head of the answer that is being received, once it is there, and the room of its body. */
  private answer: { readonly head: AnswerHead; readonly room: Uint8Array } | undefined;
  /** Received so far: of the head, then of the body. */
  private length = 0;
  private failure: Error | undefined;

  constructor({ url, idleMs, pass }: ChannelOptions) {
    this.pass = pass;
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const isSecure = url.protocol === 'https:';
    const options = {
      host,
      port: Number(url.port) || (isSecure ? 443 : 80),
      noDelay: true,
      onread: {
        buffer: () => this.nextRoom(),
        callback: (count: number) => this.take(count),
      },
    };
    const servername = isIP(host) === 0 ? host : undefined;
    this.socket = isSecure
      ? process
          .getBuiltinModule('node:tls')
          .connect({ ...options, ...(servername !== undefined && { servername }) })
      : connect(options);
    this.socket.setTimeout(idleMs, () => this.fail(new Error('no data moved for a minute')));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('end', () => this.fail(new Error('the connection ended')));
    this.socket.on('close', () => this.fail(new Error('the connection was closed')));
  }

  /** Whether nothing of the answer was received. */
  get isSilent(): boolean {
    return this.length === 0 && !this.answer;
  }

  /** Sends a request; its answer's body is received into `room`, which is exactly as long. */
  exchange(request: Uint8Array, room: Pending['room']): Promise<AnswerHead> {
    return new Promise((resolve, reject) => {
      this.pending = { room, resolve, reject };
      if (this.failure) this.fail(this.failure);
      else this.socket.write(request);
    });
  }

  close(): void {
    this.fail(new Error('the connection is no longer needed'));
  }

  private nextRoom(): Uint8Array {
    return (this.answer?.room ?? this.headBytes).subarray(this.length);
  }

  /** Takes bytes that were received into the room. Returns whether to read on at once. */
  private take(count: number): boolean {
    this.length += count;
    try {
      if (!this.answer) this.readHead();
      if (this.answer && this.length === this.answer.room.length) this.settle(this.answer.head);
    } catch (error) {
      this.fail(error as Error);
    }
    const pause = this.failure ? undefined : this.pass(count);
    void pause?.then(() => this.socket.resume());
    return pause === undefined;
  }

  private readHead(): void {
    if (!this.pending) throw new WrongAnswer('an unrequested answer');
    const received = this.headBytes.subarray(0, this.length);
    const end = received.indexOf(HEAD_END);
    if (end < 0) {
      if (this.length === MAX_HEAD_BYTES) throw new WrongAnswer('an unterminated header');
      return;
    }
    const head = parseHead(received.toString('latin1', 0, end));
    const room = this.pending.room(head);
    const body = received.subarray(end + HEAD_END.length);
    if (body.length > room.length) throw new WrongAnswer('more than announced');
    room.set(body);
    this.answer = { head, room };
    this.length = body.length;
  }

  private settle(head: AnswerHead): void {
    const { pending } = this;
    this.pending = undefined;
    this.answer = undefined;
    this.length = 0;
    if (head.headers.get('connection')?.toLowerCase() === 'close') this.close();
    pending?.resolve(head);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.socket.destroy();
    this.pending?.reject(this.failure);
    this.pending = undefined;
  }
}

/** @throws WrongAnswer */
function parseHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1] ?? NaN);
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = headers.get('content-length') ?? '';
  if (!(status >= 200) || !/^\d{1,15}$/.test(length) || headers.has('transfer-encoding')) {
    throw new WrongAnswer('an answer without a status or a length');
  }
  return { status, headers, lengthBytes: Number(length) };
}
