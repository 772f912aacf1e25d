/**
 * A file of a pdiffcopy server, as the source or the target of a copy. It writes in place, tells no
 * times, and can prove the whole file only by hashing it once more.
 */
import { CodedError } from '../../../errors.js';
import type { ByteString } from '../../../platform/bytes.js';
import { forEachAtOnce } from '../../../threads/limiter.js';
import type {
  BeginRequest,
  FileFacts,
  ListRequest,
  Receiver,
  RemoteSource,
  Target,
} from '../sides.js';
import { blockCount, blockLength, createHashList, digestOf } from '../hashing/hash-list.js';
import { hashlibName, nodeHashes } from '../hashing/hash-names.js';
import { completeListing, type Listing } from '../hashing/listing.js';
import type { DraftPiece } from '../draft/pieces.js';
import { Proof } from '../draft/proof.js';
import type { PlacedRange } from '../worker/messages.js';
import { asObject, asSize, parseJson } from '../../transport/json.js';
import { encodeFilename } from '../../transport/filename.js';
import { listBytes } from '../wire/lists.js';
import { HashLineReader, PDIFFCOPY_DEFAULTS } from '../wire/pdiffcopy.js';
import type { Connection } from '../../transport/client/connection.js';

/** Blocks of one batch that are under way at once: each is a request. */
const BLOCKS_AT_ONCE = 2;

export class PdiffcopyFile implements Target, RemoteSource {
  readonly old: FileFacts | undefined;
  readonly left = undefined;
  readonly isEqual = false;
  readonly hashPages = undefined;
  readonly defaults = PDIFFCOPY_DEFAULTS;
  private readonly connection: Connection;
  private readonly query: string;

  /** `sizeBytes` undefined: there is no such file. */
  constructor(connection: Connection, name: ByteString, sizeBytes: number | undefined) {
    this.connection = connection;
    this.query = `filename=${encodeFilename(name)}`;
    this.old = sizeBytes === undefined ? undefined : factsOf(sizeBytes);
  }

  /** @throws CodedError PATH_NOT_FOUND */
  get facts(): FileFacts {
    if (this.old) return this.old;
    throw new CodedError('PATH_NOT_FOUND', `${this.connection.url.host} has no such file.`, {
      hint: 'pdiffcopy expects absolute paths: http://host:8080/absolute/path.',
    });
  }

  async identity(): Promise<string> {
    const path = `/info?${this.query}`;
    const info = asObject(await this.connection.json({ method: 'GET', path }));
    return factsOf(asSize(info['size'])).identity;
  }

  list(request: ListRequest): Promise<Listing>;
  list(name: 'old' | 'left', request: ListRequest): Promise<Listing>;
  async list(first: unknown, second?: ListRequest): Promise<Listing> {
    const request = second ?? (first as ListRequest);
    const listing = await this.hashes(this.facts.sizeBytes, request);
    request.onHashed(this.facts.sizeBytes);
    return { ...listing, hasWeakSums: false };
  }

  async read(ranges: readonly PlacedRange[], into: SharedArrayBuffer): Promise<void> {
    await forEachAtOnce(ranges, BLOCKS_AT_ONCE, async ({ offset, length, at }) => {
      const path = `/blocks?${this.query}&offset=${offset}&size=${length}`;
      const answer = await this.connection.expect({ method: 'GET', path });
      const memory = Buffer.from(into, at, length);
      let done = 0;
      await this.connection.read(answer, (chunk) => {
        if (done + chunk.length > length) throw this.wrongLength();
        memory.set(chunk, done);
        done += chunk.length;
      });
      if (done !== length) throw this.wrongLength();
    });
  }

  async begin(request: BeginRequest): Promise<Receiver> {
    await this.post(`/resize?${this.query}&size=${request.sizeBytes}`, []);
    let written = 0;
    return {
      hashPages: undefined,
      put: async (pieces, bytes) => {
        await forEachAtOnce(pieces, BLOCKS_AT_ONCE, async (piece) => {
          const body = bodyOf(piece, bytes);
          if (!body) return;
          await this.post(`/blocks?${this.query}&offset=${piece.offset}`, [body]);
          written += body.length;
        });
      },
      publish: async (root) => {
        if ((await this.rootNow(request)) !== root) throw mismatch();
        return written;
      },
      close: () => Promise.resolve(),
    };
  }

  /** The hash of the whole file, from hashes of blocks that the server makes now. */
  private async rootNow({ sizeBytes, blockBytes, method }: BeginRequest): Promise<string> {
    const { list } = await this.hashes(sizeBytes, { blockBytes, method });
    const proof = new Proof(method.digestBytes);
    for (let block = 0; block < blockCount(list); block++) {
      proof.add(block * blockBytes, blockLength(list, block), digestOf(list, block));
    }
    return proof.root(sizeBytes);
  }

  private async hashes(
    sizeBytes: number,
    { blockBytes, method }: Pick<ListRequest, 'blockBytes' | 'method'>,
  ): Promise<Listing> {
    const name = hashlibName(method.name);
    if (name === undefined) throw unknownThere(method.name);
    listBytes({ sizeBytes, blockBytes, digestBytes: method.digestBytes });
    const list = createHashList(sizeBytes, blockBytes, method);
    if (sizeBytes === 0) return completeListing(list);
    const reader = new HashLineReader(list);
    const parameters = `block_size=${blockBytes}&method=${name}&concurrency=2`;
    const path = `/hashes?${this.query}&${parameters}`;
    const answer = await this.connection.expect({ method: 'GET', path });
    await this.connection.read(answer, (chunk) => reader.take(chunk));
    reader.finish();
    return completeListing(list);
  }

  private async post(path: string, body: readonly Uint8Array[]): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await this.connection.expect({ method: 'POST', path, body, headers });
    await this.connection.text(answer);
  }

  private wrongLength(): CodedError {
    const { host } = this.connection.url;
    return new CodedError('REMOTE_PROTOCOL', `${host} sent too many or too few bytes.`, {
      hint: 'The file changed there, or the connection broke; copy it again.',
    });
  }
}

/** Reads the size that pdiffcopy says. @throws CodedError REMOTE_PROTOCOL */
export const sizeOf = (info: string): number => asSize(asObject(parseJson(info))['size']);

/** Only the size can tell whether it changed. */
const factsOf = (sizeBytes: number): FileFacts => ({
  sizeBytes,
  identity: String(sizeBytes),
  mode: undefined,
  mtime: undefined,
});

function bodyOf(piece: DraftPiece, bytes: SharedArrayBuffer): Uint8Array | undefined {
  if (piece.type === 'data') return Buffer.from(bytes, piece.at, piece.length);
  return piece.type === 'zeros' ? new Uint8Array(piece.length) : undefined;
}

function unknownThere(name: string): CodedError {
  const known = nodeHashes().flatMap((one) => hashlibName(one) ?? []);
  return new CodedError('USAGE_HASH_METHOD', `pdiffcopy does not know the hash method "${name}".`, {
    hint: `Use one of these: ${known.join(', ')}.`,
  });
}

function mismatch(): CodedError {
  return new CodedError('COPY_MISMATCH', 'The file on the server differs from the source.', {
    hint: 'One of them changed in the meantime; copy it again.',
  });
}
