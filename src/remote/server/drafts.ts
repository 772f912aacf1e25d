/** The new files that clients are sending: by number, until they are published or given up. */
import type { Socket } from 'node:net';
import { CodedError } from '../../errors.js';
import type { Receiver } from '../copy/sides.js';

/** Nothing came for so long: the client is gone. What it sent stays for its next attempt. */
const IDLE_MS = 10 * 60_000;
const MOST_DRAFTS = 256;

interface Entry {
  readonly receiver: Receiver;
  readonly release: () => void;
  /** Of the client: when all are closed, it is gone. */
  readonly sockets: Set<Socket>;
  /** Requests that work on it now. */
  busy: number;
  timer: NodeJS.Timeout;
}

export class Drafts {
  private readonly entries = new Map<string, Entry>();
  private readonly randomBytes: (count: number) => Uint8Array;

  constructor(randomBytes: (count: number) => Uint8Array) {
    this.randomBytes = randomBytes;
  }

  /** Takes a new file under a number that cannot be guessed. @throws CodedError COPY_BUSY */
  add(receiver: Receiver, release: () => void, socket: Socket): string {
    if (this.entries.size >= MOST_DRAFTS) {
      throw new CodedError('COPY_BUSY', `${MOST_DRAFTS} copies to this server are under way.`, {
        hint: 'Try again later.',
      });
    }
    const id = Buffer.from(this.randomBytes(16)).toString('hex');
    const sockets = new Set([socket]);
    this.entries.set(id, { receiver, release, sockets, busy: 0, timer: this.expire(id) });
    return id;
  }

  /** Works on a new file, which stays open meanwhile. @throws CodedError REMOTE_REQUEST */
  async use<T>(id: string, socket: Socket, work: (receiver: Receiver) => Promise<T>): Promise<T> {
    const entry = this.entries.get(id);
    if (!entry) {
      throw new CodedError('REMOTE_REQUEST', 'There is no such copy under way.', {
        hint: 'It was given up after ten minutes of silence, or the server was restarted: run the copy again.',
      });
    }
    clearTimeout(entry.timer);
    entry.sockets.add(socket);
    entry.busy += 1;
    try {
      return await work(entry.receiver);
    } finally {
      entry.busy -= 1;
      if (!this.entries.has(id)) await this.finish(entry);
      else if (entry.busy === 0) entry.timer = this.expire(id);
    }
  }

  /** Closes a new file, when nothing works on it any more. What was not published stays. */
  async remove(id: string): Promise<void> {
    const entry = this.entries.get(id);
    this.entries.delete(id);
    if (!entry) return;
    clearTimeout(entry.timer);
    await this.finish(entry);
  }

  /** Closes the new files whose clients are gone, so that their next attempt can take them up. */
  async removeAbandoned(): Promise<void> {
    const abandoned = [...this.entries].filter(
      ([, { busy, sockets }]) => busy === 0 && [...sockets].every((socket) => socket.destroyed),
    );
    await Promise.all(abandoned.map(([id]) => this.remove(id)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.entries.keys()].map((id) => this.remove(id)));
  }

  private async finish(entry: Entry): Promise<void> {
    if (entry.busy > 0) return;
    await entry.receiver.close();
    entry.release();
  }

  private expire(id: string): NodeJS.Timeout {
    return setTimeout(() => void this.remove(id), IDLE_MS).unref();
  }
}
