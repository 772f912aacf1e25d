/** Answers that are written piece by piece, as fast as the client takes them. */
import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A body that is written as it is produced. If that fails, the connection is cut, so that clients notice. */
export class PiecemealAnswer {
  private readonly outgoing: ServerResponse;

  constructor(outgoing: ServerResponse, headers: OutgoingHttpHeaders) {
    this.outgoing = outgoing;
    outgoing.writeHead(200, { ...headers, 'cache-control': 'no-store' });
  }

  /** Whether nobody is receiving it any longer. */
  get isGone(): boolean {
    return this.outgoing.destroyed;
  }

  /** Resolves when `bytes` are free again. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.isGone) return;
    const taken = new Promise<void>((resolve) => {
      this.outgoing.once('close', resolve);
      this.outgoing.write(bytes, () => {
        this.outgoing.off('close', resolve);
        resolve();
      });
    });
    await taken;
  }

  async end(): Promise<void> {
    if (this.isGone) return;
    this.outgoing.end();
    await once(this.outgoing, 'close').catch(() => undefined);
  }

  /** Tells the client that this is not all. */
  breakOff(): void {
    this.outgoing.destroy();
  }
}

/** Bytes, as many as announced. */
export class BinaryAnswer extends PiecemealAnswer {
  constructor(outgoing: ServerResponse, lengthBytes: number, headers: OutgoingHttpHeaders) {
    const type = 'application/octet-stream';
    super(outgoing, { ...headers, 'content-type': type, 'content-length': lengthBytes });
  }
}

/** Lines, chunk by chunk. */
export class TextAnswer extends PiecemealAnswer {
  constructor(outgoing: ServerResponse) {
    super(outgoing, { 'content-type': 'text/plain' });
  }
}
