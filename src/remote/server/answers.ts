/** Answers that are written piece by piece, as fast as the client takes them. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** A body whose length was announced; cut short, the connection is, so that the client notices. */
export class BinaryAnswer {
  private readonly outgoing: ServerResponse;

  constructor(
    outgoing: ServerResponse,
    lengthBytes: number,
    headers: Readonly<Record<string, string>>,
  ) {
    this.outgoing = outgoing;
    outgoing.writeHead(200, {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-length': lengthBytes,
      'cache-control': 'no-store',
    });
  }

  /** Whether nobody takes it any more. */
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
