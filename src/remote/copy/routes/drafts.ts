/** The new files that clients are sending: by number, until they are published or given up. */
import type { Socket } from 'node:net';
import { CodedError } from '../../../errors.js';
import type { Receiver } from '../sides.js';

/** Nothing came for so long: the client is gone. What it sent stays for its next attempt. */
const IDLE_MS = 10 * 60_000;
const MAX_DRAFTS = 256;

interface Entry {
  readonly receiver: Receiver;
  readonly release: () => void;
  /** The client's connections: when none is open, it is gone. */
  readonly sockets: Set<Socket>;
  /** What requests do to it now. */
  readonly works: Set<Promise<unknown>>;
  timer: NodeJS.Timeout;
}

/** The memory that new files take until they are published, on top of that of single requests. */
export class DraftMemory {
  private readonly mostBytes: number;
  private heldBytes = 0;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** The share of one new file, which grows by `hold`, and is given back with `release`. */
  share(): MemoryShare {
    let heldBytes = 0;
    return {
      hold: (bytes) => {
        if (this.heldBytes + bytes > this.mostBytes) throw noMemory(this.mostBytes);
        this.heldBytes += bytes;
        heldBytes += bytes;
      },
      release: () => {
        this.heldBytes -= heldBytes;
        heldBytes = 0;
      },
    };
  }
}

export interface MemoryShare {
  /** @throws CodedError COPY_BUSY when no more is left */
  hold(bytes: number): void;
  release(): void;
}

function noMemory(mostBytes: number): CodedError {
  const most = `${Math.floor(mostBytes / 1024 ** 2)} MiB`;
  return new CodedError('COPY_BUSY', `The copies to this server would take more than ${most}.`, {
    hint: 'Use a larger --block-size, or try again once other copies have finished.',
  });
}

export class Drafts {
  private readonly entries = new Map<string, Entry>();
  private readonly randomBytes: (count: number) => Uint8Array;

  constructor(randomBytes: (count: number) => Uint8Array) {
    this.randomBytes = randomBytes;
  }

  /** Takes a new file under a number that cannot be guessed. @throws CodedError COPY_BUSY */
  add(receiver: Receiver, release: () => void, socket: Socket): string {
    if (this.entries.size >= MAX_DRAFTS) {
      throw new CodedError('COPY_BUSY', `This server is already receiving ${MAX_DRAFTS} copies.`, {
        hint: 'Try again later.',
      });
    }
    const id = Buffer.from(this.randomBytes(16)).toString('hex');
    const entry = {
      receiver,
      release,
      sockets: new Set<Socket>(),
      works: new Set<Promise<unknown>>(),
    };
    this.entries.set(id, { ...entry, timer: this.expire(id) });
    join(entry.sockets, socket);
    return id;
  }

  /** Works on a new file, which stays open until then. @throws CodedError REMOTE_REQUEST */
  async use<T>(id: string, socket: Socket, work: (receiver: Receiver) => Promise<T>): Promise<T> {
    const entry = this.entries.get(id);
    if (!entry) {
      throw new CodedError('REMOTE_REQUEST', 'No such copy is in progress.', {
        hint: 'It was abandoned after ten minutes of silence, or the server restarted: run the copy again.',
      });
    }
    clearTimeout(entry.timer);
    join(entry.sockets, socket);
    const task = work(entry.receiver);
    entry.works.add(task);
    try {
      return await task;
    } finally {
      entry.works.delete(task);
      if (this.entries.has(id) && entry.works.size === 0) entry.timer = this.expire(id);
    }
  }

  /**
   * Closes a new file, as soon as nothing works on it any longer, and then resolves. What was not
   * published stays.
   */
  async remove(id: string): Promise<void> {
    const entry = this.entries.get(id);
    this.entries.delete(id);
    if (!entry) return;
    clearTimeout(entry.timer);
    await Promise.allSettled(entry.works);
    await entry.receiver.close();
    entry.release();
  }

  /**
   * Closes the new files whose clients are gone, so that their next attempt can take them up; what
   * such a client still had done here is waited for.
   */
  async removeAbandoned(): Promise<void> {
    const abandoned = [...this.entries].filter(([, { sockets }]) => [...sockets].every(isGone));
    await Promise.all(abandoned.map(([id]) => this.remove(id)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.entries.keys()].map((id) => this.remove(id)));
  }

  private expire(id: string): NodeJS.Timeout {
    return setTimeout(() => void this.remove(id), IDLE_MS).unref();
  }
}

/** Those that are gone are forgotten: a client may take a new one for each request. */
function join(sockets: Set<Socket>, socket: Socket): void {
  for (const one of sockets) if (isGone(one)) sockets.delete(one);
  sockets.add(socket);
}

/** Whether nothing more comes: known some turns of the event loop before the socket is destroyed. */
export const isGone = ({ destroyed, readableEnded }: Socket): boolean => destroyed || readableEnded;
