/** A file of a Varve server, as the source or the target of a copy. */
import type { IncomingMessage } from 'node:http';
import { CodedError } from '../../../errors.js';
import type { ByteString } from '../../../platform/bytes.js';
import { totalBytes } from '../batches.js';
import type {
  BasisName,
  BeginRequest,
  FileFacts,
  HashPages,
  LeftFacts,
  ListRequest,
  Receiver,
  RemoteSource,
  Target,
} from '../sides.js';
import { blockCount, createHashList, entryBytes } from '../hashing/hash-list.js';
import { VARVE_DEFAULTS, type HashMethod } from '../hashing/methods.js';
import { Watermark, type Listing } from '../hashing/listing.js';
import type { DraftPiece } from '../draft/pieces.js';
import type { PlacedRange, FileRange } from '../worker/messages.js';
import { compressBody, decompressBody } from '../wire/compression.js';
import { encodePieces, encodeRanges } from '../wire/binary.js';
import { asObject, asSize, asText } from '../../transport/json.js';
import { decodeFacts, decodeLeftFacts, encodeBegin } from '../wire/documents.js';
import { encodeFilename } from '../../transport/filename.js';
import { listBytes } from '../wire/lists.js';
import { ENCODING_HEADER, IDENTITY_HEADER } from '../wire/protocol.js';
import type { Connection } from '../../transport/client/connection.js';

/** What the server said of a file. */
export interface RemoteFacts {
  readonly old: FileFacts | undefined;
  readonly left: LeftFacts | undefined;
  /** Whether its list is the one that was asked about: then the files are equal. */
  readonly isEqual: boolean;
}

/** Reads the document of `GET /info`, of a file that may not be there. */
export function decodeInfo(document: unknown): RemoteFacts {
  const { varve, size } = asObject(document);
  const { left, equal, ...rest } = asObject(varve);
  return {
    isEqual: equal === true,
    old: size === undefined ? undefined : decodeFacts({ ...rest, size }),
    left: left === undefined ? undefined : decodeLeftFacts(left),
  };
}

export class RemoteFile implements Target, RemoteSource {
  readonly old: FileFacts | undefined;
  readonly left: LeftFacts | undefined;
  /** Known to be equal to the file on this side. */
  readonly isEqual: boolean;
  readonly defaults = VARVE_DEFAULTS;
  private readonly connection: Connection;
  private readonly query: string;

  constructor(connection: Connection, name: ByteString, { old, left, isEqual }: RemoteFacts) {
    this.connection = connection;
    this.query = `filename=${encodeFilename(name)}`;
    this.old = old;
    this.left = left;
    this.isEqual = isEqual;
  }

  /** @throws CodedError PATH_NOT_FOUND */
  get facts(): FileFacts {
    if (this.old) return this.old;
    throw new CodedError('PATH_NOT_FOUND', `${this.connection.url.host} has no such file.`, {
      hint: 'Check the path, which is relative to the root of the server.',
    });
  }

  async identity(): Promise<string> {
    const path = `/info?${this.query}`;
    return decodeInfo(await this.connection.json({ method: 'GET', path })).old?.identity ?? '';
  }

  list(request: ListRequest): Promise<Listing>;
  list(name: BasisName, request: ListRequest): Promise<Listing>;
  async list(first: BasisName | ListRequest, second?: ListRequest): Promise<Listing> {
    const name = typeof first === 'string' ? first : 'old';
    const { blockBytes, method, onHashed } = second ?? (first as ListRequest);
    const facts = name === 'old' ? this.facts : (this.left as FileFacts);
    const shape = { sizeBytes: facts.sizeBytes, blockBytes, digestBytes: method.digestBytes };
    const bytes = listBytes(shape);
    const answer = await this.connection.expect({
      method: 'GET',
      path: `/v1/list?${this.query}&of=${name}&block_size=${blockBytes}&method=${method.name}`,
    });
    const { headers } = answer;
    if (headers[IDENTITY_HEADER] !== facts.identity) throw this.changed();
    if (Number(headers['content-length']) !== bytes) throw this.wrongLength();
    return this.receiveList(answer, createHashList(facts.sizeBytes, blockBytes, method), onHashed);
  }

  async read(ranges: readonly PlacedRange[], into: SharedArrayBuffer): Promise<void> {
    const { link } = this.connection;
    const memory = Buffer.from(into, 0, totalBytes(ranges));
    await link.measure(memory.length, () => this.readInto(memory, ranges, link.compresses));
  }

  private async readInto(
    memory: Buffer,
    ranges: readonly FileRange[],
    asksCompressed: boolean,
  ): Promise<void> {
    const compressed = asksCompressed ? '&compress=zstd' : '';
    let stored: Buffer | undefined;
    const request = {
      method: 'POST',
      path: `/v1/read?${this.query}&identity=${encodeURIComponent(this.facts.identity)}${compressed}`,
      body: [encodeRanges(ranges)],
      headers: { 'content-type': 'application/octet-stream' },
    } as const;
    await this.connection.receive(request, ({ headers, lengthBytes }) => {
      if (headers.get(ENCODING_HEADER) === 'zstd' && lengthBytes < memory.length) {
        stored = Buffer.allocUnsafe(lengthBytes);
        return stored;
      }
      if (lengthBytes !== memory.length) throw this.wrongLength();
      return memory;
    });
    if (stored) decompressBody(stored, memory);
  }

