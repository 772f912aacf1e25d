/**
 * What pdiffcopy 1.0.1 sends: `GET /info`, `GET /hashes`, `GET /blocks`, `POST /blocks`, `POST /resize`.
 * A hash list is text, `offset<TAB>hexdigest<LF>` for each block, in any order.
 */
import { CodedError } from '../../../errors.js';
import { blockCount, entryBytes, WEAK_BYTES, type HashList } from '../hashing/hash-list.js';

/** What its client and server use unless told otherwise. */
export const PDIFFCOPY_DEFAULTS = {
  method: 'sha1',
  blockBytes: 1024 * 1024,
  takesAnyBlock: true,
} as const;

/** The lines of blocks whose hashes lie one behind the other; `offset` is that of the first. */
export function hashLines(
  digests: Uint8Array,
  digestBytes: number,
  { offset, blockBytes }: { readonly offset: number; readonly blockBytes: number },
): string {
  const hex = Buffer.from(digests.buffer, digests.byteOffset, digests.length).toString('hex');
  let lines = '';
  for (let block = 0; block * digestBytes < digests.length; block++) {
    const digest = hex.slice(block * digestBytes * 2, (block + 1) * digestBytes * 2);
    lines += `${offset + block * blockBytes}\t${digest}\n`;
  }
  return lines;
}

/** Takes the lines of a list as they arrive, and proves that it is complete. */
export class HashLineReader {
  private readonly list: HashList;
  private readonly seen: Uint8Array;
  private rest = '';

  constructor(list: HashList) {
    this.list = list;
    this.seen = new Uint8Array(blockCount(list));
  }

  /** @throws CodedError REMOTE_PROTOCOL */
  take(chunk: Buffer): void {
    const lines = (this.rest + chunk.toString('latin1')).split('\n');
    this.rest = lines.pop() ?? '';
    lines.forEach((line) => this.takeLine(line));
    if (this.rest.length > 4096) throw malformed();
  }

  /** @throws CodedError REMOTE_PROTOCOL when a block is missing */
  finish(): void {
    if (this.rest !== '' || this.seen.includes(0)) throw malformed();
  }

  private takeLine(line: string): void {
    const { list, seen } = this;
    const [, offset, hex = ''] = /^(\d{1,16})\t([0-9a-f]+)$/.exec(line) ?? [];
    const block = Number(offset) / list.blockBytes;
    if (seen[block] !== 0 || hex.length !== 2 * list.digestBytes) throw malformed();
    seen[block] = 1;
    list.entries.set(Buffer.from(hex, 'hex'), block * entryBytes(list) + WEAK_BYTES);
  }
}

function malformed(): CodedError {
  return new CodedError('REMOTE_PROTOCOL', 'The hash list from the server is incomplete.', {
    hint: 'The file changed there, or the connection broke; copy it again.',
  });
}