  hashPages(method: HashMethod): HashPages {
    const asked = `${this.query}&identity=${encodeURIComponent(this.facts.identity)}`;
    return (ranges, pageBytes) =>
      this.askPages(`/v1/pages?${asked}&method=${method.name}`, ranges, pageBytes, method);
  }

  /** `path` ends with a parameter. */
  private async askPages(
    path: string,
    ranges: readonly FileRange[],
    pageBytes: number,
    { digestBytes }: HashMethod,
  ): Promise<Uint8Array> {
    const count = ranges.reduce((sum, { length }) => sum + Math.ceil(length / pageBytes), 0);
    const digests = Buffer.alloc(count * digestBytes);
    const request = {
      method: 'POST',
      path: `${path}&page_size=${pageBytes}`,
      body: [encodeRanges(ranges)],
      headers: { 'content-type': 'application/octet-stream' },
    } as const;
    await this.connection.receive(request, ({ lengthBytes }) => {
      if (lengthBytes !== digests.length) throw this.wrongLength();
      return digests;
    });
    return digests;
  }

  async begin(request: BeginRequest): Promise<Receiver> {
    const { connection } = this;
    const { sizeBytes, blockBytes, method, isInPlace, basis, attributes } = request;
    const facts = basis && (basis.name === 'old' ? this.old : this.left);
    const document = encodeBegin({
      sizeBytes,
      blockBytes,
      method: method.name,
      isInPlace,
      basis: basis && facts && { name: basis.name, identity: facts.identity },
      ...attributes,
    });
    const answer = await connection.json({
      method: 'POST',
      path: `/v1/drafts?${this.query}`,
      ...jsonBody(document),
    });
    const path = `/v1/drafts/${encodeURIComponent(asText(asObject(answer)['id']))}`;
    return {
      hashPages: (ranges, pageBytes) => this.askPages(`${path}/pages?`, ranges, pageBytes, method),
      put: async (pieces, bytes) => {
        const { link } = connection;
        const data = dataOf(pieces, bytes);
        const stored = data.length > 0 && link.compresses ? compressBody(data) : undefined;
        const headers = {
          'content-type': 'application/octet-stream',
          ...(stored && { [ENCODING_HEADER]: 'zstd' }),
        };
        const body = [encodePieces(pieces), ...(stored ? [stored] : data)];
        const request = { method: 'POST', path: `${path}/pieces`, body, headers } as const;
        const length = data.reduce((sum, part) => sum + part.length, 0);
        if (length === 0) await connection.json(request);
        else await link.measure(length, () => connection.json(request));
      },
      publish: async (root) => {
        const request = { method: 'POST', path: `${path}/publish`, ...jsonBody({ root }) } as const;
        return asSize(asObject(await connection.json(request))['bytes_written']);
      },
      close: async () => {
        if (connection.isLost) return;
        const answer = await connection.send({ method: 'DELETE', path });
        await connection.text(answer);
      },
    };
  }

  private receiveList(
    answer: IncomingMessage,
    list: Listing['list'],
    onHashed: (bytes: number) => void,
  ): Listing {
    const progress = new Watermark(blockCount(list));
    const size = entryBytes(list);
    let length = 0;
    let done = 0;
    const take = (chunk: Buffer): void => {
      if (length + chunk.length > list.entries.length) throw this.wrongLength();
      list.entries.set(chunk, length);
      length += chunk.length;
      const whole = Math.floor(length / size);
      if (whole === done) return;
      progress.done(done, whole - done);
      onHashed(Math.min(whole * list.blockBytes, list.sizeBytes) - done * list.blockBytes);
      done = whole;
    };
    const settled = this.connection.read(answer, take).then(
      () => {
        if (length !== list.entries.length) progress.fail(this.wrongLength());
      },
      (error: unknown) => progress.fail(error as Error),
    );
    const stop = (): void => void answer.destroy();
    return { list, hasWeakSums: true, ready: (block) => progress.reached(block), settled, stop };
  }

  private changed(): CodedError {
    return new CodedError(
      'COPY_SOURCE_CHANGED',
      'The file on the server changed in the meantime.',
      {
        hint: 'Copy it again once nothing writes to it.',
      },
    );
  }

  private wrongLength(): CodedError {
    const { host } = this.connection.url;
    return new CodedError('REMOTE_PROTOCOL', `${host} sent too many or too few bytes.`, {
      hint: 'The file changed there, or the connection broke; copy it again.',
    });
  }
}

/** The memory of the pieces that are sent; neighbours in one part. */
function dataOf(pieces: readonly DraftPiece[], bytes: SharedArrayBuffer): Uint8Array[] {
  const parts: { start: number; end: number }[] = [];
  for (const piece of pieces) {
    if (piece.type !== 'data') continue;
    const last = parts.at(-1);
    if (last?.end === piece.at) last.end += piece.length;
    else parts.push({ start: piece.at, end: piece.at + piece.length });
  }
  return parts.map(({ start, end }) => Buffer.from(bytes, start, end - start));
}

function jsonBody(document: object): Pick<Parameters<Connection['send']>[0], 'body' | 'headers'> {
  return {
    body: [Buffer.from(JSON.stringify(document))],
    headers: { 'content-type': 'application/json' },
  };
}
